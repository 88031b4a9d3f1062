// The folder of compiled kernels.
#include "runtime/jit/cache_dir.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "util/error.hpp"

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kWorkPrefix = "loom-work-";

fs::path wanted_dir() {
    if (const char* own = std::getenv("LOOM_CACHE_DIR"); own != nullptr && *own != 0) return own;
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != 0)
        return fs::path(cache) / "loom";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != 0)
        return fs::path(home) / ".cache" / "loom";
    return fs::temp_directory_path() / ("loom-" + std::to_string(::geteuid()));
}

// Removes the work folders that nobody has locked: their processes have ended.
void sweep(const fs::path& cache) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(cache, ignored)) {
        if (!entry.path().filename().string().starts_with(kWorkPrefix)) continue;
        const int lock = ::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (lock < 0) continue;
        if (::flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry.path(), ignored);
        ::close(lock);
    }
}

// A file that outgrows `ulimit -f` is to fail as any write does: its signal would end the process.
class NoFileSizeSignal {
public:
    NoFileSizeSignal() {
        ::sigemptyset(&signal_);
        ::sigaddset(&signal_, SIGXFSZ);
        ::pthread_sigmask(SIG_BLOCK, &signal_, &before_);
    }
    ~NoFileSizeSignal() {
        if (::sigismember(&before_, SIGXFSZ) == 1) return;
        const timespec at_once{};
        while (::sigtimedwait(&signal_, nullptr, &at_once) > 0) {
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t signal_{};
    sigset_t before_{};
};

// Of what Loom has put into the cache; it may be a folder in which the user keeps other things.
bool is_own(const fs::path& path) {
    constexpr std::size_t hash = 32;
    const std::string name = path.filename().string();
    const auto is_hash = [](std::string_view text) {
        return text.size() == hash && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    };
    if (name.size() < hash) return false;
    for (const char* folder : {"api-", "hooks-", "kernels-"})
        if (name.starts_with(folder)) return is_hash(std::string_view(name).substr(name.find('-') + 1));
    const std::string_view ending = std::string_view(name).substr(hash);
    return is_hash(name.substr(0, hash)) && (ending == ".so" || ending == ".inputs");
}

std::uint64_t bytes_of(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        const std::uintmax_t bytes = fs::file_size(path, error);
        return error ? 0 : bytes;
    }
    std::uint64_t sum = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path, error))
        if (entry.is_regular_file(error)) sum += entry.file_size(error);
    return sum;
}

}  // namespace

fs::path cache_dir() {
    // Loading code from a folder that another user can write to would be running that user's code.
    fs::path dir = fs::absolute(wanted_dir());
    std::error_code error;
    fs::create_directories(dir.parent_path(), error);
    if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST)
        fail(Code::CACHE_UNWRITABLE, dir.string(), std::strerror(errno));
    struct stat info {};
    if (::stat(dir.c_str(), &info) != 0) fail(Code::CACHE_UNWRITABLE, dir.string(), std::strerror(errno));
    if (info.st_uid != ::geteuid() || (info.st_mode & 022) != 0) fail(Code::CACHE_NOT_PRIVATE, dir.string());
    return dir;
}

WorkFolder::WorkFolder(const fs::path& cache) {
    sweep(cache);
    for (;;) {
        std::string name = (cache / (std::string(kWorkPrefix) + "XXXXXX")).string();
        if (::mkdtemp(name.data()) == nullptr)
            fail(Code::CACHE_UNWRITABLE, cache.string(), std::strerror(errno));
        path_ = name;
        lock_ = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        // Another process may have swept it before it was locked.
        struct stat by_lock {
        }, by_name{};
        if (lock_ >= 0 && ::flock(lock_, LOCK_EX) == 0 && ::fstat(lock_, &by_lock) == 0 &&
            ::stat(name.c_str(), &by_name) == 0 && by_lock.st_ino == by_name.st_ino)
            return;
        if (lock_ < 0 && errno != ENOENT) fail(Code::CACHE_UNWRITABLE, path_.string(), std::strerror(errno));
        if (lock_ >= 0) ::close(lock_);
    }
}

WorkFolder::~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    ::close(lock_);
}

std::optional<std::string> read_whole(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return std::nullopt;
    struct stat info {};
    std::optional<std::string> text;
    if (::fstat(file, &info) == 0 && S_ISREG(info.st_mode)) {
        text.emplace(static_cast<std::size_t>(info.st_size) + 1, '\0');  // one more, to see its end
        std::size_t have = 0;
        for (;;) {
            const ssize_t got = ::read(file, text->data() + have, text->size() - have);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) text.reset();
            if (got <= 0) break;
            have += static_cast<std::size_t>(got);
            if (have == text->size()) text->resize(2 * have);
        }
        if (text) text->resize(have);
    }
    ::close(file);
    return text;
}

void write_whole(const fs::path& path, std::string_view text) {
    const NoFileSizeSignal quiet;
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = file < 0 ? errno : 0;
    while (error == 0 && !text.empty()) {
        const ssize_t count = ::write(file, text.data(), text.size());
        if (count > 0)
            text.remove_prefix(static_cast<std::size_t>(count));
        else if (errno != EINTR)
            error = errno;
    }
    if (file >= 0 && ::close(file) != 0 && error == 0) error = errno;
    if (error == 0) return;
    if (file >= 0) ::unlink(path.c_str());
    fail(Code::CACHE_UNWRITABLE, path.string(), std::strerror(error));
}

void put_in_place(const fs::path& cache, const fs::path& made, const fs::path& path) {
    std::error_code error;
    fs::rename(made, path, error);
    if (!error) return;
    // The folder of its name is missing, or something else is in its place or on the way there.
    for (fs::path part = cache; const fs::path& name : path.lexically_relative(cache)) {
        part /= name;
        std::error_code ignored;
        const bool is_folder = fs::is_directory(fs::symlink_status(part, ignored));
        if (is_folder != (part != path)) fs::remove_all(part, ignored);
        if (part == path) break;
        if (is_folder) fs::permissions(part, fs::perms::owner_all, ignored);
        fs::create_directory(part, ignored);
    }
    fs::rename(made, path, error);
    if (error) fail(Code::CACHE_UNWRITABLE, path.string(), error.message());
}

void note_use(const fs::path& path) {
    struct stat info {};
    constexpr std::time_t day = 24 * 3600;
    if (::stat(path.c_str(), &info) == 0 && info.st_mtim.tv_sec + day < std::time(nullptr))
        ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
}

void trim_cache(const fs::path& cache, std::uint64_t most_bytes) {
    struct Entry {
        fs::path path;
        fs::file_time_type used;
        std::uint64_t bytes;
    };
    std::vector<Entry> entries;
    std::uint64_t sum = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(cache, error)) {
        if (!is_own(entry.path())) continue;
        const fs::file_time_type used = fs::last_write_time(entry.path(), error);
        if (error) continue;
        entries.push_back({entry.path(), used, bytes_of(entry.path())});
        sum += entries.back().bytes;
    }
    if (sum <= most_bytes) return;
    // A folder of sources may be in use by a compiler; that is noted once a day.
    const auto in_use = fs::file_time_type::clock::now() - std::chrono::hours(25);
    std::ranges::sort(entries, {}, &Entry::used);
    for (const Entry& entry : entries) {
        if (sum <= most_bytes / 4 * 3) return;
        if (fs::is_directory(entry.path, error) && entry.used > in_use) continue;
        fs::remove_all(entry.path, error);
        sum -= entry.bytes;
    }
}

}  // namespace loom::runtime
