// Fibers on Boost.Context, with the hooks by which AddressSanitizer and ThreadSanitizer follow a stack
// switch.
#include "runtime/sched/fiber.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "util/error.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(LOOM_TELLS_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace loom::runtime {
namespace {

constexpr std::size_t kGuardBytes = 4096;

// Before a switch to the stack [bottom, bottom + bytes); `fake` keeps this stack's state, null when it ends.
void before_switch([[maybe_unused]] void** fake, [[maybe_unused]] const void* bottom,
                   [[maybe_unused]] std::size_t bytes, [[maybe_unused]] void* tsan_fiber) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(fake, bottom, bytes);
#endif
#if defined(LOOM_TELLS_TSAN)
    __tsan_switch_to_fiber(tsan_fiber, 0);
#endif
}

// After a switch: on this stack again (or for the first time, fake null); tells which stack it came from.
void after_switch([[maybe_unused]] void* fake, [[maybe_unused]] const void** from,
                  [[maybe_unused]] std::size_t* from_bytes) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake, from, from_bytes);
#endif
}

// Lends a stack that the pool owns to Boost.Context, which wants an allocator to give it back to.
struct Borrowed {
    boost::context::stack_context stack;
    boost::context::stack_context allocate() { return stack; }
    void deallocate(boost::context::stack_context&) {}
};

std::byte* guard_of(const boost::context::stack_context& stack) {
    return static_cast<std::byte*>(stack.sp) - StackPool::kStackBytes;
}

void unmap(const boost::context::stack_context& stack) {
    ::munmap(guard_of(stack), StackPool::kStackBytes);
}

// Address space of that many bytes, aligned to as many.
std::byte* map_aligned(std::size_t bytes) {
    void* const place = ::mmap(nullptr, 2 * bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) fail(Code::NO_ADDRESS_SPACE, bytes, " for a fiber's stack");
    auto* const first = static_cast<std::byte*>(place);
    const std::size_t before = (bytes - reinterpret_cast<std::uintptr_t>(place) % bytes) % bytes;
    if (before != 0) ::munmap(first, before);
    ::munmap(first + before + bytes, bytes - before);
    return first + before;
}

}  // namespace

StackPool::~StackPool() {
    for (const auto& stack : free_) unmap(stack);
}

StackPool& StackPool::shared() {
    // Never destroyed: a thread of the host may still be in a run when the process exits.
    static StackPool& pool = *new StackPool;
    return pool;
}

void StackPool::give_back(const boost::context::stack_context& stack) {
    {
        const std::lock_guard lock(mutex_);
        if (free_.size() < kKept) return free_.push_back(stack);
    }
    unmap(stack);
}

boost::context::stack_context StackPool::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!free_.empty()) {
            const auto stack = free_.back();
            free_.pop_back();
            return stack;
        }
    }
    std::byte* const place = map_aligned(kStackBytes);
    if (::mprotect(place, kGuardBytes, PROT_NONE) != 0)
        fail(Code::INTERNAL, "mprotect refused a stack guard");
    boost::context::stack_context stack;
    stack.size = kStackBytes - kGuardBytes;
    stack.sp = place + kStackBytes;
    return stack;
}

Fiber::Fiber(StackPool& pool, std::function<void()> body)
    : pool_(pool),
      stack_(pool.take()),
      body_(std::move(body)),
      inside_(std::allocator_arg, boost::context::preallocated(stack_.sp, stack_.size, stack_),
              Borrowed{stack_}, [this](boost::context::fiber&& caller) {
                  run(std::move(caller));
                  return std::move(outside_);
              }) {
#if defined(LOOM_TELLS_TSAN)
    tsan_self_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
    if (!done_) {
        cancel_ = true;
        resume();
    }
    // It was left in the middle and must not be unwound: what it holds is here and on its stack.
    if (abandoned_) {
        alignas(boost::context::fiber) std::byte forgotten[sizeof(boost::context::fiber)];
        new (forgotten) boost::context::fiber(std::move(inside_));
    }
#if defined(LOOM_TELLS_TSAN)
    __tsan_destroy_fiber(tsan_self_);
#endif
#if defined(__SANITIZE_ADDRESS__)
    // The frames that an exception skipped left their red zones behind; the next user of the stack must not
    // stumble over them.
    ASAN_UNPOISON_MEMORY_REGION(static_cast<std::byte*>(stack_.sp) - stack_.size, stack_.size);
#endif
    pool_.give_back(stack_);
}

void Fiber::run(boost::context::fiber&& caller) {
    outside_ = std::move(caller);
    after_switch(nullptr, &caller_stack_, &caller_stack_bytes_);
    try {
        if (!cancel_) run_body();
    } catch (const Cancelled&) {
        // Destroyed before its end: the stack is unwound, and nobody asks for more.
    } catch (...) {
        error_ = std::current_exception();
    }
    done_ = true;
    before_switch(nullptr, caller_stack_, caller_stack_bytes_, tsan_caller_);
}

// The body begins below what a kernel's own stores may reach, so that one that writes past its frames reaches none of these.
[[gnu::noinline]] void Fiber::run_body() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    const auto begin = reinterpret_cast<std::uintptr_t>(stack_.sp) - kLoomStackTop;
    void* const room = __builtin_alloca(here > begin ? here - begin : 1);
    asm volatile("" : : "r"(room) : "memory");
    body_();
}

bool Fiber::owns(const void* address) const {
    return address >= guard_of(stack_) && address < stack_.sp;
}

bool Fiber::guards(const void* address) const {
    return owns(address) && address < guard_of(stack_) + kGuardBytes;
}

Fiber::Exit Fiber::abandon(const Fault& fault) {
    fault_ = fault;
    // The frames there are never returned to, but the innermost are Boost.Context's.
    return {[](Fiber* fiber) { fiber->end(); }, static_cast<std::byte*>(stack_.sp) - kLoomStackTop};
}

void Fiber::end_with(std::exception_ptr error) {
    error_ = std::move(error);
    end();
}

void Fiber::end() {
    done_ = abandoned_ = true;
    before_switch(nullptr, caller_stack_, caller_stack_bytes_, tsan_caller_);
    outside_ = std::move(outside_).resume();
    __builtin_trap();  // nobody resumes what is done
}

void Fiber::resume() {
    void* fake = nullptr;
#if defined(LOOM_TELLS_TSAN)
    tsan_caller_ = __tsan_get_current_fiber();
#endif
    before_switch(&fake, static_cast<std::byte*>(stack_.sp) - stack_.size, stack_.size, tsan_self_);
    inside_ = std::move(inside_).resume();
    after_switch(fake, nullptr, nullptr);
}

void Fiber::suspend() {
    void* fake = nullptr;
    before_switch(&fake, caller_stack_, caller_stack_bytes_, tsan_caller_);
    outside_ = std::move(outside_).resume();
    after_switch(fake, &caller_stack_, &caller_stack_bytes_);
    if (cancel_) throw Cancelled{};
}

}  // namespace loom::runtime
