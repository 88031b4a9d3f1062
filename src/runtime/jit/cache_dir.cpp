// The folder of compiled kernels.
#include "runtime/jit/cache_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "util/error.hpp"

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

fs::path wanted_dir() {
    if (const char* own = std::getenv("LOOM_CACHE_DIR"); own != nullptr && *own != 0) return own;
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != 0)
        return fs::path(cache) / "loom";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != 0)
        return fs::path(home) / ".cache" / "loom";
    return fs::temp_directory_path() / ("loom-" + std::to_string(::geteuid()));
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

fs::path unique_beside(const fs::path& path) {
    static std::atomic<unsigned> counter{0};
    return fs::path(path.string() + "." + std::to_string(::getpid()) + "." + std::to_string(counter++));
}

void write_cache_file(const fs::path& path, std::string_view text) {
    const fs::path temporary = unique_beside(path);
    {
        std::ofstream file(temporary, std::ios::binary);
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        file.close();
        if (!file) {
            std::error_code ignored;
            fs::remove(temporary, ignored);
            fail(Code::CACHE_UNWRITABLE, path.string(), std::strerror(errno));
        }
    }
    fs::rename(temporary, path);
}

}  // namespace loom::runtime
