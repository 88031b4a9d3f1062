// The program of a call of layernorm_fused_rm, not run: what `explain` and `check` look at.
#pragma once

#include <string>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_device_operation.hpp"

namespace loom {

struct LayernormFusedRmProgram {
    Tensor output;
    ProgramDescriptor descriptor;
    ProgramNotes notes;
};

/// Validates and allocates as layernorm_fused_rm does, and throws what that throws before it runs; OPTION for
/// an empty input, which has no program.
LayernormFusedRmProgram layernorm_fused_rm_program(const LayernormFusedRmParams& params,
                                                   const LayernormFusedRmInputs& inputs);

/// How `output` breaks what the operation promises of its values (see accuracy.hpp), in words; "" when it does
/// not.
std::string layernorm_wrong_values(const LayernormFusedRmInputs& inputs, float epsilon, const Tensor& output);

}  // namespace loom
