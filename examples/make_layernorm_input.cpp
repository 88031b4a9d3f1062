// Makes a safetensors file with a LayerNorm problem: tensors x, gamma and beta of random bfloat16 values.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "program/random_tensor.hpp"
#include "program/tensor_file.hpp"

namespace {

int make(int argc, char** argv) {
    CLI::App app{"Makes a safetensors file with random bfloat16 tensors x, gamma and beta."};
    std::string path;
    loom::Shape shape;
    std::uint64_t seed = 1;
    app.add_option("file", path)->required();
    app.add_option("--shape", shape, "of x, as 4,512,768")->delimiter(',')->required();
    app.add_option("--seed", seed)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    constexpr auto dtype = loom::DataType::BFLOAT16;
    const loom::Shape row{shape.back()};
    loom::write_tensors(path, {{"x", loom::random_normal(shape, dtype, 0, 1, seed)},
                               {"gamma", loom::random_normal(row, dtype, 1, 0.2, seed + 1)},
                               {"beta", loom::random_normal(row, dtype, 0, 0.2, seed + 2)}});
    fmt::print("made {}: x {}, gamma and beta {}, bfloat16, seed {}\n", path, loom::to_string(shape),
               loom::to_string(row), seed);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return make(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
