// Line numbers of kernel sources, so that a test may compare a whole message and still let the kernel be
// edited.
#pragma once

#include <string>

namespace loom::testing {

/// The number of the only line of a file (relative to the source root) that contains `text`; 0 when there is
/// none or more than one.
int line_of(const std::string& file, const std::string& text);

inline const std::string kKernels = "src/ops/layernorm_fused_rm/device/kernels/";
inline const std::string kReader = kKernels + "dataflow/reader_layernorm_fused_rm.cpp";
inline const std::string kCompute = kKernels + "compute/layernorm_fused_rm.cpp";
inline const std::string kComputeCommon = kKernels + "compute/layernorm_fused_rm_common.h";
inline const std::string kWriter = kKernels + "dataflow/writer_layernorm_fused_rm.cpp";

}  // namespace loom::testing
