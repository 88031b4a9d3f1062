// DST as the chip has it: the words of each tile, and what MATH and PACK do to them in the chip's arithmetic. Each call
// is done at once. Dst (dst.hpp) hands its calls over to it where the device's numerics are silicon.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "tile/silicon/tiles.hpp"

namespace loom::runtime {

struct DstConfig;
struct Source;

class SiliconDst {
public:
    /// Of a kernel's configuration, on this chip.
    void reset(const DstConfig& config, tile::silicon::Chip chip);

    // Tiles by their number in the register file, sections counted in.
    void copy(const Source& a, std::uint32_t tile);
    void broadcast(tile::Broadcast kind, const Source& a, std::uint32_t tile, std::uint32_t first_of_section);
    void binary(tile::Binary op, tile::Broadcast kind, const Source& a, const Source& b, std::uint32_t tile);
    void binary_reuse(tile::Binary op, bool dst_is_a, const Source& b, std::uint32_t tile);
    void binary_dst(tile::Binary op, std::uint32_t a, std::uint32_t b, std::uint32_t out);
    void copy_dst(std::uint32_t from, std::uint32_t to);
    void unary(tile::Unary f, float scalar, std::uint32_t tile);
    void reduce(tile::ReduceDim dim, const Source& a, const Source& scaler, std::uint32_t tile);
    void tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format, std::uint32_t cb,
                std::uint32_t tile);

    void pack(std::uint32_t tile, tile::PackMask mask, bool accumulate, DataFormat format, void* out);
    void untilize(std::uint32_t tile, DataFormat format, void* rows, std::size_t pitch_bytes);

    bool defined(std::uint32_t tile) const { return defined_[tile]; }
    void clear(std::uint32_t tile) { defined_[tile] = false; }

private:
    static constexpr std::size_t kTiles = 16;
    struct alignas(64) Tile {
        std::array<std::uint32_t, tile::kElements> words;
    };
    /// For results that replace what the tile held.
    std::uint32_t* to_write(std::uint32_t tile) {
        defined_[tile] = true;
        return tiles_[tile].words.data();
    }
    /// A tile that nothing was written to is zero.
    std::uint32_t* to_change(std::uint32_t tile) {
        if (!defined_[tile]) tiles_[tile].words.fill(0);
        return to_write(tile);
    }
    bool whole(const Source& a) const;
    const std::uint32_t* operand(const Source& source, std::size_t which);

    tile::silicon::Mode mode_;
    std::uint32_t unpack_to_dest_ = 0;
    std::array<bool, kTiles> defined_{};
    std::vector<Tile> tiles_ = std::vector<Tile>(kTiles);
    std::array<Tile, 2> sources_;  ///< SrcA and SrcB
};

}  // namespace loom::runtime
