// One line of text for one LayerNorm problem: what shapes/layernorm.txt holds, and what a failure prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/layernorm_problem.hpp"

namespace loom::testing {

/// Reads "bfloat16 4x512x768 mean=100 eps=1e-5 gamma=float32 beta=none grid=2x3". After dtype and shape, in
/// any order, what differs from the default:
///     mean=0  std=1  seed=1  eps=1e-5
///     data=normal       or one-huge, subnormal, nan, inf
///     gamma=, beta=     bfloat16, float32 or none; the input's dtype when absent
///     arch=wormhole     or blackhole
///     grid=             columns x rows; the whole chip when absent
///     memory=DRAM       or L1; of the input
///     output=           DRAM or L1; the input's when absent
///     fidelity=HiFi4    or HiFi3, HiFi2, LoFi
///     dst=fp32          or bf16
///     sync=half         or full
/// Throws OPTION.
LayernormProblem parse_shape_line(std::string_view line);

/// The line that reads as this problem.
std::string shape_line(const LayernormProblem& problem);

/// The same as the name of a test: bfloat16_33x65_eps_1em5.
std::string test_name(const LayernormProblem& problem);

/// The problems in a file, one a line; "#" begins a comment. Throws OPTION, also when there is none.
std::vector<LayernormProblem> read_shape_file(const std::string& path);

/// The command that runs this problem alone.
std::string rerun_command(const LayernormProblem& problem);

/// What is wrong with this result of the problem, ending with the command that repeats it; "" for nothing.
std::string failure(const LayernormProblem& problem, const LayernormData& data, const HostTensor& output);

/// The same for the result of running it now.
std::string failure(const LayernormProblem& problem);
std::string failure(const std::string& line);

}  // namespace loom::testing
