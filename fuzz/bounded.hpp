// Bounds the steps of a run, so that a program whose loops no longer end does.
#pragma once

#include <cstdint>

namespace loom::fuzz {

/// Some times what any program of base_programs() takes.
inline constexpr std::uint64_t kMostSteps = 1u << 20;

/// LaunchOptions or CheckOptions of at most kMostSteps steps.
template <typename Options>
Options bounded() {
    Options options;
    if constexpr (requires { options.max_steps; }) options.max_steps = kMostSteps;
    return options;
}

}  // namespace loom::fuzz
