// What a compiled kernel was made of beside its own text.
#include "runtime/jit/inputs.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <ctime>
#include <filesystem>
#include <tuple>

#include "runtime/jit/cache_dir.hpp"

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

bool there(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0;
}

bool same_file(const struct stat& a, const struct stat& b) {
    const auto key = [](const struct stat& file) {
        return std::tuple(file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec,
                          file.st_ctim.tv_sec, file.st_ctim.tv_nsec);
    };
    return key(a) == key(b);
}

bool before(const timespec& a, const timespec& b) {
    return std::tuple(a.tv_sec, a.tv_nsec) < std::tuple(b.tv_sec, b.tv_nsec);
}

// Where a change of a name would show: the folder that it lies in, or would.
std::string folder_of(const std::string& path) {
    const std::string folder = fs::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

}  // namespace

std::string hash_of(std::string_view text) {
    const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void Inputs::add(const Inputs& other) {
    known &= other.known;
    for (const auto& [path, hash] : other.files) known &= files.emplace(path, hash).first->second == hash;
    for (const auto& [path, was_there] : other.names)
        known &= names.emplace(path, was_there).first->second == was_there;
}

std::optional<std::string> Contents::hash_of_file(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto [found, fresh] = hashes_.try_emplace(path);
    if (fresh)
        if (const auto text = read_whole(path)) found->second = hash_of(*text);
    return found->second;
}

bool Contents::exists(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto [found, fresh] = there_.try_emplace(path);
    if (fresh) found->second = there(path);
    return found->second;
}

bool Contents::same(const Inputs& inputs) {
    if (!inputs.known) return false;
    for (const auto& [path, hash] : inputs.files)
        if (hash_of_file(path) != hash) return false;
    for (const auto& [path, was_there] : inputs.names)
        if (exists(path) != was_there) return false;
    return true;
}

bool WatchedInputs::unchanged() {
    const auto as_seen = [&] {
        for (const auto& [path, info] : seen_) {
            struct stat now {};
            if (::stat(path.c_str(), &now) != 0 || !same_file(now, info)) return false;
        }
        return true;
    };
    if (!seen_.empty() && as_seen()) return true;
    // Looked at first and read then: a change between the two shows the next time.
    std::map<std::string, struct stat> seen;
    const timespec now = file_clock();
    bool settled = true;
    const auto look = [&](const std::string& path) {
        const auto [found, fresh] = seen.try_emplace(path);
        if (!fresh) return;
        settled &= ::stat(path.c_str(), &found->second) == 0 && changed_before(found->second, now);
    };
    for (const auto& [path, hash] : inputs_.files) look(path);
    for (const auto& [path, was_there] : inputs_.names) {
        look(folder_of(path));
        std::error_code ignored;
        settled &= !fs::is_symlink(path, ignored);  // what it leads to lies elsewhere
    }
    if (!Contents().same(inputs_)) return false;
    seen_.clear();
    if (settled) seen_ = std::move(seen);
    return true;
}

timespec file_clock() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now;
}

timespec wait_for_file_clock() {
    timespec begin{};
    ::clock_gettime(CLOCK_REALTIME, &begin);
    while (before(file_clock(), begin)) ::usleep(200);
    return begin;
}

bool changed_before(const struct stat& file, const timespec& moment) {
    const timespec& change = file.st_ctim;
    // Some file systems count in whole seconds, or in two.
    if (change.tv_nsec == 0) return change.tv_sec + 2 < moment.tv_sec;
    return before(change, moment);
}

}  // namespace loom::runtime
