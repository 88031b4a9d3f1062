// What-if changes to a descriptor: another size for a circular buffer, another file for a kernel.
#pragma once

#include <string>

#include "program/program_descriptor.hpp"

namespace loom {

/// Gives c_`index` `pages` pages of the size that it has. Throws OPTION when the program has no such buffer.
void set_cb_pages(ProgramDescriptor& program, std::uint32_t index, std::uint32_t pages);

/// Lets the kernel with this label ("reader", "compute", "writer") come from another file. Throws OPTION.
void replace_kernel(ProgramDescriptor& program, const std::string& label, const std::string& path);

/// Applies "c_16=4" or "writer=path/to/kernel.cpp". Throws OPTION when it reads as neither.
void apply_edit(ProgramDescriptor& program, const std::string& edit);

}  // namespace loom
