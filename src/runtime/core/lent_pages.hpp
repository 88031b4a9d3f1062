// Pages of circular buffers whose bytes have not been brought to L1, because nobody has looked at them there.
//
// A NoC read of a whole page from DRAM leaves the page lent: it is known where its bytes are, and what takes pages by
// calls, UNPACK, gets them from there. Tiles that tilize_block makes of lent sticks are lent too: of each, the sticks
// are known. And sticks that PACK untilizes out of lent tiles are owed: it is known how to make them (owed_sticks.hpp).
// Whoever would see the bytes in L1 itself has them brought first, settled: the kernel's own loads and
// stores (kernel_api/hooks.cpp), and NoC transfers from and to L1. A page is lent until something else lies in its
// place; that it was popped changes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/core/circular_buffer.hpp"
#include "runtime/core/owed_sticks.hpp"
#include "tile/tile_ops.hpp"

namespace loom::runtime {

/// Of one core. Buffers are named by index, places in L1 by address.
class LentPages {
public:
    /// Nothing is lent; `cbs` are the core's buffers, which outlive this. In `silicon` numerics tiles of sticks are what the
    /// packer leaves of them.
    void start(const std::array<CircularBuffer, kNumCircularBuffers>& cbs, bool silicon);

    /// Whether some page of a buffer, or of any, is lent.
    bool any(std::uint32_t cb) const { return (lent_ >> cb & 1u) != 0; }
    bool any() const { return lent_ != 0; }

    /// The page at `address` becomes `bytes` bytes at `source`. False, and nothing has changed, where that is no page
    /// of a buffer that has its memory to itself.
    bool lend(std::uint32_t address, const std::byte* source, std::uint32_t bytes) {
        if (address != next_address_ && !find_page(address)) return false;
        Buffer& buffer = buffers_[next_cb_];
        if (bytes != buffer.page_bytes) return false;
        if ((owing_ >> next_cb_ & 1u) != 0) settle(next_cb_);
        buffer.pages[next_page_] = {{source, buffer.format}, kNoRow};
        if (!any(next_cb_)) has_lent(next_cb_);
        ++next_page_;
        next_address_ += bytes;
        if (next_page_ == buffer.pages.size()) next_page_ = 0, next_address_ = buffer.base;
        return true;
    }

    /// Where `count` sticks lie that follow one another in a buffer from `address` on, `pitch_bytes` apart. Returns
    /// whether all of them are lent. Settles the buffer where its pages are not those sticks.
    bool sticks(std::uint32_t cb, std::uint32_t address, std::uint32_t count, std::uint32_t pitch_bytes,
                tile::Sticks& sticks);
    /// The `tiles` tiles at `address` become those of the first `rows` of `sticks`, in the buffer's format. False, and nothing has changed, where no such tiles can be lent.
    bool lend_tiles(std::uint32_t cb, std::uint32_t address, std::uint32_t tiles, const tile::Sticks& sticks,
                    std::uint32_t rows);
    /// The tile at `address`, a page of a buffer with lent pages, to be read from where it is.
    tile::Operand tile_at(std::uint32_t cb, std::uint32_t address) {
        const tile::Operand* const tile = lent_tile_at(cb, address);
        return tile != nullptr ? *tile : tile_in_l1(cb, address);
    }
    /// The same where it is lent and can be read so, else null.
    const tile::Operand* lent_tile_at(std::uint32_t cb, std::uint32_t address) const {
        const Buffer& buffer = buffers_[cb];
        if (buffer.tile_shift < 0) return nullptr;
        const Page& page = buffer.pages[(address - buffer.base) >> buffer.tile_shift];
        return page.operand.data != nullptr && page.row < kFewRows ? &page.operand : nullptr;
    }
    /// Row 0 of that tile, 32 floats that stay as long as it is lent; null where it has not been lent in sticks, or where
    /// nobody has asked first_row_at() for any tile of its row.
    const float* known_first_row_at(std::uint32_t cb, std::uint32_t address) const {
        const Buffer& buffer = buffers_[cb];
        if (buffer.tile_shift < 0) return nullptr;
        const std::uint32_t page = (address - buffer.base) >> buffer.tile_shift;
        if (!buffer.pages[page].operand.in_sticks) return nullptr;
        const std::uint32_t first = buffer.pages[page].row & ~kFewRows;
        const Row& row = *buffer.rows[first];
        return row.first_rows.empty() ? nullptr : row.first_rows[page - first].data();
    }
    /// The same, but found where nobody has asked before.
    const float* first_row_at(std::uint32_t cb, std::uint32_t address);

