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

/// What makes it call a function at each load and store (kernel_api/hooks.cpp), spelled as the compiler's family does.
/// Asks the compiler what it is, the first time: for those who compile.
std::vector<std::string> hook_arguments();
/// What hook_arguments() has for any family, for keys: asks nobody.
std::string every_hook_argument();

struct CompilerResult {
    int status = 0;      ///< exit status; 127 when it could not be started
    std::string output;  ///< what it said
};

/// Runs the compiler with these arguments and waits.
CompilerResult run_compiler(const std::vector<std::string>& arguments);
/// Runs any program so.
CompilerResult run_program(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace loom::runtime
