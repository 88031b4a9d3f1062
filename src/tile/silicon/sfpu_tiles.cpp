// The vector unit on tiles: its programs on all lanes, in the CPU's own arithmetic where that is the chip's.
#include <algorithm>
#include <bit>
#include <cstring>

#include "tile/silicon/float_flags.hpp"
#include "tile/silicon/lanes.hpp"
#include "tile/silicon/tiles.hpp"

namespace loom::tile::silicon {

void binary_dst(Mode mode, Binary op, const Word* a, const Word* b, Word* out, std::size_t count) {
    combine(mode.sfpu(), op, a, b, count, out);
}

void store_copy(Mode mode, const Word* from, Word* to) {
    for (std::uint32_t i = 0; i < kElements; ++i) to[i] = stored(mode.dst32, from[i]);
}

void unary(Mode mode, Unary f, std::uint32_t scalar, Word* dst, std::size_t count) {
    if (f == Unary::add_scalar || f == Unary::sub_scalar || (f == Unary::mul_scalar && mode.dst32)) {
        std::uint32_t scalars[kSide];
        std::fill(std::begin(scalars), std::end(scalars), scalar);
        const Binary op = f == Unary::add_scalar   ? Binary::add
                          : f == Unary::sub_scalar ? Binary::sub
                                                   : Binary::mul;
        for (std::size_t i = 0; i < count; i += kSide)
            combine(mode.sfpu(), op, dst + i, scalars, std::min<std::size_t>(count - i, kSide), dst + i);
        return;
    }
    if (f == Unary::square && mode.dst32) return combine(mode.sfpu(), Binary::mul, dst, dst, count, dst);
    if (f == Unary::rsqrt && mode.dst32 && !mode.approximate) return reciprocal_roots(mode.chip, dst, count);
    const auto each = [=](auto of) {
        for (std::size_t i = 0; i < count; ++i) dst[i] = stored(mode.dst32, of(dst[i]));
    };
    // A loop of its own, which becomes vectors.
    if (f == Unary::round_bfloat16) return each([](std::uint32_t x) { return even_round(x); });
    each([=](std::uint32_t x) { return silicon::unary(mode.sfpu(), f, scalar, x); });
}

namespace {

// Lanes that lie side by side as columns 0, 2, .. 14 of a row of a face.
constexpr std::uint32_t kLanesOfRow = 8;

// Column 0 in all lanes of a row: the others are multiplied by zero, then lanes are added up, each time those of half as many
// neighbours. So an infinity or a NaN among them spoils it.
void spread_lanes(Chip chip, const Word* row, std::uint32_t (&lanes)[kLanesOfRow]) {
    for (std::uint32_t i = 0; i < kLanesOfRow; ++i) lanes[i] = sfpu_mul(chip, row[2 * i], i == 0 ? kOne : 0);
    for (std::uint32_t distance = 1; distance < kLanesOfRow; distance *= 2) {
        std::uint32_t sums[kLanesOfRow];
        for (std::uint32_t i = 0; i < kLanesOfRow; ++i)
            sums[i] = sfpu_add(chip, lanes[i], lanes[(i + kLanesOfRow - distance) % kLanesOfRow]);
        std::copy_n(sums, kLanesOfRow, lanes);
    }
}

bool all_finite(const Word* row) {
    std::uint32_t infinite = 0;
    for (std::uint32_t i = 0; i < 16; ++i) infinite |= std::uint32_t{(row[i] & kInfinity) == kInfinity};
    return infinite == 0;
}

// The sum of a row's 32 elements, in each of the 8 lanes: the same in all, but for the sign and payload of a NaN.
void sum_row(Chip chip, const Word* left, const Word* right, std::uint32_t (&lanes)[kLanesOfRow]) {
    for (std::uint32_t i = 0; i < kLanesOfRow; ++i) {
        const std::uint32_t last = sfpu_add(chip, right[2 * i], right[2 * i + 1]);
        lanes[i] = sfpu_add(chip, left[2 * i], sfpu_add(chip, left[2 * i + 1], last));
    }
    for (std::uint32_t distance = kLanesOfRow / 2; distance != 0; distance /= 2) {
        std::uint32_t sums[kLanesOfRow];
        for (std::uint32_t i = 0; i < kLanesOfRow; ++i)
            sums[i] = sfpu_add(chip, lanes[i], lanes[(i + kLanesOfRow - distance) % kLanesOfRow]);
        std::copy_n(sums, kLanesOfRow, lanes);
    }
}

// The same in the CPU's arithmetic.
float plain_row_sum(const Word* left, const Word* right) {
    float lanes[kLanesOfRow];
    const auto at = [](const Word* words, std::uint32_t i) {
        return std::bit_cast<float>(std::uint32_t{words[i]});
    };
    for (std::uint32_t i = 0; i < kLanesOfRow; ++i)
        lanes[i] = at(left, 2 * i) + (at(left, 2 * i + 1) + (at(right, 2 * i) + at(right, 2 * i + 1)));
    for (std::uint32_t distance = kLanesOfRow / 2; distance != 0; distance /= 2)
        for (std::uint32_t i = 0; i < distance; ++i) lanes[i] = lanes[i] + lanes[i + distance];
    return lanes[0];
}

}  // namespace

bool is_plain_column(const Operand& tile) {
    std::uint32_t words[512];
    const auto* const left = static_cast<const std::byte*>(tile.data);
    const auto* const below = left + std::size_t{512} * element_bytes(tile.format);
    if (tile.format == DataFormat::Float32) {
        std::memcpy(words, left, 1024);
        std::memcpy(words + 256, below, 1024);
    } else {
        std::uint16_t halves[512];
        std::memcpy(halves, left, 512);
        std::memcpy(halves + 256, below, 512);
        for (std::uint32_t i = 0; i < 512; ++i) words[i] = std::uint32_t{halves[i]} << 16;
    }
    std::uint32_t odd = 0;
    for (std::uint32_t i = 0; i < 512; ++i) odd |= std::uint32_t{(words[i] & kInfinity) == kInfinity};
    for (std::uint32_t i = 0; i < 512; i += 16) odd |= std::uint32_t{is_zero(words[i]) && words[i] != 0};
    return odd == 0;
}

bool is_plain_column(const Word* tile) {
    for (std::uint32_t row = 0; row < kSide; ++row)
        if (!all_finite(tile + face_index(row, 0))) return false;
    return true;
}

void spread_column(const Word* tile, Word* values) {
    for (std::uint32_t row = 0; row < kSide; ++row) {
        const std::uint32_t value = tile[face_index(row, 0)];
        values[row] = is_zero(value) ? 0 : value;
    }
}

void broadcast_dst(Mode mode, Binary op, Broadcast kind, const Word* vector, Word* tile) {
    std::uint32_t first[kSide];
    for (std::uint32_t column = 0; column < kSide; ++column) first[column] = vector[face_index(0, column)];
    for (std::uint32_t row = 0; row < kSide; ++row) {
        std::uint32_t lanes[kLanesOfRow];
        spread_lanes(mode.chip, vector + face_index(row, 0), lanes);
        for (std::uint32_t column = 0; column < kSide; ++column) {
            Word& word = tile[face_index(row, column)];
            const std::uint32_t other = kind == Broadcast::columns ? lanes[column % 16 / 2] : first[column];
            // A column is negated and added, a row multiplied by -1: the chips' NaNs tell which.
            const std::uint32_t result = op == Binary::mul   ? sfpu_mul(mode.chip, word, other)
                                         : op == Binary::add ? sfpu_add(mode.chip, word, other)
                                         : kind == Broadcast::columns
                                             ? sfpu_add(mode.chip, word, other ^ kSign)
                                             : sfpu_sub(mode.chip, word, other);
            word = stored(mode.dst32, result);
        }
    }
}

void sum_rows(Mode mode, Word* tile) {
    std::uint32_t sums[kSide];
    bool clean = false;
    {
        const FloatFlags flags;
        for (std::uint32_t row = 0; row < kSide; ++row)
            sums[row] = std::bit_cast<std::uint32_t>(
                plain_row_sum(tile + face_index(row, 0), tile + face_index(row, 16)));
        clean = flags.clean();
    }
    for (std::uint32_t row = 0; row < kSide; ++row) {
        std::uint32_t lanes[kLanesOfRow];
        std::fill(std::begin(lanes), std::end(lanes), sums[row]);
        if (!clean || (sums[row] & ~kSign) > kInfinity || sums[row] == kSign)
            sum_row(mode.chip, tile + face_index(row, 0), tile + face_index(row, 16), lanes);
        for (std::uint32_t i = 0; i < kLanesOfRow; ++i)
            tile[face_index(row, 2 * i)] = stored(mode.dst32, lanes[i]);
    }
}

}  // namespace loom::tile::silicon
