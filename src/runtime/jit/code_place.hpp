// The source line of an instruction of a kernel's image.
#pragma once

#include <string>
#include <string_view>

#include "runtime/jit/image.hpp"
#include "runtime/kernel_api/loom/engine.h"

namespace loom::runtime {

/// File and line of the call, load or store that returns to `code`, as the image's debug information has them, read by
/// binutils' addr2line; `kernel` and line 0 where that says nothing. The text lives as long as the process.
LoomSite place_of_code(const void* code, const char* kernel);

/// "file:line" of this code of an image's file: of the kernel itself, or else of a header, but never of `beside`; the
/// kernel's name alone where nothing says more.
std::string place_in_image(const std::string& image, const CodePlace& code, const std::string& kernel,
                           std::string_view beside);

}  // namespace loom::runtime
