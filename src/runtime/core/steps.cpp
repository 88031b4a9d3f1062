// What happens when a thread has taken many steps without waiting.
#include "runtime/core/steps.hpp"

#include "runtime/launch.hpp"

namespace loom::runtime {

__thread std::uint32_t steps_left = 0;

namespace {

// A loop that calls or loads something is told by that, rather than by the branch at which it was stopped: so many
// branches are let pass until it comes to it.
constexpr std::uint32_t kPasses = 64;

}  // namespace

void allow_more_steps(Thread& thread) {
    const std::uint64_t most = thread.core->shared.max_steps;
    const std::uint64_t left = thread.steps < most ? most - thread.steps : most;
    thread.allowed = static_cast<std::uint32_t>(std::min<std::uint64_t>(kStepsALook, left));
}

void look(const char* call, LoomSite site, const void* code) {
    Thread& thread = current_thread();
    const LaunchShared& shared = thread.core->shared;
    count_steps(thread);
    const bool stop = shared.stop != nullptr && shared.stop->load(std::memory_order_relaxed);
    if (!stop && thread.steps < shared.max_steps && ++thread.looks < kLooksATurn) return allow_steps(thread);
    if (site.file == nullptr && *call == 0 && ++thread.passes < kPasses) {
        steps_left = thread.allowed = 1;
        return;
    }
    thread.passes = 0;
    thread.code = code;
    thread.block({.kind = Wait::Kind::turn, .call = call, .site = site});
}

void end_loads(Thread& thread, const void* address, const void* code, std::uint32_t loads) {
    count_steps(thread);
    thread.steps = thread.steps_at_loads;
    thread.code = code;
    thread.polls += loads - 1;
    thread.loads = 0;
    const auto word = reinterpret_cast<std::uintptr_t>(address) & ~std::uintptr_t{3};
    thread.block(
        {.kind = Wait::Kind::load, .call = "a load", .word = reinterpret_cast<std::uint32_t*>(word)});
}

void fill_steps(LoomEngine& table) {
    table.no_step_left = [](const void* code) { look("", {}, code); };
    table.steps_left = reinterpret_cast<std::intptr_t>(&steps_left) -
                       reinterpret_cast<std::intptr_t>(__builtin_thread_pointer());
}

}  // namespace loom::runtime
