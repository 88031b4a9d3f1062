// Runs a program that its caller described, on tensors that its caller made.
#pragma once

#include <span>

#include "program/program.hpp"
#include "program/tensor.hpp"

namespace loom {

/// Runs `descriptor` and returns the last of `tensors`, the output. The program finds its tensors by the
/// addresses in its runtime arguments; the list here says what must be there while it runs.
///
/// The program is cached on the device. A second call with a descriptor that differs in the values of runtime
/// arguments only builds nothing, unless a kernel's file or a header that it includes has been edited since. With
/// custom_program_hash, that number and those files alone are the key.
///
/// Throws TENSOR_PLACE when there is no tensor, or they are on several devices; BUFFER_FREED; and what Program
/// and enqueue throw.
Tensor generic_op(std::span<const Tensor> tensors, const ProgramDescriptor& descriptor,
                  const runtime::LaunchOptions& options = {}, runtime::LaunchReport* report = nullptr);

}  // namespace loom
