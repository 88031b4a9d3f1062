// DST as the chip has it.
#include "runtime/core/silicon_dst.hpp"

#include <bit>

#include "runtime/core/dst.hpp"

namespace loom::runtime {

using tile::Binary;
using tile::Broadcast;

void SiliconDst::reset(const DstConfig& config, tile::silicon::Chip chip) {
    mode_ = {chip, config.fp32, config.fidelity, config.approximate};
    unpack_to_dest_ = config.unpack_to_dest;
    defined_.fill(false);
}

// Whether a tile of float32 goes to DST past the source registers.
bool SiliconDst::whole(const Source& a) const {
    return mode_.dst32 && a.tile.format == DataFormat::Float32 && (unpack_to_dest_ >> a.cb & 1u) != 0;
}

const std::uint32_t* SiliconDst::operand(const Source& source, std::size_t which) {
    std::uint32_t* const words = sources_[which].words.data();
    tile::silicon::read_source(mode_, source.tile, words);
    return words;
}

void SiliconDst::copy(const Source& a, std::uint32_t tile) {
    std::uint32_t* const dst = to_write(tile);
    if (whole(a)) return tile::silicon::read_whole(a.tile, dst);
    tile::silicon::read_source(mode_, a.tile, dst);
    tile::silicon::copy_source(mode_, dst);
}

void SiliconDst::broadcast(Broadcast kind, const Source& a, std::uint32_t tile, std::uint32_t first_of_section) {
    if (kind == Broadcast::rows && mode_.dst32 && a.tile.format == DataFormat::Float16_b) {
        const std::uint32_t index = tile - first_of_section;
        return tile::silicon::broadcast_row_of_halves(operand(a, 1), index, to_change(first_of_section + index / 2));
    }
    std::uint32_t* const dst = to_write(tile);
    if (whole(a)) {
        tile::silicon::read_whole(a.tile, dst);
    } else {
        tile::silicon::read_source(mode_, a.tile, dst);
        tile::silicon::copy_source_b(mode_, kind, dst);
    }
    tile::silicon::replicate(kind, dst);
}

void SiliconDst::binary(Binary op, Broadcast kind, const Source& a, const Source& b, std::uint32_t tile) {
    const std::uint32_t* const first = operand(a, 0);
    operand(b, 1);
    std::uint32_t* const second = sources_[1].words.data();
    tile::silicon::replicate(kind, second);
    tile::silicon::binary(mode_, op, first, second, op == Binary::mul ? to_change(tile) : to_write(tile));
}

void SiliconDst::binary_reuse(Binary op, bool dst_is_a, const Source& b, std::uint32_t tile) {
    std::uint32_t* const dst = to_change(tile);
    std::uint32_t* const reused = sources_[dst_is_a ? 0 : 1].words.data();
    tile::silicon::source_of_dst(mode_, b.tile.format, dst, reused);
    operand(b, dst_is_a ? 1 : 0);
    if (op == Binary::mul) tiles_[tile].words.fill(0);
    tile::silicon::binary(mode_, op, sources_[0].words.data(), sources_[1].words.data(), dst);
}

void SiliconDst::binary_dst(Binary op, std::uint32_t a, std::uint32_t b, std::uint32_t out) {
    const std::uint32_t* const first = to_change(a);
    const std::uint32_t* const second = to_change(b);
    tile::silicon::binary_dst(mode_, op, first, second, to_write(out));
}

void SiliconDst::copy_dst(std::uint32_t from, std::uint32_t to) {
    const std::uint32_t* const source = to_change(from);
    tile::silicon::store_copy(mode_, source, to_write(to));
}

void SiliconDst::unary(tile::Unary f, float scalar, std::uint32_t tile) {
    tile::silicon::unary(mode_, f, std::bit_cast<std::uint32_t>(scalar), to_change(tile));
}

void SiliconDst::reduce(tile::ReduceDim dim, const Source& a, const Source& scaler, std::uint32_t tile) {
    const std::uint32_t* const data = operand(a, 0);
    const std::uint32_t* const weights = operand(scaler, 1);
    tile::silicon::reduce(mode_, dim, a.tile.format, data, weights, to_change(tile));
}

void SiliconDst::tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,
                        std::uint32_t cb, std::uint32_t tile) {
    const bool all_bits = whole({{rows, format}, cb, false});
    std::uint32_t* const dst = to_write(tile);
    tile::silicon::read_sticks(mode_, all_bits, rows, pitch_bytes, num_rows, format, dst);
    if (!all_bits) tile::silicon::copy_source(mode_, dst);
}

void SiliconDst::pack(std::uint32_t tile, tile::PackMask mask, bool accumulate, DataFormat format, void* out) {
    tile::silicon::pack(mode_, to_change(tile), mask, accumulate, format, out);
}

void SiliconDst::untilize(std::uint32_t tile, DataFormat format, void* rows, std::size_t pitch_bytes) {
    tile::silicon::untilize(mode_, to_change(tile), format, rows, pitch_bytes);
}

}  // namespace loom::runtime
