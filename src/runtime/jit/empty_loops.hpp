// Loops with nothing in them, which the compiler gives no hook.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace loom::runtime {

/// Whether the image's code may hold a jump to itself, which is all that is left of such a loop. Known of x86-64 alone; a
/// constant in the code may look like one.
bool may_have_empty_loops(const std::filesystem::path& image);
/// The compiler's assembly with each such jump replaced by a call of the hook that counts, and does not return.
std::string with_counted_loops(std::string_view assembly);

}  // namespace loom::runtime
