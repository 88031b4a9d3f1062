// Copies of sticks and pages.
#pragma once

#include <cstddef>

namespace loom::tile {

/// Copies `bytes` bytes past the caches: for what nobody reads soon, which then displaces nothing and costs no read of
/// the lines that it replaces. Other threads see it after finish_streams() and a synchronisation.
void stream(const void* from, void* to, std::size_t bytes);

/// Orders what this thread streamed before whatever it does next.
void finish_streams();

}  // namespace loom::tile
