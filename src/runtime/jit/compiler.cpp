// Starts the system's compiler.
#include "runtime/jit/compiler.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "runtime/jit/cache_dir.hpp"
#include "util/stop.hpp"

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

fs::path find_in_path(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    const char* path = std::getenv("PATH");
    std::string rest = path != nullptr ? path : "";
    while (!rest.empty()) {
        const std::size_t colon = rest.find(':');
        fs::path candidate = fs::path(rest.substr(0, colon)) / name;
        std::error_code error;
        if (fs::exists(candidate, error)) return candidate;
        rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    }
    return name;
}

constexpr const char* kSecondsVariable = "LOOM_CXX_SECONDS";
constexpr const char* kMibVariable = "LOOM_CXX_MIB";

// What each process of a program may use; 0: as much as it likes.
struct Limits {
    std::uint64_t seconds = 0;
    std::uint64_t mib = 0;
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    std::uint64_t number = 0;
    if (text == nullptr) return otherwise;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), number);
    return error == std::errc{} && *end == 0 && number != 0 ? number : otherwise;
}

// This process' variables, with others in place of those of their names.
std::vector<char*> environment_with(const std::vector<std::string>& variables) {
    std::vector<char*> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view name = std::string_view(*entry).substr(0, std::string_view(*entry).find('='));
        if (std::ranges::none_of(variables, [&](const std::string& own) {
                return own.size() > name.size() && own.starts_with(name) && own[name.size()] == '=';
            }))
            all.push_back(*entry);
    }
    for (const std::string& own : variables) all.push_back(const_cast<char*>(own.c_str()));
    all.push_back(nullptr);
    return all;
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

void limit(int resource, std::uint64_t amount, std::uint64_t hard) {
    const rlimit both{amount, hard};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

// In the child, which shares the parent's memory until it executes: system calls only. Returns why it could not.
int become(const char* path, char* const* argv, char* const* variables, int output, const Limits& limits) {
    ::setpgid(0, 0);  // so that it can be ended with all that it starts
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_CORE, 0, 0);
    if (limits.seconds != 0) limit(RLIMIT_CPU, limits.seconds, limits.seconds + 1);
    if (limits.mib != 0) {
        limit(RLIMIT_AS, limits.mib << 20, limits.mib << 20);
        limit(RLIMIT_FSIZE, limits.mib << 20, limits.mib << 20);
    }
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
        ::dup2(output, STDERR_FILENO) < 0)
        return errno;
    if (nothing > STDERR_FILENO) ::close(nothing);
    // Those of the caller are not the program's.
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGXFSZ, SIG_DFL);
    ::execve(path, argv, variables);
    return errno;
}

bool has_ended(pid_t child) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child;
}

// What the child says, until it has ended or the caller stops. Then none of what it started is left.
std::string listen(pid_t child, int descriptor) {
    constexpr std::size_t kKept = 1 << 20;
    constexpr int kTickMs = 20;
    std::string text;
    std::array<char, 4096> buffer;
    while (!is_stopped()) {
        pollfd ready{descriptor, POLLIN, 0};
        if (::poll(&ready, 1, kTickMs) <= 0) {
            if (has_ended(child)) break;  // and left something behind that still holds the pipe
            continue;
        }
        const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.append(buffer.data(), std::min(static_cast<std::size_t>(got), kKept - text.size()));
    }
    while (!is_stopped() && !has_ended(child)) ::poll(nullptr, 0, 1);
    ::kill(-child, SIGKILL);  // its number is its own until it is waited for
    return text;
}

// What a program that failed was ended for.
std::optional<CompilerResult::Limit> limit_of(const rusage& used, const std::string& output,
                                              const Limits& limits) {
    const auto seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
    // What is killed at once leaves some of its time uncounted.
    if (limits.seconds != 0 && seconds > 0.9 * static_cast<double>(limits.seconds))
        return CompilerResult::Limit{fmt::format("{} s of CPU time", limits.seconds), kSecondsVariable};
    if (limits.mib == 0) return std::nullopt;
    const auto says = [&](std::initializer_list<const char*> signs) {
        return std::ranges::any_of(signs,
                                   [&](const char* sign) { return output.find(sign) != std::string::npos; });
    };
    // Less memory than the limit may be all that the system has.
    const bool much = static_cast<std::uint64_t>(used.ru_maxrss) * 2 > limits.mib * 1024;
    if (says({"File size limit exceeded"}) ||
        (much && says({"out of memory", "memory exhausted", "Cannot allocate memory", "bad_alloc"})))
        return CompilerResult::Limit{fmt::format("{} MiB of memory", limits.mib), kMibVariable};
    return std::nullopt;
}

