// The sums of rows in silicon numerics, many at a time.
#pragma once

#include "tile/silicon/fpu.hpp"
#include "tile/tile_ops.hpp"

namespace loom::tile::silicon {

/// sums[r] += the sum of row r of a tile of bfloat16 under a scaler all of whose rows are `row`: 32 words, what reduce_tile
/// leaves in each of the left 16 columns of DST. False, and nothing has changed, where this CPU has no fast form.
bool add_row_sums(Chip chip, bool dst32, const Operand& tile, const Word* row, std::uint32_t num_phases,
                  Word* sums);

}  // namespace loom::tile::silicon
