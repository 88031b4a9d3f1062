// How far a result is from the reference, and how far it may be.
#pragma once

#include <cstdint>

#include "program/host_tensor.hpp"

namespace loom {

/// Errors of one result against the double reference, in the unit of their element: s = |gamma * n| + |beta|
/// (n the normalised value) and, in float32, s * max(1, |mean| / std) of the row. An n below 1/64 of the
/// row's root mean square counts as that: the mean's own error does not shrink where x happens to lie close
/// to it. Of each difference, what gradual underflow rounds off x - mean and the result is not counted: the
/// smallest subnormal, 1e-40 in bfloat16. Elements with s = 0 must be exact.
struct LayernormAccuracy {
    double max_error = 0;               ///< max |error| / unit
    double mean_error = 0;              ///< mean |error| / unit
    std::uint64_t wrong_nonfinite = 0;  ///< elements that are finite in one and not in the other
    double max_bar = 0;                 ///< what max_error may be
    double mean_bar = 0;                ///< what mean_error may be
    bool within_bars() const {
        return wrong_nonfinite == 0 && max_error <= max_bar && mean_error <= mean_bar;
    }
};

/// Compares a result with layernorm_reference on the exact input values. `gamma` and `beta` may be null.
///
/// The bars, and the error model behind them:
///   bfloat16   max 2^-7, mean 2^-9. The result is rounded once, by at most 2^-8 of its value. All else
///   travels with
///              16 bits or more: the mean as three bfloat16, centred values, sum of squares and 1/sqrt(var +
///              epsilon) as two, products and sums in fp32; together less than 2^-14 of s while |mean|/std <=
///              1000.
///   float32    max 4e-6, mean 4e-6. Sums of W terms in fp32 err by 2^-24 of their size for each of the about
///              sqrt(W/32) + 6 roundings that do not cancel; the mean's error counts |mean|/std fold, and is
///              itself reduced once by the mean of x - m1.
LayernormAccuracy layernorm_accuracy(const HostTensor& input, const HostTensor* gamma, const HostTensor* beta,
                                     double epsilon, const HostTensor& output);

}  // namespace loom
