// What the program factories of layernorm_fused_rm share.
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_parts.hpp"

#include <algorithm>
#include <span>

#include "ops/embedded_op_kernels.hpp"
#include "runtime/jit/jit.hpp"
#include "util/bfloat16.hpp"

namespace loom {

namespace layernorm_fused_rm {
namespace {

using Factory = LayernormFusedRmProgramFactory;

constexpr const char* kFolder = "layernorm_fused_rm/device/kernels/";

std::uint32_t address_of(const std::optional<Tensor>& tensor) {
    return tensor ? tensor->buffer().address() : 0;
}

TensorAccessorArgs accessor_of(const std::optional<Tensor>& tensor) {
    return tensor ? TensorAccessorArgs(tensor->buffer()) : TensorAccessorArgs(BufferType::DRAM, 0);
}

// The tensors that a kernel is told of: their addresses are its first runtime arguments, their accessors its last
// compile-time ones, in this order.
struct KernelTensor {
    Factory::Kernel kernel;
    std::string_view name;
};
constexpr KernelTensor kTensors[] = {{Factory::reader, "input"},
                                     {Factory::reader, "gamma"},
                                     {Factory::reader, "beta"},
                                     {Factory::writer, "output"}};

struct RuntimeArgs {
    CoreCoord core;
    std::vector<std::uint32_t> of[3];  ///< by Factory::Kernel
};

// The last core's last tile row may be short of sticks. A bfloat16 tile of epsilon leaves something out,
// which compute adds in DST.
std::vector<RuntimeArgs> runtime_args(const LayernormFusedRmParams& params,
                                      const LayernormFusedRmInputs& inputs, const Tensor& output) {
    const Geometry g = geometry(inputs);
    const auto& [num_cores, all, group1, group2, units1, units2] = g.split;
    const float in_tile =
        formats_of(inputs).input == DataFormat::Float32 ? params.epsilon : round_to_bfloat16(params.epsilon);
    std::vector<RuntimeArgs> args;
    std::uint32_t first = 0;
    for (const CoreCoord core : corerange_to_cores(all)) {
        const std::uint32_t tile_rows = group1.contains(core) ? units1 : units2;
        const std::uint32_t sticks = std::min(tile_rows * kTileSide, g.rows - first);
        args.push_back({core,
                        {{inputs.input.buffer().address(), address_of(inputs.gamma), address_of(inputs.beta),
                          sticks, first, bits(in_tile)},
                         {tile_rows, bits(params.epsilon - in_tile)},
                         {output.buffer().address(), sticks, first}}});
        first += sticks;
    }
    return args;
}

// Absent ones are left out: their address is 0 whatever else lies where.
std::vector<TensorArg> tensor_args(const LayernormFusedRmInputs& inputs, const KernelArgs& args) {
    const auto words = static_cast<std::uint32_t>(accessor_of(std::nullopt).get_compile_time_args().size());
    std::uint32_t accessor[3] = {static_cast<std::uint32_t>(args.reader.size()), 0,
                                 static_cast<std::uint32_t>(args.writer.size())};
    std::uint32_t address[3] = {};
    std::vector<TensorArg> all;
    for (const auto& [kernel, name] : kTensors) {
        const bool absent = (name == "gamma" && !inputs.gamma) || (name == "beta" && !inputs.beta);
        if (!absent) {
            all.push_back({kernel, TensorArg::Kind::address, address[kernel], name});
            all.push_back({kernel, TensorArg::Kind::accessor, accessor[kernel], name});
        }
        ++address[kernel];
        accessor[kernel] += words;
    }
    return all;
}

KernelDescriptor kernel(const std::string& name, const std::string& suffix, std::vector<std::uint32_t> args,
                        KernelDescriptor::ConfigDescriptor config, const CoreRangeSet& cores) {
    KernelDescriptor made;
    made.kernel_source = kFolder + name + suffix + ".cpp";
    made.compile_time_args = std::move(args);
    made.config = config;
    made.core_ranges = cores;
    return made;
}

}  // namespace

Geometry geometry(const LayernormFusedRmInputs& inputs) {
    const TensorSpec& spec = inputs.input.spec();
    Geometry g{};
    g.W = spec.width();
    g.Wt = (g.W + kTileSide - 1) / kTileSide;
    g.rows = static_cast<std::uint32_t>(spec.rows());
    g.Ht = static_cast<std::uint32_t>((spec.rows() + kTileSide - 1) / kTileSide);
    g.split = split_work_to_cores(inputs.input.device().compute_with_storage_grid_size(), g.Ht);
    return g;
}

Formats formats_of(const LayernormFusedRmInputs& inputs) {
    const DataFormat input = data_format_of(inputs.input.spec().dtype);
    const DataFormat gamma = inputs.gamma ? data_format_of(inputs.gamma->spec().dtype) : input;
    const DataFormat beta = inputs.beta ? data_format_of(inputs.beta->spec().dtype) : input;
    return {input, gamma, beta};
}

runtime::DstConfig dst_config(const LayernormFusedRmParams& params) {
    return {params.compute_kernel_config.fp32_dest_acc_en, params.compute_kernel_config.dst_full_sync_en};
}

std::uint32_t largest_divisor(std::uint32_t value, std::uint32_t limit) {
    for (std::uint32_t divisor = std::min(value, limit); divisor > 1; --divisor)
        if (value % divisor == 0) return divisor;
    return 1;
}

void drop_absent(std::vector<CbTableRow>& rows, const LayernormFusedRmInputs& inputs) {
    std::erase_if(rows, [&](const CbTableRow& row) {
        return (!inputs.gamma && (row.index == CBIndex::c_4 || row.index == CBIndex::c_6)) ||
               (!inputs.beta && (row.index == CBIndex::c_5 || row.index == CBIndex::c_7));
    });
}

std::uint64_t total_bytes(const std::vector<CbTableRow>& rows) {
    std::uint64_t bytes = 0;
    for (const CbTableRow& row : rows) bytes += row.bytes();
    return bytes;
}

// Float32 tiles reach DST with all their bits; a 16-bit DST would not keep them.
std::vector<UnpackToDestMode> unpack_modes(const ComputeKernelConfig& config,
                                           const std::vector<CbTableRow>& buffers) {
    std::vector<UnpackToDestMode> modes;
    if (!config.fp32_dest_acc_en) return modes;
    for (const CbTableRow& row : buffers) {
        if (row.format != DataFormat::Float32 || row.consumer != "compute") continue;
        modes.resize(std::max(modes.size(), std::size_t{row.index} + 1));
        modes[row.index] = UnpackToDestMode::UnpackToDestFp32;
    }
    return modes;
}

ProgramDescriptor describe(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs,
                           const Tensor& output, const std::vector<CbTableRow>& buffers,
                           const KernelArgs& args) {
    runtime::add_embedded_files(embedded_op_kernels());
    const Geometry g = geometry(inputs);
    const CoreRangeSet& cores = std::get<1>(g.split);
    ProgramDescriptor program;
    for (const CbTableRow& row : buffers) {
        CBFormatDescriptor format{row.index, row.format, row.page_bytes, std::nullopt};
        if (row.tile_height != kTileSide) format.tile = TileDescriptor{row.tile_height, kTileSide};
        program.cbs.push_back({static_cast<std::uint32_t>(row.bytes()), cores, {format}});
    }
    std::vector<std::uint32_t> reader_args = args.reader;
    TensorAccessorArgs(inputs.input.buffer()).append_to(reader_args);
    accessor_of(inputs.gamma).append_to(reader_args);
    accessor_of(inputs.beta).append_to(reader_args);
    std::vector<std::uint32_t> writer_args = args.writer;
    TensorAccessorArgs(output.buffer()).append_to(writer_args);
    const ComputeKernelConfig& config = params.compute_kernel_config;
    program.kernels = {
        kernel("dataflow/reader_layernorm_fused_rm", args.suffix, reader_args, ReaderConfigDescriptor{},
               cores),
        kernel("compute/layernorm_fused_rm", args.suffix, args.compute,
               ComputeConfigDescriptor{config.math_fidelity, config.fp32_dest_acc_en, config.dst_full_sync_en,
                                       config.math_approx_mode, unpack_modes(config, buffers)},
               cores),
        kernel("dataflow/writer_layernorm_fused_rm", args.suffix, writer_args, WriterConfigDescriptor{},
               cores)};
    for (RuntimeArgs& on_core : runtime_args(params, inputs, output))
        for (std::size_t i = 0; i < program.kernels.size(); ++i)
            program.kernels[i].runtime_args.emplace_back(on_core.core, std::move(on_core.of[i]));
    return program;
}

void refresh(Program& program, const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs,
             const Tensor& output) {
    for (const RuntimeArgs& on_core : runtime_args(params, inputs, output))
        for (const auto which : {Factory::reader, Factory::compute, Factory::writer})
            std::ranges::copy(on_core.of[which], program.runtime_args(which, on_core.core).begin());
}

ProgramNotes notes_of(const LayernormFusedRmInputs& inputs, std::vector<CbTableRow> buffers,
                      const KernelArgs& args) {
    const Geometry g = geometry(inputs);
    const auto& [num_cores, all, group1, group2, units1, units2] = g.split;
    ProgramNotes notes;
    notes.unit = "tile row (32 sticks)";
    notes.units = g.Ht;
    notes.circular_buffers = std::move(buffers);
    if (!group1.empty()) notes.groups.push_back({group1, units1});
    if (!group2.empty()) notes.groups.push_back({group2, units2});
    notes.tensor_args = tensor_args(inputs, args);
    return notes;
}

}  // namespace layernorm_fused_rm
}  // namespace loom
