// Which bytes nobody has written, and how operations on tiles pass that on.
#include "observe/checker/shadow.hpp"

#include <algorithm>
#include <cstring>

namespace loom::checker {
namespace {

using tile::face_index;
using tile::kElements;
using tile::kSide;

bool any_of(std::span<const Origin> bytes) {
    return std::memchr(bytes.data(), kWritten, 1) == nullptr ||
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) != 0;
}

bool kept(tile::PackMask mask, std::uint32_t row, std::uint32_t column) {
    switch (mask) {
        case tile::PackMask::all:
            return true;
        case tile::PackMask::reduce_row:
            return column % 16 == 0;
        case tile::PackMask::reduce_column:
            return row == 0;
        case tile::PackMask::reduce_scalar:
            return row == 0 && column == 0;
    }
    return true;
}

}  // namespace

void TileShadow::merge(const TileShadow& other) {
    if (!other.any) return;
    materialize();
    for (std::size_t i = 0; i < kElements; ++i) origin[i] = std::max(origin[i], other.origin[i]);
}

TileShadow broadcast_shadow(tile::Broadcast broadcast, const TileShadow& b) {
    if (!b.any || broadcast == tile::Broadcast::none) return b;
    TileShadow result;
    result.materialize();
    result.any = false;
    for (std::uint32_t r = 0; r < kSide; ++r)
        for (std::uint32_t c = 0; c < kSide; ++c) {
            const std::uint32_t row = broadcast == tile::Broadcast::columns ? r : 0;
            const std::uint32_t column = broadcast == tile::Broadcast::rows ? c : 0;
            const Origin origin = b.origin[face_index(row, column)];
            result.origin[face_index(r, c)] = origin;
            result.any |= origin != kWritten;
        }
    return result;
}

TileShadow reduce_shadow(tile::ReduceDim dim, const TileShadow& a, const TileShadow& scaler) {
    TileShadow result;
    if (!a.any && !scaler.any) return result;
    result.materialize();
    result.any = false;
    const auto raise = [&](std::uint32_t at, Origin origin) {
        result.origin[at] = std::max(result.origin[at], origin);
        result.any |= origin != kWritten;
    };
    for (std::uint32_t r = 0; r < kSide; ++r)
        for (std::uint32_t c = 0; c < kSide; ++c) {
            const std::uint32_t weight = dim == tile::ReduceDim::column ? r : c;
            const Origin of_a = a.any ? a.origin[face_index(r, c)] : kWritten;
            const Origin of_scaler = scaler.any ? scaler.origin[face_index(0, weight)] : kWritten;
            const std::uint32_t at = dim == tile::ReduceDim::row      ? face_index(r, 0)
                                     : dim == tile::ReduceDim::column ? face_index(0, c)
                                                                      : 0;
            raise(at, std::max(of_a, of_scaler));
        }
    return result;
}

TileShadow load_tile(std::span<const Origin> bytes, std::uint32_t element_bytes) {
    TileShadow tile;
    if (!any_of(bytes)) return tile;
    tile.any = true;
    const std::size_t there = std::min<std::size_t>(kElements, bytes.size() / element_bytes);
    tile.origin.fill(kWritten);
    for (std::size_t i = 0; i < there; ++i)
        for (std::uint32_t b = 0; b < element_bytes; ++b)
            tile.origin[i] = std::max(tile.origin[i], bytes[i * element_bytes + b]);
    return tile;
}

TileShadow load_rows(const Origin* first, std::size_t pitch_bytes, std::uint32_t rows,
                     std::uint32_t element_bytes, Origin below) {
    TileShadow tile;
    tile.any = rows < kSide;
    for (std::uint32_t r = 0; r < rows && !tile.any; ++r)
        tile.any = any_of({first + r * pitch_bytes, std::size_t{kSide} * element_bytes});
    if (!tile.any) return tile;
    for (std::uint32_t r = 0; r < kSide; ++r)
        for (std::uint32_t c = 0; c < kSide; ++c) {
            Origin origin = r < rows ? kWritten : below;
            for (std::uint32_t b = 0; r < rows && b < element_bytes; ++b)
                origin = std::max(origin, first[r * pitch_bytes + c * element_bytes + b]);
            tile.origin[face_index(r, c)] = origin;
        }
    return tile;
}

void store_tile(const TileShadow& tile, tile::PackMask mask, bool accumulate, std::span<Origin> bytes,
                std::uint32_t element_bytes) {
    if (!tile.any) {
        if (!accumulate) std::memset(bytes.data(), kWritten, bytes.size());
        return;
    }
    for (std::uint32_t r = 0; r < kSide; ++r)
        for (std::uint32_t c = 0; c < kSide; ++c) {
            const std::uint32_t i = face_index(r, c);
            const Origin origin = kept(mask, r, c) ? tile.origin[i] : kWritten;
            for (std::uint32_t b = 0; b < element_bytes && i * element_bytes + b < bytes.size(); ++b) {
                Origin& byte = bytes[i * element_bytes + b];
                byte = accumulate ? std::max(byte, origin) : origin;
            }
        }
}

void store_rows(const TileShadow& tile, Origin* first, std::size_t pitch_bytes, std::uint32_t element_bytes) {
    for (std::uint32_t r = 0; r < kSide; ++r) {
        Origin* row = first + r * pitch_bytes;
        if (!tile.any) {
            std::memset(row, kWritten, std::size_t{kSide} * element_bytes);
            continue;
        }
        for (std::uint32_t c = 0; c < kSide; ++c)
            std::memset(row + std::size_t{c} * element_bytes, tile.origin[face_index(r, c)], element_bytes);
    }
}

}  // namespace loom::checker
