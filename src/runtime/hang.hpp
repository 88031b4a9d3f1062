// Says why cores cannot go on.
#pragma once

#include <span>
#include <string>

namespace loom::runtime {

class Core;

/// The whole message of a hang: each thread of the first stuck core with what it waits for, what was wanted
/// and what is there; how many other cores are stuck; what to change; and the command that repeats it.
std::string describe_hang(std::span<const Core* const> stuck, const std::string& again);

}  // namespace loom::runtime
