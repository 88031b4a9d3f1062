// Who touched which bytes last, and whether that is ordered with who touches them now.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "observe/checker/clock.hpp"
#include "observe/checker/spot.hpp"

namespace loom::checker {

/// One access by one thread.
struct Access {
    std::uint32_t thread = 0;
    std::uint32_t time = 0;  ///< the thread's own count when it happened
    Spot spot;
    std::uint32_t called = 0;  ///< of a write that may have landed as late as `time`: when it was asked for
};

/// An access that nothing orders with another to the same bytes, one of the two being a write.
struct Conflict {
    Access access;
    bool write = false;
};

/// The last accesses to each byte of one memory (an L1, or a DRAM bank), as ranges.
class AccessHistory {
public:
    /// Notes an access to [begin, end) by a thread whose clock is `now`. Returns an earlier one that no order
    /// puts before it, at least one of the two being a write; nothing when there is none.
    std::optional<Conflict> note(std::uint64_t begin, std::uint64_t end, bool write, const Access& access,
                                 const Clock& now);

    /// The last write to a byte.
    std::optional<Access> last_write(std::uint64_t at) const;

private:
    struct Range {
        std::uint64_t end = 0;
        std::optional<Access> write;
        std::vector<Access> reads;  ///< since the write; one a thread
    };
    using Ranges = std::map<std::uint64_t, Range>;
    /// Makes `at` the border of two ranges, if it lies inside one.
    void split(std::uint64_t at);
    /// Ranges over all of [begin, end), the gaps filled; the first of them.
    Ranges::iterator cover(std::uint64_t begin, std::uint64_t end);
    /// Makes the ranges [first, last), just written up to `end`, one; and one with the write before it, if that
    /// is of the same loop.
    void join(Ranges::iterator first, Ranges::iterator last, std::uint64_t end);

    Ranges ranges_;
};

}  // namespace loom::checker
