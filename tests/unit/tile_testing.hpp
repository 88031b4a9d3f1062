// What the tile tests share: tiles in L1 and in DST, hard inputs, every SIMD target, comparison by bytes.
#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tile/tile_ops.hpp"
#include "util/bfloat16.hpp"

namespace loom::tile::testing {

inline constexpr DataFormat kFormats[] = {DataFormat::Float32, DataFormat::Float16_b};
inline constexpr Binary kBinaries[] = {Binary::add, Binary::sub, Binary::mul};
inline constexpr Broadcast kBroadcasts[] = {Broadcast::none, Broadcast::columns, Broadcast::rows,
                                            Broadcast::scalar};
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

inline float load(const void* data, DataFormat format, std::size_t index) {
    if (format == DataFormat::Float32) {
        float value;
        std::memcpy(&value, static_cast<const std::byte*>(data) + 4 * index, 4);
        return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, static_cast<const std::byte*>(data) + 2 * index, 2);
    return bfloat16_to_float(bits);
}

inline void store(float value, void* data, DataFormat format, std::size_t index) {
    const std::uint16_t bits = float_to_bfloat16(value);
    auto* to = static_cast<std::byte*>(data) + element_bytes(format) * index;
    format == DataFormat::Float32 ? std::memcpy(to, &value, 4) : std::memcpy(to, &bits, 2);
}

/// A tile in L1, no better aligned than the contract promises: 16 bytes. Starts as NaN throughout.
struct L1Tile {
    explicit L1Tile(DataFormat f) : format(f) {
        for (std::uint32_t i = 0; i < kElements; ++i) store(kNan, data(), format, i);
    }
    void* data() { return bytes_ + 16; }
    Operand operand() { return {data(), format}; }
    float at(std::uint32_t row, std::uint32_t column) {
        return load(data(), format, face_index(row, column));
    }
    void set(std::uint32_t row, std::uint32_t column, float value) {
        store(value, data(), format, face_index(row, column));
    }

    DataFormat format;

private:
    alignas(64) std::byte bytes_[16 + 4096];
};

/// The same elements as a tile's, in sticks that lie in no order; before and behind them is NaN.
struct StickTile {
    explicit StickTile(L1Tile& tile) : format(tile.format), bytes_(kSide * kPitch) {
        for (std::size_t i = 0; i < bytes_.size() / element_bytes(format); ++i)
            store(kNan, bytes_.data(), format, i);
        for (std::uint32_t row = 0; row < kSide; ++row) {
            std::byte* const stick = bytes_.data() + (row * 13 + 5) % kSide * kPitch + 16;
            sticks[row] = stick;
            for (std::uint32_t column = 0; column < kSide; ++column)
                store(tile.at(row, column), stick + kOffset, format, column);
        }
    }
    Operand operand() const { return {&sticks, format, true, kOffset}; }

    DataFormat format;
    Sticks sticks{};

private:
    static constexpr std::uint32_t kOffset = 48;
    static constexpr std::size_t kPitch = 256;
    std::vector<std::byte> bytes_;
};

/// A tile in DST. Starts as NaN throughout.
struct DstTile {
    DstTile() {
        for (float& value : values) value = kNan;
    }
    float& at(std::uint32_t row, std::uint32_t column) { return values[face_index(row, column)]; }

    alignas(64) float values[kElements];
};

/// Random inputs: mostly plain values, with zeros, subnormals, infinities, NaN, huge values and any bits
/// between. The seed is LOOM_TEST_SEED, or 1; a failure prints it.
class Inputs {
public:
    static unsigned seed() {
        const char* text = std::getenv("LOOM_TEST_SEED");
        return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : 1u;
    }

    float value() {
        static constexpr float kSpecial[] = {
            0.0f, -0.0f, 1e-40f, -1e-45f, kInfinity, -kInfinity,   kNan,        3.4e38f, -3.4e38f,
            1.0f, -1.0f, 1e-38f, 1e20f,   -1e20f,    1.17549e-38f, 1.00390625f, 0.5f,    3.3895e38f};
        const auto bits = static_cast<std::uint32_t>(random_());
        switch (bits % 32) {
            case 0:
                return kSpecial[(bits >> 5) % std::size(kSpecial)];
            case 1:
                return std::bit_cast<float>(static_cast<std::uint32_t>(random_()));
            default:
                return plain();
        }
    }
    float plain() { return std::normal_distribution<float>(0.0f, 3.0f)(random_); }

    void fill(void* data, DataFormat format, std::uint32_t elements = kElements) {
        for (std::uint32_t i = 0; i < elements; ++i) store(value(), data, format, i);
    }
    void fill(L1Tile& tile) { fill(tile.data(), tile.format); }
    void fill(DstTile& tile) { fill(tile.values, DataFormat::Float32); }
    /// No infinities or NaN, which would spread over the sums of a reduction and hide them.
    void fill_plain(L1Tile& tile) {
        for (std::uint32_t i = 0; i < kElements; ++i) store(plain(), tile.data(), tile.format, i);
    }

private:
    std::mt19937 random_{seed()};
};

inline std::string describe(float value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.9g (0x%08x)", static_cast<double>(value),
                  std::bit_cast<std::uint32_t>(value));
    return text;
}

/// Fails, once, unless all elements have the same bits; NaN equals NaN. Names the lane, expected and got.
inline void expect_same(const void* expected, const void* got, DataFormat format, const std::string& what,
                        std::uint32_t elements = kElements) {
    for (std::uint32_t i = 0; i < elements; ++i) {
        const float e = load(expected, format, i);
        const float g = load(got, format, i);
        if (std::isnan(e) && std::isnan(g)) continue;
        if (std::bit_cast<std::uint32_t>(e) == std::bit_cast<std::uint32_t>(g)) continue;
        ADD_FAILURE() << what << ": lane " << i << ": expected " << describe(e) << ", got " << describe(g)
                      << "; target " << simd_target() << ", LOOM_TEST_SEED=" << Inputs::seed();
        return;
    }
}

inline void expect_same(L1Tile& expected, L1Tile& got, const std::string& what) {
    expect_same(expected.data(), got.data(), expected.format, what);
}

inline void expect_same(const DstTile& expected, const DstTile& got, const std::string& what) {
    expect_same(expected.values, got.values, DataFormat::Float32, what);
}

/// Calls body() with tile:: running on each SIMD target that this CPU supports, in turn.
template <class Body>
void on_every_target(Body body) {
    std::set<std::string> done;
    const std::int64_t supported = hwy::SupportedTargets();
    for (int bit = 0; bit < 63; ++bit) {
        const std::int64_t target = std::int64_t{1} << bit;
        if ((supported & target) == 0) continue;
        hwy::SetSupportedTargetsForTest(target);
        if (done.insert(simd_target()).second) body();
    }
    hwy::SetSupportedTargetsForTest(0);
    EXPECT_FALSE(done.empty());
}

/// "Float16_b op 2 ...": the case of a failure, from names and enumerators.
template <class... Parts>
std::string label(Parts... parts) {
    std::string text;
    const auto append = [&](auto part) {
        if constexpr (std::is_same_v<decltype(part), DataFormat>) {
            text += name_of(part);
        } else if constexpr (std::is_convertible_v<decltype(part), std::string>) {
            text += part;
        } else {
            text += std::to_string(static_cast<int>(part));
        }
        text += ' ';
    };
    (append(parts), ...);
    return text;
}

}  // namespace loom::tile::testing
