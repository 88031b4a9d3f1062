// Coordinates of cores and sets of them.
#include "runtime/core/core_coord.hpp"

#include <fmt/format.h>

#include "util/error.hpp"

namespace loom {

CoreRange::CoreRange(CoreCoord start, CoreCoord end) : start_coord(start), end_coord(end) {
    if (end.x >= kMostCoresAside || end.y >= kMostCoresAside)
        fail(Code::CORE_RANGE, fmt::format("{} is on no chip, which has at most {} columns and rows",
                                           to_string(end), kMostCoresAside));
    if (end.x < start.x || end.y < start.y)
        fail(Code::CORE_RANGE, fmt::format("{} to {} is not a rectangle", to_string(start), to_string(end)));
}

bool CoreRange::contains(CoreCoord core) const {
    return core.x >= start_coord.x && core.x <= end_coord.x && core.y >= start_coord.y &&
           core.y <= end_coord.y;
}

bool CoreRange::intersects(const CoreRange& other) const {
    return start_coord.x <= other.end_coord.x && other.start_coord.x <= end_coord.x &&
           start_coord.y <= other.end_coord.y && other.start_coord.y <= end_coord.y;
}

CoreRangeSet::CoreRangeSet(std::vector<CoreRange> ranges) : ranges_(std::move(ranges)) {
    for (std::size_t i = 0; i < ranges_.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (ranges_[i].intersects(ranges_[j]))
                fail(Code::CORE_RANGE, fmt::format("{} and {} overlap", to_string(CoreRangeSet(ranges_[j])),
                                                   to_string(CoreRangeSet(ranges_[i]))));
}

std::uint32_t CoreRangeSet::num_cores() const {
    std::uint32_t cores = 0;
    for (const CoreRange& range : ranges_) cores += range.size();
    return cores;
}

bool CoreRangeSet::contains(CoreCoord core) const {
    for (const CoreRange& range : ranges_)
        if (range.contains(core)) return true;
    return false;
}

std::vector<CoreCoord> corerange_to_cores(const CoreRangeSet& set, bool row_wise) {
    std::vector<CoreCoord> cores;
    cores.reserve(set.num_cores());
    for (const CoreRange& range : set.ranges()) {
        const CoreCoord a = range.start_coord;
        const CoreCoord b = range.end_coord;
        if (row_wise) {
            for (std::uint32_t y = a.y; y <= b.y; ++y)
                for (std::uint32_t x = a.x; x <= b.x; ++x) cores.push_back({x, y});
        } else {
            for (std::uint32_t x = a.x; x <= b.x; ++x)
                for (std::uint32_t y = a.y; y <= b.y; ++y) cores.push_back({x, y});
        }
    }
    return cores;
}

std::string to_string(CoreCoord core) {
    return fmt::format("({},{})", core.x, core.y);
}

std::string to_string(const CoreRangeSet& set) {
    std::string text;
    for (const CoreRange& range : set.ranges()) {
        if (!text.empty()) text += ' ';
        text += to_string(range.start_coord);
        if (range.size() > 1) text += "-" + to_string(range.end_coord);
    }
    return text;
}

}  // namespace loom
