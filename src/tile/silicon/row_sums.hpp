// The sums of rows in silicon numerics, many at a time.
#pragma once

#include "tile/silicon/fpu.hpp"

namespace loom::tile::silicon {

/// sums[r] += the sum of row r of a tile of bfloat16 in L1 under row 0 of a scaler: 32 words, column 0 of what reduce_tile
/// leaves in DST. False, and nothing has changed, where this CPU has no fast form.
bool add_row_sums(Chip chip, bool dst32, const void* tile, const Word* scaler, std::uint32_t num_phases,
                  Word* sums);

}  // namespace loom::tile::silicon
