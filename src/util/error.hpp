// Errors: one type, four blames, one table of codes. The library throws; it never prints, exits or aborts.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

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

/// Every error that Loom raises. `what()` is one or more whole sentences: what was seen, what was needed,
/// where, and what to do about it.
class Error : public std::runtime_error {
public:
    Error(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
    Code code() const { return code_; }
    Blame blame() const { return blame_of(code_); }

private:
    Code code_;
};

/// Throws `Error(code, ...)`, whose message is the table's text with its placeholders filled from `args`.
template <typename... Args>
[[noreturn]] void fail(Code code, const Args&... args) {
    throw Error(code, fmt::format(fmt::runtime(text_of(code)), args...));
}

}  // namespace loom
