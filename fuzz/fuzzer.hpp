// The command line of a fuzzer whose cases run in child processes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "draw.hpp"
#include "support/case_runner.hpp"

namespace loom::fuzz {

struct Fuzzer {
    std::string name;         ///< "tensor_file"
    std::string description;  ///< for --help
    /// Makes the cases of a seed.
    std::function<std::unique_ptr<testing::Cases>(std::uint64_t seed, const std::string& folder)> make;
    double case_seconds = 60;
};

/// Makes a file of these bytes. Throws std::runtime_error.
void write_file(const std::string& path, const std::string& bytes);

/// Whether a message is one line of UTF-8, of no absurd length.
bool is_plain_text(const std::string& message);

/// Parses the command line, runs the cases and prints their count; 0 when none failed.
int run_fuzzer(const Fuzzer& fuzzer, int argc, char** argv);

}  // namespace loom::fuzz
