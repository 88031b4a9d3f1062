// A kernel's load or store at an address that is not a multiple of its size. The chip rounds the address down to one that
// is; the host's processor does not, so the engine moves the bytes under the instruction: it lets the kernel go on one
// instruction at a time until the access is done, and puts them where they belong.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace loom::runtime {

/// Baby RISC-Vs load and store at most a word at a time.
constexpr std::uint64_t alignment_of(std::uint32_t bytes) {
    return bytes < 4 ? bytes : 4;
}

/// One that is about to happen; for a handler of SIGTRAP too.
class UnalignedAccess {
public:
    /// From the kernel's hook for it, which returns to `code`: the instructions from there on are stepped through. False,
    /// and nothing done, where the host cannot step.
    bool begin(std::byte* at, std::uint32_t bytes, bool write, const void* code);
    bool pending() const { return at_ != nullptr; }
    /// At each step, with the third argument of the signal's handler.
    void step(void* context);
    /// The thread goes no further: bytes that were moved are put back.
    void drop();

private:
    std::byte* rounded() const;
    void move();
    void finish();

    std::byte* at_ = nullptr;
    std::uint32_t bytes_ = 0;
    bool write_ = false;
    bool moved_ = false;
    const void* code_ = nullptr;
    std::array<std::byte, 32> before_{};  ///< from rounded() to the end of the access
};

}  // namespace loom::runtime
