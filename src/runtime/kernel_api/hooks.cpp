// A kernel's own loads and stores: the compiler, told to look for races (-fsanitize=thread), calls these functions at
// each but for locals and constants, and what lies in L1 is told to the engine: pages that it has not brought there yet
// come now, and a checker looks for faults. Nothing of the compiler's run-time library is used.
//
// The compiler, told to trace coverage (-fsanitize-coverage=trace-pc), calls one more function in each stretch of code
// without a branch, so a loop that calls nothing else is counted too.
//
// Compiled when Loom is built (runtime/CMakeLists.txt), and linked into each image.
#include "loom/engine.h"
#include "loom/stack.h"

#define LOOM_HOOKED __attribute__((visibility("hidden")))

extern "C" LOOM_HOOKED const LoomEngine loom_engine;

// Whether memory is the kernel's own stack, on which the hooks run too.
static inline __attribute__((always_inline)) bool on_stack(uintptr_t address) {
    const uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    return (address ^ here) < kLoomStackBytes && address % kLoomStackBytes < kLoomStackBytes - kLoomStackTop;
}

// Of one value. Every L1 lies below 4 GiB; no stack does.
static inline __attribute__((always_inline)) void access(const volatile void* at, uint32_t bytes, bool write,
                                                         const void* code) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(at);
    if (address >> 32 != 0 && on_stack(address) && address % (bytes < 4 ? bytes : 4) == 0) return;
    // clang has hooks where the table is read for a call.
    if (address - reinterpret_cast<uintptr_t>(&loom_engine) < sizeof loom_engine) return;
    loom_engine.memory_access(const_cast<const void*>(at), bytes, write, code);
}

// Of bytes that may lie anywhere.
static inline __attribute__((always_inline)) void range(const void* at, uint64_t bytes, bool write,
                                                        const void* code) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(at);
    if (bytes == 0) return;
    if (address >> 32 != 0 && bytes < kLoomStackBytes && on_stack(address) && on_stack(address + bytes - 1))
        return;
    loom_engine.memory_range(at, bytes, write, code);
}

#define LOOM_RETURN __builtin_return_address(0)

extern "C" {
static inline __attribute__((always_inline)) void count_step(const void* code) {
#if defined(__x86_64__)
    bool none = false;
    asm("subl $1, %%fs:(%1)" : "=@ccz"(none) : "r"(loom_engine.steps_left) : "memory");
    if (__builtin_expect(none, false)) loom_engine.no_step_left(code);
#else
    char* const mine = static_cast<char*>(__builtin_thread_pointer());
    uint32_t& left = *reinterpret_cast<uint32_t*>(mine + loom_engine.steps_left);
    if (--left == 0) loom_engine.no_step_left(code);
#endif
}
// In each stretch of code without a branch: one step.
LOOM_HOOKED void __sanitizer_cov_trace_pc() {
    count_step(__builtin_return_address(0));
}
// The rest of that where its first half is in line (jit/translation_unit.cpp).
LOOM_HOOKED void loom_no_step_left() {
    loom_engine.no_step_left(__builtin_return_address(0));
}
#if defined(__x86_64__)
// In the place of a loop with nothing in it (jit/empty_loops.hpp), where the stack may lie anyhow.
[[noreturn]] LOOM_HOOKED __attribute__((force_align_arg_pointer)) void loom_empty_loop() {
    for (;;) count_step(__builtin_return_address(0));
}
#endif
LOOM_HOOKED void __tsan_init() {}
// After the function has made its frame.
LOOM_HOOKED void __tsan_func_entry(void*) {
    const uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    const uintptr_t depth = kLoomStackBytes - kLoomStackTop - here % kLoomStackBytes;
    if (depth > kLoomShallowStack) loom_engine.deep_stack(static_cast<uint32_t>(depth), LOOM_RETURN);
}
LOOM_HOOKED void __tsan_func_exit() {}
LOOM_HOOKED void __tsan_vptr_update(void**, void*) {}
LOOM_HOOKED void __tsan_vptr_read(void**) {}
LOOM_HOOKED void __tsan_atomic_signal_fence(int) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
LOOM_HOOKED void __tsan_atomic_thread_fence(int) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
LOOM_HOOKED void __tsan_read_range(void* at, unsigned long bytes) {
    range(at, bytes, false, LOOM_RETURN);
}
LOOM_HOOKED void __tsan_write_range(void* at, unsigned long bytes) {
    range(at, bytes, true, LOOM_RETURN);
}
#define LOOM_HOOKS(bytes)                                      \
    LOOM_HOOKED void __tsan_read##bytes(void* at) {            \
        access(at, bytes, false, LOOM_RETURN);                 \
    }                                                          \
    LOOM_HOOKED void __tsan_write##bytes(void* at) {           \
        access(at, bytes, true, LOOM_RETURN);                  \
    }                                                          \
    LOOM_HOOKED void __tsan_unaligned_read##bytes(void* at) {  \
        range(at, bytes, false, LOOM_RETURN);                  \
    }                                                          \
    LOOM_HOOKED void __tsan_unaligned_write##bytes(void* at) { \
        range(at, bytes, true, LOOM_RETURN);                   \
    }
