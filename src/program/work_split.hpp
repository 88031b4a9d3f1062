// Splits units of work over cores, exactly as tt-metal's function of the same name.
#pragma once

#include <cstdint>
#include <tuple>

#include "runtime/core/core_coord.hpp"

namespace loom {

/// The first `cores` cores of a grid (columns, rows) in walk order: y fastest, or x with `row_wise`. At most
/// three rectangles: the cores walked lie in whole lines, then part of one. Throws OPTION when the grid has fewer cores,
/// or is none.
CoreRangeSet num_cores_to_corerangeset(std::uint32_t cores, CoreCoord grid, bool row_wise = false);

/// The result of split_work_to_cores.
using WorkSplit = std::tuple<std::uint32_t /*num_cores*/, CoreRangeSet /*all*/, CoreRangeSet /*group 1*/,
                             CoreRangeSet /*group 2*/, std::uint32_t /*units per core of group 1*/,
                             std::uint32_t /*units per core of group 2*/>;

/// Group 1 is the first units % cores cores of the walk, with one unit more than the others, or all cores
/// when the division leaves nothing. No units, no cores. Throws OPTION for what is no grid.
WorkSplit split_work_to_cores(CoreCoord grid, std::uint32_t units_to_divide, bool row_wise = false);

}  // namespace loom
