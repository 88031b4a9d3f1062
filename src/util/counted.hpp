// Numbers of things, in words: "1 page", "2 pages".
#pragma once

#include <fmt/format.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace loom {

inline std::string counted(std::uint64_t count, std::string_view unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

inline std::string count_of_pages(std::uint64_t count) {
    return counted(count, "page");
}

/// Of a text with fmt's placeholders, in which things are written in the plural ("{} bytes", "{}x{} cores", "{} host
/// threads", "{} bytes are"): the same with those in the singular whose number is 1. `ones` says of each argument
/// whether it is.
std::string in_singular(std::string_view text, std::span<const bool> ones);

/// For in_singular().
template <typename T>
constexpr bool is_one(const T& value) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) return value == T{1};
    return false;
}

/// As fmt::format, with numbers of things as in_singular() has them.
template <typename... Args>
std::string format_counted(fmt::format_string<const Args&...> text, const Args&... args) {
    const std::array<bool, sizeof...(Args)> ones{is_one(args)...};
    const auto plural = static_cast<fmt::string_view>(text);
    return fmt::format(fmt::runtime(in_singular({plural.data(), plural.size()}, ones)), args...);
}

}  // namespace loom
