// Which bytes nobody has written, in L1, DRAM and DST, and how operations on tiles pass that on.
//
// MemorySanitizer's rule: moving such bytes about is no fault; letting them decide anything, or reach a result, is.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/core.hpp"  // the tile functions of the engine

namespace loom::checker {

/// Where bytes that nobody wrote came from; 0 is written. 1 + i is memory of circular buffer c_i.
using Origin = std::uint8_t;
inline constexpr Origin kWritten = 0;
constexpr Origin origin_of_cb(std::uint32_t cb) {
    return static_cast<Origin>(1 + cb);
}
inline constexpr Origin kL1Origin = 33;      ///< L1 outside circular buffers
inline constexpr Origin kDramOrigin = 34;    ///< DRAM outside tensors
inline constexpr Origin kTensorOrigin = 35;  ///< this and more: the tensor of that number

/// A tile's elements, in face order.
struct TileShadow {
    bool any = false;  ///< some element is not written; if false, `origin` holds nothing
    std::array<Origin, tile::kElements> origin;

    TileShadow() {}  // NOLINT(modernize-use-equals-default): leaves `origin` alone, which nobody reads then
    TileShadow(const TileShadow& other) { *this = other; }
    TileShadow& operator=(const TileShadow& other) {
        any = other.any;
        if (any) origin = other.origin;
        return *this;
    }

    /// Elements as if written, where `any` was false.
    void materialize() {
        if (!any) origin.fill(kWritten);
        any = true;
    }
    /// This, and whatever `other` lacks.
    void merge(const TileShadow& other);
};

/// What each function of tile_ops.hpp makes of its operands' shadows.
TileShadow broadcast_shadow(tile::Broadcast broadcast, const TileShadow& b);
/// Of the sums alone; the lanes that are no results are written.
TileShadow reduce_shadow(tile::ReduceDim dim, const TileShadow& a, const TileShadow& scaler);

/// Shadows of L1 and DRAM bytes and of elements.
TileShadow load_tile(std::span<const Origin> bytes, std::uint32_t element_bytes);
TileShadow load_rows(const Origin* first, std::size_t pitch_bytes, std::uint32_t rows,
                     std::uint32_t element_bytes, Origin below);
void store_tile(const TileShadow& tile, tile::PackMask mask, bool accumulate, std::span<Origin> bytes,
                std::uint32_t element_bytes);
void store_rows(const TileShadow& tile, Origin* first, std::size_t pitch_bytes, std::uint32_t element_bytes);

}  // namespace loom::checker
