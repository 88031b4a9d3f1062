// Loads and stores whose address the chip rounds down, done so under the kernel's own instructions.
#include "runtime/core/unaligned.hpp"

#include <ucontext.h>

#include <cstring>

namespace loom::runtime {
namespace {

#if defined(__x86_64__)
constexpr greg_t kTrapFlag = 0x100;  // of the processor: SIGTRAP after each instruction

// Whether the instruction leaves the function, so that others may run: a call, a return, or a jump through a pointer.
bool leaves(const std::uint8_t* at) {
    while (*at == 0x66 || *at == 0x2e || *at == 0x3e || *at == 0xf2 || *at == 0xf3) ++at;
    if ((*at & 0xf0) == 0x40) ++at;
    const unsigned operation = at[1] >> 3 & 7;
    return *at == 0xe8 || *at == 0xc2 || *at == 0xc3 || (*at == 0xff && operation >= 2 && operation <= 5);
}
#endif

}  // namespace

std::byte* UnalignedAccess::rounded() const {
    return at_ - reinterpret_cast<std::uintptr_t>(at_) % alignment_of(bytes_);
}

// Before a load: what is to be loaded comes to where the instruction loads from.
void UnalignedAccess::move() {
    moved_ = true;
    std::byte* const from = rounded();
    std::memcpy(before_.data(), from, static_cast<std::size_t>(at_ - from) + bytes_);
    if (!write_) std::memmove(at_, from, bytes_);
}

// After it: all is as before, and what was stored is where it belongs.
void UnalignedAccess::finish() {
    std::byte* const to = rounded();
    std::array<std::byte, 16> stored;
    if (moved_) {
        std::memcpy(stored.data(), at_, bytes_);
        std::memcpy(to, before_.data(), static_cast<std::size_t>(at_ - to) + bytes_);
        if (write_) std::memcpy(to, stored.data(), bytes_);
    }
    at_ = nullptr;
}

void UnalignedAccess::drop() {
    if (at_ != nullptr) finish();
}

#if defined(__x86_64__)
bool UnalignedAccess::begin(std::byte* at, std::uint32_t bytes, bool write, const void* code) {
    at_ = at;
    bytes_ = bytes;
    write_ = write;
    code_ = code;
    moved_ = false;
    asm volatile(
        "lea -128(%%rsp), %%rsp\n\t"  // past the red zone
        "pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
        "lea 128(%%rsp), %%rsp" ::
            : "memory", "cc");
    return true;
}

void UnalignedAccess::step(void* context) {
    greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const auto* const code = reinterpret_cast<const std::uint8_t*>(registers[REG_RIP]);
    if (!moved_ && code != code_) return;  // not yet back in the kernel
    if (!moved_) move();
    if (!leaves(code)) return;
    finish();
    registers[REG_EFL] &= ~kTrapFlag;
}
#else
bool UnalignedAccess::begin(std::byte*, std::uint32_t, bool, const void*) {
    return false;
}

void UnalignedAccess::step(void*) {}
#endif

}  // namespace loom::runtime
