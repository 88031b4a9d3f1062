// The factory for rows that do not fit L1.
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_streaming_program_factory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_parts.hpp"
#include "util/counted.hpp"

namespace loom {
namespace {

using namespace layernorm_fused_rm;

// Tiles of a chunk. Short ones cost calls, long ones room in caches. A row that stays saves two readings of it, unless
// its chunks become too short for that.
constexpr std::uint32_t kMost = 32;
constexpr std::uint32_t kMostOfStaying = 64;
constexpr std::uint32_t kLeastOfStaying = 8;

// Pages of c_25, of c_26, where running sums lie, and of c_27: bfloat16 takes several for one value.
std::uint32_t mean_parts(DataFormat format) {
    return format == DataFormat::Float16_b ? 3 : 1;
}
std::uint32_t sums(DataFormat format) {
    return format == DataFormat::Float16_b ? 3 : 2;
}
std::uint32_t rstd_parts(DataFormat format) {
    return format == DataFormat::Float16_b ? 2 : 1;
}

std::uint32_t divided_up(std::uint32_t value, std::uint32_t by) {
    return (value + by - 1) / by;
}

using Chunks = LayernormFusedRmStreamingProgramFactory::Chunks;

std::vector<CbTableRow> table(const LayernormFusedRmInputs& inputs, Chunks chunks) {
    using namespace CBIndex;
    using enum CbLifetime;
    const Formats f = formats_of(inputs);
    const std::uint32_t chunk = chunks.tiles;
    const std::uint32_t tiled = chunks.stay ? divided_up(geometry(inputs).Wt, chunk) * chunk : chunk;
    const auto stick = [&](DataFormat format) { return chunk * kTileSide * element_bytes(format); };
    const std::uint32_t tile = tile_bytes(f.input);
    std::vector<CbTableRow> rows{
        {c_0, "input sticks of a chunk", stick(f.input), 32, "reader", "compute", unit, f.input},
        {c_1, chunks.stay ? "input, tiled" : "chunk, tiled", tile, tiled, "compute", "compute", unit,
         f.input},
        {c_2, "reduce scaler", tile, 2, "reader", "compute", persistent, f.input},
        {c_3, "epsilon", tile, 1, "reader", "compute", persistent, f.input},
        {c_4, "gamma, chunk of its stick", stick(f.gamma), 1, "reader", "compute", unit, f.gamma, 1},
        {c_5, "beta, chunk of its stick", stick(f.beta), 1, "reader", "compute", unit, f.beta, 1},
        {c_6, "gamma, chunk, tiled", tile_bytes(f.gamma), chunk, "compute", "compute", unit, f.gamma},
        {c_7, "beta, chunk, tiled", tile_bytes(f.beta), chunk, "compute", "compute", unit, f.beta},
        {c_16, "output sticks of a chunk", stick(f.input), 32, "compute", "writer", unit, f.input},
        {c_25, "mean, in parts", tile, mean_parts(f.input), "compute", "compute", unit, f.input},
        {c_26, "variance, in parts", tile, sums(f.input), "compute", "compute", unit, f.input},
        {c_27, "1/sqrt(variance + epsilon)", tile, rstd_parts(f.input), "compute", "compute", unit, f.input},
    };
    drop_absent(rows, inputs);
    return rows;
}

bool fits(const LayernormFusedRmInputs& inputs, Chunks chunks) {
    return total_bytes(table(inputs, chunks)) <= inputs.input.device().l1_bytes_for_circular_buffers();
}

// Chunks of at most `most` tiles: all alike if that makes them no shorter than half, since pages that a short last one does not
// fill are copied (docs/adr/0010-lent-pages.md), else as even as may be.
std::uint32_t even_chunk(const LayernormFusedRmParams& params, std::uint32_t Wt, std::uint32_t most) {
    if (const std::uint32_t alike = largest_divisor(Wt, most); 2 * alike >= most) return alike;
    const std::uint32_t even = divided_up(Wt, divided_up(Wt, most));
    // A chunk passes through DST in blocks that leave two places free: let their size divide it.
    const std::uint32_t block = dst_config(params).capacity() - 2;
    const std::uint32_t rounded = divided_up(even, block) * block;
    return rounded <= most ? rounded : even;
}

KernelArgs kernel_args(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs,
                       Chunks how) {
    const Geometry g = geometry(inputs);
    const std::uint32_t chunk = how.tiles;
    const std::uint32_t chunks = divided_up(g.Wt, chunk);
    const std::uint32_t block = largest_divisor(chunk, dst_config(params).capacity() - 2);
    const std::uint32_t has_gamma = inputs.gamma ? 1 : 0;
    const std::uint32_t has_beta = inputs.beta ? 1 : 0;
    const std::uint32_t element = element_bytes(formats_of(inputs).input);
    return {
        .suffix = "_streaming",
        .reader = {g.W, chunk * kTileSide, chunks, has_gamma, has_beta, how.stay ? 1u : 0u},
        .compute = {in_parts(inputs), chunk, chunks, g.Wt - (chunks - 1) * chunk, block, has_gamma, has_beta,
                    g.W % kTileSide != 0 ? 1u : 0u, bits(g.W), bits(1.0 / g.W), how.stay ? 1u : 0u},
        .writer = {g.W * element, chunk * kTileSide * element, chunks}};
}

}  // namespace

LayernormFusedRmStreamingProgramFactory::Chunks LayernormFusedRmStreamingProgramFactory::chunks(
    const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs) {
    const std::uint32_t Wt = geometry(inputs).Wt;
    for (const bool stay : {true, false})
        for (std::uint32_t most = stay ? kMostOfStaying : kMost; most >= (stay ? kLeastOfStaying : 1); --most)
            if (const Chunks found{even_chunk(params, Wt, most), stay}; fits(inputs, found)) return found;
    return {1, false};
}

std::vector<CbTableRow> LayernormFusedRmStreamingProgramFactory::circular_buffers(
    const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs) {
    return table(inputs, chunks(params, inputs));
}

std::uint64_t LayernormFusedRmStreamingProgramFactory::least_bytes(const LayernormFusedRmParams&,
                                                                   const LayernormFusedRmInputs& inputs) {
    return total_bytes(table(inputs, {1, false}));
}

ProgramDescriptor LayernormFusedRmStreamingProgramFactory::create_descriptor(
    const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs, const Tensor& output) {
    const Chunks how = chunks(params, inputs);
    return describe(params, inputs, output, table(inputs, how), kernel_args(params, inputs, how));
}

void LayernormFusedRmStreamingProgramFactory::override_runtime_arguments(Program& program,
                                                                         const LayernormFusedRmParams& params,
                                                                         const LayernormFusedRmInputs& inputs,
                                                                         const Tensor& output) {
    refresh(program, params, inputs, output);
}

ProgramNotes LayernormFusedRmStreamingProgramFactory::notes(const LayernormFusedRmParams& params,
                                                            const LayernormFusedRmInputs& inputs) {
    const Chunks how = chunks(params, inputs);
    ProgramNotes notes = notes_of(inputs, table(inputs, how), kernel_args(params, inputs, how));
    notes.factory = "LayernormFusedRmStreamingProgramFactory";
    notes.reason = format_counted(
        "a whole tile row would take {} bytes of L1 and {} are there; in chunks of {} tiles{} it takes {}",
        LayernormFusedRmProgramFactory::least_bytes(inputs),
        inputs.input.device().l1_bytes_for_circular_buffers(), how.tiles,
        how.stay ? ", with its own tiles kept in c_1," : "", total_bytes(notes.circular_buffers));
    return notes;
}

}  // namespace loom
