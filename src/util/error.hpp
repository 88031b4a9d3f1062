// Errors: one type, four blames, one table of codes. The library throws; it never prints, exits or aborts.
#pragma once

#include <fmt/format.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/counted.hpp"
#include "util/printable.hpp"

namespace loom {

/// Whose fault an error is.
enum class Blame {
    usage,        ///< the caller's: an argument, a file, a tensor
    kernel,       ///< the kernel's: its source, or the protocol that it follows
    unsupported,  ///< legal on the chip, not (yet) here
    internal,     ///< ours
};

/// What went wrong; `util/error_codes.def` is the one table of them.
enum class Code {
#define LOOM_ERROR(name, blame, text) name,
#include "util/error_codes.def"
#undef LOOM_ERROR
};

/// The name of a code, as it appears in docs and in `Error::code`: "HANG".
std::string_view name_of(Code code);
/// The blame that the table gives a code.
Blame blame_of(Code code);
/// The table's message text of a code, with fmt placeholders.
std::string_view text_of(Code code);
/// "usage", "kernel", "unsupported" or "internal".
std::string_view name_of(Blame blame);

/// Where in a program something happened: "core (0,0) compute PACK, layernorm.cpp:24: cb_push_back(c_16, 32)".
struct KernelPlace {
    std::string core;                 ///< "(0,0)"
    std::string kernel;               ///< "reader", "compute" or "writer"
    std::string thread;               ///< "UNPACK", "MATH" or "PACK" of a compute kernel; else empty
    std::string file;                 ///< the kernel's, as the program names it
    std::uint32_t line = 0;           ///< 0: unknown
    std::string call;                 ///< as written there; may be empty
    std::optional<std::uint32_t> cb;  ///< the circular buffer that the call is about
};
/// In words, as messages have it: the file without its folders.
std::string to_string(const KernelPlace& place);

/// Every error that Loom raises. `what()` is one or more whole sentences: what was seen, what was needed,
/// where, and what to do about it.
class Error : public std::runtime_error {
public:
    Error(Code code, const std::string& message, std::vector<KernelPlace> places = {})
        : std::runtime_error(message), code_(code), places_(std::move(places)) {}
    Code code() const { return code_; }
    Blame blame() const { return blame_of(code_); }
    /// The places that the message names, first the one at fault; empty outside kernels.
    const std::vector<KernelPlace>& places() const { return places_; }

private:
    Code code_;
    std::vector<KernelPlace> places_;
};

/// An argument of a message that has lines of its own, as what a compiler says: they stay.
struct Lines {
    std::string text;
};

/// What a message shows of an argument: names in it, from wherever they are, can neither end a line nor reach a terminal.
template <typename T>
decltype(auto) shown_in_message(const T& arg) {
    if constexpr (std::convertible_to<const T&, std::string_view>)
        return printable(arg);
    else if constexpr (std::same_as<T, Lines>)
        return printable_lines(arg.text);
    else
        return (arg);
}

/// Throws `Error(code, ...)`, whose message is the table's text with its placeholders filled from `args`, and
/// things in the singular of which there is one; those of `args` that are places become the error's.
template <typename... Args>
[[noreturn]] void fail(Code code, const Args&... args) {
    std::vector<KernelPlace> places;
    [[maybe_unused]] const auto note = [&]<typename T>(const T& arg) {
        if constexpr (std::same_as<T, KernelPlace>) places.push_back(arg);
    };
    (note(args), ...);
    const std::array<bool, sizeof...(Args)> ones{is_one(args)...};
    throw Error(code, fmt::format(fmt::runtime(in_singular(text_of(code), ones)), shown_in_message(args)...),
                std::move(places));
}

}  // namespace loom

template <>
struct fmt::formatter<loom::KernelPlace> : fmt::formatter<std::string> {
    template <typename Context>
    auto format(const loom::KernelPlace& place, Context& context) const {
        return fmt::formatter<std::string>::format(loom::to_string(place), context);
    }
};
