// The factory for rows that do not fit L1.
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_streaming_program_factory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_parts.hpp"

namespace loom {
namespace {

using namespace layernorm_fused_rm;

constexpr std::uint32_t kMaxChunkTiles = 32;

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

std::vector<CbTableRow> table(const LayernormFusedRmInputs& inputs, std::uint32_t chunk) {
    using namespace CBIndex;
    using enum CbLifetime;
    const Formats f = formats_of(inputs);
    const auto stick = [&](DataFormat format) { return chunk * kTileSide * element_bytes(format); };
    const std::uint32_t tile = tile_bytes(f.input);
    std::vector<CbTableRow> rows{
        {c_0, "input sticks of a chunk", stick(f.input), 32, "reader", "compute", unit, f.input},
        {c_1, "chunk, tiled", tile, chunk, "compute", "compute", unit, f.input},
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

std::uint32_t divided_up(std::uint32_t value, std::uint32_t by) {
    return (value + by - 1) / by;
}

KernelArgs kernel_args(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs,
                       std::uint32_t chunk) {
    const Geometry g = geometry(inputs);
    const std::uint32_t chunks = divided_up(g.Wt, chunk);
    const std::uint32_t block = largest_divisor(chunk, dst_config(params).capacity() - 2);
    const std::uint32_t has_gamma = inputs.gamma ? 1 : 0;
    const std::uint32_t has_beta = inputs.beta ? 1 : 0;
    const std::uint32_t element = element_bytes(formats_of(inputs).input);
    return {.suffix = "_streaming",
            .reader = {g.W, chunk * kTileSide, chunks, has_gamma, has_beta},
            .compute = {chunk, chunks, g.Wt - (chunks - 1) * chunk, block, has_gamma, has_beta,
                        g.W % kTileSide != 0 ? 1u : 0u, bits(g.W), bits(1.0 / g.W)},
            .writer = {g.W * element, chunk * kTileSide * element, chunks}};
}

}  // namespace

std::uint32_t LayernormFusedRmStreamingProgramFactory::chunk_tiles(const LayernormFusedRmParams& params,
                                                                   const LayernormFusedRmInputs& inputs) {
    const std::uint32_t available = inputs.input.device().l1_bytes_for_circular_buffers();
    std::uint32_t most = kMaxChunkTiles;
    while (most > 1 && total_bytes(table(inputs, most)) > available) --most;
    const std::uint32_t Wt = geometry(inputs).Wt;
    const std::uint32_t even = divided_up(Wt, divided_up(Wt, most));
    // A chunk passes through DST in blocks that leave two places free: let their size divide it.
    const std::uint32_t block = dst_config(params).capacity() - 2;
    const std::uint32_t rounded = divided_up(even, block) * block;
    return rounded <= most ? rounded : even;
}

std::vector<CbTableRow> LayernormFusedRmStreamingProgramFactory::circular_buffers(
    const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs) {
    return table(inputs, chunk_tiles(params, inputs));
}

std::uint64_t LayernormFusedRmStreamingProgramFactory::least_bytes(const LayernormFusedRmParams&,
                                                                   const LayernormFusedRmInputs& inputs) {
    return total_bytes(table(inputs, 1));
}

ProgramDescriptor LayernormFusedRmStreamingProgramFactory::create_descriptor(
    const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs, const Tensor& output) {
    const std::uint32_t chunk = chunk_tiles(params, inputs);
    return describe(params, inputs, output, table(inputs, chunk), kernel_args(params, inputs, chunk));
}

void LayernormFusedRmStreamingProgramFactory::override_runtime_arguments(Program& program,
                                                                         const LayernormFusedRmParams& params,
                                                                         const LayernormFusedRmInputs& inputs,
                                                                         const Tensor& output) {
    refresh(program, params, inputs, output);
}

ProgramNotes LayernormFusedRmStreamingProgramFactory::notes(const LayernormFusedRmParams& params,
                                                            const LayernormFusedRmInputs& inputs) {
    const std::uint32_t chunk = chunk_tiles(params, inputs);
    ProgramNotes notes = notes_of(inputs, table(inputs, chunk), kernel_args(params, inputs, chunk));
    notes.factory = "LayernormFusedRmStreamingProgramFactory";
    notes.reason = fmt::format(
        "a whole tile row would take {} bytes of L1 and {} are there; in chunks of {} tiles it takes {}",
        LayernormFusedRmProgramFactory::least_bytes(inputs),
        inputs.input.device().l1_bytes_for_circular_buffers(), chunk, total_bytes(notes.circular_buffers));
    return notes;
}

}  // namespace loom
