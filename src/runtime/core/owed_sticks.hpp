// Sticks that PACK has untilized in name only: it is known how each tile of the row is made, and the sticks are written where
// they are wanted, by a NoC write to DRAM, or in L1 if somebody looks at them there (lent_pages.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tile/chain.hpp"
#include "tile/silicon/tiles.hpp"

namespace loom::runtime {

/// One row of tiles, as 32 sticks.
class OwedSticks {
public:
    /// Starts anew with a row of `tiles` tiles that PACK will have packed in `format`.
    void begin(std::uint32_t tiles, DataFormat format) {
        chip_.reset();
        tiles_ = tiles;
        format_ = format;
        count_ = 0;
        steps_.clear();
        programs_.clear();
        made_.clear();
        vectors_.clear();
        used_ = 0;
        destinations_ = {};
        num_destinations_ = 0;
        next_block();
    }
    /// Before the tiles of another section of DST: vectors in the same place are others.
    void next_block() { ++block_; }
    /// Takes the next tile, as a copy of what makes it. False, and nothing has changed, where that reads anything but
    /// one tile in sticks, of sticks that all tiles of the row share, and vectors.
    bool add(tile::Chain& chain, const tile::silicon::Mode* chip);

    std::uint32_t count() const { return count_; }
    std::uint32_t tiles() const { return tiles_; }

    /// Where stick `stick` is to go, of as many bytes as all tiles make. False where that is known already.
    bool send(std::uint32_t stick, std::byte* to) {
        if (destinations_[stick] != nullptr) return false;
        destinations_[stick] = to;
        ++num_destinations_;
        return true;
    }
    /// Null where it is not known.
    const tile::OutSticks& destinations() const { return destinations_; }
    /// Whether all are known, lie apart, and are whole lines with `aligned`.
    bool may_write(bool& aligned) const;
    bool all_known() const { return num_destinations_ == tile::kSide; }
    void forget_destinations() {
        destinations_ = {};
        num_destinations_ = 0;
    }
    /// Makes the tiles, into these sticks.
    void write(const tile::OutSticks& sticks, bool past_caches);

private:
    using Vector = std::array<float, tile::kSide>;
    struct alignas(64) Kept {
        Vector values;
    };
    const float* keep(std::size_t number, const float* values);

    std::optional<tile::silicon::Mode> chip_;  ///< in silicon numerics
    std::uint32_t tiles_ = 0;
    std::uint32_t count_ = 0;
    DataFormat format_ = DataFormat::Float32;
    const tile::Sticks* source_ = nullptr;  ///< the sticks that chains were made for,
    tile::Sticks sticks_{};                 ///< and a copy
    /// What makes tiles: these steps, and one behind them for where the tile goes. All tiles of a row have one, as a rule.
    struct Program {
        std::size_t first = 0;
        std::size_t count = 0;
    };
    struct Made {
        std::size_t program = 0;
        std::size_t offset = 0;        ///< of what it loads, in the sticks
        std::size_t first_vector = 0;  ///< of vectors_
    };
    std::vector<tile::Step> steps_;
    std::vector<Program> programs_;
    std::vector<Made> made_;             ///< one a tile
    std::vector<const float*> vectors_;  ///< of one tile after another
    static constexpr std::size_t kTogether = 64;
    std::vector<std::unique_ptr<std::array<Kept, kTogether>>> kept_;
    std::size_t used_ = 0;  ///< of kept_
    struct Copy {
        const float* of = nullptr;
        const float* copy = nullptr;
        std::uint64_t block = 0;
    };
    std::array<Copy, tile::Chain::kMaxSteps> copies_;  ///< by vector of a chain, the last
    std::uint64_t block_ = 0;
    tile::OutSticks destinations_{};
    std::uint32_t num_destinations_ = 0;
};

}  // namespace loom::runtime
