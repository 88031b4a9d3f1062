// Starts the system's compiler.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace loom::runtime {

/// The compiler for kernels: $LOOM_CXX, else the one that built Loom, else c++.
std::string compiler();

/// What identifies it for the cache: its path, size and time of change; of a short file, as a script around a compiler
/// is, its text.
std::string compiler_identity();

/// What only compilers of its family take.
/// Asks the compiler what it is, the first time: for those who compile, with their `variables` (run_compiler).
std::vector<std::string> compiler_dialect(const std::vector<std::string>& variables);
/// What compiler_dialect() has for any family, for keys: asks nobody.
std::string every_dialect();

struct CompilerResult {
    int status = 0;      ///< exit status; 127 when it could not be started
    std::string output;  ///< what it said
    /// What it was ended for, in words, and the environment variable that allows more.
    struct Limit {
        std::string amount;
        const char* variable;
    };
    std::optional<Limit> limit;
};

/// Runs the compiler with these arguments, and `variables`, "NAME=value", in place of the environment's of those names;
/// and waits, or until the caller stops (util/stop.hpp). Source text can keep it busy for ever, so each process of it gets
/// at most $LOOM_CXX_SECONDS of CPU time, else 60, and $LOOM_CXX_MIB of memory, else 4096. None of its processes outlives
/// the call.
CompilerResult run_compiler(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& variables = {});
/// Runs any program so, without those limits.
CompilerResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& variables = {});

}  // namespace loom::runtime
