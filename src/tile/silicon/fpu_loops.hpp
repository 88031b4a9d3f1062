// The matrix unit's sums and products, many at a time. Results are those of add() and multiply() in fpu.hpp.
#pragma once

#include <cstddef>

#include "tile/silicon/fpu.hpp"

namespace loom::tile::silicon {

/// out = a + (b ^ flip); out may be a or b.
void add_words(bool dst32, const Word* a, const Word* b, std::uint32_t flip, std::size_t count, Word* out);
/// dst += a * b, in as many phases.
void multiply_words(Chip chip, bool dst32, const Word* a, const Word* b, std::uint32_t num_phases,
                    std::size_t count, Word* dst);

}  // namespace loom::tile::silicon
