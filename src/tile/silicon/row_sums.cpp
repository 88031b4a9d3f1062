// The sums of rows in silicon numerics (reduce_tile over a row of bfloat16), in AVX-512: where a CPU has it, 32 elements at a
// time; others go by the plain rules. dot() of fpu.hpp says what it is.
#include "tile/silicon/row_sums.hpp"

#include "tile/silicon/sfpu.hpp"

#include "tile/simd_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/silicon/row_sums.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace loom::tile::silicon::HWY_NAMESPACE {

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

using I = __m512i;

HWY_INLINE I set16(int value) {
    return _mm512_set1_epi16(static_cast<short>(value));
}
HWY_INLINE I set32(int value) {
    return _mm512_set1_epi32(value);
}

// Eight vectors of four blocks of 8 lanes become one: block b, lane j of the result is what `op` makes of block b of v[j].
template <class Op>
HWY_INLINE I over_blocks(const I (&v)[8], Op op) {
    I pairs[4];
    for (int i = 0; i < 4; ++i)
        pairs[i] =
            op(_mm512_unpacklo_epi16(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_epi16(v[2 * i], v[2 * i + 1]));
    I quads[2];
    for (int i = 0; i < 2; ++i)
        quads[i] = op(_mm512_unpacklo_epi32(pairs[2 * i], pairs[2 * i + 1]),
                      _mm512_unpackhi_epi32(pairs[2 * i], pairs[2 * i + 1]));
    return op(_mm512_unpacklo_epi64(quads[0], quads[1]), _mm512_unpackhi_epi64(quads[0], quads[1]));
}
// Lane j of each block of what over_blocks() gives, in all lanes of the block.
HWY_INLINE I block_lane(I all, int j) {
    return _mm512_shuffle_epi8(all, set16(2 * j | (2 * j + 1) << 8));
}
// A vector holds two rows of a face, a row two groups of 8: lanes 0 .. 15 become the rows of the first group, the others those
// of the second.
HWY_INLINE I by_row(I all) {
    alignas(64) static constexpr short kFrom[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                    21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                    11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    return _mm512_permutexvar_epi16(_mm512_load_si512(kFrom), all);
}

/// 16 weights, twice; as operand A.
struct Weights {
    I exponent;  ///< less the bias
    I sign;
    I part[2];  ///< by bit 0 of the phase, times 2
    __mmask32 zero;
    bool second_part;  ///< whether any has one
    bool ones;         ///< whether all are 1
};

/// Of 16 rows of a face: what a group's products have for an exponent in phase 0, and their sums by phase. Lanes as
/// by_row().
struct Sums {
    I exponent;
    I sum[4];
};

constexpr int kNothing = -20000;  ///< less than any exponent

HWY_INLINE Weights weights_of(const Word* row) {
    const auto twice = [](I words) HWY_ATTR { return _mm512_broadcast_i64x4(_mm512_cvtepi32_epi16(words)); };
    const I bits = _mm512_loadu_si512(row);
    const I exponent = _mm512_and_si512(_mm512_srli_epi32(bits, 23), set32(255));
    const I man = _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi32(bits, 13), set32(0x3ff)), set32(0x400));
    const I low_part = _mm512_and_si512(_mm512_srli_epi32(man, 1), set32(31));
    const __mmask16 zero = _mm512_testn_epi32_mask(exponent, exponent);
    Weights weights{};
    weights.exponent = twice(_mm512_sub_epi32(exponent, set32(127)));
    weights.sign = twice(_mm512_and_si512(_mm512_srli_epi32(bits, 16), set32(0x8000)));
    weights.part[0] = twice(_mm512_slli_epi32(_mm512_srli_epi32(man, 6), 1));
    weights.part[1] = twice(_mm512_slli_epi32(low_part, 1));
    weights.zero = zero | __mmask32{zero} << 16;
    weights.ones = _mm512_cmpeq_epi32_mask(bits, set32(static_cast<int>(kOne))) == 0xffff;
    weights.second_part = _mm512_mask_test_epi32_mask(static_cast<__mmask16>(~zero), low_part, low_part) != 0;
    return weights;
}

/// Half the rows of a tile, 16 elements from column 0 or from column 16 on.
struct Half {
    const Operand& tile;
    std::uint32_t row, column;

