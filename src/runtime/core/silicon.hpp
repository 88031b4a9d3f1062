// How operands are read and results are written where the device's numerics are silicon: the matrix unit's calls, which are
// done at once, and what of the others is not as in exact numerics. Dst (dst.hpp) asks it.
#pragma once

#include <array>
#include <cstdint>

#include "tile/silicon/tiles.hpp"

namespace loom::runtime {

struct DstConfig;
struct Source;

class Silicon {
public:
    using Word = tile::silicon::Word;

    /// Of a kernel's configuration, on this chip.
    Silicon(const DstConfig& config, tile::silicon::Chip chip);

    const tile::silicon::Mode& mode() const { return mode_; }
    /// Whether tiles of a circular buffer come to DST with all their bits: by then a copy may be put off, and chains
    /// do it (tile/silicon/chain_steps.hpp).
    bool keeps_all_bits(DataFormat format, std::uint32_t cb) const {
        return mode_.dst32 && (format == DataFormat::Float16_b || (unpack_to_dest_ >> cb & 1u) != 0);
    }
    /// Whether unary_bcast of a row does what nobody wants: 16-bit rows in a 32-bit DST.
    bool breaks(tile::Broadcast kind, DataFormat format) const {
        return kind == tile::Broadcast::rows && mode_.dst32 && format == DataFormat::Float16_b;
    }
    /// What unary_bcast makes of the 32 values that it reads.
    void spread(tile::Broadcast kind, DataFormat format, std::uint32_t cb, float* values) const;

    // `dst` is a tile of DST, to be overwritten or, by a multiplication and a reduction, to be added to.
    void copy(const Source& a, Word* dst);
    void broadcast(tile::Broadcast kind, const Source& a, Word* dst);
    /// To tile `index` of a section; `dst` is tile index / 2.
    void broken_broadcast(const Source& a, std::uint32_t index, Word* dst);
    void binary(tile::Binary op, tile::Broadcast kind, const Source& a, const Source& b, Word* dst);
    void binary_reuse(tile::Binary op, bool dst_is_a, const Source& b, Word* dst);
    void reduce(tile::ReduceDim dim, const Source& a, const Source& scaler, Word* dst);
    /// Whether the sums of rows of a tile under this scaler, all whose rows are alike, can be had by add_row_sums(), which
    /// then adds them to `sums`, one a row: what the left half of DST's rows holds. It is false, and nothing has changed,
    /// where this CPU has no fast form.
    bool sums_alike_rows(const Source& a, const Source& scaler, std::uint64_t generation);
    bool add_row_sums(const Source& a, Word* sums) const;
    void tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,
                std::uint32_t cb, Word* dst);

private:
    bool whole(DataFormat format, std::uint32_t cb) const {
        return format == DataFormat::Float32 && keeps_all_bits(format, cb);
    }
    const Word* operand(const Source& source, std::size_t which);

    tile::silicon::Mode mode_;
    std::uint32_t unpack_to_dest_ = 0;
    struct alignas(64) Tile {
        std::array<std::uint32_t, tile::kElements> words;
    };
    std::array<Tile, 2> sources_;  ///< SrcA and SrcB
    /// The scaler that was asked about last. It is what it was as long as pages cannot have changed, which the generation
    /// tells (Dst::forget_columns()), or where its bytes are the same.
    struct Scaler {
        tile::Operand tile{};
        std::uint64_t generation = 0;
        alignas(64) std::array<std::byte, 2 * 256 * sizeof(float)> upper_faces;  ///< in L1
        std::uint32_t bytes = 0;  ///< of them; 0: there is none
        bool alike = false;       ///< whether all rows are
        alignas(64) std::array<std::uint32_t, tile::kSide> row;
    };
    Scaler scaler_;
};

}  // namespace loom::runtime
