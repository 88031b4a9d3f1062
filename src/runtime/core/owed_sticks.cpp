// Sticks that PACK has untilized in name only.
#include "runtime/core/owed_sticks.hpp"

#include <algorithm>
#include <cstring>

namespace loom::runtime {

// Of the vectors of a block the first few are those of all its tiles: rows' means and deviations.
const float* OwedSticks::keep(const float* values) {
    for (std::size_t i = 0; i < num_copies_; ++i)
        if (copies_[i].of == values) return copies_[i].copy;
    if (used_ == kept_.size()) kept_.emplace_back();
    float* const copy = kept_[used_++].values.data();
    std::memcpy(copy, values, sizeof(Vector));
    if (num_copies_ < copies_.size()) copies_[num_copies_++] = {values, copy};
    return copy;
}

bool OwedSticks::add(tile::Chain& chain) {
    const tile::Sticks* const source = chain.sticks_if_all_else_is_vectors();
    if (source == nullptr || count_ == tiles_ || (count_ != 0 && source != source_)) return false;
    if (count_ == 0) {
        source_ = source;
        sticks_ = *source;
    }
    begins_.push_back(static_cast<std::uint32_t>(steps_.size()));
    ++count_;
    chain.copy_to(steps_, sticks_, [this](const float* values) { return keep(values); });
    return true;
}

bool OwedSticks::may_write(bool& aligned) const {
    const std::size_t bytes = std::size_t{tiles_} * tile::kSide * element_bytes(format_);
    tile::OutSticks sorted = destinations_;
    std::ranges::sort(sorted);
    aligned = true;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        aligned &= reinterpret_cast<std::uintptr_t>(sorted[i]) % 64 == 0;
        if (i != 0 && sorted[i] < sorted[i - 1] + bytes) return false;
    }
    return all_known();
}

void OwedSticks::write(const tile::OutSticks& sticks, bool past_caches) {
    for (std::uint32_t i = 0; i < count_; ++i) {
        const std::size_t end = i + 1 < count_ ? begins_[i + 1] : steps_.size();
        tile::run_to_sticks(&steps_[begins_[i]], end - begins_[i] - 1, format_, sticks,
                            std::size_t{i} * tile::kSide * element_bytes(format_), past_caches);
    }
}

}  // namespace loom::runtime
