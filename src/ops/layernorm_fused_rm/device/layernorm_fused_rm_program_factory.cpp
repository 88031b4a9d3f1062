// Makes the program of layernorm_fused_rm: thirteen circular buffers, three kernels, tile rows over cores.
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_factory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "program/work_split.hpp"
#include "runtime/jit/jit.hpp"
#include "util/bfloat16.hpp"

namespace loom {

std::span<const EmbeddedFile> embedded_op_kernels();

namespace {

constexpr const char* kFolder = "layernorm_fused_rm/device/kernels/";
constexpr std::uint32_t kTileSide = 32;

struct Geometry {
    std::uint32_t W;     // elements of a row
    std::uint32_t Wt;    // tiles of a row
    std::uint32_t rows;  // of all batches
    std::uint32_t Ht;    // tile rows of all batches
    DataFormat format;
    std::uint32_t stick_bytes;  // one padded row
    std::uint32_t block_tiles;  // tiles that pass through DST together; divides Wt
    WorkSplit split;
};

std::uint32_t largest_divisor(std::uint32_t value, std::uint32_t limit) {
    for (std::uint32_t divisor = std::min(value, limit); divisor > 1; --divisor)
        if (value % divisor == 0) return divisor;
    return 1;
}

Geometry geometry(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs) {
    const TensorSpec& spec = inputs.input.spec();
    Geometry g{};
    g.W = spec.width();
    g.Wt = (g.W + kTileSide - 1) / kTileSide;
    g.rows = static_cast<std::uint32_t>(spec.rows());
    g.Ht = (g.rows + kTileSide - 1) / kTileSide;
    g.format = data_format_of(spec.dtype);
    g.stick_bytes = g.Wt * kTileSide * element_bytes(spec.dtype);
    const runtime::DstConfig dst{params.compute_kernel_config.fp32_dest_acc_en,
                                 params.compute_kernel_config.dst_full_sync_en};
    g.block_tiles = largest_divisor(std::max(g.Wt, 1u), dst.capacity());
    g.split = split_work_to_cores(inputs.input.device().compute_with_storage_grid_size(), g.Ht);
    return g;
}

// What a bfloat16 tile of epsilon leaves out; the kernel adds it in DST.
struct Epsilon {
    float in_tile;
    float remainder;
};
Epsilon split_epsilon(float epsilon, DataFormat format) {
    const float in_tile = format == DataFormat::Float32 ? epsilon : round_to_bfloat16(epsilon);
    return {in_tile, epsilon - in_tile};
}

std::uint32_t address_of(const std::optional<Tensor>& tensor) {
    return tensor ? tensor->buffer().address() : 0;
}

TensorAccessorArgs accessor_of(const std::optional<Tensor>& tensor) {
    return tensor ? TensorAccessorArgs(tensor->buffer()) : TensorAccessorArgs(BufferType::DRAM, 0);
}

/// Calls f(core, first tile row, number of tile rows) for each core.
template <typename F>
void for_each_core(const Geometry& g, F f) {
    const auto& [num_cores, all, group1, group2, units1, units2] = g.split;
    std::uint32_t first = 0;
    for (const CoreCoord core : corerange_to_cores(all)) {
        const std::uint32_t units = group1.contains(core) ? units1 : units2;
        f(core, first, units);
        first += units;
    }
}

std::vector<std::uint32_t> reader_args(const LayernormFusedRmParams& params,
                                       const LayernormFusedRmInputs& inputs, const Geometry& g,
                                       std::uint32_t first, std::uint32_t tile_rows) {
    return {inputs.input.buffer().address(),
            address_of(inputs.gamma),
            address_of(inputs.beta),
            tile_rows,
            first * kTileSide,
            std::bit_cast<std::uint32_t>(split_epsilon(params.epsilon, g.format).in_tile)};
}

std::vector<std::uint32_t> compute_args(const LayernormFusedRmParams& params, const Geometry& g,
                                        std::uint32_t tile_rows) {
    return {tile_rows, std::bit_cast<std::uint32_t>(split_epsilon(params.epsilon, g.format).remainder)};
}

std::vector<std::uint32_t> writer_args(const Tensor& output, std::uint32_t first, std::uint32_t tile_rows) {
    return {output.buffer().address(), tile_rows, first * kTileSide};
}

KernelDescriptor reader_kernel(const LayernormFusedRmInputs& inputs, const Geometry& g) {
    KernelDescriptor kernel;
    kernel.kernel_source = std::string(kFolder) + "dataflow/reader_layernorm_fused_rm.cpp";
    kernel.compile_time_args = {g.stick_bytes, inputs.gamma.has_value(), inputs.beta.has_value()};
    TensorAccessorArgs(inputs.input.buffer()).append_to(kernel.compile_time_args);
    accessor_of(inputs.gamma).append_to(kernel.compile_time_args);
    accessor_of(inputs.beta).append_to(kernel.compile_time_args);
    kernel.config = ReaderConfigDescriptor{};
    return kernel;
}

KernelDescriptor compute_kernel(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs,
                                const Geometry& g) {
    const auto width = static_cast<float>(g.W);
    const ComputeKernelConfig& config = params.compute_kernel_config;
    KernelDescriptor kernel;
    kernel.kernel_source = std::string(kFolder) + "compute/layernorm_fused_rm.cpp";
    kernel.compile_time_args = {g.Wt,
                                g.block_tiles,
                                inputs.gamma.has_value(),
                                inputs.beta.has_value(),
                                std::bit_cast<std::uint32_t>(width),
                                std::bit_cast<std::uint32_t>(static_cast<float>(1.0 / g.W)),
                                std::bit_cast<std::uint32_t>(width / kTileSide)};
    kernel.config = ComputeConfigDescriptor{config.math_fidelity, config.fp32_dest_acc_en,
                                            config.dst_full_sync_en, config.math_approx_mode};
    return kernel;
}

KernelDescriptor writer_kernel(const Tensor& output, const Geometry& g) {
    KernelDescriptor kernel;
    kernel.kernel_source = std::string(kFolder) + "dataflow/writer_layernorm_fused_rm.cpp";
    kernel.compile_time_args = {g.stick_bytes};
    TensorAccessorArgs(output.buffer()).append_to(kernel.compile_time_args);
    kernel.config = WriterConfigDescriptor{};
    return kernel;
}

}  // namespace

namespace {

/// The table with `tiled_rows` (2: double-buffered, or 1) tile rows of room in c_1.
std::vector<CbTableRow> table(const Geometry& g, bool has_gamma, bool has_beta, std::uint32_t tiled_rows) {
    using namespace CBIndex;
    using enum CbLifetime;
    const std::uint32_t tile = tile_bytes(g.format);
    const std::uint32_t stick = g.stick_bytes;
    // c_4 and c_5 hold tiles of one row, so that tilize reads their one stick and nothing behind it.
    std::vector<CbTableRow> rows{
        {c_0, "input sticks", stick, 32, "reader", "compute", unit, g.format},
        {c_1, "input, tiled", tile, tiled_rows * g.Wt, "compute", "compute", unit, g.format},
        {c_2, "reduce scaler", tile, 2, "reader", "compute", persistent, g.format},
        {c_3, "epsilon", tile, 1, "reader", "compute", persistent, g.format},
        {c_4, "gamma, one stick", stick, 1, "reader", "compute", start_up, g.format, 1},
        {c_5, "beta, one stick", stick, 1, "reader", "compute", start_up, g.format, 1},
        {c_6, "gamma, tiled", tile, g.Wt, "compute", "compute", persistent, g.format},
        {c_7, "beta, tiled", tile, g.Wt, "compute", "compute", persistent, g.format},
        {c_16, "output sticks", stick, 32, "compute", "writer", unit, g.format},
        {c_24, "centred", tile, g.Wt, "compute", "compute", unit, g.format},
        {c_25, "mean", tile, 1, "compute", "compute", unit, g.format},
        {c_26, "variance", tile, 1, "compute", "compute", unit, g.format},
        {c_27, "1/sqrt(variance + epsilon)", tile, 1, "compute", "compute", unit, g.format},
    };
    std::erase_if(rows, [&](const CbTableRow& row) {
        return (!has_gamma && (row.index == c_4 || row.index == c_6)) ||
               (!has_beta && (row.index == c_5 || row.index == c_7));
    });
    return rows;
}

std::uint64_t total_bytes(std::span<const CbTableRow> rows) {
    std::uint64_t bytes = 0;
    for (const CbTableRow& row : rows) bytes += row.bytes();
    return bytes;
}

}  // namespace

std::uint32_t LayernormFusedRmProgramFactory::tiled_rows(const LayernormFusedRmParams& params,
                                                         const LayernormFusedRmInputs& inputs) {
    const auto rows = table(geometry(params, inputs), inputs.gamma.has_value(), inputs.beta.has_value(), 2);
    return total_bytes(rows) <= inputs.input.device().l1_bytes_for_circular_buffers() ? 2 : 1;
}

std::vector<CbTableRow> LayernormFusedRmProgramFactory::circular_buffers(
    const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs) {
    return table(geometry(params, inputs), inputs.gamma.has_value(), inputs.beta.has_value(),
                 tiled_rows(params, inputs));
}

std::uint64_t LayernormFusedRmProgramFactory::circular_buffer_bytes(const LayernormFusedRmParams& params,
                                                                    const LayernormFusedRmInputs& inputs) {
    return total_bytes(circular_buffers(params, inputs));
}

ProgramDescriptor LayernormFusedRmProgramFactory::create_descriptor(const LayernormFusedRmParams& params,
                                                                    const LayernormFusedRmInputs& inputs,
                                                                    const Tensor& output) {
    runtime::add_embedded_files(embedded_op_kernels());
    const Geometry g = geometry(params, inputs);
    const CoreRangeSet& cores = std::get<1>(g.split);
    ProgramDescriptor program;
    for (const CbTableRow& row : circular_buffers(params, inputs)) {
        CBFormatDescriptor format{row.index, row.format, row.page_bytes, std::nullopt};
        if (row.tile_height != kTileSide) format.tile = TileDescriptor{row.tile_height, kTileSide};
        program.cbs.push_back({static_cast<std::uint32_t>(row.bytes()), cores, {format}});
    }
    program.kernels = {reader_kernel(inputs, g), compute_kernel(params, inputs, g), writer_kernel(output, g)};
    for (KernelDescriptor& kernel : program.kernels) kernel.core_ranges = cores;
    for_each_core(g, [&](CoreCoord core, std::uint32_t first, std::uint32_t tile_rows) {
        program.kernels[reader].runtime_args.emplace_back(core,
                                                          reader_args(params, inputs, g, first, tile_rows));
        program.kernels[compute].runtime_args.emplace_back(core, compute_args(params, g, tile_rows));
        program.kernels[writer].runtime_args.emplace_back(core, writer_args(output, first, tile_rows));
    });
    return program;
}

void LayernormFusedRmProgramFactory::override_runtime_arguments(Program& program,
                                                                const LayernormFusedRmParams& params,
                                                                const LayernormFusedRmInputs& inputs,
                                                                const Tensor& output) {
    const Geometry g = geometry(params, inputs);
    for_each_core(g, [&](CoreCoord core, std::uint32_t first, std::uint32_t tile_rows) {
        std::ranges::copy(reader_args(params, inputs, g, first, tile_rows),
                          program.runtime_args(reader, core).begin());
        std::ranges::copy(compute_args(params, g, tile_rows), program.runtime_args(compute, core).begin());
        std::ranges::copy(writer_args(output, first, tile_rows), program.runtime_args(writer, core).begin());
    });
}

ProgramNotes LayernormFusedRmProgramFactory::notes(const LayernormFusedRmParams& params,
                                                   const LayernormFusedRmInputs& inputs) {
    const Geometry g = geometry(params, inputs);
    const auto& [num_cores, all, group1, group2, units1, units2] = g.split;
    ProgramNotes notes;
    notes.factory = "LayernormFusedRmProgramFactory";
    notes.reason = fmt::format("the circular buffers take {} bytes of L1 and {} are there{}",
                               circular_buffer_bytes(params, inputs),
                               inputs.input.device().l1_bytes_for_circular_buffers(),
                               tiled_rows(params, inputs) == 1 ? ", with c_1 single-buffered" : "");
    notes.unit = "tile row (32 sticks)";
    notes.units = g.Ht;
    notes.circular_buffers = circular_buffers(params, inputs);
    if (!group1.empty()) notes.groups.push_back({group1, units1});
    if (!group2.empty()) notes.groups.push_back({group2, units2});
    return notes;
}

}  // namespace loom
