// What the files that read a program file share. Private to program_file*.
#pragma once

#include "program/json_place.hpp"
#include "program/program_file.hpp"

namespace loom::program_file {

/// Cores and rectangles of cores of the grid that the program has.
CoreRangeSet read_cores(const JsonPlace& place, const ProgramFile& program);
/// The kernels of a program whose tensors are read.
void read_kernels(const JsonPlace& place, ProgramFile& program);

}  // namespace loom::program_file
