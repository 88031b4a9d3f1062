// Copies of sticks and pages, and zeros.
#pragma once

#include <cstddef>

namespace loom::tile {

/// Copies `bytes` bytes past the caches: for what nobody reads soon, which then displaces nothing and costs no read of
/// the lines that it replaces. Other threads see it after finish_streams() and a synchronisation.
void stream(const void* from, void* to, std::size_t bytes);

/// Zeroes `bytes` bytes, a multiple of 64: tiles. (Compilers make memset of such sizes a string instruction, which takes
/// longer to start than this to end.)
void zero(void* to, std::size_t bytes);

/// Orders what this thread streamed before whatever it does next.
void finish_streams();

}  // namespace loom::tile
