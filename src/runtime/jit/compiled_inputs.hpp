// What the compiler read and where it looked, found out from what it says.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/jit/inputs.hpp"

namespace loom::runtime {

/// What makes the compiler write a list of the files that it read, and say where it looks for them.
std::vector<std::string> arguments_that_tell_inputs(const std::string& list);

/// Where a compiler looks for headers, as -v says.
struct SearchList {
    std::vector<std::string> dirs;     ///< in order
    std::vector<std::string> ignored;  ///< named, and not there or named before
    std::string rest;                  ///< what else it said
};
SearchList search_list(std::string_view said);

/// The files in a rule of make's, as -MD writes it, but the first, which is what was compiled.
std::vector<std::string> listed_files(std::string_view rule);

/// One run of the compiler.
struct CompilerRun {
    std::string unit;  ///< the text that it compiled
    std::string list;  ///< the file with the list of what it read
    SearchList searched;
    timespec began{};  ///< when it had read nothing yet (wait_for_file_clock)
};

/// What it read beside the unit, and the names in front of those; without files that `fixed` holds of.
Inputs inputs_of(const CompilerRun& run, const std::function<bool(std::string_view)>& fixed);

}  // namespace loom::runtime
