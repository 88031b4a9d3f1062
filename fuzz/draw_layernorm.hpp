// Draws LayerNorm problems at random, the edges of every dimension more often than its middle.
#pragma once

#include "draw.hpp"
#include "support/layernorm_problem.hpp"

namespace loom::fuzz {

/// What kernels are compiled for: width, dtypes, memories, compute configuration. `shape` is one row.
testing::LayernormProblem draw_family(Draw& draw);

/// A problem of that family: rows, batches, values, epsilon. No kernel needs to be compiled for it.
testing::LayernormProblem draw_problem(Draw& draw, const testing::LayernormProblem& family);

/// A grid that fits the chip, mostly of few cores.
CoreCoord draw_grid(Draw& draw, Arch arch);

}  // namespace loom::fuzz
