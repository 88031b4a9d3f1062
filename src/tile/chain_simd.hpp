// Between chain.cpp and chain_simd.cpp: the functions of steps for the SIMD target that runs here.
#pragma once

#include <array>
#include <cstdint>

#include "tile/chain.hpp"

namespace loom::tile {

using StepFunction = void (*)();

inline constexpr std::size_t kMaxFusedStates = 64;

/// Functions of steps by kind. Fused ones are found step by step: next[state][kind] is the state after that step,
/// 0 where no fused sequence goes on so; fused[state] the function for the whole sequence, null for a mere prefix.
struct StepFunctions {
    std::array<StepFunction, StepKind::kCount> single{};
    std::array<StepFunction, kMaxFusedStates> fused{};
    std::array<std::array<std::uint8_t, StepKind::kCount>, kMaxFusedStates> next{};
    StepFunction to_dst = nullptr;
    StepFunction to_tile[2] = {};  ///< by DataFormat: Float32, Float16_b
    StepFunction to_rows[2] = {};
    /// Runs from the first step on; null where the target has no SIMD, and the scalar twin runs.
    void (*start)(const Step* steps) = nullptr;
};

const StepFunctions& step_functions();

}  // namespace loom::tile
