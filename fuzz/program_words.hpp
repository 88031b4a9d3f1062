// All that a program file holds, in words: without the code that writes such files, so that the two can be compared.
#pragma once

#include <string>

#include "program/program_file.hpp"

namespace loom::fuzz {

std::string all_of(const ProgramFile& program);

}  // namespace loom::fuzz
