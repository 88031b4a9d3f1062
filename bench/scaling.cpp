// One point of bench/scaling.py: `scaling SHAPE DTYPE` prints one line of JSON: the factory, ns an element, and memory.
// Tensors are written where they lie on the device, so that no copy of them on the host counts.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "contenders/worker.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"

namespace loom::bench {
namespace {

Tensor filled(Device& device, const Shape& shape, DataType dtype, std::uint32_t seed) {
    Tensor tensor(device, {shape, dtype, Layout::ROW_MAJOR, DRAM_MEMORY_CONFIG});
    const Buffer& buffer = tensor.buffer();
    const Elements stick(shape.back(), dtype == DataType::BFLOAT16, seed);
    for (std::uint64_t page = 0; page < buffer.num_pages(); ++page)
        std::memcpy(buffer.page(page), stick.data(), buffer.page_size());
    return tensor;
}

double seconds(const LayernormFusedRmInputs& in, runtime::LaunchReport& report) {
    const auto begin = std::chrono::steady_clock::now();
    layernorm_fused_rm(in.input, in.gamma, in.beta, 1e-5f, std::nullopt, std::nullopt, {}, &report);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::uint64_t peak_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void measure(const Problem& problem) {
    Device device({.threads = 1, .numerics = Numerics::exact});
    const DataType dtype = problem.bfloat16 ? DataType::BFLOAT16 : DataType::FLOAT32;
    const Shape row{static_cast<std::uint32_t>(problem.width())};
    const LayernormFusedRmInputs in{filled(device, problem.shape, dtype, 0), filled(device, row, dtype, 1),
                                    filled(device, row, dtype, 2)};
    runtime::LaunchReport report;
    for (int i = 0; i < 2; ++i) seconds(in, report);
    // Small tensors several times, large ones at least five.
    std::vector<double> times(
        std::max<std::size_t>(5, std::min<std::size_t>(101, 50'000'000 / problem.elements())));
    for (double& time : times) time = seconds(in, report);
    std::ranges::sort(times);

    // Rows that stay in L1 once they are there are read once, others of the streaming factory three times.
    const auto factory = LayernormFusedRmDeviceOperation::select_program_factory({}, in);
    const char* kind = "default";
    if (std::holds_alternative<LayernormFusedRmStreamingProgramFactory>(factory))
        kind = LayernormFusedRmStreamingProgramFactory::chunks({}, in).stay ? "staying" : "streaming";
    const std::uint64_t tensors = 2 * problem.bytes() + 2 * in.gamma->buffer().size();
    const std::uint64_t l1s = std::uint64_t{report.cores} * device.spec().l1_bytes;
    std::printf(R"({"factory": "%s", "ns": %.4f, "peak_bytes": %llu, "tensor_bytes": %llu, "l1_bytes": %llu})"
                "\n",
                kind, times[times.size() / 2] * 1e9 / static_cast<double>(problem.elements()),
                static_cast<unsigned long long>(peak_bytes()), static_cast<unsigned long long>(tensors),
                static_cast<unsigned long long>(l1s));
}

}  // namespace
}  // namespace loom::bench

int main(int argc, char** argv) try {
    std::istringstream words(argc == 3 ? std::string(argv[1]) + ' ' + argv[2] : "");
    loom::bench::measure(loom::bench::parse_problem(words));
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
