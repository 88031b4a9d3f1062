// The errors of a kernel's own code, in words.
#include "runtime/core/kernel_faults.hpp"

#include <unwind.h>

#include <algorithm>

#include "runtime/core/core.hpp"
#include "runtime/jit/code_place.hpp"
#include "util/counted.hpp"

namespace loom::runtime {
namespace {

std::string hex(std::uint64_t address) {
    return fmt::format("{:#x}", address);
}

KernelPlace place_of(const Thread& thread, const void* code, std::string_view call) {
    return thread.where(place_of_code(code, thread.kernel->file.c_str()), call);
}

bool holds(const void* begin, std::uint64_t bytes, const Access& access) {
    const std::uint64_t offset = access.address - reinterpret_cast<std::uintptr_t>(begin);
    return offset < bytes && access.bytes <= bytes - offset;
}

bool in_arguments(const std::vector<std::uint32_t>& args, const Access& access) {
    return holds(args.data(), args.size() * sizeof(std::uint32_t), access);
}

// What the address may be, and what to do about it.
std::string advice(const Thread& thread, std::uint64_t address) {
    const Chip& chip = thread.core->chip;
    if (address < chip.spec().l1_bytes)
        return fmt::format(
            "It is a null pointer, or a bare offset: on the chip that would be byte {} of L1. Take addresses "
            "from "
            "get_write_ptr, get_read_ptr or get_semaphore.",
            address);
    if (const auto owner = chip.l1_owner(address); owner && *owner != thread.core->coord)
        return fmt::format("It is byte {} of the L1 of core {}, which only the NoC reaches.",
                           chip.l1_offset(address), to_string(*owner));
    const auto l1 = reinterpret_cast<std::uintptr_t>(thread.core->l1);
    if (address >> 32 == 0)
        return fmt::format(
            "It is byte {} of {}: keep to what get_write_ptr, get_read_ptr or get_semaphore lead to.",
            static_cast<std::int64_t>(address - l1), chip.spec().l1_bytes);
    return "Nor are they this kernel's stack, statics or runtime arguments.";
}

std::string in_words(const Access& access) {
    return access.write ? "a store" : "a load";
}

// The least that the frames of a kernel, as they are now, may take on the chip, where pointers and saved registers have
// half the size. A frame of the host that is large for what a compiler puts there itself is so for its arrays.
std::uint64_t least_on_chip(const Thread& thread) {
    struct Walk {
        std::span<const std::byte> code;
        std::uint64_t below = 0;  // where the frame that was called from here begins
        std::uint64_t least = 0;
    };
    Walk walk{thread.image.code};
    _Unwind_Backtrace(
        [](_Unwind_Context* frame, void* to) {
            Walk& so_far = *static_cast<Walk*>(to);
            const std::uint64_t begin = _Unwind_GetCFA(frame);
            const auto* const code = reinterpret_cast<const std::byte*>(_Unwind_GetIP(frame));
            const bool kernel = code >= so_far.code.data() && code < so_far.code.data() + so_far.code.size();
            if (kernel && so_far.below != 0) {
                constexpr std::uint64_t own = 256;
                const std::uint64_t bytes = begin - so_far.below;
                so_far.least += std::max(bytes / 2, bytes > own ? bytes - own : 0);
            }
            so_far.below = begin;
            return _URC_NO_REASON;
        },
        &walk);
    return walk.least;
}

}  // namespace

bool aligned(const Access& access) {
    return access.address % alignment_of(static_cast<std::uint32_t>(access.bytes)) == 0;
}

void refuse_unaligned(const Thread& thread, const Access& access) {
    const std::uint64_t alignment = alignment_of(static_cast<std::uint32_t>(access.bytes));
    fail(Code::UNALIGNED, place_of(thread, access.code, in_words(access)), access.bytes, hex(access.address),
         alignment, hex(access.address / alignment * alignment));
}

void check_stack(Thread& thread, std::uint32_t bytes, const void* code) {
    if (bytes > kLoomStackBytes - kLoomStackTop - kLoomStackReserve)
        fail(Code::KERNEL_LOCAL_MEMORY, place_of(thread, code, ""),
             format_counted("{} bytes of stack are in use. Call less deeply, and keep large arrays in L1.",
                            bytes));
    if (bytes <= thread.deepest_stack) return;
    thread.deepest_stack = bytes;
    const std::uint32_t local = local_bytes(thread.core->chip.spec(), thread.risc);
    const std::uint64_t least = least_on_chip(thread);
    if (least + thread.image.statics_bytes <= local) return;
    fail(Code::KERNEL_LOCAL_MEMORY, place_of(thread, code, ""),
         format_counted("the stack takes at least {} bytes here and statics {}, and {} has {} bytes of local "
                        "memory on {}. "
                        "Call less deeply, and keep large arrays in L1.",
                        least, thread.image.statics_bytes, name_of(thread.risc), local,
                        thread.core->chip.spec().name));
}

bool in_own_l1(const Thread& thread, const Access& access) {
    return holds(thread.core->l1, thread.core->chip.spec().l1_bytes, access);
}

void require_own_memory(const Thread& thread, const Access& access) {
    const std::span<const std::byte> image = thread.image.memory;
    if (holds(image.data(), image.size(), access) || in_arguments(thread.on_core->args, access) ||
        in_arguments(thread.kernel->common_args, access))
        return;
    if (thread.fiber->owns(reinterpret_cast<const void*>(access.address))) {
        // What lies above the kernel's frames is the engine's.
        const auto last = reinterpret_cast<const void*>(access.address + access.bytes + kLoomStackTop - 1);
        if (thread.fiber->owns(last)) return;
    }
    fail(Code::L1_OUTSIDE, place_of(thread, access.code, in_words(access)),
         access.bytes == 1 ? "1 byte" : format_counted("{} bytes", access.bytes), hex(access.address),
         advice(thread, access.address));
}

std::exception_ptr error_of(const Thread& thread, const Fault& fault) {
    // Of a fault the instruction itself is known, and not where it returns to.
    const void* const after = fault.code == nullptr ? nullptr : static_cast<const std::byte*>(fault.code) + 1;
    const KernelPlace place = place_of(thread, after, "");
    const std::string address = hex(reinterpret_cast<std::uintptr_t>(fault.address));
    const auto error = [&](Code code, const std::string& what) {
        return std::make_exception_ptr(
            Error(code, fmt::format(fmt::runtime(text_of(code)), place, what), {place}));
    };
    switch (fault.kind) {
        case Fault::Kind::access:
            return error(
                Code::KERNEL_FAULT,
                fmt::format("a load or store at address {}, which has no memory or only constants. Keep "
                            "indices inside their arrays.",
                            address));
        case Fault::Kind::stack:
            return error(
                Code::KERNEL_LOCAL_MEMORY,
                format_counted(
                    "the kernel's stack is full: {} bytes here, and a few thousand on the chip. Call "
                    "less deeply, and keep large arrays in L1.",
                    kLoomStackBytes - kLoomStackReserve));
        case Fault::Kind::jump:
            if (fault.code == nullptr)
                return error(Code::KERNEL_FAULT,
                             fmt::format("a function returns to address {}, where no code is: its frame was "
                                         "written over. Keep indices inside their arrays.",
                                         address));
            return error(
                Code::KERNEL_FAULT,
                fmt::format("a call of address {}, where no code is. Let the pointer hold a function of the "
                            "kernel's before it is called.",
                            address));
        case Fault::Kind::trap:
            return error(Code::KERNEL_FAULT,
                         "a trap: __builtin_trap, an index outside its array, or code that was never to be "
                         "reached. On "
                         "the chip the processor would stop here.");
        case Fault::Kind::division:
            return error(Code::KERNEL_FAULT, "a division without a result.");
        case Fault::Kind::interrupted:
            break;
    }
    return std::make_exception_ptr(Error(Code::STOPPED, std::string(text_of(Code::STOPPED)), {place}));
}

}  // namespace loom::runtime
