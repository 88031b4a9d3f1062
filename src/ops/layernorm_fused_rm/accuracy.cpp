// How far a result is from the reference.
#include "ops/layernorm_fused_rm/accuracy.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "ops/layernorm_fused_rm/reference.hpp"
#include "util/bfloat16.hpp"
#include "util/stop.hpp"

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

// What else than the size of its elements a row's errors depend on.
struct RowSize {
    double condition = 1;  // |mean| / std, at least 1: so much is a rounding of the mean magnified
    double typical = 0;    // the root mean square of its normalised values
    double factor = 0;     // 1 / sqrt(var + epsilon)
};

RowSize size_of(std::span<const double> x, double epsilon) {
    double sum = 0;
    for (const double value : x) sum += value;
    const double mean = sum / static_cast<double>(x.size());
    double squares = 0;
    for (const double value : x) squares += (value - mean) * (value - mean);
    const double variance = squares / static_cast<double>(x.size());
    const double deviation = std::sqrt(variance);
    const double factor = 1 / std::sqrt(variance + epsilon);
    // A row of one value has nothing to magnify.
    return {deviation > 0 ? std::max(1.0, std::abs(mean) / deviation) : 1, deviation * factor, factor};
}

}  // namespace

LayernormAccuracy layernorm_accuracy(const HostTensor& input, const HostTensor* gamma, const HostTensor* beta,
                                     double epsilon, const HostTensor& output, Numerics numerics) {
    const bool narrow = input.dtype == DataType::BFLOAT16;
    LayernormAccuracy accuracy{.max_bar = narrow ? std::ldexp(1.0, -7) : 4e-6,
                               .mean_bar = narrow ? std::ldexp(1.0, -9) : 4e-6};
    const std::size_t width = input.shape.empty() ? 1 : input.shape.back();
    const std::uint64_t elements = volume(input.shape);
    if (elements == 0) return accuracy;
    const std::vector<double> scale_by = widened(gamma);
    const std::vector<double> shift_by = widened(beta);
    std::vector<double> x(width), y(width), scale(width), got(width);
    const double smallest = std::ldexp(1.0, numerics == Numerics::silicon ? -125 : narrow ? -133 : -149);
    // A mean of bfloat16 has one part for the row's whole sum, whose roundings grow with the row.
    const double long_row = narrow ? std::max(1.0, std::sqrt(static_cast<double>(width)) / 192) : 1;
    const double mean_error = std::ldexp(long_row, narrow ? -22 : -24);
    double total = 0;
    double total_of_nearest = 0;  // what the nearest bfloat16 to each exact result would be off by
    for (std::uint64_t first = 0; first < elements; first += width) {
        stop_point();
        widen(input, first, x);
        widen(output, first, got);
        layernorm_reference::layernorm_row(x, scale_by, shift_by, epsilon, y, scale);
        const RowSize row = size_of(x, epsilon);
        const double condition = narrow ? 1 : row.condition;
        for (std::size_t w = 0; w < width; ++w) {
            if (std::isfinite(y[w]) != std::isfinite(got[w])) ++accuracy.wrong_nonfinite;
            if (!std::isfinite(y[w]) || !std::isfinite(got[w])) continue;
            const double gain = scale_by.empty() ? 1 : std::abs(scale_by[w]);
            const double unit = scale[w] * condition;
            const double slack =
                gain * row.typical * row.condition * mean_error + smallest * (1 + gain * row.factor);
            const auto error_of = [&](double value) {
                const double difference = std::abs(value - y[w]);
                return difference <= slack ? 0 : (difference - slack) / unit;
            };
            const double error = error_of(got[w]);
            accuracy.max_error = std::max(accuracy.max_error, error);
            total += error;
            if (narrow)
                total_of_nearest += error_of(bfloat16_to_float(float_to_bfloat16(static_cast<float>(y[w]))));
        }
    }
    if (narrow)
        accuracy.mean_bar = std::max(accuracy.mean_bar,
                                     total_of_nearest / static_cast<double>(elements) + std::ldexp(1.0, -13));
    accuracy.mean_error = total / static_cast<double>(elements);
    return accuracy;
}

}  // namespace loom
