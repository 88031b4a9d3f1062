// A place in a kernel as the rules remember it: cheap to keep, put into words only when a rule is broken.
#pragma once

#include <cstdint>

#include "runtime/kernel_api/loom/engine.h"

namespace loom::checker {

/// A call of the kernel API, or a load or store of the kernel's own, which is known by its code alone.
struct Spot {
    Spot() = default;
    Spot(LoomSite site, const char* its_call)
        : call(its_call), file(site.file), line(static_cast<std::uint32_t>(site.line)) {}
    Spot(const void* its_code, bool write) : call(write ? "a store" : "a load"), code(its_code) {}

    const char* call = "";
    const char* file = nullptr;
    std::uint32_t line = 0;
    const void* code = nullptr;
};

}  // namespace loom::checker
