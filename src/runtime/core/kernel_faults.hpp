// The errors of a kernel's own code: what it touches that is not its own, and what ended it in the middle.
#pragma once

#include <cstdint>
#include <exception>
#include <utility>

#include "runtime/sched/fiber.hpp"

namespace loom::runtime {

struct Thread;

/// A load or store of a kernel's own, as its hook tells it.
struct Access {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
    bool write = false;
    const void* code = nullptr;  ///< where the hook returns to
};

/// Throws UNALIGNED.
[[noreturn]] void refuse_unaligned(const Thread& thread, const Access& access);
/// Whether all of it lies in the L1 of the thread's core.
bool in_own_l1(const Thread& thread, const Access& access);
bool aligned(const Access& access);
/// Throws L1_OUTSIDE unless it is to the thread's own stack, statics or arguments.
void require_own_memory(const Thread& thread, const Access& access);
/// Throws KERNEL_LOCAL_MEMORY for a function whose frame ends `bytes` below the kernel's first, if the processor has no
/// room for that.
void check_stack(Thread& thread, std::uint32_t bytes, const void* code);
/// Does what may throw about a kernel's own code; an error ends the thread without unwinding the kernel's frames, which that
/// code may have written over.
template <typename F>
void told_at_once(Fiber& fiber, F&& rules) {
    std::exception_ptr error;
    try {
        rules();
    } catch (...) {
        error = std::current_exception();
    }
    if (error) [[unlikely]]
        fiber.end_with(std::move(error));
}
/// The error of a thread that ended in the middle of its kernel. An interrupted one is STOPPED.
std::exception_ptr error_of(const Thread& thread, const Fault& fault);

}  // namespace loom::runtime