    HWY_INLINE I two_rows(std::uint32_t r) const {
        if (!tile.in_sticks)
            return _mm512_loadu_si512(static_cast<const std::uint16_t*>(tile.data) +
                                      face_index(row + r, column));
        const auto at = [this](std::uint32_t number) HWY_ATTR {
            const std::byte* const stick =
                tile.sticks()[number] + tile.offset + column * sizeof(std::uint16_t);
            return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(stick));
        };
        return _mm512_inserti64x4(_mm512_castsi256_si512(at(row + r)), at(row + r + 1), 1);
    }
};

// Most scalers are ones: then products need no multiplication, nor their exponents and signs an addition.
template <bool kOnes>
HWY_INLINE Sums sums_of(Half face, const Weights& weights, bool low_half) {
    const auto larger = [](I a, I b) HWY_ATTR { return _mm512_max_epi16(a, b); };
    const auto added = [](I a, I b) HWY_ATTR { return _mm512_add_epi16(a, b); };
    I x[8], exponent[8];
    __mmask32 special = 0;
    for (int j = 0; j < 8; ++j) {
        x[j] = face.two_rows(2 * static_cast<std::uint32_t>(j));
        const I biased = _mm512_and_si512(_mm512_srli_epi16(x[j], 7), set16(255));
        special |= _mm512_cmpeq_epi16_mask(biased, set16(255));
        const __mmask32 zero = _mm512_testn_epi16_mask(biased, biased);
        exponent[j] = kOnes ? _mm512_mask_mov_epi16(biased, zero, set16(kNothing))
                            : _mm512_mask_mov_epi16(_mm512_add_epi16(biased, weights.exponent),
                                                    zero | weights.zero, set16(kNothing));
    }
    // There are no NaNs where tilize has passed.
    if (special != 0 && face.tile.in_sticks) [[unlikely]]
        for (I& bits : x) {
            const __mmask32 all_ones = _mm512_cmpge_epu16_mask(_mm512_slli_epi16(bits, 1), set16(0xff00));
            bits = _mm512_mask_blend_epi16(all_ones, bits, _mm512_and_si512(bits, set16(0xff80)));
        }
    const I largest = over_blocks(exponent, larger);
    const I low_bits[2] = {kOnes ? set16(2048) : _mm512_slli_epi16(weights.part[0], 6),
                           _mm512_slli_epi16(weights.part[1], 6)};
    const I nothing = _mm512_setzero_si512();
    I terms[4][8];
    for (int j = 0; j < 8; ++j) {
        // Aligned to the largest exponent, to nearest, ties up: a product of twice the term, which is small enough, with
        // 2^14 less as many places, of which 15 bits fall off. What is nothing is further off than there are bits.
        const I scale =
            _mm512_srlv_epi16(set16(0x4000), _mm512_sub_epi16(block_lane(largest, j), exponent[j]));
        const __mmask32 negative = _mm512_movepi16_mask(kOnes ? x[j] : _mm512_xor_si512(x[j], weights.sign));
        const auto with_sign = [&](I aligned) HWY_ATTR {
            return _mm512_mask_sub_epi16(aligned, negative, nothing, aligned);
        };
        const I man = _mm512_or_si512(_mm512_and_si512(x[j], set16(126)), set16(128));
        const auto product = [&](int part) HWY_ATTR {
            return kOnes ? _mm512_slli_epi16(man, 4)
                         : _mm512_mullo_epi16(weights.part[part], _mm512_srli_epi16(man, 1));
        };
        const __mmask32 has_low_bit = _mm512_test_epi16_mask(x[j], set16(1));
        terms[0][j] = with_sign(_mm512_mulhrs_epi16(product(0), scale));
        if (low_half) terms[2][j] = with_sign(_mm512_maskz_mulhrs_epi16(has_low_bit, low_bits[0], scale));
        if (!kOnes && weights.second_part) {
            terms[1][j] = with_sign(_mm512_mulhrs_epi16(product(1), scale));
            if (low_half) terms[3][j] = with_sign(_mm512_maskz_mulhrs_epi16(has_low_bit, low_bits[1], scale));
        }
    }
    Sums sums;
    sums.exponent = by_row(largest);
    sums.sum[0] = by_row(over_blocks(terms[0], added));
    sums.sum[1] = !kOnes && weights.second_part ? by_row(over_blocks(terms[1], added)) : nothing;
    sums.sum[2] = low_half ? by_row(over_blocks(terms[2], added)) : nothing;
    sums.sum[3] = low_half && !kOnes && weights.second_part ? by_row(over_blocks(terms[3], added)) : nothing;
    return sums;
}

