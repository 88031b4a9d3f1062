// Tensors of random numbers.
#include "program/random_tensor.hpp"

#include <cstring>
#include <random>

#include "util/bfloat16.hpp"
#include "util/stop.hpp"

namespace loom {

HostTensor random_normal(const Shape& shape, DataType dtype, double mean, double deviation,
                         std::uint64_t seed) {
    HostTensor tensor{shape, dtype, {}};
    const std::uint64_t elements = volume(shape);
    tensor.data.resize(elements * element_bytes(dtype));
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal(mean, deviation);
    for (std::uint64_t i = 0; i < elements; ++i) {
        if (i % 65536 == 0) stop_point();
        const auto value = static_cast<float>(normal(generator));
        if (dtype == DataType::BFLOAT16) {
            const std::uint16_t bits = float_to_bfloat16(value);
            std::memcpy(tensor.data.data() + 2 * i, &bits, 2);
        } else {
            std::memcpy(tensor.data.data() + 4 * i, &value, 4);
        }
    }
    return tensor;
}

}  // namespace loom
