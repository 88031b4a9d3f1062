// The source line of an instruction of a kernel's image.
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <mutex>
#include <string>

#include "observe/checker/spot.hpp"
#include "runtime/jit/compiler.hpp"

namespace loom::checker {
namespace {

struct Known {
    std::mutex mutex;
    std::map<const void*, std::pair<std::string, std::uint32_t>> places;
};
Known& known() {
    static Known& table = *new Known;  // never destroyed: a check may still run when the process exits
    return table;
}

std::pair<std::string, std::uint32_t> look_up(const void* code, const char* kernel) {
    Dl_info info{};
    if (::dladdr(code, &info) == 0 || info.dli_fname == nullptr) return {kernel, 0};
    std::string image = info.dli_fname;
    // Images with globals are files in memory, which another process finds under ours.
    constexpr std::string_view self = "/proc/self/";
    if (image.starts_with(self)) image = fmt::format("/proc/{}/{}", ::getpid(), image.substr(self.size()));
    // `code` is where the call returns to; the call lies before it.
    const auto offset = static_cast<const char*>(code) - static_cast<const char*>(info.dli_fbase) - 1;
    const runtime::CompilerResult result =
        runtime::run_program("addr2line", {"-e", image, fmt::format("{:#x}", offset)});
    // "reader.cpp:12" or "reader.cpp:12 (discriminator 2)"
    const std::size_t colon = result.output.rfind(':');
    std::uint32_t line = 0;
    if (result.status != 0 || colon == std::string::npos) return {kernel, 0};
    const std::string_view digits = std::string_view(result.output).substr(colon + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), line);
    if (line == 0) return {kernel, 0};
    return {result.output.substr(0, colon), line};
}

}  // namespace

LoomSite place_of_code(const void* code, const char* kernel) {
    Known& table = known();
    const std::lock_guard lock(table.mutex);
    auto found = table.places.find(code);
    if (found == table.places.end()) found = table.places.emplace(code, look_up(code, kernel)).first;
    return {found->second.first.c_str(), found->second.second};
}

}  // namespace loom::checker
