// The engine's side of the hooks: what a kernel's own code does.
#include "runtime/core/core.hpp"
#include "runtime/core/kernel_faults.hpp"
#include "runtime/core/steps.hpp"
#include "runtime/jit/code_place.hpp"

namespace loom::runtime {
namespace {

std::uint32_t settled_bytes(const Access& access) {
    return static_cast<std::uint32_t>(access.bytes + access.address % 4);
}

[[gnu::cold, gnu::noinline]] void unusual_access(Thread& thread, const Access& access) {
    told_at_once(*thread.fiber, [&] {
        if (!in_own_l1(thread, access)) require_own_memory(thread, access);
        if (aligned(access)) return;
        if (in_own_l1(thread, access))
            thread.core->lent.settle_at(static_cast<std::uint32_t>(access.address / 4 * 4),
                                        settled_bytes(access));
        if (!thread.unaligned.begin(reinterpret_cast<std::byte*>(access.address),
                                    static_cast<std::uint32_t>(access.bytes), access.write, access.code))
            refuse_unaligned(thread, access);
    });
}

[[gnu::cold, gnu::noinline]] void unusual_range(const Thread& thread, const Access& access) {
    told_at_once(*thread.fiber, [&] { require_own_memory(thread, access); });
}

void memory_access(const void* address, std::uint32_t bytes, bool write, const void* code) {
    Thread& thread = current_thread();
    const Access access{reinterpret_cast<std::uintptr_t>(address), bytes, write, code};
    if (!in_own_l1(thread, access) || !aligned(access)) [[unlikely]]
        return unusual_access(thread, access);
    count_access(thread, write, code);
    if (thread.loads == kLoadsATurn) end_loads(thread, address, code, kLoadsATurn);
    thread.core->lent.settle_at(l1_address(static_cast<const std::byte*>(address)), bytes);
}

void memory_range(const void* address, std::uint64_t bytes, bool write, const void* code) {
    Thread& thread = current_thread();
    const Access access{reinterpret_cast<std::uintptr_t>(address), bytes, write, code};
    if (!in_own_l1(thread, access)) [[unlikely]]
        return unusual_range(thread, access);
    count_access(thread, write, code);
    thread.core->lent.settle_at(l1_address(static_cast<const std::byte*>(address)),
                                static_cast<std::uint32_t>(bytes));
}

void deep_stack(std::uint32_t bytes, const void* code) {
    Thread& thread = current_thread();
    told_at_once(*thread.fiber, [&] { check_stack(thread, bytes, code); });
}

void stop(const char* call, const void* code) {
    const Thread& thread = current_thread();
    told_at_once(*thread.fiber, [&] {
        fail(Code::KERNEL_ENDS_PROCESS, thread.where(place_of_code(code, thread.kernel->file.c_str()), call));
    });
}

}  // namespace

void fill_hook_calls(LoomEngine& table) {
    table.memory_access = memory_access;
    table.memory_range = memory_range;
    table.deep_stack = deep_stack;
    table.stop = stop;
}

}  // namespace loom::runtime
