// Makes the program: attributes and tensors in, ProgramDescriptor out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "program/program.hpp"
#include "program/program_notes.hpp"
#include "program/tensor.hpp"

namespace loom {

/// TTNN's compute-kernel configuration, with this operation's defaults.
struct ComputeKernelConfig {
    MathFidelity math_fidelity = MathFidelity::HiFi4;
    bool math_approx_mode = false;
    bool fp32_dest_acc_en = true;
    bool dst_full_sync_en = false;
    bool operator==(const ComputeKernelConfig&) const = default;
};

struct LayernormFusedRmParams {
    float epsilon = 1e-5f;
    MemoryConfig output_mem_config;
    ComputeKernelConfig compute_kernel_config;
};

struct LayernormFusedRmInputs {
    Tensor input;
    std::optional<Tensor> gamma;
    std::optional<Tensor> beta;
};

/// One tile row (32 sticks) is the unit of work; cores share the tile rows by split_work_to_cores.
struct LayernormFusedRmProgramFactory {
    /// Order of the kernels in the descriptor.
    enum Kernel : std::uint8_t { reader, compute, writer };

    /// The circular buffers: the one table that sizes, `explain` and the documentation derive from.
    static std::vector<CbTableRow> circular_buffers(const LayernormFusedRmParams& params,
                                                    const LayernormFusedRmInputs& inputs);
    /// Tile rows that c_1 has room for: 2, or 1 when L1 is too small for two (the compute kernel uses one at
    /// a time).
    static std::uint32_t tiled_rows(const LayernormFusedRmInputs& inputs);
    /// Bytes of L1 that the buffers take on each core, with c_1 as small as it may be.
    static std::uint64_t least_bytes(const LayernormFusedRmInputs& inputs);

    static ProgramDescriptor create_descriptor(const LayernormFusedRmParams& params,
                                               const LayernormFusedRmInputs& inputs, const Tensor& output);
    static void override_runtime_arguments(Program& program, const LayernormFusedRmParams& params,
                                           const LayernormFusedRmInputs& inputs, const Tensor& output);
    /// What `explain` says beside the descriptor.
    static ProgramNotes notes(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs);
};

}  // namespace loom
