// A compiled kernel as a loaded library.
#pragma once

#include <filesystem>
#include <memory>

#include "runtime/plan.hpp"

namespace loom::runtime {

/// Loads a compiled kernel; without an entry when the file is no such thing.
KernelImage load_image(const std::filesystem::path& path);

/// The image with globals of its own, at their initial values: on the chip each thread of each core has the
/// kernel's globals to itself, from the start of each launch. Throws KERNEL_LOAD.
KernelImage with_own_globals(const KernelImage& image);

}  // namespace loom::runtime
