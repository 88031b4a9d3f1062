// Splits units of work over cores.
#include "program/work_split.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/error.hpp"

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

void check_grid(CoreCoord grid) {
    if (grid.x == 0 || grid.y == 0)
        fail(Code::OPTION, fmt::format("A grid has at least one core, got {}x{}.", grid.x, grid.y));
    if (grid.x > kMostCoresAside || grid.y > kMostCoresAside)
        fail(Code::OPTION, format_counted("A grid has at most {0}x{0} cores, got {1}x{2}.", kMostCoresAside,
                                          grid.x, grid.y));
}

}  // namespace

CoreRangeSet num_cores_to_corerangeset(std::uint32_t cores, CoreCoord grid, bool row_wise) {
    check_grid(grid);
    if (cores > grid.x * grid.y)
        fail(Code::OPTION, format_counted("A grid of {}x{} has {} cores, and {} were asked for.", grid.x,
                                          grid.y, grid.x * grid.y, cores));
    return walk_range(0, cores, grid, row_wise);
}

WorkSplit split_work_to_cores(CoreCoord grid, std::uint32_t units_to_divide, bool row_wise) {
    check_grid(grid);
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
