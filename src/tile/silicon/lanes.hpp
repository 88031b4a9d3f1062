// The chip's rules on whole vectors of the CPU: the same bits as the plain forms in fpu.hpp and sfpu.hpp
// (tests/unit/silicon_lanes_test.cpp), for what takes long a lane at a time.
#pragma once

#include <cstddef>

#include "tile/silicon/tiles.hpp"

namespace loom::tile::silicon {

/// binary() of `count` words, a multiple of 16, and what its store leaves; out may be a or b.
void combine(SfpuMode mode, Binary op, const Word* a, const Word* b, std::size_t count, Word* out);

/// rsqrt() of `count` words of a 32-bit DST, a multiple of 16, not by the approximation, and what its store leaves.
void reciprocal_roots(Chip chip, Word* dst, std::size_t count);

/// Whether none of 32 values is infinite, a NaN, subnormal or -0.
bool is_plain(const float* values);

/// packed_bfloat16() of `count` words, a multiple of 16, to `out`.
void pack_bfloat16(const Word* from, std::size_t count, std::uint16_t* out);

}  // namespace loom::tile::silicon
