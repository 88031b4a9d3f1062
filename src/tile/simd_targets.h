// Which of Highway's targets simd.cpp and chain_simd.cpp are compiled for; comes before Highway's own headers.
//
// Scalable vectors (SVE, RVV) have no width at compile time; those CPUs run NEON, or the scalar twins. SSSE3 without SSE4
// is not worth its compile time, and with sanitizers, where a target takes half a minute, neither are those in the middle.
// What newer versions of Highway have beyond AVX3 (a better target is a lower bit) goes too: of all that only bfloat16 is
// of use here, and chain_simd.cpp asks the CPU for that.
#pragma once

#ifdef LOOM_SANITIZER
#define HWY_DISABLED_TARGETS                                                                              \
    ((HWY_AVX3 - 1) | HWY_SSSE3 | HWY_SSE4 | HWY_AVX2 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | \
     HWY_RVV)
#else
#define HWY_DISABLED_TARGETS \
    ((HWY_AVX3 - 1) | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif
