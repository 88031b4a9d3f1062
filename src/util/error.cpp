// The table of error codes, as data.
#include "util/error.hpp"

#include <array>

namespace loom {
namespace {

struct Row {
    std::string_view name;
    Blame blame;
    std::string_view text;
};

constexpr Row kTable[] = {
#define LOOM_ERROR(name, blame, text) Row{#name, Blame::blame, text},
#include "util/error_codes.def"
#undef LOOM_ERROR
};

const Row& row(Code code) {
    return kTable[static_cast<std::size_t>(code)];
}

}  // namespace

std::string_view name_of(Code code) {
    return row(code).name;
}
Blame blame_of(Code code) {
    return row(code).blame;
}
std::string_view text_of(Code code) {
    return row(code).text;
}

std::string to_string(const KernelPlace& place) {
    const std::string file = place.file.substr(place.file.find_last_of('/') + 1);
    const std::string line = place.line == 0 ? "" : fmt::format(":{}", place.line);
    return printable(fmt::format("core {} {}{}{}, {}{}{}{}", place.core, place.kernel,
                                 place.thread.empty() ? "" : " ", place.thread, file, line,
                                 place.call.empty() ? "" : ": ", place.call));
}

std::string_view name_of(Blame blame) {
    constexpr std::array<std::string_view, 4> names{"usage", "kernel", "unsupported", "internal"};
    return names[static_cast<std::size_t>(blame)];
}

}  // namespace loom
