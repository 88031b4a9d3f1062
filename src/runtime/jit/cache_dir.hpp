// The folder of compiled kernels: private to the user, safe under concurrent processes, whole whatever became of those
// that wrote there.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace loom::runtime {

/// The cache folder, made when missing (mode 700). Throws CACHE_NOT_PRIVATE when others may write there or it
/// belongs to another user, and CACHE_UNWRITABLE.
std::filesystem::path cache_dir();

/// A folder in the cache for what is being made, for as long as this lives. Locked, so that those of processes that died
/// are known: making one removes them.
class WorkFolder {
public:
    /// Throws CACHE_UNWRITABLE.
    explicit WorkFolder(const std::filesystem::path& cache);
    ~WorkFolder();
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// A name in it that nobody else uses.
    std::filesystem::path fresh() const { return path_ / std::to_string(counter_++); }

private:
    std::filesystem::path path_;
    int lock_ = -1;
    mutable std::atomic<unsigned> counter_{0};
};

/// A file's bytes; nothing when it cannot be read.
std::optional<std::string> read_whole(const std::filesystem::path& path);

/// Writes a new file. Throws CACHE_UNWRITABLE.
void write_whole(const std::filesystem::path& path, std::string_view text);

/// Moves a finished file of `work` into the cache, out of whose way goes what is no such file. Throws CACHE_UNWRITABLE.
void put_in_place(const std::filesystem::path& cache, const std::filesystem::path& made,
                  const std::filesystem::path& path);

/// Notes that something in the cache was used, once a day: what has not been for the longest goes first.
void note_use(const std::filesystem::path& path);

/// What the cache may grow to.
inline constexpr std::uint64_t kCacheBytes = std::uint64_t{512} << 20;

/// When all that Loom has put into the cache is more than `most_bytes`, removes a quarter of it and more, what was not
/// used for the longest first.
void trim_cache(const std::filesystem::path& cache, std::uint64_t most_bytes = kCacheBytes);

}  // namespace loom::runtime
