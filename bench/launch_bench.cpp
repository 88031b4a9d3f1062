// What it costs to get going: compiling the three kernels cold, a warm `loom run` as a whole process, a warm
// launch.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"
#include "program/random_tensor.hpp"
#include "program/tensor_file.hpp"

namespace loom {
namespace {

namespace fs = std::filesystem;

LayernormFusedRmInputs inputs(Device& device, std::uint32_t width) {
    return {to_device(random_normal({32, width}, DataType::BFLOAT16, 0, 1, 1), device),
            to_device(random_normal({width}, DataType::BFLOAT16, 1, 1, 2), device),
            to_device(random_normal({width}, DataType::BFLOAT16, 0, 1, 3), device)};
}

fs::path fresh_folder(const char* name) {
    fs::path folder = fs::temp_directory_path() / name;
    fs::remove_all(folder);
    return folder;
}

// Reader, compute (as UNPACK, MATH and PACK) and writer, into an empty cache. The width differs each time,
// since a process keeps the images that it has.
void ThreeKernelsCold(benchmark::State& state) {
    static std::uint32_t width = 32;  // repetitions too are of one process
    for (auto _ : state) {
        state.PauseTiming();
        ::setenv("LOOM_CACHE_DIR", fresh_folder("loom_bench_cache").c_str(), 1);
        Device device({.numerics = Numerics::exact});
        const LayernormFusedRmInputs in = inputs(device, width += 32);
        const LayernormFusedRmParams params;
        const Tensor output(device, LayernormFusedRmDeviceOperation::compute_output_specs(params, in));
        const ProgramDescriptor program =
            LayernormFusedRmProgramFactory::create_descriptor(params, in, output);
        state.ResumeTiming();
        benchmark::DoNotOptimize(Program(program, device));
    }
}
BENCHMARK(ThreeKernelsCold)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

void OneTileProcessWarm(benchmark::State& state) {
    ::setenv("LOOM_CACHE_DIR", fresh_folder("loom_bench_cache").c_str(), 1);
    const std::string folder = fresh_folder("loom_bench_files");
    fs::create_directories(folder);
    write_tensor(folder + "/x.safetensors", random_normal({32, 32}, DataType::BFLOAT16, 0, 1, 1));
    write_tensor(folder + "/g.safetensors", random_normal({32}, DataType::BFLOAT16, 1, 1, 2));
    const std::string command = std::string(LOOM_CLI) + " run layernorm_fused_rm --input " + folder +
                                "/x.safetensors --gamma " + folder + "/g.safetensors --beta " + folder +
                                "/g.safetensors --output " + folder + "/y.safetensors > /dev/null";
    if (std::system(command.c_str()) != 0) state.SkipWithError("the first run failed");
    for (auto _ : state) benchmark::DoNotOptimize(std::system(command.c_str()));
}
BENCHMARK(OneTileProcessWarm)->Unit(benchmark::kMillisecond)->UseRealTime();

void OneTileRowWarmLaunch(benchmark::State& state) {
    Device device({.grid = {1, 1}, .threads = 1, .numerics = Numerics::exact});
    const LayernormFusedRmInputs in = inputs(device, 768);
    layernorm_fused_rm(in.input, in.gamma, in.beta);  // builds the program
    for (auto _ : state) benchmark::DoNotOptimize(layernorm_fused_rm(in.input, in.gamma, in.beta));
}
BENCHMARK(OneTileRowWarmLaunch)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace loom
