// Draws changes of programs: of a file's JSON, anywhere, and of one word of a descriptor.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "draw.hpp"
#include "program/program_descriptor.hpp"

namespace loom::fuzz {

/// The text of a program file with up to three values, keys or bytes changed.
std::string draw_program_text(Draw& draw, const nlohmann::ordered_json& program);

/// Changes one word, mostly a runtime argument, and says which: "kernel 0, core (0,0), runtime argument 1: 4 -> 5".
std::string change_word(Draw& draw, ProgramDescriptor& program);

}  // namespace loom::fuzz
