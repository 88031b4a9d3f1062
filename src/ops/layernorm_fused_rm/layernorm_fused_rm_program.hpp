// The program of a call of layernorm_fused_rm, not run: what `explain`, `check` and `trace` look at.
#pragma once

#include <span>
#include <string>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_device_operation.hpp"

namespace loom {

struct LayernormFusedRmProgram {
    Tensor output;
    ProgramDescriptor descriptor;
    ProgramNotes notes;
};

/// Validates and allocates as layernorm_fused_rm does, and throws what that throws before it runs; OPTION for
/// an empty input, which has no program, and for an edit (see apply_edit) that cannot be made.
LayernormFusedRmProgram layernorm_fused_rm_program(const LayernormFusedRmParams& params,
                                                   const LayernormFusedRmInputs& inputs,
                                                   std::span<const std::string> edits = {});

/// How `output` breaks what the operation promises of its values (see accuracy.hpp), in words; "" when it does
/// not.
std::string layernorm_wrong_values(const LayernormFusedRmInputs& inputs, float epsilon, const Tensor& output);

}  // namespace loom
