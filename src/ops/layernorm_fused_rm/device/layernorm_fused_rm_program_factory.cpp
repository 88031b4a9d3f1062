// The default factory: a whole tile row at a time, through thirteen circular buffers.
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_factory.hpp"

#include <fmt/format.h>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_parts.hpp"
#include "util/counted.hpp"

namespace loom {
namespace {

using namespace layernorm_fused_rm;

/// The table with `tiled_rows` (2: double-buffered, or 1) tile rows of room in c_1.
std::vector<CbTableRow> table(const LayernormFusedRmInputs& inputs, std::uint32_t tiled_rows) {
    using namespace CBIndex;
    using enum CbLifetime;
    const Geometry g = geometry(inputs);
    const Formats f = formats_of(inputs);
    const auto stick = [&](DataFormat format) { return g.Wt * kTileSide * element_bytes(format); };
    const std::uint32_t tile = tile_bytes(f.input);
    // c_4 and c_5 hold tiles of one row, so that tilize reads their one stick and nothing behind it.
    std::vector<CbTableRow> rows{
        {c_0, "input sticks", stick(f.input), 32, "reader", "compute", unit, f.input},
        {c_1, "input, tiled", tile, tiled_rows * g.Wt, "compute", "compute", unit, f.input},
        {c_2, "reduce scaler", tile, 2, "reader", "compute", persistent, f.input},
        {c_3, "epsilon", tile, 1, "reader", "compute", persistent, f.input},
        {c_4, "gamma, one stick", stick(f.gamma), 1, "reader", "compute", start_up, f.gamma, 1},
        {c_5, "beta, one stick", stick(f.beta), 1, "reader", "compute", start_up, f.beta, 1},
        {c_6, "gamma, tiled", tile_bytes(f.gamma), g.Wt, "compute", "compute", persistent, f.gamma},
        {c_7, "beta, tiled", tile_bytes(f.beta), g.Wt, "compute", "compute", persistent, f.beta},
        {c_16, "output sticks", stick(f.input), 32, "compute", "writer", unit, f.input},
        {c_24, "centring: parts of the mean", tile, g.Wt, "compute", "compute", unit, f.input},
        {c_25, "mean", tile, 1, "compute", "compute", unit, f.input},
        {c_26, "variance", tile, 1, "compute", "compute", unit, f.input},
        {c_27, "1/sqrt(variance + epsilon)", tile, 1, "compute", "compute", unit, f.input},
    };
    drop_absent(rows, inputs);
    return rows;
}

KernelArgs kernel_args(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs) {
    const Geometry g = geometry(inputs);
    const std::uint32_t capacity = dst_config(params).capacity();
    const std::uint32_t stick = element_bytes(formats_of(inputs).input);
    const std::uint32_t has_gamma = inputs.gamma ? 1 : 0;
    const std::uint32_t has_beta = inputs.beta ? 1 : 0;
    return {.suffix = "",
            .reader = {g.W, g.Wt * kTileSide, has_gamma, has_beta},
            .compute = {in_parts(inputs), g.Wt, largest_divisor(g.Wt, capacity - 2), has_gamma, has_beta,
                        g.W % kTileSide != 0 ? 1u : 0u, bits(g.W), bits(1.0 / g.W)},
            .writer = {g.W * stick, g.Wt * kTileSide * stick}};
}

}  // namespace

std::uint32_t LayernormFusedRmProgramFactory::tiled_rows(const LayernormFusedRmInputs& inputs) {
    return total_bytes(table(inputs, 2)) <= inputs.input.device().l1_bytes_for_circular_buffers() ? 2 : 1;
}

std::vector<CbTableRow> LayernormFusedRmProgramFactory::circular_buffers(
    const LayernormFusedRmParams&, const LayernormFusedRmInputs& inputs) {
    return table(inputs, tiled_rows(inputs));
}

std::uint64_t LayernormFusedRmProgramFactory::least_bytes(const LayernormFusedRmInputs& inputs) {
    return total_bytes(table(inputs, 1));
}

ProgramDescriptor LayernormFusedRmProgramFactory::create_descriptor(const LayernormFusedRmParams& params,
                                                                    const LayernormFusedRmInputs& inputs,
                                                                    const Tensor& output) {
    return describe(params, inputs, output, circular_buffers(params, inputs), kernel_args(params, inputs));
}

void LayernormFusedRmProgramFactory::override_runtime_arguments(Program& program,
                                                                const LayernormFusedRmParams& params,
                                                                const LayernormFusedRmInputs& inputs,
                                                                const Tensor& output) {
    refresh(program, params, inputs, output);
}

ProgramNotes LayernormFusedRmProgramFactory::notes(const LayernormFusedRmParams& params,
                                                   const LayernormFusedRmInputs& inputs) {
    ProgramNotes notes = notes_of(inputs, circular_buffers(params, inputs), kernel_args(params, inputs));
    notes.factory = "LayernormFusedRmProgramFactory";
    notes.reason = format_counted("a whole tile row takes {} bytes of L1{} and {} are there",
                                  total_bytes(notes.circular_buffers),
                                  tiled_rows(inputs) == 1 ? ", with c_1 single-buffered," : "",
                                  inputs.input.device().l1_bytes_for_circular_buffers());
    return notes;
}

}  // namespace loom
