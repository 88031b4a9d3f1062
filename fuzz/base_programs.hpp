// Small programs without fault, each in a folder of its own, for fuzzers to change.
#pragma once

#include <string>
#include <vector>

#include "program/program_file.hpp"

namespace loom::fuzz {

/// The programs of examples/programs, fuzz/programs and docs/programs.md, and those of both factories of
/// layernorm_fused_rm, in their files below `folder`: <folder>/<name>/program.json, kernels beside it.
std::vector<ProgramFile> base_programs(const std::string& folder);

}  // namespace loom::fuzz
