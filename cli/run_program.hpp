// loom run on a program file.
#pragma once

#include <string>
#include <vector>

#include "flags.hpp"

namespace loom::cli {

struct RunProgramFlags {
    std::string path;
    std::vector<std::string> outputs;  ///< NAME=FILE
    DeviceFlags device;
    std::uint64_t max_steps = 0;
    bool json = false;
};

/// Runs the program and writes the tensors that --output names; prints cores, threads and milliseconds.
int run_program(const RunProgramFlags& flags, const std::string& again);

}  // namespace loom::cli
