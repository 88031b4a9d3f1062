// The files that are part of the binary, as folders for the compiler: the kernel API, the hooks, the kernels.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/jit/cache_dir.hpp"

namespace loom::runtime {

/// Where in a cache they lie: in folders whose names are hashes of all in them.
struct EmbeddedFolders {
    std::filesystem::path api;
    std::vector<std::filesystem::path>
        kernels;  ///< the folder of all, and those in it: a kernel may include its neighbours
    std::filesystem::path hooks_dir;
    std::filesystem::path hooks;  ///< what answers the hooks of all images (kernel_api/hooks.cpp), an object
    std::filesystem::path hooks_script;  ///< what the linker must know of them (kernel_api/hooks.ld)

    /// Whether a path is in one of them: it cannot change.
    bool holds(std::string_view path) const;
};
EmbeddedFolders embedded_folders(const std::filesystem::path& cache);

/// Writes what of them is missing, or is not as it should be.
void write_embedded_folders(const std::filesystem::path& cache, const WorkFolder& work);

/// The text of an embedded kernel, or of what kernels include, by its path.
std::optional<std::string_view> embedded_text(const std::string& path);

}  // namespace loom::runtime