/// 16 terms with their signs: sum * 2^(exp - 137); Term of fpu.hpp.
struct Terms {
    I exp, sum;
};

HWY_INLINE Terms terms_of(I exponents, __m256i sums, int less) {
    const I exp = _mm512_sub_epi32(exponents, set32(less));
    const __mmask16 some = _mm512_cmpgt_epi32_mask(exp, _mm512_setzero_si512());
    return {_mm512_maskz_mov_epi32(some, exp), _mm512_maskz_cvtepi16_epi32(some, sums)};
}

// Half of 2^shift; of 1 none.
HWY_INLINE I half_of(I shift) {
    return _mm512_srli_epi32(_mm512_sllv_epi32(set32(1), shift), 1);
}
// shift_right() of a term, which rounds ties of either sign up.
HWY_INLINE I aligned(Terms terms, I exp) {
    const I shift = _mm512_min_epi32(_mm512_sub_epi32(exp, terms.exp), set32(31));
    return _mm512_srav_epi32(_mm512_add_epi32(_mm512_slli_epi32(terms.sum, 13), half_of(shift)), shift);
}

// accumulate(): see there.
template <Chip kChip, bool kDst32>
HWY_INLINE I accumulated(Terms a, Terms b, I dst) {
    const I zero = _mm512_setzero_si512();
    const I dst_exp = _mm512_and_si512(_mm512_srli_epi32(dst, 23), set32(255));
    const I dst_man = _mm512_maskz_or_epi32(_mm512_test_epi32_mask(dst_exp, dst_exp),
                                            _mm512_and_si512(dst, set32(0x7fffff)), set32(0x800000));
    const I exp = _mm512_max_epi32(_mm512_max_epi32(a.exp, b.exp), dst_exp);
    const I dst_shift = _mm512_sub_epi32(exp, dst_exp);
    I terms[2] = {aligned(a, exp), aligned(b, exp)};
    I there = _mm512_srlv_epi32(_mm512_add_epi32(dst_man, half_of(dst_shift)), dst_shift);
    if constexpr (!kDst32) {
        const auto eleven = [](I man) HWY_ATTR {
            return _mm512_and_si512(_mm512_add_epi32(man, set32(0x1000)), set32(-0x2000));
        };
        terms[0] = eleven(terms[0]);
        terms[1] = eleven(terms[1]);
        there = eleven(there);
    }
    there = _mm512_mask_sub_epi32(there, _mm512_movepi32_mask(dst), zero, there);
    const I sum = _mm512_add_epi32(_mm512_add_epi32(terms[0], terms[1]), there);
    const I man = _mm512_abs_epi32(sum);
    // To 24 bits, or to 8, to nearest, ties up: half of the last place that stays, then none of what lies below it.
    I rounded;
    if constexpr (kDst32) {
        const I half = _mm512_min_epu32(_mm512_srli_epi32(man, 24), set32(2));
        rounded = _mm512_andnot_si512(_mm512_or_si512(half, _mm512_srli_epi32(half, 1)),
                                      _mm512_add_epi32(man, half));
    } else {
        // The last place from a float's exponent, of the bits that cannot carry into the next one.
        const __m512 power = _mm512_cvtepi32_ps(_mm512_andnot_si512(_mm512_srli_epi32(man, 1), man));
        const I last = _mm512_sub_epi32(_mm512_srli_epi32(_mm512_castps_si512(power), 23), set32(127 + 7));
        const I place = _mm512_sllv_epi32(set32(1), _mm512_max_epi32(last, zero));
        const I with_half = _mm512_add_epi32(man, _mm512_srli_epi32(place, 1));
        rounded = _mm512_andnot_si512(_mm512_sub_epi32(place, set32(1)), with_half);
    }
    I bits = _mm512_castps_si512(_mm512_cvtepi32_ps(rounded));
    // Wormhole counts the leading signs of -1 as if all of them were significant.
    if constexpr (kChip == Chip::wormhole)
        bits = _mm512_mask_mov_epi32(bits, _mm512_cmpeq_epi32_mask(sum, set32(-1)), set32(154 << 23));
    const I scale = _mm512_sub_epi32(exp, set32(150));
    const I exponent = _mm512_add_epi32(_mm512_srli_epi32(bits, 23), scale);
    const I sign = _mm512_and_si512(sum, set32(static_cast<int>(kSign)));
    bits = _mm512_add_epi32(bits, _mm512_slli_epi32(scale, 23));
    bits = _mm512_mask_mov_epi32(bits, _mm512_cmpgt_epi32_mask(exponent, set32(254)),
                                 set32(static_cast<int>(kInfinity)));
    const __mmask16 some = _mm512_cmpgt_epi32_mask(exp, zero) & _mm512_test_epi32_mask(sum, sum) &
                           _mm512_cmpgt_epi32_mask(exponent, zero);
    return _mm512_maskz_or_epi32(some, bits, sign);
}

