// Turns a kernel and its constants into one translation unit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/jit/jit.hpp"

namespace loom::runtime {

/// What debug information names as the file of the code after the kernel's.
inline constexpr std::string_view kEntryFile = "loom_kernel_entry";

/// The text to compile: generated constants, defines, the API, the kernel's text under its own path and line
/// numbers, and the entry `loom_kernel_entry`.
std::string translation_unit(const KernelBuild& build);

/// Why `#define name value` is no define of one line, so that it would change the text around it; empty if it is one.
std::string wrong_define(std::string_view name, std::string_view value);

/// What a text includes by "...", in order.
std::vector<std::string_view> quoted_includes(std::string_view text);

}  // namespace loom::runtime
