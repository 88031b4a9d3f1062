// A kernel's own loads and stores: the compiler, told to look for races (-fsanitize=thread), calls these functions at
// each but for locals and constants, and what lies in L1 is told to the engine: pages that it has not brought there yet
// come now, and a checker looks for faults. Nothing of the compiler's run-time library is used.
//
// The compiler, told to trace coverage (-fsanitize-coverage=trace-pc), calls one more function in each stretch of code
// without a branch, so a loop that calls nothing else is counted too.
//
// Compiled when Loom is built (runtime/CMakeLists.txt), and linked into each image.
#include "loom/engine.h"

#define LOOM_HOOKED __attribute__((visibility("hidden")))

extern "C" LOOM_HOOKED const LoomEngine loom_engine;

// Every L1 lies below 4 GiB; a kernel's stack and constants do not.
#define LOOM_ACCESS(at, bytes, write)               \
    if (reinterpret_cast<uintptr_t>(at) >> 32 == 0) \
    loom_engine.memory_access(at, bytes, write, __builtin_return_address(0))

extern "C" {
static inline __attribute__((always_inline)) void count_step(const void* code) {
    char* const mine = static_cast<char*>(__builtin_thread_pointer());
    uint32_t& left = *reinterpret_cast<uint32_t*>(mine + loom_engine.steps_left);
    if (--left == 0) loom_engine.no_step_left(code);
}
// In each stretch of code without a branch: one step.
LOOM_HOOKED void __sanitizer_cov_trace_pc() {
    // The image's entry has yet to fill the table.
    if (loom_engine.no_step_left != nullptr) count_step(__builtin_return_address(0));
}
#if defined(__x86_64__)
// In the place of a loop with nothing in it (jit/empty_loops.hpp), where the stack may lie anyhow.
[[noreturn]] LOOM_HOOKED __attribute__((force_align_arg_pointer)) void loom_empty_loop() {
    for (;;) count_step(__builtin_return_address(0));
}
#endif
LOOM_HOOKED void __tsan_init() {}
LOOM_HOOKED void __tsan_func_entry(void*) {}
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
    LOOM_ACCESS(at, static_cast<uint32_t>(bytes), false);
}
LOOM_HOOKED void __tsan_write_range(void* at, unsigned long bytes) {
    LOOM_ACCESS(at, static_cast<uint32_t>(bytes), true);
}
#define LOOM_HOOK(name, bytes, write)  \
    LOOM_HOOKED void name(void* at) {  \
        LOOM_ACCESS(at, bytes, write); \
    }
#define LOOM_HOOKS(bytes)                                 \
    LOOM_HOOK(__tsan_read##bytes, bytes, false)           \
    LOOM_HOOK(__tsan_write##bytes, bytes, true)           \
    LOOM_HOOK(__tsan_unaligned_read##bytes, bytes, false) \
    LOOM_HOOK(__tsan_unaligned_write##bytes, bytes, true)
// Calls that the compiler makes for copies, fills and atomic operations.
LOOM_HOOKED void* memmove(void* to, const void* from, unsigned long bytes) {
    LOOM_ACCESS(from, static_cast<uint32_t>(bytes), false);
    LOOM_ACCESS(to, static_cast<uint32_t>(bytes), true);
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
    LOOM_ACCESS(from, static_cast<uint32_t>(bytes), false);
    LOOM_ACCESS(to, static_cast<uint32_t>(bytes), true);
    volatile char* out = static_cast<volatile char*>(to);
    const volatile char* in = static_cast<const volatile char*>(from);
    for (unsigned long i = 0; i < bytes; ++i) out[i] = in[i];
    return to;
}
LOOM_HOOKED void* memset(void* to, int value, unsigned long bytes) {
    LOOM_ACCESS(to, static_cast<uint32_t>(bytes), true);
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
#define LOOM_ATOMIC_UPDATE(bits, type, operation)                                            \
    LOOM_HOOKED type __tsan_atomic##bits##_##operation(volatile type* at, type value, int) { \
        LOOM_ACCESS(const_cast<type*>(at), bits / 8, true);                                  \
        return __atomic_##operation(at, value, __ATOMIC_SEQ_CST);                            \
    }
#define LOOM_ATOMICS(bits, type)                                                                            \
    LOOM_HOOKED type __tsan_atomic##bits##_load(const volatile type* at, int) {                             \
        LOOM_ACCESS(const_cast<const type*>(at), bits / 8, false);                                          \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                                       \
    }                                                                                                       \
    LOOM_HOOKED void __tsan_atomic##bits##_store(volatile type* at, type value, int) {                      \
        LOOM_ACCESS(const_cast<type*>(at), bits / 8, true);                                                 \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                                      \
    }                                                                                                       \
    LOOM_HOOKED type __tsan_atomic##bits##_exchange(volatile type* at, type value, int) {                   \
        LOOM_ACCESS(const_cast<type*>(at), bits / 8, true);                                                 \
        return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                                            \
    }                                                                                                       \
    LOOM_HOOKED int __tsan_atomic##bits##_compare_exchange_strong(volatile type* at, type* expected,        \
                                                                  type value, int, int) {                   \
        LOOM_ACCESS(const_cast<type*>(at), bits / 8, true);                                                 \
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
