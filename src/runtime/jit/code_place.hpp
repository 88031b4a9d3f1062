// The source line of an instruction of a kernel's image.
#pragma once

#include "runtime/kernel_api/loom/engine.h"

namespace loom::runtime {

/// File and line of the call, load or store that returns to `code`, as the image's debug information has them, read by
/// binutils' addr2line; `kernel` and line 0 where that says nothing. The text lives as long as the process.
LoomSite place_of_code(const void* code, const char* kernel);

}  // namespace loom::runtime
