// The DST register file: tiles of floats in one or two sections, handed from MATH to PACK and back.
#pragma once

#include <array>
#include <cstdint>

namespace loom::runtime {

struct DstConfig {
    bool fp32 = false;       ///< 32-bit DST (fp32_dest_acc_en); else each result is rounded to bfloat16
    bool full_sync = false;  ///< one section instead of two
    /// Tiles of one section: 8, halved by fp32, doubled by full sync.
    std::uint32_t capacity() const { return 8u / (fp32 ? 2 : 1) * (full_sync ? 2 : 1); }
    std::uint32_t sections() const { return full_sync ? 1 : 2; }
};

class Dst {
public:
    void reset(DstConfig config) {
        config_ = config;
        math_section_ = pack_section_ = committed_ = 0;
        defined_ = {};
        acquired_ = false;
    }

    const DstConfig& config() const { return config_; }
    bool can_acquire() const { return committed_ < config_.sections(); }
    bool acquired() const { return acquired_; }
    /// Sections that MATH committed and PACK has not released.
    std::uint32_t committed() const { return committed_; }

    void acquire() { acquired_ = true; }
    void commit() {
        acquired_ = false;
        ++committed_;
        math_section_ = (math_section_ + 1) % config_.sections();
    }
    /// Leaves the section cleared: undefined, which packs and sums take for zero.
    void release() {
        defined_[pack_section_] = 0;
        --committed_;
        pack_section_ = (pack_section_ + 1) % config_.sections();
    }

    float* math_tile(std::uint32_t index) { return tiles_[slot(math_section_, index)].data(); }
    bool math_defined(std::uint32_t index) const { return (defined_[math_section_] >> index & 1u) != 0; }
    void math_define(std::uint32_t index) { defined_[math_section_] |= 1u << index; }

    const float* pack_tile(std::uint32_t index) const { return tiles_[slot(pack_section_, index)].data(); }
    bool pack_defined(std::uint32_t index) const { return (defined_[pack_section_] >> index & 1u) != 0; }

private:
    using Tile = std::array<float, 1024>;
    std::size_t slot(std::uint32_t section, std::uint32_t index) const {
        return std::size_t{section} * config_.capacity() + index;
    }

    alignas(64) std::array<Tile, 16> tiles_;
    DstConfig config_;
    std::uint32_t math_section_ = 0;
    std::uint32_t pack_section_ = 0;
    std::uint32_t committed_ = 0;
    std::array<std::uint32_t, 2> defined_{};  ///< one bit a tile, by section
    bool acquired_ = false;
};

}  // namespace loom::runtime
