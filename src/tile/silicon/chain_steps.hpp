// A chain's steps by the chip's rules in their plain form.
#pragma once

#include "tile/chain.hpp"
#include "tile/silicon/tiles.hpp"

namespace loom::tile::silicon {

/// x of the steps into `out`, a tile. bfloat16 tiles are read as copy_tile reads them, float32 ones as they are.
void run_steps(Mode mode, const Step* steps, std::size_t count, Word* out);

}  // namespace loom::tile::silicon
