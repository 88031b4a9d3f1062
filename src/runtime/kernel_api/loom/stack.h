// A kernel's stack, as the engine makes it and the hooks know it.
#pragma once

#include <stdint.h>

/// Of one stack; aligned to as much, so that two addresses tell whether they are of one.
constexpr uintptr_t kLoomStackBytes = 256 * 1024;
/// At its top: frames of the engine's, above the kernel's.
constexpr uintptr_t kLoomStackTop = 2048;
/// At its bottom: room for the engine's functions that kernels call. A kernel's function may not begin there.
constexpr uintptr_t kLoomStackReserve = 64 * 1024;
/// Deeper than any compute kernel may go on the smaller chip: below that nobody asks the engine.
constexpr uintptr_t kLoomShallowStack = 3 * 1024;
