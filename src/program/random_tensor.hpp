// Tensors of random numbers, the same for the same seed.
#pragma once

#include <cstdint>

#include "program/host_tensor.hpp"

namespace loom {

/// Independent normal values with this mean and standard deviation, rounded to `dtype`.
HostTensor random_normal(const Shape& shape, DataType dtype, double mean, double deviation,
                         std::uint64_t seed);

}  // namespace loom