// Of a row of tiles in sticks, the one after the next is on its way to the cache by the time it is asked for.
HWY_INLINE void fetch_ahead(const Operand& tile) {
    constexpr std::size_t ahead = 2 * kSide * sizeof(std::uint16_t);
    if (!tile.in_sticks) return;
    for (const std::byte* const stick : tile.sticks())
        _mm_prefetch(reinterpret_cast<const char*>(stick + tile.offset + ahead), _MM_HINT_T0);
}

template <Chip kChip, bool kDst32>
void add_row_sums(const Operand& tile, const Word* row, std::uint32_t num_phases, Word* sums) {
    const bool low_half = num_phases > 2;
    const Weights weights[2] = {weights_of(row), weights_of(row + 16)};
    fetch_ahead(tile);
    Sums halves[2][2];
    for (std::uint32_t rows = 0; rows < 2; ++rows)
        for (std::uint32_t half = 0; half < 2; ++half) {
            const Half of{tile, 16 * rows, 16 * half};
            halves[rows][half] = weights[half].ones ? sums_of<true>(of, weights[half], low_half)
                                                    : sums_of<false>(of, weights[half], low_half);
        }
    // One addition waits for another, but those of the upper rows not for those of the lower.
    I dst[2] = {_mm512_loadu_si512(sums), _mm512_loadu_si512(sums + 16)};
    const auto exponents = [&halves](std::uint32_t rows, std::uint32_t half, bool second) HWY_ATTR {
        const I both = halves[rows][half].exponent;
        return _mm512_cvtepi16_epi32(second ? _mm512_extracti64x4_epi64(both, 1)
                                            : _mm512_castsi512_si256(both));
    };
    for (std::uint32_t phase = 0; phase < num_phases; ++phase) {
        const int less = -product_exponent(127, 0, phase);
        for (std::uint32_t half = 0; half < 2; ++half) {
            // All terms are zero; what a phase has added to stays as it is then.
            if ((phase & 1u) != 0 && !weights[half].second_part) continue;
            for (std::uint32_t rows = 0; rows < 2; ++rows) {
                const I sum = halves[rows][half].sum[phase];
                const Terms a = terms_of(exponents(rows, half, false), _mm512_castsi512_si256(sum), less);
                const Terms b =
                    terms_of(exponents(rows, half, true), _mm512_extracti64x4_epi64(sum, 1), less);
                dst[rows] = accumulated<kChip, kDst32>(a, b, dst[rows]);
            }
        }
    }
    _mm512_storeu_si512(sums, dst[0]);
    _mm512_storeu_si512(sums + 16, dst[1]);
}

bool row_sums(Chip chip, bool dst32, const Operand& tile, const Word* row, std::uint32_t num_phases,
              Word* sums) {
    const auto add =
        chip == Chip::wormhole
            ? (dst32 ? add_row_sums<Chip::wormhole, true> : add_row_sums<Chip::wormhole, false>)
            : (dst32 ? add_row_sums<Chip::blackhole, true> : add_row_sums<Chip::blackhole, false>);
    add(tile, row, num_phases, sums);
    return true;
}

#else

bool row_sums(Chip, bool, const Operand&, const Word*, std::uint32_t, Word*) {
    return false;
}

#endif

}  // namespace loom::tile::silicon::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loom::tile::silicon {

HWY_EXPORT(row_sums);

bool add_row_sums(Chip chip, bool dst32, const Operand& tile, const Word* row, std::uint32_t num_phases,
                  Word* sums) {
    return HWY_DYNAMIC_DISPATCH(row_sums)(chip, dst32, tile, row, num_phases, sums);
}

}  // namespace loom::tile::silicon
#endif  // HWY_ONCE
