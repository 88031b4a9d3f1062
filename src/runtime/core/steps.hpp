// Steps: what a kernel does is counted, so that one that never ends, and never waits either, ends all the same.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "runtime/core/core.hpp"
#include "runtime/kernel_api/loom/engine.h"

namespace loom::runtime {

/// Steps after which a thread is looked at: whether the run is to stop, and whether any are left to it.
inline constexpr std::uint32_t kStepsALook = 1 << 12;
/// So many looks, in a row and without a wait, after which it gives the others their turn.
inline constexpr std::uint32_t kLooksATurn = 16;
/// Loads of L1, with nothing stored or asked for between, after which it does: it may wait for one of them to change.
inline constexpr std::uint32_t kLoadsATurn = 256;

/// How many steps are left, until the next look, to the thread that runs on this host thread. In the executable's own
/// block of thread-local memory, so that images find it too, from the thread pointer.
extern __thread std::uint32_t steps_left __attribute__((tls_model("initial-exec")));

/// More steps, until the next look.
[[gnu::cold, gnu::noinline]] void allow_more_steps(Thread& thread);
/// Before a thread runs: what it has left until the next look.
inline void allow_steps(Thread& thread) {
    if (thread.allowed == 0) [[unlikely]]
        allow_more_steps(thread);
    steps_left = thread.allowed;
}
/// After it ran: those that it took count.
inline void count_steps(Thread& thread) {
    thread.steps += thread.allowed - steps_left;
    thread.allowed = steps_left;
}
/// No step is left, at this call of the engine or, without a site, at this place in the kernel's code.
[[gnu::cold, gnu::noinline]] void look(const char* call, LoomSite site, const void* code);

/// Before a load or store of L1 by the kernel's own code.
inline void count_access(Thread& thread, bool write, const void* code) {
    if (--steps_left == 0) [[unlikely]]
        look(write ? "a store" : "a load", {}, code);
    if (write) {
        thread.acts();
        thread.stored = true;
    } else if (++thread.loads == 1) {
        thread.steps_at_loads = thread.steps + thread.allowed - steps_left;
    }
}
/// Loads are all that the thread has done lately: others get their turn. Such steps do not count, since vain loads do
/// (Core::polling), and those that are not vain are bounded by the steps of the others.
[[gnu::cold, gnu::noinline]] void end_loads(Thread& thread, const void* address, const void* code,
                                            std::uint32_t loads);

/// A call's name as a template argument.
struct CallName {
    char text[40]{};
    template <std::size_t kLength>
    consteval CallName(
        const char (&name)[kLength]) {  // NOLINT(google-explicit-constructor): to be written as text
        static_assert(kLength <= sizeof text);
        std::copy_n(name, kLength, text);
    }
};

/// A call of the engine's that counts as a step, so that a loop around it is told by its name. Calls that move no pages and
/// ask for nothing, compute's above all, are spared that: a loop around them counts by itself, and is told by its line.
template <CallName kName, auto kCall>
struct Counted;
template <CallName kName, typename Result, typename... Args, Result (*kCall)(Args...)>
struct Counted<kName, kCall> {
    static Result call(Args... args) {
        if (--steps_left == 0) [[unlikely]]
            return look_first(args...);
        return kCall(args...);
    }

private:
    // With the same arguments, so that both ways are jumps: the call itself costs a subtraction.
    [[gnu::cold, gnu::noinline]] static Result look_first(Args... args) {
        look(kName.text, site_of(args...), __builtin_return_address(0));
        return kCall(args...);
    }
    static LoomSite site_of(LoomSite site) { return site; }
    template <typename Only>
    static LoomSite site_of(const Only&) {
        return {};
    }
    template <typename First, typename... Rest>
    requires(sizeof...(Rest) > 0) static LoomSite site_of(const First&, const Rest&... rest) {
        return site_of(rest...);
    }
};
template <CallName kName, auto kCall>
inline constexpr auto* counted = &Counted<kName, kCall>::call;

}  // namespace loom::runtime
