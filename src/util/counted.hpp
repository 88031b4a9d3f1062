// Numbers of things, in words: "1 page", "2 pages".
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace loom {

inline std::string counted(std::uint64_t count, std::string_view unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

inline std::string count_of_pages(std::uint64_t count) {
    return counted(count, "page");
}

}  // namespace loom