    /// PACK is about to untilize tiles from `tile` on into a row of `tiles` whose 32 sticks begin at `address`,
    /// `pitch_bytes` apart: where those can be owed, what takes the tiles; else null, and the buffer is settled.
    OwedSticks* owe(std::uint32_t cb, std::uint32_t address, std::uint32_t pitch_bytes, std::uint32_t tile,
                    std::uint32_t tiles);
    /// What owes the page of `bytes` bytes at `address`, whole, as its stick number `stick`; null where nothing does.
    OwedSticks* owed_at(std::uint32_t address, std::uint32_t bytes, std::uint32_t& stick) const {
        return address < lent_end_ && owing_ != 0 ? find_owed(address, bytes, stick) : nullptr;
    }

    /// Brings the bytes of all lent pages of a buffer, or of all buffers, to L1.
    void settle(std::uint32_t cb);
    void settle();
    /// Before `bytes` bytes at `address` of a buffer with lent pages are written, all of them: pages wholly covered
    /// are lent no more, and where others are touched, the buffer is settled.
    void overwrite(std::uint32_t cb, std::uint32_t address, std::uint32_t bytes);
    /// Before a kernel or a transfer touches bytes from `address` on: settles buffers that have some of them.
    void settle_at(std::uint32_t address, std::uint32_t bytes) {
        if (address < lent_end_ && lent_ != 0) settle_around(address, bytes);
    }

private:
    struct alignas(64) FirstRow : std::array<float, tile::kSide> {};
    /// What one tilize_block made.
    struct Row {
        tile::Sticks sticks;
        std::uint32_t rows = 0;  ///< of the tiles; what lies below is zero
        std::uint32_t tiles = 0;
        std::vector<FirstRow> first_rows;  ///< of the tiles, once somebody has asked; else none
    };
    static constexpr std::uint32_t kNoRow = ~0u >> 2;
    static constexpr std::uint32_t kFewRows = 1u << 30;  ///< the row's tiles have fewer than 32
    static constexpr std::uint32_t kOwed = 1u << 31;     ///< the operand's data are the OwedSticks
    /// Lent where it has an operand; else its bytes are in L1.
    struct Page {
        tile::Operand operand{};
        std::uint32_t row = kNoRow;  ///< of tiles in sticks, or of sticks: the one that begins with this page
        bool lent() const { return operand.data != nullptr; }
        bool owed() const { return (row & kOwed) != 0; }
    };
    struct Buffer {
        bool may_lend = false;
        DataFormat format = DataFormat::Float32;
        std::uint32_t base = 0;
        std::uint32_t page_bytes = 0;
        std::uint32_t num_pages = 0;
        int tile_shift = -1;                            ///< log2(page_bytes), where a page is a tile
        std::vector<Page> pages;                        ///< none where none has been lent
        std::vector<std::unique_ptr<Row>> rows;         ///< by their first page
        std::vector<std::unique_ptr<OwedSticks>> owed;  ///< by their first page
    };

    bool find_page(std::uint32_t address);
    void settle_around(std::uint32_t address, std::uint32_t bytes);
    void settle(const Buffer& buffer, std::uint32_t page) const;
    void settle_owed(const Buffer& buffer, std::uint32_t page) const;
    OwedSticks* find_owed(std::uint32_t address, std::uint32_t bytes, std::uint32_t& stick) const;
    tile::Operand tile_in_l1(std::uint32_t cb, std::uint32_t address);
    void has_lent(std::uint32_t cb);

    bool silicon_ = false;
    std::uint32_t lent_ = 0;      ///< one bit a buffer
    std::uint32_t owing_ = 0;     ///< those of them that have owed sticks
    std::uint32_t lent_end_ = 0;  ///< no lent page lies behind that
    /// The page after the last that was lent by lend().
    std::uint32_t next_address_ = 0;
    std::uint32_t next_cb_ = 0;
    std::uint32_t next_page_ = 0;
    std::vector<Buffer> buffers_;  ///< one a circular buffer
};

}  // namespace loom::runtime
