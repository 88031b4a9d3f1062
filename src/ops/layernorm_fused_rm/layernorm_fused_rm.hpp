// LayerNorm over the last dimension of a row-major tensor: row-major in, row-major out, one program.
#pragma once

#include <optional>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_device_operation.hpp"

namespace loom {

/// y[..., h, w] = gamma[w] * (x[..., h, w] - mean_h) / sqrt(var_h + epsilon) + beta[w], where mean_h and var_h
/// are the mean and the (population) variance of row h (Ba, Kiros and Hinton 2016, "Layer Normalization").
///
/// @param input    [.., H, W], rank 1 and up, bfloat16 or float32, ROW_MAJOR, interleaved in DRAM or L1. All
///                 dimensions but the last are rows. Any sizes; an empty tensor gives an empty one.
/// @param gamma    [W] or [1, .., 1, W], bfloat16 or float32, same layout and device; absent means 1.
/// @param beta     like gamma; absent means 0.
/// @param epsilon  added to the variance; finite, not negative.
/// @param memory_config          of the output; the input's when absent.
/// @param compute_kernel_config  math_fidelity, fp32_dest_acc_en (default true; without it results are rounded to
///                               bfloat16 after each step, and the error bars do not hold:
///                               docs/accuracy_on_the_chip.md says what is left), dst_full_sync_en, as in TTNN.
/// @param options  how the host runs it; `report`, when given, says on how many cores and threads.
/// @return a new tensor of the input's shape and dtype; the same bytes for every number of cores and threads.
///
/// Throws LN_* for what it refuses, before anything runs or is allocated; OUT_OF_MEMORY; and what
/// runtime::launch throws. The program is cached on the device: a second call with the same specs builds
/// nothing.
///
/// Example (run by tests/smoke):
///     loom::Device device;
///     loom::Tensor y = loom::layernorm_fused_rm(x, gamma, beta);
Tensor layernorm_fused_rm(const Tensor& input, const std::optional<Tensor>& gamma = std::nullopt,
                          const std::optional<Tensor>& beta = std::nullopt, float epsilon = 1e-5f,
                          const std::optional<MemoryConfig>& memory_config = std::nullopt,
                          const std::optional<ComputeKernelConfig>& compute_kernel_config = std::nullopt,
                          const runtime::LaunchOptions& options = {},
                          runtime::LaunchReport* report = nullptr);

}  // namespace loom
