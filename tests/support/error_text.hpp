// An error as one text, for tests that compare the whole of it.
#pragma once

#include <string>

#include "util/error.hpp"

namespace loom::testing {

/// "CODE: message" of the Error that `f` throws, or "(nothing was thrown)".
template <typename F>
std::string error_text(F f) {
    try {
        f();
    } catch (const Error& error) {
        return std::string(name_of(error.code())) + ": " + error.what();
    }
    return "(nothing was thrown)";
}

}  // namespace loom::testing
