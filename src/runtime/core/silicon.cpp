// How operands are read and results are written in silicon numerics.
#include "runtime/core/silicon.hpp"

#include <bit>
#include <cstring>

#include "runtime/core/dst.hpp"
#include "tile/silicon/lanes.hpp"
#include "tile/silicon/row_sums.hpp"

namespace loom::runtime {

using tile::Binary;
using tile::Broadcast;

Silicon::Silicon(const DstConfig& config, tile::silicon::Chip chip)
    : mode_{chip, config.fp32, config.fidelity, config.approximate}, unpack_to_dest_(config.unpack_to_dest) {}

const Silicon::Word* Silicon::operand(const Source& source, std::size_t which) {
    Word* const words = sources_[which].words.data();
    tile::silicon::read_source(mode_, source.tile, words);
    return words;
}

void Silicon::spread(Broadcast kind, DataFormat format, std::uint32_t cb, float* values) const {
    if (whole(format, cb) || (format == DataFormat::Float16_b && tile::silicon::is_plain(values))) return;
    for (std::uint32_t i = 0; i < tile::kSide; ++i) {
        auto bits = std::bit_cast<std::uint32_t>(values[i]);
        if (format == DataFormat::Float32) bits = tile::silicon::source_of_float32(mode_.dst32, bits);
        values[i] = std::bit_cast<float>(tile::silicon::copied_by_b(kind == Broadcast::rows, bits));
    }
}

void Silicon::copy(const Source& a, Word* dst) {
    if (whole(a.tile.format, a.cb)) return tile::silicon::read_whole(a.tile, dst);
    tile::silicon::read_source(mode_, a.tile, dst);
    tile::silicon::copy_source(mode_, dst);
}

void Silicon::broadcast(Broadcast kind, const Source& a, Word* dst) {
    if (whole(a.tile.format, a.cb)) {
        tile::silicon::read_whole(a.tile, dst);
    } else {
        tile::silicon::read_source(mode_, a.tile, dst);
        tile::silicon::copy_source_b(kind, dst);
    }
    tile::silicon::replicate(kind, dst);
}

void Silicon::broken_broadcast(const Source& a, std::uint32_t index, Word* dst) {
    tile::silicon::broadcast_row_of_halves(operand(a, 1), index, dst);
}

void Silicon::binary(Binary op, Broadcast kind, const Source& a, const Source& b, Word* dst) {
    operand(a, 0);
    operand(b, 1);
    tile::silicon::replicate(kind, sources_[1].words.data());
    tile::silicon::binary(mode_, op, sources_[0].words.data(), sources_[1].words.data(), dst);
}

void Silicon::binary_reuse(Binary op, bool dst_is_a, const Source& b, Word* dst) {
    tile::silicon::source_of_dst(mode_, b.tile.format, dst, sources_[dst_is_a ? 0 : 1].words.data());
    operand(b, dst_is_a ? 1 : 0);
    if (op == Binary::mul) std::memset(dst, 0, sizeof(Tile));
    tile::silicon::binary(mode_, op, sources_[0].words.data(), sources_[1].words.data(), dst);
}

void Silicon::reduce(tile::ReduceDim dim, const Source& a, const Source& scaler, Word* dst) {
    const Word* const weights = operand(scaler, 1);
    if (dim == tile::ReduceDim::row && tile::silicon::reduce_rows_of_bfloat16(mode_, a.tile, weights, dst))
        return;
    tile::silicon::reduce(mode_, dim, a.tile.format, operand(a, 0), weights, dst);
}

bool Silicon::sums_alike_rows(const Source& a, const Source& scaler, std::uint64_t generation) {
    if (a.tile.format != DataFormat::Float16_b || scaler.tile.in_sticks) return false;
    if (!scaler.passing && scaler_.tile == scaler.tile && scaler_.generation == generation)
        return scaler_.alike;
    scaler_.tile = scaler.passing ? tile::Operand{} : scaler.tile;
    scaler_.generation = generation;
    const std::uint32_t bytes = 2 * 256 * element_bytes(scaler.tile.format);
    if (scaler_.bytes != bytes || std::memcmp(scaler_.upper_faces.data(), scaler.tile.data, bytes) != 0) {
        scaler_.bytes = bytes;
        std::memcpy(scaler_.upper_faces.data(), scaler.tile.data, bytes);
        const Word* const words = operand(scaler, 1);
        scaler_.alike = tile::silicon::has_alike_rows(words) && tile::silicon::has_alike_rows(words + 256);
        for (std::uint32_t i = 0; i < tile::kSide; ++i) scaler_.row[i] = words[tile::face_index(0, i)];
    }
    return scaler_.alike;
}

bool Silicon::add_row_sums(const Source& a, Word* sums) const {
    return tile::silicon::add_row_sums(mode_.chip, mode_.dst32, a.tile, scaler_.row.data(),
                                       tile::silicon::phases(mode_.fidelity), sums);
}

void Silicon::tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,
                     std::uint32_t cb, Word* dst) {
    const bool all_bits = whole(format, cb);
    tile::silicon::read_sticks(mode_, all_bits, rows, pitch_bytes, num_rows, format, dst);
    if (!all_bits) tile::silicon::copy_source(mode_, dst);
}

}  // namespace loom::runtime
