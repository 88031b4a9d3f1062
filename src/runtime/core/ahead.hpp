// What a core will probably read next from DRAM, brought into the cache while it computes.
//
// Readers fetch page after page of a tensor, a batch before each barrier. So, for each page read, the one that is a batch
// further on is expected, and lines of it are prefetched with each compute call that reads a tile: as many as make all of
// a batch come in the calls that one has taken before, since lines that are asked for at once keep those waiting that are
// needed now. A wrong guess costs nothing but the prefetch: it is no access, for any rule.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace loom::runtime {

class Ahead {
public:
    void expect(const std::byte* data, std::uint32_t bytes) {
        ranges_[expected_ % kRanges] = {data, data + bytes};
        if (++expected_ - taken_ > kRanges) taken_ = expected_ - kRanges;
        lines_ += bytes / 64;
        if (now_.at >= now_.end) take_next();
    }
    /// With each compute call that reads a tile, as a rule of the input: the next lines.
    void fetch() {
        ++calls_;
        const std::byte* at = now_.at;
        if (at >= now_.end) return;
        for (const std::byte* const end = at + 64 * std::size_t{at_once_}; at != end; at += 128) {
            __builtin_prefetch(at, 0, 2);
            __builtin_prefetch(at + 64, 0, 2);
        }
        now_.at = at;
        if (at >= now_.end) take_next();
    }
    /// A batch is complete: what was expected since the last one comes with the calls until the next.
    void pace() {
        if (calls_ == 0) return;
        at_once_ = std::clamp(((lines_ + calls_ - 1) / calls_ + 1) & ~1u, 2u, 16u);
        calls_ = lines_ = 0;
    }
    void clear() {
        taken_ = expected_ = 0;
        now_ = {};
        calls_ = lines_ = 0;
        at_once_ = 16;
    }

private:
    struct Range {
        const std::byte* at = nullptr;
        const std::byte* end = nullptr;
    };
    static constexpr std::size_t kRanges = 64;

    void take_next() {
        if (taken_ != expected_) now_ = ranges_[taken_++ % kRanges];
    }

    std::uint32_t at_once_ = 16;  ///< lines, an even number
    std::uint32_t calls_ = 0;
    Range now_;  ///< what is left of the one that is being fetched
    std::array<Range, kRanges> ranges_;
    std::size_t taken_ = 0;
    std::size_t expected_ = 0;
    std::uint32_t lines_ = 0;
};

}  // namespace loom::runtime
