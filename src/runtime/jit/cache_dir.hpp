// The folder of compiled kernels: private to the user, safe under concurrent processes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace loom::runtime {

/// The cache folder, made when missing (mode 700). Throws CACHE_NOT_PRIVATE when others may write there or it
/// belongs to another user, and CACHE_UNWRITABLE.
std::filesystem::path cache_dir();

/// Puts a file there whole, by writing beside it and renaming.
void write_cache_file(const std::filesystem::path& path, std::string_view text);

/// A name beside `path` that no other process or thread uses.
std::filesystem::path unique_beside(const std::filesystem::path& path);

}  // namespace loom::runtime
