// What the engine costs without an operation: launches of an empty program, pages through a circular buffer,
// fiber switches.
#include <benchmark/benchmark.h>

#include "engine_programs.hpp"
#include "program/device.hpp"
#include "runtime/sched/fiber.hpp"

namespace loom {
namespace {

void EmptyProgramOn64Cores(benchmark::State& state) {
    Device device({.threads = static_cast<unsigned>(state.range(0))});
    const Program program(bench::empty_program(CoreRangeSet(CoreRange({0, 0}, {7, 7}))), device);
    for (auto _ : state) enqueue(device, program);
    state.SetItemsProcessed(state.iterations());  // launches
}
BENCHMARK(EmptyProgramOn64Cores)
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

void PagesThroughOneBuffer(benchmark::State& state) {
    constexpr std::uint32_t pages = 1 << 17;  // the launch itself does not show
    Device device({.grid = {1, 1}, .threads = 1});
    const Program program(bench::pages_program(pages, static_cast<std::uint32_t>(state.range(0))), device);
    for (auto _ : state) enqueue(device, program);
    state.SetItemsProcessed(state.iterations() * pages);
}
BENCHMARK(PagesThroughOneBuffer)
    ->ArgName("capacity")
    ->Arg(2)
    ->Arg(32)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void FiberSwitch(benchmark::State& state) {
    runtime::StackPool pool;
    bool stop = false;
    runtime::Fiber fiber(pool, [&] {
        while (!stop) fiber.suspend();
    });
    for (auto _ : state) fiber.resume();
    stop = true;
    fiber.resume();
    state.SetItemsProcessed(state.iterations() * 2);  // switches: in and out again
}
BENCHMARK(FiberSwitch);

}  // namespace
}  // namespace loom
