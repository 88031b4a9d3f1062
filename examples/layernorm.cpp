// LayerNorm of a small tensor, from C++; examples/layernorm.py is the same from Python, and prints the same.
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"

#include <fmt/format.h>

#include <vector>

using namespace loom;

int main() {
    const std::uint32_t W = 96;
    const Shape shape{3, 40, W};
    std::vector<float> x(volume(shape));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = (static_cast<float>(i * 7 % 97) - 48) / 16;
    const std::vector<float> gamma(W, 0.5f);
    std::vector<float> beta(W);
    for (std::size_t i = 0; i < W; ++i) beta[i] = static_cast<float>(i) / 32;

    Device device;
    const auto on_device = [&](const std::vector<float>& values, const Shape& its_shape) {
        Tensor tensor(device, {its_shape, DataType::BFLOAT16, Layout::ROW_MAJOR, {}});
        write(tensor, std::as_bytes(std::span(values)), DataType::FLOAT32);
        return tensor;
    };
    const Tensor y =
        layernorm_fused_rm(on_device(x, shape), on_device(gamma, {W}), on_device(beta, {W}), 1e-5f);
    fmt::print("{} on {}\n", to_string(y.spec().shape), device.spec().name);

    std::vector<float> values(volume(shape));
    read(y, std::as_writable_bytes(std::span(values)), DataType::FLOAT32);
    for (std::uint32_t row = 0; row < 3; ++row)
        for (std::uint32_t column = 0; column < 6; ++column)
            fmt::print("{:.6f}{}", values[row * W + column], column == 5 ? "\n" : " ");
    return 0;
}
