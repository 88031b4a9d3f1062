// What a core will probably read next from DRAM, brought into the cache while it computes.
//
// Readers fetch page after page of a tensor, a batch before each barrier. So, for each page read, the one that is a batch
// further on is expected, and lines of it are prefetched with each compute call. A wrong guess costs nothing but the
// prefetch: it is no access, for any rule.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace loom::runtime {

class Ahead {
public:
    void expect(const std::byte* data, std::uint32_t bytes) {
        ranges_[end_ % kRanges] = {data, data + bytes};
        if (++end_ - next_ > kRanges) next_ = end_ - kRanges;
    }
    /// The next sixteen lines.
    void fetch() {
        if (next_ == end_) return;
        Range& range = ranges_[next_ % kRanges];
#pragma GCC unroll 16
        for (int line = 0; line < 16; ++line) __builtin_prefetch(range.at + 64 * line, 0, 2);
        range.at += 1024;
        if (range.at >= range.end) ++next_;
    }
    void clear() {
        next_ = end_ = 0;
    }

private:
    struct Range {
        const std::byte* at = nullptr;
        const std::byte* end = nullptr;
    };
    static constexpr std::size_t kRanges = 64;

    std::array<Range, kRanges> ranges_;
    std::size_t next_ = 0;
    std::size_t end_ = 0;
};

}  // namespace loom::runtime
