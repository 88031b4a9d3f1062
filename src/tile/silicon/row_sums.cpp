// The sums of rows in silicon numerics (reduce_tile over a row of bfloat16), in AVX-512: where a CPU has it, 32 elements at a
// time; others go by the plain rules. dot() of fpu.hpp says what it is.
#include "tile/silicon/row_sums.hpp"

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
    I part[2];  ///< by bit 0 of the phase
    __mmask32 zero;
    bool second_part;  ///< whether any has one
};

/// Of 16 rows of a face: what a group's products have for an exponent in phase 0, and their sums by phase. Lanes as
/// by_row().
struct Sums {
    I exponent;
    I sum[4];
};

constexpr int kNothing = -20000;  ///< less than any exponent

HWY_INLINE Weights weights_of(const Word* row) {
    alignas(64) short exponent[32], sign[32], part0[32], part1[32];
    Weights weights{};
    for (std::uint32_t i = 0; i < 32; ++i) {
        const std::uint32_t bits = row[i % 16];
        exponent[i] = static_cast<short>(exponent_of(bits) - 127);
        sign[i] = static_cast<short>(bits >> 16 & 0x8000u);
        part0[i] = static_cast<short>(part_a(bits, 0));
        part1[i] = static_cast<short>(part_a(bits, 1));
        if (is_zero(bits)) weights.zero |= 1u << i;
        weights.second_part |= !is_zero(bits) && part1[i] != 0;
    }
    weights.exponent = _mm512_load_si512(exponent);
    weights.sign = _mm512_load_si512(sign);
    weights.part[0] = _mm512_load_si512(part0);
    weights.part[1] = _mm512_load_si512(part1);
    return weights;
}

HWY_INLINE Sums sums_of(const std::uint16_t* face, const Weights& weights, bool low_half) {
    const auto larger = [](I a, I b) HWY_ATTR { return _mm512_max_epi16(a, b); };
    const auto added = [](I a, I b) HWY_ATTR { return _mm512_add_epi16(a, b); };
    I x[8], exponent[8];
    __mmask32 zero[8];
    for (int j = 0; j < 8; ++j) {
        x[j] = _mm512_loadu_si512(face + 32 * j);
        const I biased = _mm512_and_si512(_mm512_srli_epi16(x[j], 7), set16(255));
        zero[j] = _mm512_testn_epi16_mask(biased, biased) | weights.zero;
        exponent[j] =
            _mm512_mask_mov_epi16(_mm512_add_epi16(biased, weights.exponent), zero[j], set16(kNothing));
    }
    const I largest = over_blocks(exponent, larger);
    I terms[4][8];
    for (int j = 0; j < 8; ++j) {
        const I right = _mm512_min_epi16(_mm512_sub_epi16(block_lane(largest, j), exponent[j]), set16(13));
        const I one = _mm512_sllv_epi16(set16(1), right);
        const I further = _mm512_add_epi16(right, set16(1));
        const I sign = _mm512_srai_epi16(_mm512_xor_si512(x[j], weights.sign), 15);
        const I man = _mm512_maskz_mov_epi16(static_cast<__mmask32>(~zero[j]),
                                             _mm512_or_si512(_mm512_and_si512(x[j], set16(127)), set16(128)));
        const auto term = [&](I a, I b) HWY_ATTR {
            const I product = _mm512_mullo_epi16(a, b);
            const I aligned =
                _mm512_srlv_epi16(_mm512_add_epi16(_mm512_add_epi16(product, product), one), further);
            return _mm512_sub_epi16(_mm512_xor_si512(aligned, sign), sign);
        };
        const I upper = _mm512_srli_epi16(man, 1);
        const I lower = _mm512_slli_epi16(_mm512_and_si512(man, set16(1)), 6);
        terms[0][j] = term(weights.part[0], upper);
        if (low_half) terms[2][j] = term(weights.part[0], lower);
        if (weights.second_part) {
            terms[1][j] = term(weights.part[1], upper);
            if (low_half) terms[3][j] = term(weights.part[1], lower);
        }
    }
    Sums sums;
    sums.exponent = by_row(largest);
    const I nothing = _mm512_setzero_si512();
    sums.sum[0] = by_row(over_blocks(terms[0], added));
    sums.sum[1] = weights.second_part ? by_row(over_blocks(terms[1], added)) : nothing;
    sums.sum[2] = low_half ? by_row(over_blocks(terms[2], added)) : nothing;
    sums.sum[3] = low_half && weights.second_part ? by_row(over_blocks(terms[3], added)) : nothing;
    return sums;
}

