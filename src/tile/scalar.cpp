// The scalar twins of the tile functions: plain loops over rows and columns, the definition of each.
#include <bit>
#include <cmath>
#include <cstring>

#include "tile/tile_ops.hpp"
#include "util/bfloat16.hpp"

namespace loom::tile::scalar {
namespace {

// Element `index` of `data`; through memcpy, as L1 bytes have no type of their own.
float load(const void* data, DataFormat format, std::size_t index) {
    const auto* at = static_cast<const std::byte*>(data) + index * element_bytes(format);
    if (format == DataFormat::Float32) {
        float value;
        std::memcpy(&value, at, sizeof value);
        return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return bfloat16_to_float(bits);
}

void store(float value, void* data, DataFormat format, std::size_t index) {
    auto* at = static_cast<std::byte*>(data) + index * element_bytes(format);
    if (format == DataFormat::Float32) {
        std::memcpy(at, &value, sizeof value);
    } else {
        const std::uint16_t bits = float_to_bfloat16(value);
        std::memcpy(at, &bits, sizeof bits);
    }
}

float element(Operand a, std::uint32_t row, std::uint32_t column) {
    if (a.in_sticks) return load(a.sticks()[row] + a.offset, a.format, column);
    return load(a.data, a.format, face_index(row, column));
}

float broadcast_element(Broadcast broadcast, Operand b, std::uint32_t row, std::uint32_t column) {
    switch (broadcast) {
        case Broadcast::none:
            return element(b, row, column);
        case Broadcast::columns:
            return element(b, row, 0);
        case Broadcast::rows:
            return element(b, 0, column);
        case Broadcast::scalar:
            return element(b, 0, 0);
    }
    return 0.0f;
}

float apply(Binary op, float a, float b) {
    switch (op) {
        case Binary::add:
            return a + b;
        case Binary::sub:
            return a - b;
        case Binary::mul:
            return a * b;
    }
    return 0.0f;
}

float apply(Unary f, float x, float s) {
    switch (f) {
        case Unary::add_scalar:
            return x + s;
        case Unary::sub_scalar:
            return x - s;
        case Unary::mul_scalar:
            return x * s;
        case Unary::rsub_scalar:
            return s - x;
        case Unary::fill:
            return s;
        case Unary::rsqrt:
            return 1.0f / std::sqrt(x);
        case Unary::sqrt:
            return std::sqrt(x);
        case Unary::reciprocal:
            return 1.0f / x;
        case Unary::square:
            return x * x;
        case Unary::negate:
            return -x;
        case Unary::absolute:
            return std::fabs(x);
        case Unary::round_bfloat16:
            return round_to_bfloat16(x);
    }
    return 0.0f;
}

// The sum of 32 terms in the documented order.
float sum(const float (&terms)[kSide]) {
    float u[16];
    for (int i = 0; i < 16; ++i) u[i] = terms[i] + terms[i + 16];
    for (int step = 8; step > 0; step /= 2) {
        for (int i = 0; i < step; ++i) u[i] += u[i + step];
    }
    return u[0];
}

bool keeps(PackMask mask, std::uint32_t row, std::uint32_t column) {
    switch (mask) {
        case PackMask::all:
            return true;
        case PackMask::reduce_row:
            return column % 16 == 0;
        case PackMask::reduce_column:
            return row == 0;
        case PackMask::reduce_scalar:
            return row == 0 && column == 0;
    }
    return false;
}

// Calls body(row, column, face index) for every element.
template <class Body>
void for_each_element(Body body) {
    for (std::uint32_t r = 0; r < kSide; ++r) {
        for (std::uint32_t c = 0; c < kSide; ++c) body(r, c, face_index(r, c));
    }
}

}  // namespace

void copy(Operand a, float* dst) {
    for_each_element([&](auto r, auto c, auto i) { dst[i] = element(a, r, c); });
}

void broadcast(Broadcast broadcast, Operand b, float* dst) {
    for_each_element([&](auto r, auto c, auto i) { dst[i] = broadcast_element(broadcast, b, r, c); });
}

void first_row(Operand a, float* out) {
    for (std::uint32_t c = 0; c < kSide; ++c) out[c] = element(a, 0, c);
}

void binary(Binary op, Broadcast broadcast, Operand a, Operand b, bool accumulate, float* dst) {
    for_each_element([&](auto r, auto c, auto i) {
        const float result = apply(op, element(a, r, c), broadcast_element(broadcast, b, r, c));
        dst[i] = accumulate ? dst[i] + result : result;
    });
}

void binary_dst(Binary op, const float* a, const float* b, float* out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[i] = apply(op, a[i], b[i]);
}

void binary_reuse(Binary op, bool dst_is_a, Operand b, float* dst) {
    for_each_element([&](auto r, auto c, auto i) {
        const float from_l1 = element(b, r, c);
        dst[i] = dst_is_a ? apply(op, dst[i], from_l1) : apply(op, from_l1, dst[i]);
    });
}

void unary(Unary f, float scalar, float* dst, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) dst[i] = apply(f, dst[i], scalar);
}

void reduce(ReduceDim dim, Operand a, Operand scaler, bool accumulate, float* dst) {
    const auto weight = [&](std::uint32_t i) { return element(scaler, 0, i); };
    float row_sums[kSide];
    float column_sums[kSide];
    for (std::uint32_t k = 0; k < kSide; ++k) {
        float row_terms[kSide];     // of row k
        float column_terms[kSide];  // of column k
        for (std::uint32_t i = 0; i < kSide; ++i) {
            const float x = dim == ReduceDim::scalar ? element(a, k, i) * weight(k) : element(a, k, i);
            row_terms[i] = x * weight(i);
            column_terms[i] = element(a, i, k) * weight(i);
        }
        row_sums[k] = sum(row_terms);
        column_sums[k] = sum(column_terms);
    }

    if (!accumulate) std::memset(dst, 0, kElements * sizeof(float));
    if (dim == ReduceDim::scalar) {
        dst[0] += sum(row_sums);
        return;
    }
    for (std::uint32_t k = 0; k < kSide; ++k) {
        if (dim == ReduceDim::row) dst[face_index(k, 0)] += row_sums[k];
        if (dim == ReduceDim::column) dst[face_index(0, k)] += column_sums[k];
    }
}

void add_row_terms(Operand a, std::size_t stride_bytes, std::uint32_t count, const float* weights,
                   float* lanes) {
    for (std::uint32_t t = 0; t < count; ++t) {
        const Operand tile = a.after(t * stride_bytes);
        for (std::uint32_t r = 0; r < kSide; ++r)
            for (std::uint32_t i = 0; i < 16; ++i)
                lanes[16 * r + i] +=
                    element(tile, r, i) * weights[i] + element(tile, r, i + 16) * weights[i + 16];
    }
}

void add_up_row_terms(const float* lanes, float* sums) {
    for (std::uint32_t r = 0; r < kSide; ++r) {
        float u[16];
        std::memcpy(u, lanes + 16 * std::size_t{r}, sizeof u);
        for (int step = 8; step > 0; step /= 2) {
            for (int i = 0; i < step; ++i) u[i] += u[i + step];
        }
        sums[r] = u[0];
    }
}

void pack(const float* dst, PackMask mask, bool accumulate, DataFormat format, void* out) {
    for_each_element([&](auto r, auto c, auto i) {
        const float value = keeps(mask, r, c) ? dst[i] : 0.0f;
        store(accumulate ? load(out, format, i) + value : value, out, format, i);
    });
}

void tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,
            float* dst) {
    for_each_element([&](auto r, auto c, auto i) {
        const auto* row = static_cast<const std::byte*>(rows) + r * pitch_bytes;
        dst[i] = r < num_rows ? load(row, format, c) : 0.0f;
    });
}

void tilize_to_tiles(const Sticks& sticks, std::size_t offset, std::uint32_t num_rows, DataFormat format,
                     std::uint32_t count, DataFormat out_format, void* out) {
    const auto* const end = static_cast<std::byte*>(out) + std::size_t{count} * tile_bytes(out_format);
    for (auto* to = static_cast<std::byte*>(out); to != end; to += tile_bytes(out_format)) {
        float x[kElements];
        for_each_element([&](auto r, auto c, auto i) {
            x[i] = r < num_rows ? load(sticks[r] + offset, format, c) : 0.0f;
        });
        scalar::pack(x, PackMask::all, false, out_format, to);
        offset += kSide * element_bytes(format);
    }
}

void untilize(const float* dst, DataFormat format, void* rows, std::size_t pitch_bytes) {
    for_each_element([&](auto r, auto c, auto i) {
        store(dst[i], static_cast<std::byte*>(rows) + r * pitch_bytes, format, c);
    });
}

void round_dst(float* dst) {
    for (std::uint32_t i = 0; i < kElements; ++i) dst[i] = round_to_bfloat16(dst[i]);
}

}  // namespace loom::tile::scalar
