// What the CPU says of float arithmetic: whether any of it was of the kind in which the chip's adder and multiplier differ from
// IEEE's. Those are subnormal operands, results below the smallest normal number, and results that are no number. Where there
// was none, sums and products are the chip's (tests/unit/silicon_mad_test.cpp).
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace loom::tile::silicon {

/// While it lives, results that are too small become zeros; what there was, it tells.
class FloatFlags {
public:
#if defined(__SSE2__)
    FloatFlags() : before_(_mm_getcsr()) {
        _mm_setcsr(kMasked | kFlushToZero);
    }
    ~FloatFlags() {
        _mm_setcsr(before_);
    }
    bool clean() const {
        return (_mm_getcsr() & (kInvalid | kSubnormal | kUnderflow)) == 0;
    }

private:
    static constexpr unsigned kInvalid = 1, kSubnormal = 2, kUnderflow = 16, kMasked = 0x1f80,
                              kFlushToZero = 0x8000;
    unsigned before_;
#elif defined(__aarch64__)
    FloatFlags() : control_(control()), status_(status()) {
        set_control(kFlushToZero);
        set_status(0);
    }
    ~FloatFlags() {
        set_control(control_);
        set_status(status_);
    }
    bool clean() const {
        return (status() & (kInvalid | kSubnormal | kUnderflow)) == 0;
    }

private:
    static constexpr std::uint64_t kInvalid = 1, kSubnormal = 128, kUnderflow = 8, kFlushToZero = 1u << 24;
    static std::uint64_t control() {
        std::uint64_t value;
        asm volatile("mrs %0, fpcr" : "=r"(value));
        return value;
    }
    static std::uint64_t status() {
        std::uint64_t value;
        asm volatile("mrs %0, fpsr" : "=r"(value));
        return value;
    }
    static void set_control(std::uint64_t value) {
        asm volatile("msr fpcr, %0" : : "r"(value));
    }
    static void set_status(std::uint64_t value) {
        asm volatile("msr fpsr, %0" : : "r"(value));
    }
    std::uint64_t control_;
    std::uint64_t status_;
#else
    bool clean() const {
        return false;
    }  // the rules' plain form it is, then
#endif

public:
    FloatFlags(const FloatFlags&) = delete;
    FloatFlags& operator=(const FloatFlags&) = delete;
    /// Says that there was an operation with no number for a result.
    static void raise() {
        volatile float infinity = __builtin_inff();
        volatile float nan = infinity - infinity;
        (void)nan;
    }
};

}  // namespace loom::tile::silicon
