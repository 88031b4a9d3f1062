// A compiled kernel as a loaded library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/plan.hpp"

namespace loom::runtime {

/// The name in the cache of an image with these bytes; `key` tells what it was made of. Two of one name are the same
/// throughout, and only those: the loader takes files of one name for one library.
std::string image_name(const std::string& key, std::string_view bytes);

/// A function's place in an image's file.
struct CodePlace {
    std::uint64_t begin = 0;
    std::uint64_t bytes = 0;
};

/// Code that would run before or after kernel_main: the constructor of a variable at namespace scope, say.
/// tt-metal loads no kernel with such ("section has contents", ttnn 0.81.1), and it would run as the image is loaded.
std::optional<CodePlace> code_beside_kernel_main(std::string_view file);

/// Loads a compiled kernel from the file with these bytes; without an entry when it is no such thing.
KernelImage load_image(const std::filesystem::path& path, std::string bytes);

/// The image with globals of its own, at their initial values: on the chip each thread of each core has the
/// kernel's globals to itself, from the start of each launch. Throws KERNEL_LOAD.
KernelImage with_own_globals(const KernelImage& image);

}  // namespace loom::runtime
