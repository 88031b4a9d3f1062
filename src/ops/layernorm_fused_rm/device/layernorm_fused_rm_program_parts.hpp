// What the program factories of layernorm_fused_rm share. Private to them.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_factory.hpp"
#include "program/work_split.hpp"
#include "runtime/core/dst.hpp"

namespace loom::layernorm_fused_rm {

inline constexpr std::uint32_t kTileSide = 32;

/// The problem in elements, tiles and tile rows, and its share for each core.
struct Geometry {
    std::uint32_t W;     ///< elements of a row
    std::uint32_t Wt;    ///< tiles of a row
    std::uint32_t rows;  ///< of all batches
    std::uint32_t Ht;    ///< tile rows of all batches
    WorkSplit split;
};
Geometry geometry(const LayernormFusedRmInputs& inputs);

/// Formats of the circular buffers, as the tensors' dtypes have it.
struct Formats {
    DataFormat input;
    DataFormat gamma;
    DataFormat beta;
};
Formats formats_of(const LayernormFusedRmInputs& inputs);

runtime::DstConfig dst_config(const LayernormFusedRmParams& params);

/// 1 where buffers hold bfloat16, so that statistics travel in parts: the compute kernels' first argument.
inline std::uint32_t in_parts(const LayernormFusedRmInputs& inputs) {
    return formats_of(inputs).input == DataFormat::Float16_b ? 1 : 0;
}

/// The largest divisor of `value` that is at most `limit`.
std::uint32_t largest_divisor(std::uint32_t value, std::uint32_t limit);

/// Drops the rows of absent gamma and beta.
void drop_absent(std::vector<CbTableRow>& rows, const LayernormFusedRmInputs& inputs);
std::uint64_t total_bytes(const std::vector<CbTableRow>& rows);

/// The kernels' files are `folder/name + suffix + .cpp`.
struct KernelArgs {
    std::string suffix;                 ///< "" or "_streaming"
    std::vector<std::uint32_t> reader;  ///< before the three accessors
    std::vector<std::uint32_t> compute;
    std::vector<std::uint32_t> writer;  ///< before the accessor
};

/// Buffers, kernels and runtime arguments. The runtime arguments are the same for both factories.
ProgramDescriptor describe(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs,
                           const Tensor& output, const std::vector<CbTableRow>& buffers,
                           const KernelArgs& args);
/// Refreshes the runtime arguments: addresses and epsilon.
void refresh(Program& program, const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs,
             const Tensor& output);
/// Work split and table for `explain`, and which arguments stand for the tensors "input", "gamma", "beta" and
/// "output".
ProgramNotes notes_of(const LayernormFusedRmInputs& inputs, std::vector<CbTableRow> buffers,
                      const KernelArgs& args);

inline std::uint32_t bits(double value) {
    return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

}  // namespace loom::layernorm_fused_rm