/// 16 terms; Term of fpu.hpp.
struct Terms {
    I negative, exp, man;
};

HWY_INLINE Terms terms_of(__m256i exponents, __m256i sums, int less) {
    const I exp = _mm512_sub_epi32(_mm512_cvtepi16_epi32(exponents), set32(less));
    const __mmask16 some = _mm512_cmpgt_epi32_mask(exp, _mm512_setzero_si512());
    const I sum = _mm512_maskz_cvtepi16_epi32(some, sums);
    return {_mm512_srli_epi32(sum, 31), _mm512_maskz_mov_epi32(some, exp),
            _mm512_slli_epi32(_mm512_abs_epi32(sum), 13)};
}

// shift_right(man, shift, down), shift >= 0.
HWY_INLINE I shifted(I man, I shift, I down) {
    const __mmask16 shifts = _mm512_test_epi32_mask(shift, shift);
    const I half = _mm512_maskz_sllv_epi32(shifts, set32(1), _mm512_sub_epi32(shift, set32(1)));
    const I rounded = _mm512_srlv_epi32(_mm512_sub_epi32(_mm512_add_epi32(man, half), down), shift);
    const __mmask16 far = _mm512_cmpgt_epi32_mask(shift, set32(30));
    return _mm512_mask_mov_epi32(_mm512_maskz_mov_epi32(static_cast<__mmask16>(~far), rounded),
                                 static_cast<__mmask16>(~shifts), man);
}

// accumulate(): see there.
template <Chip kChip, bool kDst32>
HWY_INLINE I accumulated(Terms a, Terms b, I dst) {
    const I dst_exp = _mm512_and_si512(_mm512_srli_epi32(dst, 23), set32(255));
    I dst_man = _mm512_maskz_or_epi32(_mm512_test_epi32_mask(dst_exp, dst_exp),
                                      _mm512_and_si512(dst, set32(0x7fffff)), set32(0x800000));
    I exp = _mm512_max_epi32(_mm512_max_epi32(a.exp, b.exp), dst_exp);
    const __mmask16 some = _mm512_cmpgt_epi32_mask(exp, _mm512_setzero_si512());
    const I zero = _mm512_setzero_si512();
    const auto from_shift = [&](I shift, I negative) HWY_ATTR {
        return _mm512_maskz_mov_epi32(_mm512_test_epi32_mask(shift, shift), negative);
    };
    const I a_shift = _mm512_sub_epi32(exp, a.exp), b_shift = _mm512_sub_epi32(exp, b.exp);
    a.man = shifted(a.man, a_shift, from_shift(a_shift, a.negative));
    b.man = shifted(b.man, b_shift, from_shift(b_shift, b.negative));
    dst_man = shifted(dst_man, _mm512_sub_epi32(exp, dst_exp), zero);
    if constexpr (!kDst32) {
        const auto eleven = [](I man, I down) HWY_ATTR {
            return _mm512_and_si512(_mm512_sub_epi32(_mm512_add_epi32(man, set32(0x1000)), down),
                                    set32(-0x2000));
        };
        a.man = eleven(a.man, a.negative);
        b.man = eleven(b.man, b.negative);
        dst_man = eleven(dst_man, zero);
    }
    const auto with_sign = [](I man, I negative) HWY_ATTR {
        const I all = _mm512_sub_epi32(_mm512_setzero_si512(), negative);
        return _mm512_sub_epi32(_mm512_xor_si512(man, all), all);
    };
    const I sum =
        _mm512_add_epi32(_mm512_add_epi32(with_sign(a.man, a.negative), with_sign(b.man, b.negative)),
                         with_sign(dst_man, _mm512_srli_epi32(dst, 31)));
    const I sign = _mm512_and_si512(sum, set32(static_cast<int>(kSign)));
    I man = _mm512_abs_epi32(sum);
    // Leading zeros from a float's exponent; without the bits that could carry into the next one.
    const __m512 power = _mm512_cvtepi32_ps(_mm512_andnot_si512(_mm512_srli_epi32(man, 1), man));
    I left = _mm512_sub_epi32(set32(150), _mm512_srli_epi32(_mm512_castps_si512(power), 23));
    if constexpr (kChip == Chip::wormhole)
        left = _mm512_mask_mov_epi32(left, _mm512_cmpeq_epi32_mask(sum, set32(-1)), set32(-4));
    exp = _mm512_sub_epi32(exp, left);
    constexpr int dropped = kDst32 ? 0 : 16;
    const I right = _mm512_sub_epi32(set32(dropped), left);
    const __mmask16 rights = _mm512_cmpgt_epi32_mask(right, zero);
    const I up = _mm512_sllv_epi32(man, _mm512_sub_epi32(zero, right));
    man = _mm512_mask_mov_epi32(up, rights, shifted(man, _mm512_max_epi32(right, zero), zero));
    man = _mm512_slli_epi32(man, dropped);
    exp = _mm512_add_epi32(exp, _mm512_and_si512(_mm512_srli_epi32(man, 24), set32(1)));
    const I infinite = _mm512_or_si512(sign, set32(static_cast<int>(kInfinity)));
    I bits = _mm512_or_si512(_mm512_or_si512(sign, _mm512_slli_epi32(exp, 23)),
                             _mm512_and_si512(man, set32(0x7fffff)));
    bits = _mm512_mask_mov_epi32(bits, _mm512_cmpgt_epi32_mask(exp, set32(254)), infinite);
    const __mmask16 not_zero = some & _mm512_test_epi32_mask(sum, sum) & _mm512_cmpgt_epi32_mask(exp, zero);
    return _mm512_maskz_mov_epi32(not_zero, bits);
}

