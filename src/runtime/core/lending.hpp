// What the cores of one launch agree on before they lend pages (lent_pages.hpp): that the bytes do not change where they
// are, and that no core looks at them in the L1 of another.
//
// Parts of DRAM, as they were allocated, are either lent or written. When a core is about to write what is lent, or to
// reach into the L1 of another core, lending ends for the whole launch: each core settles what it has at its next step,
// and that one waits until all have. What a core has lent outlives it for that reason, but not the launch: circular
// buffers are a program's.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/core/lent_pages.hpp"

namespace loom::runtime {

/// The same bytes of every DRAM bank.
struct DramRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool holds(std::uint64_t offset) const { return offset >= begin && offset < end; }
    bool operator==(const DramRange&) const = default;
};

class Lending {
public:
    using RangeOf = std::function<DramRange(std::uint64_t offset)>;

    /// `range_of` gives the allocation that holds an offset; none: all of DRAM is one. `epoch` grows when somebody who
    /// waits for lenders may go on.
    void start(bool on, RangeOf range_of, std::atomic<std::uint64_t>& epoch, std::size_t cores) {
        on_ = on;
        cores_ = cores;
        range_of_ = std::move(range_of);
        epoch_ = &epoch;
    }
    /// Whether this launch lends at all.
    bool on() const { return on_; }
    bool over() const { return over_.load(std::memory_order_acquire); }
    bool any_lender() const { return lenders_.load(std::memory_order_acquire) != 0; }

    /// Whether pages may be lent of the allocation around `offset`, which is `range`. The caller is a lender then.
    bool lend(std::uint64_t offset, bool& lender, DramRange& range) {
        const std::lock_guard lock(mutex_);
        range = range_at(offset);
        if (over() || contains(written_, range)) return false;
        add(lent_, range);
        if (!std::exchange(lender, true)) ++lenders_;
        return true;
    }
    /// The allocation around `offset`, about to be written; lending is over if it is lent.
    DramRange write(std::uint64_t offset) {
        const std::lock_guard lock(mutex_);
        const DramRange range = range_at(offset);
        add(written_, range);
        if (contains(lent_, range)) end();
        return range;
    }
    void end() { over_.store(true, std::memory_order_release); }
    /// The caller, a lender, has settled, or ended and leaves what it has lent.
    void give_up(bool& lender, LentPages* left) {
        const std::lock_guard lock(mutex_);
        if (left != nullptr && left->any() && cores_ > 1) {
            if (over())
                left->settle();
            else
                ended_.push_back(std::exchange(*left, {}));
        }
        lender = false;
        --lenders_;
        epoch_->fetch_add(over() ? 1 : 0, std::memory_order_acq_rel);
    }
    /// What cores that have ended left comes to their L1.
    void settle_ended() {
        const std::lock_guard lock(mutex_);
        for (LentPages& left : ended_) left.settle();
        ended_.clear();
    }

private:
    DramRange range_at(std::uint64_t offset) const {
        return range_of_ ? range_of_(offset) : DramRange{0, ~std::uint64_t{0}};
    }
    static bool contains(const std::vector<DramRange>& ranges, DramRange range) {
        return std::ranges::find(ranges, range) != ranges.end();
    }
    static void add(std::vector<DramRange>& ranges, DramRange range) {
        if (!contains(ranges, range)) ranges.push_back(range);
    }

    bool on_ = false;
    std::size_t cores_ = 0;
    RangeOf range_of_;
    std::atomic<std::uint64_t>* epoch_ = nullptr;
    std::mutex mutex_;
    std::vector<LentPages> ended_;
    std::vector<DramRange> lent_;
    std::vector<DramRange> written_;
    std::atomic<bool> over_{false};
    std::atomic<std::uint32_t> lenders_{0};  ///< cores that may have lent pages
};

}  // namespace loom::runtime
