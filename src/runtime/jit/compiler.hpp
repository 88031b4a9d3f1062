// Starts the system's compiler.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace loom::runtime {

/// The compiler for kernels: $LOOM_CXX, else the one that built Loom, else c++.
std::string compiler();

/// What identifies it for the cache: its path, size and time of change.
std::string compiler_identity();

struct CompilerResult {
    int status = 0;      ///< exit status; 127 when it could not be started
    std::string output;  ///< what it said
};

/// Runs the compiler with these arguments and waits.
CompilerResult run_compiler(const std::vector<std::string>& arguments);
/// Runs any program so.
CompilerResult run_program(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace loom::runtime
