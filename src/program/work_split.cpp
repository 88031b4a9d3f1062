// Splits units of work over cores.
#include "program/work_split.hpp"

#include <algorithm>

namespace loom {
namespace {

// Cores [first, last) of the walk as rectangles. In line coordinates: `line` counts whole columns (or rows),
// `place` the position in one.
CoreRangeSet walk_range(std::uint32_t first, std::uint32_t last, CoreCoord grid, bool row_wise) {
    const std::uint32_t length = row_wise ? grid.x : grid.y;
    const auto core = [&](std::uint32_t line, std::uint32_t place) {
        return row_wise ? CoreCoord{place, line} : CoreCoord{line, place};
    };
    std::vector<CoreRange> ranges;
    while (first < last) {
        const std::uint32_t line = first / length;
        const std::uint32_t place = first % length;
        const std::uint32_t whole_lines = place == 0 ? (last - first) / length : 0;
        if (whole_lines > 0) {
            ranges.emplace_back(core(line, 0), core(line + whole_lines - 1, length - 1));
            first += whole_lines * length;
        } else {
            const std::uint32_t end = std::min(length, place + (last - first));
            ranges.emplace_back(core(line, place), core(line, end - 1));
            first += end - place;
        }
    }
    return CoreRangeSet(std::move(ranges));
}

}  // namespace

CoreRangeSet num_cores_to_corerangeset(std::uint32_t cores, CoreCoord grid, bool row_wise) {
    return walk_range(0, cores, grid, row_wise);
}

WorkSplit split_work_to_cores(CoreCoord grid, std::uint32_t units_to_divide, bool row_wise) {
    if (units_to_divide == 0) return {0, {}, {}, {}, 0, 0};
    const std::uint32_t cores = std::min(units_to_divide, grid.x * grid.y);
    const std::uint32_t units = units_to_divide / cores;
    const std::uint32_t remainder = units_to_divide % cores;
    CoreRangeSet all = walk_range(0, cores, grid, row_wise);
    if (remainder == 0) return {cores, all, all, {}, units, 0};
    return {cores,
            all,
            walk_range(0, remainder, grid, row_wise),
            walk_range(remainder, cores, grid, row_wise),
            units + 1,
            units};
}

}  // namespace loom
