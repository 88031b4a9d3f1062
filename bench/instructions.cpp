// Fixed runs whose instructions tools/check_instructions.py counts: `instructions NAME`. Each runs twice, so that all
// is compiled and allocated, then once in a function of its own, which is what Callgrind collects.
#include <cstdio>
#include <functional>
#include <string_view>

#include "engine_programs.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"
#include "program/random_tensor.hpp"

namespace {

using namespace loom;

Device& device() {
    static Device one_core({.grid = {1, 1}, .threads = 1, .numerics = Numerics::exact});
    return one_core;
}

std::function<void()> layernorm(const Shape& shape, DataType dtype) {
    const Tensor input = to_device(random_normal(shape, dtype, 0, 1, 1), device());
    const Tensor gamma = to_device(random_normal({shape.back()}, dtype, 1, 1, 2), device());
    const Tensor beta = to_device(random_normal({shape.back()}, dtype, 0, 1, 3), device());
    return [=] { layernorm_fused_rm(input, gamma, beta); };
}

std::function<void()> prepared(std::string_view name) {
    if (name == "layernorm_bfloat16") return layernorm({64, 1024}, DataType::BFLOAT16);
    if (name == "layernorm_streaming_float32") return layernorm({32, 8192}, DataType::FLOAT32);
    if (name == "pages_through_one_buffer")
        return [program = std::make_shared<Program>(bench::pages_program(1 << 14, 2), device())] {
            enqueue(device(), *program);
        };
    return {};
}

}  // namespace

// Not inlined, and named for --toggle-collect.
extern "C" [[gnu::noinline]] void loom_counted_run(const std::function<void()>& run) {
    run();
}

int main(int argc, char** argv) {
    const std::function<void()> run = prepared(argc == 2 ? argv[1] : "");
    if (!run) {
        std::fprintf(stderr, "no such run\n");
        return 1;
    }
    run();
    run();
    loom_counted_run(run);
    return 0;
}
