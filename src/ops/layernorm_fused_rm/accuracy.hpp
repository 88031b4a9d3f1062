// How far a result is from the reference, and how far it may be.
#pragma once

#include <cstdint>

#include "program/host_tensor.hpp"

namespace loom {

/// Errors of one result against the double reference, each divided by s = |gamma * n| + |beta| of its element
/// (n the normalised value). Elements with s = 0 must be exact.
struct LayernormAccuracy {
    double max_error = 0;               ///< max |error| / s
    double mean_error = 0;              ///< mean |error| / s
    std::uint64_t wrong_nonfinite = 0;  ///< elements that are finite in one and not in the other
    double max_bar = 0;                 ///< what max_error may be
    double mean_bar = 0;                ///< what mean_error may be
    bool within_bars() const {
        return wrong_nonfinite == 0 && max_error <= max_bar && mean_error <= mean_bar;
    }
};

/// Compares a result with layernorm_reference on the exact input values. `gamma` and `beta` may be null.
/// The bars, for bfloat16: 2^-7 at most and 2^-9 on average. Where they come from: a bfloat16 rounds by at
/// most 2^-9 of its value, and the centred value and the result are rounded so; 1/sqrt(var + epsilon) travels
/// as the sum of two bfloat16 and the mean as the sum of three, which adds less than 2^-15 of s on data with
/// |mean|/std up to 1000; 2 * 2^-9 = 2^-8, doubled for the rows where gamma * n and beta nearly cancel.
LayernormAccuracy layernorm_accuracy(const HostTensor& input, const HostTensor* gamma, const HostTensor* beta,
                                     double epsilon, const HostTensor& output);

}  // namespace loom
