// Draws LayerNorm problems at random, the edges of every dimension more often than its middle.
#pragma once

#include <cstdint>
#include <random>

#include "support/layernorm_problem.hpp"

namespace loom::fuzz {

/// Random numbers, the same on every machine for the same seed.
class Draw {
public:
    explicit Draw(std::uint64_t seed) : generator_(seed) {}
    /// From 0 to end - 1.
    std::uint64_t below(std::uint64_t end) { return generator_() % end; }
    /// From first to last.
    std::uint32_t between(std::uint32_t first, std::uint32_t last) {
        return first + static_cast<std::uint32_t>(below(std::uint64_t{last} - first + 1));
    }
    /// True once in `n` times.
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    template <typename T, std::size_t N>
    const T& of(const T (&values)[N]) {
        return values[below(N)];
    }

private:
    std::mt19937_64 generator_;
};

/// What kernels are compiled for: width, dtypes, memories, compute configuration. `shape` is one row.
testing::LayernormProblem draw_family(Draw& draw);

/// A problem of that family: rows, batches, values, epsilon. No kernel needs to be compiled for it.
testing::LayernormProblem draw_problem(Draw& draw, const testing::LayernormProblem& family);

/// A grid that fits the chip, mostly of few cores.
CoreCoord draw_grid(Draw& draw, Arch arch);

}  // namespace loom::fuzz
