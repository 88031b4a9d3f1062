// Beside the compiled kernels, for each kernel's text and arguments: which images were made of them, and of what else.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/jit/cache_dir.hpp"
#include "runtime/jit/inputs.hpp"

namespace loom::runtime {

/// An image, by its name in the cache, and what it was made of beside the kernel's text.
struct MadeOf {
    std::string image;
    Inputs inputs;
};

/// The latest few, the last made first. Empty when there is no such file, or it is not as it was written.
std::vector<MadeOf> read_manifest(const std::filesystem::path& path);

/// Puts one more there.
void add_to_manifest(const std::filesystem::path& cache, const WorkFolder& work,
                     const std::filesystem::path& path, MadeOf made);

}  // namespace loom::runtime
