// Vector clocks: which accesses of other threads a thread knows to lie behind it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace loom::checker {

/// One counter a thread of the program; absent ones are 0.
class Clock {
public:
    std::uint32_t of(std::uint32_t thread) const { return thread < counts_.size() ? counts_[thread] : 0; }
    void tick(std::uint32_t thread) {
        if (thread >= counts_.size()) counts_.resize(thread + 1);
        ++counts_[thread];
    }
    void join(const Clock& other) {
        if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
        for (std::size_t i = 0; i < other.counts_.size(); ++i)
            counts_[i] = std::max(counts_[i], other.counts_[i]);
    }

private:
    std::vector<std::uint32_t> counts_;
};

}  // namespace loom::checker
