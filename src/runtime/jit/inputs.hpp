// What a compiled kernel was made of beside its own text: the files that were read, and the names at which there was none.
#pragma once

#include <sys/stat.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom::runtime {

/// 32 hexadecimal digits. A guard against mix-ups, not against malice: the cache is private to its user.
std::string hash_of(std::string_view text);

/// As long as all of this is the same, compiling again would give the same.
struct Inputs {
    std::map<std::string, std::string> files;  ///< path -> hash of its contents
    /// Path -> whether something was there: places where the compiler looks before those where it found its files, and
    /// what kernels ask for by __has_include.
    std::map<std::string, bool> names;
    /// Not when it cannot be told what the compiler saw; then nothing of this is ever up to date.
    bool known = true;

    /// Takes the other's inputs too.
    void add(const Inputs& other);
};

/// Looks at each file once, however many ask; safe on several threads.
class Contents {
public:
    /// Nothing when it cannot be read.
    std::optional<std::string> hash_of_file(const std::string& path);
    bool exists(const std::string& path);
    bool same(const Inputs& inputs);

private:
    std::mutex mutex_;
    std::map<std::string, std::optional<std::string>, std::less<>> hashes_;
    std::map<std::string, bool, std::less<>> there_;
};

/// Inputs that are looked at again and again: by the system's times of their last change, as long as these tell.
class WatchedInputs {
public:
    WatchedInputs() = default;
    explicit WatchedInputs(Inputs inputs) : inputs_(std::move(inputs)) {}
    bool unchanged();

private:
    Inputs inputs_;
    std::map<std::string, struct stat> seen_;  ///< files, and the folders that names are looked up in
};

/// The clock of files' times of change, which may lag some milliseconds behind: a file that changes from now on shows this
/// time or a later one.
timespec file_clock();
/// Waits until that clock has come to the moment of the call, and returns that: what has changed so far shows an earlier
/// time, what changes from now on does not.
timespec wait_for_file_clock();
/// Whether a file's last change was before `moment`; not when its file system keeps whole seconds only and it may not
/// have been.
bool changed_before(const struct stat& file, const timespec& moment);

}  // namespace loom::runtime
