// Starts the system's compiler.
#include "runtime/jit/compiler.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "runtime/jit/cache_dir.hpp"

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

std::string read_all(int descriptor) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

// What each compiler has its own words for. Hooks at loads and stores, and not at the entries and exits of functions. clang has more to be told: it leaves out a load whose address is stored to soon
// after, but the page must be there before that load.
constexpr std::array kForGcc{
    "-fsanitize=thread", "--param=tsan-instrument-func-entry-exit=0",
    "-fno-gnu-unique",  // would be one object in all images, and keep each of them loaded for good
    "-fno-canonical-system-headers"};  // files by the names under which they were found
constexpr std::array kForClang{"-fsanitize=thread", "-mllvm", "-tsan-instrument-func-entry-exit=0", "-mllvm",
                               "-tsan-instrument-read-before-write=1"};

// By what it defines: its name may be c++, or that of a script around it.
bool is_clang(const std::string& identity) {
    static std::mutex mutex;
    static std::map<std::string, bool> known;
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(identity); found != known.end()) return found->second;
    const CompilerResult result = run_compiler({"-dM", "-E", "-x", "c++", "/dev/null"});
    if (result.status != 0) return false;  // the compile that follows says why
    return known[identity] = result.output.find("#define __clang__ ") != std::string::npos;
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

std::vector<std::string> compiler_dialect() {
    if (is_clang(compiler_identity())) return {kForClang.begin(), kForClang.end()};
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
    return run_program(compiler(), arguments, variables);
}

CompilerResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& variables) {
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    std::vector<char*> environment = environment_with(variables);

    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {127, std::strerror(errno)};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    pid_t child = 0;
    const int failed =
        ::posix_spawnp(&child, program.c_str(), &actions, nullptr, argv.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (failed != 0) {
        ::close(ends[0]);
        return {127, program + ": " + std::strerror(failed)};
    }
    CompilerResult result;
    result.output = read_all(ends[0]);
    ::close(ends[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace loom::runtime
