// What a kernel's own code does that the host's processor refuses (jumps to nowhere, traps, a full stack), and the way out
// of kernel code for a run that is to end: both end the kernel's fiber, and nothing else.
//
// How: a signal handler on a stack of its own. Where the host thread was in a kernel's image, it goes on in the fiber's end,
// at the top of the fiber's stack: the kernel's frames are dropped, and they own nothing (kernels are compiled without
// exceptions, and what they hold is the engine's). A signal that comes while the engine itself runs is handed to whoever
// handled it before.
#pragma once

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace loom::runtime {

/// Why a fiber ended in the middle of kernel code.
struct Fault {
    enum class Kind : std::uint8_t {
        access,      ///< a load or store where no memory is, or none to write to
        stack,       ///< no room on its stack
        jump,        ///< to where no code is
        trap,        ///< an instruction that only traps, as __builtin_trap makes one
        division,    ///< that has no result
        interrupted  ///< by interrupt()
    };
    Kind kind = Kind::access;
    const void* code = nullptr;     ///< the instruction, or what called; null: unknown
    const void* address = nullptr;  ///< that was touched or jumped to
};

/// Handles the signals of faults, and that of interrupt(), as long as one such lives. For whoever runs kernels; any number
/// at a time. Those who handled the signals before get what is not a kernel's.
class FaultHandlers {
public:
    FaultHandlers();
    ~FaultHandlers();
    FaultHandlers(const FaultHandlers&) = delete;
    FaultHandlers& operator=(const FaultHandlers&) = delete;
};

/// The stack on which this host thread handles signals as long as this lives.
class FaultStack {
public:
    FaultStack();
    ~FaultStack();
    FaultStack(const FaultStack&) = delete;
    FaultStack& operator=(const FaultStack&) = delete;

private:
    std::unique_ptr<std::byte[]> memory_;
    stack_t before_{};
};

/// If that host thread is in kernel code of a launch whose LaunchShared::interrupt is set, ends the kernel's fiber with
/// Fault::Kind::interrupted. If it is in the engine's code nothing happens: ask again until it has stopped. Returns at once.
/// The host thread must not have ended.
void interrupt(pthread_t host_thread);

}  // namespace loom::runtime
