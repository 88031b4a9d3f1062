// Why a compile failed where the kernel is not at fault.
#include "runtime/jit/compiler_failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "util/error.hpp"

namespace loom::runtime {
namespace {

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(
        words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

std::string why_not_written(const WorkFolder& work, std::string_view said) {
    // The compiler has removed what it could not finish, so there may be room again, but not for much.
    constexpr std::size_t more_than_an_image = 1 << 20;
    const auto with_lines = [&](std::string_view reason) {
        return fmt::format("{}; the compiler said: {}", reason, said);
    };
    const std::filesystem::path probe = work.fresh();
    try {
        write_whole(probe, std::string(more_than_an_image, '\0'));
    } catch (const Error& error) {
        const std::string_view what = error.what();
        const std::string_view before = "cannot be written: ";
        const std::size_t reason = what.find(before) + before.size();
        return with_lines(what.substr(reason, what.find(". Name another", reason) - reason));
    }
    std::error_code ignored;
    std::filesystem::remove(probe, ignored);
    for (const std::string_view reason : {"No space left on device", "Disk quota exceeded", "File too large"})
        if (has_any(said, {reason})) return with_lines(reason);
    return {};
}

std::string why_compiler_failed(std::string_view said, int status) {
    constexpr int signalled = 128;
    if (status > signalled)
        return fmt::format("signal {} ended the compiler, as the system does when memory runs out",
                           status - signalled);
    if (has_any(said, {"signal terminated program", "unable to execute command: Killed"}))
        return "a signal ended a part of the compiler, as the system does when memory runs out";
    if (has_any(said,
                {"out of memory allocating", "virtual memory exhausted", "Cannot allocate memory",
                 "memory exhausted", "failed to map segment", "std::bad_alloc", "LLVM ERROR: out of memory"}))
        return "the compiler had not enough memory";
    if (has_any(said, {"fatal error: cannot execute ", "fatal error: cannot find 'ld'",
                       "fatal error: cannot find \u2018ld\u2019", "unable to execute command: Executable ",
                       "error while loading shared libraries: "}))
        return "a part of the compiler is missing or cannot be started; install g++ and binutils whole, and "
               "have them in PATH";
    if (has_any(said, {"internal compiler error: ", "clang frontend command failed"}))
        return "the compiler found a fault in itself; another version of it, named in LOOM_CXX, may not have "
               "it";
    return {};
}

}  // namespace loom::runtime
