// What a core will probably read next from DRAM, brought into the cache while it computes.
//
// Readers fetch page after page of a tensor, a batch before each barrier. So, for each page read, the one that is a batch
// further on is expected, and lines of it are prefetched with each compute call: as many as make all of a batch come in
// the calls that one has taken before, since lines that are asked for at once keep those waiting that are needed now. A
// wrong guess costs nothing but the prefetch: it is no access, for any rule.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace loom::runtime {

class Ahead {
public:
    void expect(const std::byte* data, std::uint32_t bytes) {
        ranges_[end_ % kRanges] = {data, data + bytes};
        if (++end_ - next_ > kRanges) next_ = end_ - kRanges;
        lines_ += bytes / 64;
    }
    /// With each compute call: the next lines.
    void fetch() {
        ++calls_;
        if (next_ == end_) return;
        Range& range = ranges_[next_ % kRanges];
        for (std::uint32_t i = 0; i < at_once_; ++i) __builtin_prefetch(range.at + 64 * std::size_t{i}, 0, 2);
        range.at += 64 * std::size_t{at_once_};
        if (range.at >= range.end) ++next_;
    }
    /// A batch is complete: what was expected since the last one comes with the calls until the next.
    void pace() {
        if (calls_ == 0) return;
        at_once_ = std::clamp((lines_ + calls_ - 1) / calls_, 2u, 16u);
        calls_ = lines_ = 0;
    }
    void clear() {
        next_ = end_ = 0;
        calls_ = lines_ = 0;
        at_once_ = 16;
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
    std::uint32_t at_once_ = 16;
    std::uint32_t calls_ = 0;
    std::uint32_t lines_ = 0;
};

}  // namespace loom::runtime
