// What may watch a run.
#pragma once

#include <array>
#include <chrono>

#include "runtime/core/circular_buffer.hpp"
#include "runtime/core/core_coord.hpp"

namespace loom::runtime {

/// How one core's run went.
struct CoreRun {
    CoreCoord core;
    unsigned host_thread = 0;  ///< which of the launch's threads ran it, from 0
    std::chrono::steady_clock::time_point begin;
    std::chrono::steady_clock::time_point end;
    std::array<CircularBuffer, kNumCircularBuffers> cbs;  ///< as its kernels left them
};

class Core;
struct Thread;

class Observer {
public:
    virtual ~Observer() = default;
    /// A core is about to run, on the host thread that runs it.
    virtual void core_started(Core&) {}
    /// A thread's kernel_main returned, on the host thread that runs it. What this throws is the thread's error.
    virtual void thread_finished(Thread&) {}
    /// A core's kernels all ended. Told after the run, on the caller's thread, core by core in the plan's order.
    virtual void core_finished(const CoreRun&) {}
};

}  // namespace loom::runtime
