// How far a result is from the reference, and how far it may be.
#pragma once

#include <cstdint>

#include "program/host_tensor.hpp"
#include "util/numerics.hpp"

namespace loom {

/// Errors of one result against the double reference, in the unit of their element: s = |gamma * n| + |beta|
/// (n the normalised value) and, in float32, s * max(1, |mean| / std) of the row.
///
/// Where gamma * n and beta are both tiny, s is smaller than what the mean's own error moves (2^-22 of the
/// deviation in bfloat16, 2^-24 in float32, times max(1, |mean| / std)) or than what underflow does (the smallest subnormal,
/// in the centred value and in the result). An error counts as far as it exceeds that. In silicon numerics what is below
/// 2^-126 is zero, an input and a mean too: twice that stands for the smallest subnormal.
///
/// In bfloat16 the mean's own error grows with long rows: the sum of a row is added up in 32 lanes of W / 32 terms each, and
/// each addition rounds by up to 2^-25 of what the lane holds so far. Independent roundings, uniform, add up to a
/// standard error of the mean of |mean| * 2^-25 * sqrt(W / 1024) / 3; four of those are 2^-22 at W = 36864, and from there
/// on 2^-22 * sqrt(W) / 192. (In float32 a second sum, of the differences, takes that error away.)
struct LayernormAccuracy {
    double max_error = 0;               ///< max |error| / unit
    double mean_error = 0;              ///< mean |error| / unit
    std::uint64_t wrong_nonfinite = 0;  ///< elements that are finite in one and not in the other
    double max_bar = 0;                 ///< what each error may be
    double mean_bar = 0;                ///< what mean_error may be
    bool within_bars() const {
        return wrong_nonfinite == 0 && max_error <= max_bar && mean_error <= mean_bar;
    }
};

/// Compares a result in these numerics with layernorm_reference on the exact input values. `gamma` and `beta` may be null.
///
/// The bars, and the error model behind them:
///
/// - bfloat16: 2^-7 at most and 2^-9 on average. The result is rounded once, by at most 2^-8 of its value and
///   by 0.35 * 2^-8 on average. All else travels with 16 bits or more (the mean as three bfloat16; the
///   variance and 1/sqrt(var + epsilon) as two; centred values, products and sums in fp32) and adds less than
///   2^-14 of s while |mean| / std <= 1000. Where the nearest bfloat16 to each exact result is itself off by more
///   than 2^-9 on average (few elements, or a tiny gamma * n on a beta of few values: a matter of luck), the
///   average may be 2^-13 above that: twice 2^-14, once in the value and once in which way it is rounded.
/// - float32: 4e-6 at most. Results and the steps before them are rounded by 2^-24 each; the variance is a sum
///   of W terms, with about sqrt(W / 32) + 6 roundings that do not cancel; the mean has two parts, a first
///   one and the mean difference from it, which is as good as exact.
LayernormAccuracy layernorm_accuracy(const HostTensor& input, const HostTensor* gamma, const HostTensor* beta,
                                     double epsilon, const HostTensor& output, Numerics numerics);

}  // namespace loom
