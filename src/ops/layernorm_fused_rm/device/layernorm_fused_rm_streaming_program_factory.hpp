// The factory for rows that do not fit L1: they come in chunks of tiles, and are read once for each pass.
#pragma once

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_factory.hpp"

namespace loom {

/// The same operation, kernels of its own. Twelve of the thirteen buffers, sized by the chunk: the centred
/// values never leave DST.
struct LayernormFusedRmStreamingProgramFactory {
    static std::vector<CbTableRow> circular_buffers(const LayernormFusedRmParams& params,
                                                    const LayernormFusedRmInputs& inputs);
    /// Bytes of L1 that the buffers take with the smallest chunk, one tile.
    static std::uint64_t least_bytes(const LayernormFusedRmParams& params,
                                     const LayernormFusedRmInputs& inputs);
    /// Tiles of a chunk: as many as fit L1, at most 32, evened out over the row.
    static std::uint32_t chunk_tiles(const LayernormFusedRmParams& params,
                                     const LayernormFusedRmInputs& inputs);

    static ProgramDescriptor create_descriptor(const LayernormFusedRmParams& params,
                                               const LayernormFusedRmInputs& inputs, const Tensor& output);
    static void override_runtime_arguments(Program& program, const LayernormFusedRmParams& params,
                                           const LayernormFusedRmInputs& inputs, const Tensor& output);
    static ProgramNotes notes(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs);
};

}  // namespace loom
