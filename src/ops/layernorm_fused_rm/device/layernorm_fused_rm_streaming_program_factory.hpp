// The factory for rows that do not fit L1: they come in chunks of tiles, and are read once for each pass, or once in all if
// their tiles fit.
#pragma once

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_factory.hpp"

namespace loom {

/// The same operation, kernels of its own. Twelve of the thirteen buffers, sized by the chunk, but for c_1 where the row stays: the centred
/// values never leave DST.
struct LayernormFusedRmStreamingProgramFactory {
    static std::vector<CbTableRow> circular_buffers(const LayernormFusedRmParams& params,
                                                    const LayernormFusedRmInputs& inputs);
    /// Bytes of L1 that the buffers take with the smallest chunk, one tile.
    static std::uint64_t least_bytes(const LayernormFusedRmParams& params,
                                     const LayernormFusedRmInputs& inputs);
    /// How a row comes: in chunks of so many tiles, as many as fit L1, up to a bound, evened out over the row; and whether
    /// its tiles stay in c_1 until its output is made.
    struct Chunks {
        std::uint32_t tiles;
        bool stay;
        bool operator==(const Chunks&) const = default;
    };
    static Chunks chunks(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs);

    static ProgramDescriptor create_descriptor(const LayernormFusedRmParams& params,
                                               const LayernormFusedRmInputs& inputs, const Tensor& output);
    static void override_runtime_arguments(Program& program, const LayernormFusedRmParams& params,
                                           const LayernormFusedRmInputs& inputs, const Tensor& output);
    static ProgramNotes notes(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs);
};

}  // namespace loom
