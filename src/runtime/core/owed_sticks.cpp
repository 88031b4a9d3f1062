// Sticks that PACK has untilized in name only.
#include "runtime/core/owed_sticks.hpp"

#include <algorithm>
#include <cstring>

namespace loom::runtime {

// The first vectors of a block's chains are those of all its tiles: rows' means and deviations.
inline const float* OwedSticks::keep(std::size_t number, const float* values) {
    Copy& last = copies_[number];
    if (last.of == values && last.block == block_) return last.copy;
    if (used_ == kept_.size() * kTogether) kept_.push_back(std::make_unique<std::array<Kept, kTogether>>());
    float* const copy = (*kept_[used_ / kTogether])[used_ % kTogether].values.data();
    ++used_;
    std::memcpy(copy, values, sizeof(Vector));
    last = {values, copy, block_};
    return copy;
}

bool OwedSticks::add(tile::Chain& chain, const tile::silicon::Mode* chip) {
    if (count_ == tiles_) return false;
    if (chip != nullptr) chip_ = *chip;
    const auto repeats = [&](const Program& program) {
        return chain.repeats(&steps_[program.first], program.count, source_);
    };
    if (programs_.empty() || !repeats(programs_.back())) {
        const tile::Sticks* const source = chain.sticks_if_all_else_is_vectors();
        if (source == nullptr || (count_ != 0 && source != source_)) return false;
        source_ = source;
        sticks_ = *source;
        programs_.push_back({steps_.size(), chain.num_steps()});
        chain.copy_to(steps_, sticks_);
    }
    made_.push_back({programs_.size() - 1, chain.offset_in_sticks(), vectors_.size()});
    chain.for_each_vector(
        [this](std::size_t number, const float* values) { vectors_.push_back(keep(number, values)); });
    ++count_;
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
        const Made& tile = made_[i];
        const Program& program = programs_[tile.program];
        tile::run_to_sticks(&steps_[program.first], program.count, tile.offset,
                            vectors_.data() + tile.first_vector, format_, sticks,
                            std::size_t{i} * tile::kSide * element_bytes(format_), past_caches,
                            chip_ ? &*chip_ : nullptr);
    }
}

}  // namespace loom::runtime
