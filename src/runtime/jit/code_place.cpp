// The source line of an instruction of a kernel's image.
#include "runtime/jit/code_place.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/jit/compiler.hpp"

namespace loom::runtime {
namespace {

// An instruction by its image's file and its place there: where one image lay, another may come to lie, and files in
// memory share their few names.
struct Instruction {
    std::string image;
    std::ptrdiff_t offset = 0;
    std::array<std::int64_t, 4> file{};  ///< device, number, and time of its last change

    auto operator<=>(const Instruction&) const = default;
};

struct Known {
    std::mutex mutex;
    std::map<Instruction, std::pair<std::string, std::uint32_t>> places;
};
Known& known() {
    static Known& table = *new Known;  // never destroyed: a check may still run when the process exits
    return table;
}

Instruction instruction_before(const void* code) {
    Dl_info info{};
    Instruction found;
    found.offset = reinterpret_cast<std::ptrdiff_t>(code);
    if (::dladdr(code, &info) == 0 || info.dli_fname == nullptr) return found;
    found.image = info.dli_fname;
    // `code` is where the call returns to; the call lies before it.
    found.offset = static_cast<const char*>(code) - static_cast<const char*>(info.dli_fbase) - 1;
    struct stat file {};
    if (::stat(info.dli_fname, &file) == 0)
        found.file = {static_cast<std::int64_t>(file.st_dev), static_cast<std::int64_t>(file.st_ino),
                      file.st_ctim.tv_sec, file.st_ctim.tv_nsec};
    return found;
}

std::pair<std::string, std::uint32_t> look_up(const Instruction& instruction, const char* kernel) {
    if (instruction.image.empty()) return {kernel, 0};
    std::string image = instruction.image;
    // Images with globals are files in memory, which another process finds under ours.
    constexpr std::string_view self = "/proc/self/";
    if (image.starts_with(self)) image = fmt::format("/proc/{}/{}", ::getpid(), image.substr(self.size()));
    const CompilerResult result =
        run_program("addr2line", {"-e", image, fmt::format("{:#x}", instruction.offset)});
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

std::string place_in_image(const std::string& image, const CodePlace& code, const std::string& kernel,
                           std::string_view beside) {
    constexpr std::uint64_t kMost = 256;
    std::vector<std::string> arguments{"-s", "-i", "-e", image};
    for (std::uint64_t i = 0; i < std::min(code.bytes, kMost); ++i)
        arguments.push_back(fmt::format("{:#x}", code.begin + i));
    std::istringstream said(run_program("addr2line", arguments).output);
    const std::string own = std::filesystem::path(kernel).filename().string() + ":";
    std::string other = kernel;  // a line of a header's
    for (std::string line; std::getline(said, line);) {
        line.resize(std::min(line.size(), line.find(' ')));
        if (line.starts_with('?') || line.ends_with(":?") || line.starts_with(beside)) continue;
        if (line.starts_with(own)) return line;
        if (other == kernel) other = line;
    }
    return other;
}

LoomSite place_of_code(const void* code, const char* kernel) {
    Known& table = known();
    const std::lock_guard lock(table.mutex);
    const Instruction instruction = instruction_before(code);
    auto found = table.places.find(instruction);
    if (found == table.places.end())
        found = table.places.emplace(instruction, look_up(instruction, kernel)).first;
    return {found->second.first.c_str(), found->second.second};
}

}  // namespace loom::runtime
