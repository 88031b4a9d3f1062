// A stackful fiber: a function that may be left in the middle and taken up again, about 6 ns a switch.
#pragma once

#include <boost/context/fiber.hpp>
#include <boost/context/stack_context.hpp>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/kernel_api/loom/stack.h"
#include "runtime/sched/faults.hpp"

namespace loom::runtime {

/// Stacks for reuse by all fibers of the process; each ends in a page that faults. Safe on several threads.
class StackPool {
public:
    /// Of a stack with its guard, aligned to as much: so two addresses tell whether they are of one stack.
    static constexpr std::size_t kStackBytes = kLoomStackBytes;
    static constexpr std::size_t kKept = 64;  ///< free stacks that are kept; more go back to the system

    StackPool() = default;
    ~StackPool();
    StackPool(const StackPool&) = delete;
    StackPool& operator=(const StackPool&) = delete;

    boost::context::stack_context take();
    void give_back(const boost::context::stack_context& stack);

    /// The one that launches use.
    static StackPool& shared();

private:
    std::mutex mutex_;
    std::vector<boost::context::stack_context> free_;
};

/// Runs `body` on a stack of its own. Stays on the host thread that made it. Destroying a fiber that has not
/// finished unwinds its stack, destructors included.
class Fiber {
public:
    Fiber(StackPool& pool, std::function<void()> body);
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Runs the body until it suspends or ends. Not from inside a fiber; not after the end.
    void resume();
    /// Called in the body: back to the one who resumed it.
    void suspend();

    bool done() const { return done_; }
    /// What the body threw, if it ended so.
    std::exception_ptr error() const { return error_; }
    /// What ended it in the middle of its body, if something did.
    const std::optional<Fault>& fault() const { return fault_; }

    /// Whether the address lies on its stack, or in the guard below that.
    bool owns(const void* address) const;
    bool guards(const void* address) const;
    /// Where the host thread, which runs the body, goes on to end the fiber there and then: no destructor runs. For
    /// signal handlers; `stack` is where the stack pointer goes, and the function gets the fiber.
    struct Exit {
        void (*function)(Fiber*);
        std::byte* stack;
    };
    Exit abandon(const Fault& fault);
    /// Called in the body: ends it there and then with an error, without a look at the frames in between. For errors of
    /// code that may have written over them.
    [[noreturn]] void end_with(std::exception_ptr error);

private:
    struct Cancelled {};

    void run(boost::context::fiber&& caller);
    void run_body();
    [[noreturn]] void end();

    StackPool& pool_;
    boost::context::stack_context stack_;
    std::function<void()> body_;
    boost::context::fiber inside_;   // the suspended body
    boost::context::fiber outside_;  // the suspended caller, while the body runs
    bool done_ = false;
    bool abandoned_ = false;  // ended in the middle of its body
    bool cancel_ = false;
    std::exception_ptr error_;
    std::optional<Fault> fault_;
    // For the sanitizers, which must be told of each change of stack.
    void* tsan_self_ = nullptr;
    void* tsan_caller_ = nullptr;
    const void* caller_stack_ = nullptr;
    std::size_t caller_stack_bytes_ = 0;
};

}  // namespace loom::runtime
