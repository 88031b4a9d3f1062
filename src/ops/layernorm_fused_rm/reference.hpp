// The operation's specification: LayerNorm of one row, in double.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace loom::layernorm_reference {

/// y[w] = gamma[w] * n[w] + beta[w] with n[w] = (x[w] - mean) / sqrt(var + epsilon); empty gamma is 1, empty
/// beta 0. `scale[w]` is |gamma[w] * n[w]| + |beta[w]|, the size that errors are measured by.
inline void layernorm_row(std::span<const double> x, std::span<const double> gamma,
                          std::span<const double> beta, double epsilon, std::span<double> y,
                          std::span<double> scale) {
    const auto width = static_cast<double>(x.size());
    double sum = 0;
    for (const double value : x) sum += value;
    const double mean = sum / width;
    double squares = 0;
    for (const double value : x) squares += (value - mean) * (value - mean);
    const double factor = 1 / std::sqrt(squares / width + epsilon);
    for (std::size_t w = 0; w < x.size(); ++w) {
        const double scaled = (gamma.empty() ? 1 : gamma[w]) * ((x[w] - mean) * factor);
        const double offset = beta.empty() ? 0 : beta[w];
        y[w] = scaled + offset;
        scale[w] = std::abs(scaled) + std::abs(offset);
    }
}

}  // namespace loom::layernorm_reference
