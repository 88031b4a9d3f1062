// How far a result is from the reference.
#include "ops/layernorm_fused_rm/accuracy.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "ops/layernorm_fused_rm/reference.hpp"
#include "util/bfloat16.hpp"

namespace loom {
namespace {

void widen(const HostTensor& tensor, std::uint64_t first, std::span<double> out) {
    const std::byte* data = tensor.data.data() + first * element_bytes(tensor.dtype);
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (tensor.dtype == DataType::BFLOAT16) {
            std::uint16_t bits;
            std::memcpy(&bits, data + 2 * i, 2);
            out[i] = bfloat16_to_float(bits);
        } else {
            float value;
            std::memcpy(&value, data + 4 * i, 4);
            out[i] = value;
        }
    }
}

std::vector<double> widened(const HostTensor* tensor) {
    if (tensor == nullptr) return {};
    std::vector<double> values(volume(tensor->shape));
    widen(*tensor, 0, values);
    return values;
}

}  // namespace

LayernormAccuracy layernorm_accuracy(const HostTensor& input, const HostTensor* gamma, const HostTensor* beta,
                                     double epsilon, const HostTensor& output) {
    LayernormAccuracy accuracy{.max_bar = std::ldexp(1.0, -7), .mean_bar = std::ldexp(1.0, -9)};
    const std::size_t width = input.shape.empty() ? 1 : input.shape.back();
    const std::uint64_t elements = volume(input.shape);
    if (elements == 0) return accuracy;
    const std::vector<double> scale_by = widened(gamma);
    const std::vector<double> shift_by = widened(beta);
    std::vector<double> x(width), y(width), scale(width), got(width);
    double total = 0;
    for (std::uint64_t first = 0; first < elements; first += width) {
        widen(input, first, x);
        widen(output, first, got);
        layernorm_reference::layernorm_row(x, scale_by, shift_by, epsilon, y, scale);
        for (std::size_t w = 0; w < width; ++w) {
            if (std::isfinite(y[w]) != std::isfinite(got[w])) ++accuracy.wrong_nonfinite;
            if (!std::isfinite(y[w]) || !std::isfinite(got[w])) continue;
            const double difference = std::abs(got[w] - y[w]);
            const double error = difference == 0 ? 0 : difference / scale[w];
            accuracy.max_error = std::max(accuracy.max_error, error);
            total += error;
        }
    }
    accuracy.mean_error = total / static_cast<double>(elements);
    return accuracy;
}

}  // namespace loom
