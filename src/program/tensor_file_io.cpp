// Whole files in and out: reads that survive interruptions, writes that appear whole or not at all.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

#include "program/tensor_file_format.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

namespace loom::tensor_file {
namespace {

[[noreturn]] void fail_by_system(Code code, const std::string& path, int error) {
    fail(code, path, std::error_code(error, std::generic_category()).message());
}

// The system would take a name with a NUL for the shorter one that ends there.
void refuse_nul(Code code, const std::string& path) {
    if (path.find('\0') != std::string::npos) fail(code, path.c_str(), "the name goes on after a NUL");
}

// Most of the time of reading a large file is page faults, and huge pages make 512 of them one. Advice only:
// no error matters.
void ask_for_huge_pages(void* memory, std::size_t bytes) {
    constexpr std::size_t kHugePageBytes = 2u << 20;
    if (std::align(kHugePageBytes, kHugePageBytes, memory, bytes) == nullptr) return;
    static_cast<void>(::madvise(memory, bytes, MADV_HUGEPAGE));
}

// So much is read or written between two looks whether the caller wants it still.
constexpr std::size_t kPieceBytes = 4u << 20;

// A new file beside `path`, which goes away again unless it takes path's place.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& path) : target_(path) {
        static std::atomic<std::uint64_t> number = 0;
        const std::string folder = path.substr(0, path.rfind('/') + 1);
        // Not mkstemp: that makes files private, whatever the umask says.
        do {
            name_ = fmt::format("{}.loom-{}-{}.tmp", folder, ::getpid(), number++);
            descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        } while (descriptor_ < 0 && (errno == EEXIST || errno == EINTR));
        if (descriptor_ < 0) give_up(errno);
    }
    ~TemporaryFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (!renamed_) ::unlink(name_.c_str());
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            stop_point();
            const ::ssize_t written = ::write(descriptor_, bytes.data(), std::min(kPieceBytes, bytes.size()));
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) give_up(written < 0 ? errno : EIO);
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }

    void take_place() {
        // Network file systems report a full disk only here; on EINTR, Linux has closed the file.
        if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) give_up(errno);
        if (std::rename(name_.c_str(), target_.c_str()) != 0) give_up(errno);
        renamed_ = true;
    }

private:
    [[noreturn]] void give_up(int error) const { fail_by_system(Code::FILE_UNWRITABLE, target_, error); }

    std::string target_;
    std::string name_;
    int descriptor_ = -1;
    bool renamed_ = false;
};

}  // namespace

InputFile::InputFile(std::string path) : path_(std::move(path)) {
    refuse_nul(Code::FILE_UNREADABLE, path_);
    // O_NONBLOCK: a pipe under this name would wait for its writer; regular files ignore it.
    do {
        descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (descriptor_ < 0 && errno == EINTR);
    if (descriptor_ < 0) fail_by_system(Code::FILE_UNREADABLE, path_, errno);

    struct ::stat status = {};
    const int error = ::fstat(descriptor_, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
    if (error == 0 && S_ISREG(status.st_mode)) {
        size_bytes_ = static_cast<std::uint64_t>(status.st_size);
        return;
    }
    ::close(descriptor_);  // a constructor that throws has no destructor
    if (error != 0) fail_by_system(Code::FILE_UNREADABLE, path_, error);
    fail(Code::FILE_UNREADABLE, path_, "not a regular file");
}

InputFile::~InputFile() {
    ::close(descriptor_);
}

void InputFile::read_into(std::span<std::byte> out, std::uint64_t begin) const {
    while (!out.empty()) {
        stop_point();
        const std::size_t piece = std::min(kPieceBytes, out.size());
        const ::ssize_t got = ::pread(descriptor_, out.data(), piece, static_cast<::off_t>(begin));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail_by_system(Code::FILE_UNREADABLE, path_, errno);
        if (got == 0) fail(Code::FILE_UNREADABLE, path_, "it became shorter while it was read");
        out = out.subspan(static_cast<std::size_t>(got));
        begin += static_cast<std::uint64_t>(got);
    }
}

std::vector<std::byte> InputFile::read(std::uint64_t begin, std::uint64_t count) const try {
    // A vector fills with zeros what it grows by; growing by pieces keeps that fill in the cache.
    constexpr std::uint64_t kGrowth = 1u << 20;
    std::vector<std::byte> bytes;
    bytes.reserve(count);
    ask_for_huge_pages(bytes.data(), count);
    while (bytes.size() < count) {
        const std::uint64_t done = bytes.size();
        const std::uint64_t piece = std::min(kGrowth, count - done);
        bytes.resize(done + piece);
        read_into(std::span(bytes).subspan(done), begin + done);
    }
    return bytes;
} catch (const std::bad_alloc&) {
    fail_by_system(Code::FILE_UNREADABLE, path_, ENOMEM);
}

std::string InputFile::read_text(std::uint64_t begin, std::uint64_t count) const {
    std::string text(count, '\0');
    read_into(std::as_writable_bytes(std::span(text)), begin);
    return text;
}

void replace_file(const std::string& path, std::string_view header, std::span<const std::byte> data) {
    refuse_nul(Code::FILE_UNWRITABLE, path);
    TemporaryFile file(path);
    file.write(std::as_bytes(std::span(header)));
    file.write(data);
    file.take_place();
}

std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

std::optional<std::uint64_t> dense_bytes(const Shape& shape, DataType dtype) {
    // An empty tensor is empty whatever its other dimensions multiply to.
    if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return 0;
    std::uint64_t bytes = element_bytes(dtype);
    for (const std::uint32_t size : shape) {
        if (__builtin_mul_overflow(bytes, std::uint64_t{size}, &bytes)) return std::nullopt;
    }
    return bytes;
}

}  // namespace loom::tensor_file
