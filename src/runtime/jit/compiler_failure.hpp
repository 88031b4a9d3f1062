// Why a compile failed where the kernel is not at fault.
#pragma once

#include <string>
#include <string_view>

#include "runtime/jit/cache_dir.hpp"

namespace loom::runtime {

/// Why the cache takes no more: the disk is full, say. With what the compiler said. Empty when it can be written.
std::string why_not_written(const WorkFolder& work, std::string_view said);

/// Why the compiler itself failed: a part of it is missing, or was killed. Empty when it refused the kernel.
std::string why_compiler_failed(std::string_view said, int status);

}  // namespace loom::runtime