template <Chip kChip, bool kDst32>
void add_row_sums(const std::uint16_t* tile, const Word* scaler, std::uint32_t num_phases, Word* sums) {
    const bool low_half = num_phases > 2;
    const Weights weights[2] = {weights_of(scaler), weights_of(scaler + 256)};
    for (int face = 0; face < 4; face += 2) {
        const Sums halves[2] = {sums_of(tile + face * 256, weights[0], low_half),
                                sums_of(tile + (face + 1) * 256, weights[1], low_half)};
        I dst = _mm512_loadu_si512(sums + face / 2 * 16);
        for (std::uint32_t phase = 0; phase < num_phases; ++phase) {
            const int less = -product_exponent(127, 0, phase);
            for (const Sums& half : halves) {
                const Terms a = terms_of(_mm512_castsi512_si256(half.exponent),
                                         _mm512_castsi512_si256(half.sum[phase]), less);
                const Terms b = terms_of(_mm512_extracti64x4_epi64(half.exponent, 1),
                                         _mm512_extracti64x4_epi64(half.sum[phase], 1), less);
                dst = accumulated<kChip, kDst32>(a, b, dst);
            }
        }
        _mm512_storeu_si512(sums + face / 2 * 16, dst);
    }
}

bool row_sums(Chip chip, bool dst32, const void* tile, const Word* scaler, std::uint32_t num_phases,
              Word* sums) {
    const auto* const elements = static_cast<const std::uint16_t*>(tile);
    const auto add =
        chip == Chip::wormhole
            ? (dst32 ? add_row_sums<Chip::wormhole, true> : add_row_sums<Chip::wormhole, false>)
            : (dst32 ? add_row_sums<Chip::blackhole, true> : add_row_sums<Chip::blackhole, false>);
    add(elements, scaler, num_phases, sums);
    return true;
}

#else

bool row_sums(Chip, bool, const void*, const Word*, std::uint32_t, Word*) {
    return false;
}

#endif

}  // namespace loom::tile::silicon::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loom::tile::silicon {

HWY_EXPORT(row_sums);

bool add_row_sums(Chip chip, bool dst32, const void* tile, const Word* scaler, std::uint32_t num_phases,
                  Word* sums) {
    return HWY_DYNAMIC_DISPATCH(row_sums)(chip, dst32, tile, scaler, num_phases, sums);
}

}  // namespace loom::tile::silicon
#endif  // HWY_ONCE
