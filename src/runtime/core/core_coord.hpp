// Coordinates of cores, and sets of them, in tt-metal's names. Logical: (0,0) is the first compute core.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace loom {

struct CoreCoord {
    std::uint32_t x = 0;
    std::uint32_t y = 0;
    auto operator<=>(const CoreCoord&) const = default;
};

/// More columns or rows than a chip has: so that the cores of a set can be counted, and listed.
inline constexpr std::uint32_t kMostCoresAside = 1024;

/// A rectangle of cores, inclusive at both ends.
struct CoreRange {
    CoreCoord start_coord;
    CoreCoord end_coord;

    explicit CoreRange(CoreCoord core) : CoreRange(core, core) {}
    /// Throws CORE_RANGE when end is left of or above start, or beyond kMostCoresAside.
    CoreRange(CoreCoord start, CoreCoord end);

    std::uint32_t size() const {
        return (end_coord.x - start_coord.x + 1) * (end_coord.y - start_coord.y + 1);
    }
    bool contains(CoreCoord core) const;
    bool intersects(const CoreRange& other) const;
    bool operator==(const CoreRange&) const = default;
};

/// Disjoint rectangles of cores.
class CoreRangeSet {
public:
    CoreRangeSet() = default;
    explicit CoreRangeSet(CoreRange range) : ranges_{range} {}
    explicit CoreRangeSet(CoreCoord core) : ranges_{CoreRange(core)} {}
    /// Throws CORE_RANGE when two of the rectangles overlap.
    explicit CoreRangeSet(std::vector<CoreRange> ranges);

    const std::vector<CoreRange>& ranges() const { return ranges_; }
    bool empty() const { return ranges_.empty(); }
    std::uint32_t num_cores() const;
    bool contains(CoreCoord core) const;
    bool operator==(const CoreRangeSet&) const = default;

private:
    std::vector<CoreRange> ranges_;
};

/// The cores of a set, range by range; inside a range y is fastest, or x with `row_wise`.
std::vector<CoreCoord> corerange_to_cores(const CoreRangeSet& set, bool row_wise = false);

/// "(1,2)"
std::string to_string(CoreCoord core);
/// "(0,0)-(7,4) (0,5)-(3,5)"
std::string to_string(const CoreRangeSet& set);

}  // namespace loom