// Calls that the compiler makes for copies, fills, comparisons and atomic operations.
LOOM_HOOKED void* memmove(void* to, const void* from, unsigned long bytes) {
    range(from, bytes, false, LOOM_RETURN);
    range(to, bytes, true, LOOM_RETURN);
    volatile char* out =
        static_cast<volatile char*>(to);  // volatile: or the loop would become this call again
    const volatile char* in = static_cast<const volatile char*>(from);
    if (out < in)
        for (unsigned long i = 0; i < bytes; ++i) out[i] = in[i];
    else
        for (unsigned long i = bytes; i-- > 0;) out[i] = in[i];
    return to;
}
LOOM_HOOKED void* memcpy(void* to, const void* from, unsigned long bytes) {
    range(from, bytes, false, LOOM_RETURN);
    range(to, bytes, true, LOOM_RETURN);
    volatile char* out = static_cast<volatile char*>(to);
    const volatile char* in = static_cast<const volatile char*>(from);
    for (unsigned long i = 0; i < bytes; ++i) out[i] = in[i];
    return to;
}
LOOM_HOOKED void* memset(void* to, int value, unsigned long bytes) {
    range(to, bytes, true, LOOM_RETURN);
    volatile char* out = static_cast<volatile char*>(to);
    for (unsigned long i = 0; i < bytes; ++i) out[i] = static_cast<char>(value);
    return to;
}
// What newer versions of clang call instead.
LOOM_HOOKED void* __tsan_memmove(void* to, const void* from, unsigned long bytes) {
    return memmove(to, from, bytes);
}
LOOM_HOOKED void* __tsan_memcpy(void* to, const void* from, unsigned long bytes) {
    return memcpy(to, from, bytes);
}
LOOM_HOOKED void* __tsan_memset(void* to, int value, unsigned long bytes) {
    return memset(to, value, bytes);
}
LOOM_HOOKED int memcmp(const void* left, const void* right, unsigned long bytes) {
    range(left, bytes, false, LOOM_RETURN);
    range(right, bytes, false, LOOM_RETURN);
    const volatile unsigned char* a = static_cast<const volatile unsigned char*>(left);
    const volatile unsigned char* b = static_cast<const volatile unsigned char*>(right);
    for (unsigned long i = 0; i < bytes; ++i) {
        const int difference = a[i] - b[i];
        if (difference != 0) return difference;
    }
    return 0;
}
// What would end the process.
#define LOOM_STOP(name, ...)                                       \
    LOOM_HOOKED __attribute__((noreturn)) void name(__VA_ARGS__) { \
        loom_engine.stop(#name, LOOM_RETURN);                      \
        __builtin_trap();                                          \
    }
LOOM_STOP(abort)
LOOM_STOP(exit, int)
LOOM_STOP(_exit, int)
LOOM_STOP(_Exit, int)
LOOM_STOP(quick_exit, int)
LOOM_STOP(__cxa_pure_virtual)
LOOM_HOOKED __attribute__((noreturn)) void __assert_fail(const char*, const char*, unsigned, const char*) {
    loom_engine.stop("assert", LOOM_RETURN);
    __builtin_trap();
}
#define LOOM_ATOMIC_UPDATE(bits, type, operation)                                            \
    LOOM_HOOKED type __tsan_atomic##bits##_##operation(volatile type* at, type value, int) { \
        access(at, bits / 8, true, LOOM_RETURN);                                             \
        return __atomic_##operation(at, value, __ATOMIC_SEQ_CST);                            \
    }
#define LOOM_ATOMICS(bits, type)                                                                            \
    LOOM_HOOKED type __tsan_atomic##bits##_load(const volatile type* at, int) {                             \
        access(at, bits / 8, false, LOOM_RETURN);                                                           \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                                       \
    }                                                                                                       \
    LOOM_HOOKED void __tsan_atomic##bits##_store(volatile type* at, type value, int) {                      \
        access(at, bits / 8, true, LOOM_RETURN);                                                            \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                                      \
    }                                                                                                       \
    LOOM_HOOKED type __tsan_atomic##bits##_exchange(volatile type* at, type value, int) {                   \
        access(at, bits / 8, true, LOOM_RETURN);                                                            \
        return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                                            \
    }                                                                                                       \
    LOOM_HOOKED int __tsan_atomic##bits##_compare_exchange_strong(volatile type* at, type* expected,        \
                                                                  type value, int, int) {                   \
        access(at, bits / 8, true, LOOM_RETURN);                                                            \
        return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    }                                                                                                       \
    LOOM_HOOKED type __tsan_atomic##bits##_compare_exchange_val(volatile type* at, type expected,           \
                                                                type value, int, int) {                     \
        __tsan_atomic##bits##_compare_exchange_strong(at, &expected, value, 0, 0);                          \
        return expected;                                                                                    \
    }                                                                                                       \
    LOOM_ATOMIC_UPDATE(bits, type, fetch_nand)                                                              \
    LOOM_ATOMIC_UPDATE(bits, type, fetch_add)                                                               \
    LOOM_ATOMIC_UPDATE(bits, type, fetch_sub)                                                               \
    LOOM_ATOMIC_UPDATE(bits, type, fetch_and)                                                               \
    LOOM_ATOMIC_UPDATE(bits, type, fetch_or)                                                                \
    LOOM_ATOMIC_UPDATE(bits, type, fetch_xor)
LOOM_ATOMICS(8, uint8_t)
LOOM_ATOMICS(16, uint16_t)
LOOM_ATOMICS(32, uint32_t)
LOOM_ATOMICS(64, uint64_t)
LOOM_HOOKS(1)
LOOM_HOOKS(2)
LOOM_HOOKS(4)
LOOM_HOOKS(8)
LOOM_HOOKS(16)
}
