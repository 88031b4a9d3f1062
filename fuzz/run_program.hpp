// Runs, checks or traces a program of a fuzzer.
#pragma once

#include <string>

#include "draw.hpp"
#include "program/loaded_program.hpp"

namespace loom::fuzz {

enum class Way : std::uint8_t { run, check, trace };
std::string_view name_of(Way way);
Way draw_way(Draw& draw);

/// What is wrong with how `descriptor` goes on the device and with the tensors of `loaded`; "" for nothing. Throws the error
/// that it ends in, of a check the one that it found. Every form of a report is made. A check that finds nothing is held
/// to what it says: the bytes are the same under another schedule.
std::string go(Draw& draw, Way way, LoadedProgram& loaded, const ProgramDescriptor& descriptor);

}  // namespace loom::fuzz
