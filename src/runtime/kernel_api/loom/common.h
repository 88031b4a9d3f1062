// What every kernel sees: arguments, circular-buffer names, formats, and the way to the engine.
#pragma once

#include "loom/engine.h"

#define LOOM_AT LoomSite loom_site = {__builtin_FILE(), __builtin_LINE()}
// In checked images alone do init calls reach the engine.
#if defined(LOOM_CHECKED)
#define LOOM_INIT(kind, detail, cb_a, cb_b)                                         \
    do {                                                                            \
        const uint32_t loom_cbs[2] = {cb_a, cb_b};                                  \
        loom_engine.init(kind, static_cast<uint32_t>(detail), loom_cbs, loom_site); \
    } while (0)
#else
#define LOOM_INIT(kind, detail, cb_a, cb_b) \
    do {                                    \
    } while (0)
#endif
// Copies are calls, which have hooks; the compiler would make moves of small ones.
extern "C" {
void* memcpy(void* to, const void* from, unsigned long bytes);
void* memmove(void* to, const void* from, unsigned long bytes);
void* memset(void* to, int value, unsigned long bytes);
}
#define __builtin_memcpy memcpy
#define __builtin_memmove memmove
#define __builtin_memset memset
#define FORCE_INLINE inline __attribute__((always_inline))
#define ALWI inline __attribute__((always_inline))
#define tt_l1_ptr
#define tt_reg_ptr

// Filled by the image's entry before kernel_main runs; hidden, so that each image has its own. A constant to the kernel:
// its calls have no hooks.
extern "C" __attribute__((visibility("hidden"))) const LoomEngine loom_engine;

// The older entry is `namespace NAMESPACE { void MAIN { ... } }`.
namespace loom_old_entry {}
using namespace loom_old_entry;
#define NAMESPACE loom_old_entry
#define MAIN kernel_main()

enum class DataFormat : uint8_t { Float32 = 0, Float16_b = 5 };
enum class MathFidelity : uint8_t { LoFi = 0, HiFi2 = 2, HiFi3 = 3, HiFi4 = 4 };

namespace tt {
using DataFormat = ::DataFormat;
enum CBIndex : uint8_t {
    c_0,
    c_1,
    c_2,
    c_3,
    c_4,
    c_5,
    c_6,
    c_7,
    c_8,
    c_9,
    c_10,
    c_11,
    c_12,
    c_13,
    c_14,
    c_15,
    c_16,
    c_17,
    c_18,
    c_19,
    c_20,
    c_21,
    c_22,
    c_23,
    c_24,
    c_25,
    c_26,
    c_27,
    c_28,
    c_29,
    c_30,
    c_31
};
enum CB : uint8_t { c_in0 = 0, c_in1 = 1, c_in2 = 2, c_in3 = 3, c_out0 = 16, c_intermed0 = 24 };
}  // namespace tt

// loom_compile_time_args, loom_named_args, loom_cb_format and loom_cb_tile_bytes are generated per kernel.
template <uint32_t index>
constexpr uint32_t loom_compile_time_arg() {
    static_assert(index < loom_compile_time_arg_count, "compile-time argument index out of range");
    return loom_compile_time_args[index];
}
#define get_compile_time_arg_val(index) (loom_compile_time_arg<(index)>())

constexpr bool loom_same_name(const char* a, const char* b) {
    while (*a != 0 && *a == *b) ++a, ++b;
    return *a == *b;
}
void no_compile_time_argument_has_this_name();  // not constexpr: calling it is the error
consteval uint32_t loom_named_arg(const char* name) {
    for (const auto& named : loom_named_args)
        if (loom_same_name(named.name, name)) return named.value;
    no_compile_time_argument_has_this_name();
    return 0;
}
#define get_named_compile_time_arg_val(name) (loom_named_arg(name))

template <typename T>
FORCE_INLINE T get_arg_val(int index, LOOM_AT) {
    static_assert(sizeof(T) == 4, "runtime arguments are 4 bytes");
    return __builtin_bit_cast(T, loom_engine.argument(static_cast<uint32_t>(index), false, loom_site));
}
template <typename T>
FORCE_INLINE T get_common_arg_val(int index, LOOM_AT) {
    static_assert(sizeof(T) == 4, "runtime arguments are 4 bytes");
    return __builtin_bit_cast(T, loom_engine.argument(static_cast<uint32_t>(index), true, loom_site));
}
FORCE_INLINE uintptr_t get_arg_addr(int index, LOOM_AT) {
    return reinterpret_cast<uintptr_t>(
        loom_engine.argument_address(static_cast<uint32_t>(index), false, loom_site));
}
FORCE_INLINE uintptr_t get_common_arg_addr(int index, LOOM_AT) {
    return reinterpret_cast<uintptr_t>(
        loom_engine.argument_address(static_cast<uint32_t>(index), true, loom_site));
}

FORCE_INLINE uint32_t get_absolute_logical_x() {
    return loom_engine.logical_coordinate(0);
}
FORCE_INLINE uint32_t get_absolute_logical_y() {
    return loom_engine.logical_coordinate(1);
}

/// Bytes of one tile of a circular buffer, and its format.
constexpr uint32_t get_tile_size(uint32_t cb) {
    return loom_cb_tile_bytes[cb];
}
constexpr DataFormat get_dataformat(uint32_t cb) {
    return static_cast<DataFormat>(loom_cb_format[cb]);
}
