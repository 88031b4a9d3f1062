// Rows in which a mistake shows.
#include "ops/layernorm_fused_rm/hard_rows.hpp"

#include <cstring>

#include "util/bfloat16.hpp"
#include "util/stop.hpp"

namespace loom {
namespace {

float hardened(float x, std::uint64_t row) {
    switch (row % 4) {
        case 1:
            return 300 + 0.3f * x;
        case 2:
            return 1000.1f;
        case 3:
            return 50 * x;
        default:
            return x;
    }
}

}  // namespace

void harden_rows(HostTensor& x) {
    const std::uint64_t width = x.shape.empty() ? 1 : x.shape.back();
    const std::uint64_t elements = volume(x.shape);
    for (std::uint64_t i = 0; i < elements; ++i) {
        if (i % 65536 == 0) stop_point();
        if (x.dtype == DataType::BFLOAT16) {
            std::uint16_t bits;
            std::memcpy(&bits, x.data.data() + 2 * i, 2);
            bits = float_to_bfloat16(hardened(bfloat16_to_float(bits), i / width));
            std::memcpy(x.data.data() + 2 * i, &bits, 2);
        } else {
            float value;
            std::memcpy(&value, x.data.data() + 4 * i, 4);
            value = hardened(value, i / width);
            std::memcpy(x.data.data() + 4 * i, &value, 4);
        }
    }
}

}  // namespace loom
