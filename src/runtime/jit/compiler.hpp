// Starts the system's compiler.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace loom::runtime {

/// The compiler for kernels: $LOOM_CXX, else the one that built Loom, else c++.
std::string compiler();

/// What identifies it for the cache: its path, size and time of change; of a short file, as a script around a compiler
/// is, its text.
std::string compiler_identity();

/// What makes it call a function at each load and store (kernel_api/hooks.cpp), spelled as the compiler's family does.
/// Asks the compiler what it is, the first time: for those who compile.
std::vector<std::string> compiler_dialect();
/// What compiler_dialect() has for any family, for keys: asks nobody.
std::string every_dialect();

struct CompilerResult {
    int status = 0;      ///< exit status; 127 when it could not be started
    std::string output;  ///< what it said
};

/// Runs the compiler with these arguments, and `variables`, "NAME=value", in place of the environment's of those names;
/// and waits.
CompilerResult run_compiler(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& variables = {});
/// Runs any program so.
CompilerResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& variables = {});

}  // namespace loom::runtime
