// Text of unknown origin (names of files, tensors, defines) for messages, tables and shells.
#pragma once

#include <string>
#include <string_view>

namespace loom {

/// The text in one line, without what a terminal would act on: control characters, line breaks and bytes that are no
/// UTF-8 as "\n" or "\x1b", characters that turn or end lines as "\u202e". Anything else stays, so text that was
/// escaped before does too.
std::string printable(std::string_view text);

/// The same for text of several lines: its line breaks and tabs stay.
std::string printable_lines(std::string_view text);

/// A word of a shell's command line: as it is where it is plain, else quoted, control characters as in $'\033'.
std::string shell_word(std::string_view word);

}  // namespace loom
