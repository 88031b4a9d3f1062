// The kernels of all operations, as text in the library.
#pragma once

#include <span>

#include "util/embedded_file.hpp"

namespace loom {

/// Give them to runtime::add_embedded_files before a program names one by its path here. A program factory does so
/// itself; a program file needs it done.
std::span<const EmbeddedFile> embedded_op_kernels();

}  // namespace loom
