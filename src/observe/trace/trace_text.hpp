// What both forms of a trace write alike.
#pragma once

#include <string>

#include "observe/trace/trace.hpp"

namespace loom::trace {

/// A JSON string with its quotes, of ASCII and without '<', so that it may stand in a <script>.
std::string quoted(const std::string& text);
/// "reader.cpp:12"
std::string place_text(const TraceSite& site);
/// "c_1 input, tiled"
std::string cb_text(const TracedCb& cb);

}  // namespace loom::trace