CompilerResult run_limited(const std::string& program, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& variables, const Limits& limits) {
    const std::string path = find_in_path(program).string();
    std::vector<char*> argv = pointers_to(arguments);
    argv.insert(argv.begin(), const_cast<char*>(program.c_str()));
    const std::vector<char*> envp = environment_with(variables);

    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {127, std::strerror(errno), {}};
    volatile int failed = 0;
    // Not posix_spawn, which sets no limits; not fork, which copies the page tables of gigabytes.
    const pid_t child = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (child == 0) {
        failed = become(path.c_str(), argv.data(), envp.data(), ends[1], limits);
        ::_exit(127);
    }
    const int error = child < 0 ? errno : failed;
    ::close(ends[1]);
    CompilerResult result;
    if (error == 0) result.output = listen(child, ends[0]);
    ::close(ends[0]);
    int status = 0;
    rusage used{};
    while (child > 0 && ::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    if (error != 0) return {127, program + ": " + std::strerror(error), {}};
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (result.status != 0) result.limit = limit_of(used, result.output, limits);
    return result;
}

// What each compiler has its own words for. clang leaves out the hook of a load whose address is stored to soon after, but
// the page must be there before that load.
constexpr std::array kForGcc{
    "-fno-gnu-unique",  // would be one object in all images, and keep each of them loaded for good
    "-fno-canonical-system-headers"};  // files by the names under which they were found
// It also leaves out blocks whose steps others tell of, and so a loop of one block, which nothing would end.
constexpr std::array kForClang{"-mllvm", "-tsan-instrument-read-before-write=1",
                               "-fsanitize-coverage=no-prune"};

// By what it defines: its name may be c++, or that of a script around it.
bool is_clang(const std::string& identity, const std::vector<std::string>& variables) {
    static std::mutex mutex;
    static std::map<std::string, bool> known;
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(identity); found != known.end()) return found->second;
    const CompilerResult result = run_compiler({"-dM", "-E", "-x", "c++", "/dev/null"}, variables);
    if (result.status != 0) return false;  // the compile that follows says why
    return known[identity] = result.output.find("#define __clang__ ") != std::string::npos;
}

}  // namespace

std::string compiler() {
    if (const char* own = std::getenv("LOOM_CXX"); own != nullptr && *own != 0) return own;
    std::error_code error;
    if (fs::exists(LOOM_DEFAULT_CXX, error)) return LOOM_DEFAULT_CXX;
    return "c++";
}

std::string compiler_identity() {
    const fs::path path = find_in_path(compiler());
    std::error_code error;
    const auto size = fs::file_size(path, error);
    const auto time = fs::last_write_time(path, error).time_since_epoch().count();
    constexpr std::uintmax_t script = 64 * 1024;
    const auto text = error || size > script ? std::nullopt : read_whole(path);
    return path.string() + " " + std::to_string(size) + " " + std::to_string(time) + " " + text.value_or("");
}

std::vector<std::string> compiler_dialect(const std::vector<std::string>& variables) {
    if (is_clang(compiler_identity(), variables)) return {kForClang.begin(), kForClang.end()};
    return {kForGcc.begin(), kForGcc.end()};
}

std::string every_dialect() {
    std::string all;
    for (const char* argument : kForGcc) all.append(argument) += ' ';
    for (const char* argument : kForClang) all.append(argument) += ' ';
    return all;
}

CompilerResult run_compiler(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& variables) {
    return run_limited(compiler(), arguments, variables,
                       {number_from(kSecondsVariable, 60), number_from(kMibVariable, 4096)});
}

CompilerResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& variables) {
    return run_limited(program, arguments, variables, {});
}

}  // namespace loom::runtime
