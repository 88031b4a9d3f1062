// Pages of circular buffers whose bytes have not been brought to L1, because nobody has looked at them there.
#include "runtime/core/lent_pages.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tile/silicon/tiles.hpp"

namespace loom::runtime {
namespace {

std::byte* at(std::uint32_t address) {
    return reinterpret_cast<std::byte*>(std::uintptr_t{address});
}

}  // namespace

void LentPages::start(const std::array<CircularBuffer, kNumCircularBuffers>& cbs, bool silicon) {
    silicon_ = silicon;
    lent_ = owing_ = lent_end_ = 0;
    next_address_ = 0;
    buffers_.resize(kNumCircularBuffers);
    for (std::uint32_t i = 0; i < kNumCircularBuffers; ++i) {
        const CircularBuffer& cb = cbs[i];
        Buffer& buffer = buffers_[i];
        buffer.pages.clear();
        buffer.may_lend = cb.exists && cb.overlaps == 1u << i;
        if (!buffer.may_lend) continue;
        buffer.format = cb.config.format;
        buffer.base = cb.base;
        buffer.page_bytes = cb.config.page_bytes;
        const bool tiles =
            cb.config.page_bytes == tile_bytes(cb.config.format) && cb.config.page_bytes == cb.tile_size;
        buffer.tile_shift = tiles ? std::countr_zero(cb.config.page_bytes) : -1;
        buffer.num_pages = cb.config.num_pages();
    }
}

bool LentPages::find_page(std::uint32_t address) {
    for (std::uint32_t i = 0; i < kNumCircularBuffers; ++i) {
        Buffer& buffer = buffers_[i];
        if (!buffer.may_lend || address < buffer.base) continue;
        const std::uint32_t page = (address - buffer.base) / buffer.page_bytes;
        if (page >= buffer.num_pages) continue;
        if (address != buffer.base + page * buffer.page_bytes) return false;
        buffer.pages.resize(buffer.num_pages);
        next_address_ = address;
        next_cb_ = i;
        next_page_ = page;
        return true;
    }
    return false;
}

bool LentPages::sticks(std::uint32_t cb, std::uint32_t address, std::uint32_t count,
                       std::uint32_t pitch_bytes, tile::Sticks& sticks) {
    for (std::uint32_t i = 0; i < count; ++i) sticks[i] = at(address + i * pitch_bytes);
    if (!any(cb)) return false;
    const Buffer& buffer = buffers_[cb];
    const std::uint32_t first = (address - buffer.base) / buffer.page_bytes;
    const std::uint32_t offset = (address - buffer.base) % buffer.page_bytes;
    if (buffer.page_bytes != pitch_bytes || first + count > buffer.pages.size() ||
        std::any_of(buffer.pages.begin() + first, buffer.pages.begin() + first + count,
                    [](const Page& page) { return page.operand.in_sticks || page.owed(); })) {
        settle(cb);
        return false;
    }
    bool all = true;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto* const source = static_cast<const std::byte*>(buffer.pages[first + i].operand.data);
        if (source != nullptr) sticks[i] = source + offset;
        all &= source != nullptr;
    }
    return all;
}

bool LentPages::lend_tiles(std::uint32_t cb, std::uint32_t address, std::uint32_t tiles,
                           const tile::Sticks& sticks, std::uint32_t rows) {
    Buffer& buffer = buffers_[cb];
    if (!buffer.may_lend || buffer.tile_shift < 0 || (address - buffer.base) % buffer.page_bytes != 0)
        return false;
    const std::uint32_t first = (address - buffer.base) >> buffer.tile_shift;
    if (first + tiles > buffer.num_pages) return false;
    if ((owing_ >> cb & 1u) != 0) settle(cb);
    buffer.pages.resize(buffer.num_pages);
    if (buffer.rows.size() < buffer.num_pages) buffer.rows.resize(buffer.num_pages);
    if (buffer.rows[first] == nullptr) buffer.rows[first] = std::make_unique<Row>();
    Row& row = *buffer.rows[first];
    // Of a longer row that began here some tiles may be left.
    const auto number = [](const Page& page) { return page.row & ~kFewRows; };
    const auto last = buffer.pages.begin() + std::min(first + std::max(row.tiles, tiles), buffer.num_pages);
    if (std::ranges::find(buffer.pages.begin() + first + tiles, last, first, number) != last) settle(cb);

    row.sticks = sticks;
    row.rows = rows;
    row.tiles = tiles;
    row.first_rows.clear();
    const tile::Operand leftmost{&row.sticks, buffer.format, true, 0};
    const std::uint32_t named = first | (rows < tile::kSide ? kFewRows : 0);
    for (std::uint32_t i = 0; i < tiles; ++i)
        buffer.pages[first + i] = {leftmost.after(i * leftmost.next_bytes()), named};
    if (!any(cb)) has_lent(cb);
    return true;
}

void LentPages::has_lent(std::uint32_t cb) {
    lent_ |= 1u << cb;
    const Buffer& buffer = buffers_[cb];
    lent_end_ = std::max(lent_end_, buffer.base + buffer.num_pages * buffer.page_bytes);
}

tile::Operand LentPages::tile_in_l1(std::uint32_t cb, std::uint32_t address) {
    settle(cb);
    return {at(address), buffers_[cb].format};
}

const float* LentPages::first_row_at(std::uint32_t cb, std::uint32_t address) {
    const Buffer& buffer = buffers_[cb];
    if (buffer.tile_shift < 0) return nullptr;
    const Page& page = buffer.pages[(address - buffer.base) >> buffer.tile_shift];
    if (!page.operand.in_sticks) return nullptr;
    Row& row = *buffer.rows[page.row & ~kFewRows];
    if (row.first_rows.empty()) {
        row.first_rows.resize(row.tiles);
        const tile::Operand leftmost{&row.sticks, buffer.format, true, 0};
        for (std::size_t i = 0; i < row.tiles; ++i)
            tile::first_row(leftmost.after(i * leftmost.next_bytes()), row.first_rows[i].data());
    }
    return known_first_row_at(cb, address);
}

void LentPages::settle(const Buffer& buffer, std::uint32_t page) const {
    std::byte* const to = at(buffer.base + page * buffer.page_bytes);
    const tile::Operand& lent = buffer.pages[page].operand;
    if (!lent.in_sticks) return void(std::memcpy(to, lent.data, buffer.page_bytes));
    const Row& row = *buffer.rows[buffer.pages[page].row & ~kFewRows];
    tile::tilize_to_tiles(lent.sticks(), lent.offset, row.rows, lent.format, 1, lent.format, to);
    if (silicon_) tile::silicon::pack_again(lent.format, to, 1);
}

OwedSticks* LentPages::owe(std::uint32_t cb, std::uint32_t address, std::uint32_t pitch_bytes,
                           std::uint32_t tile, std::uint32_t tiles) {
    Buffer& buffer = buffers_[cb];
    const std::uint32_t first = buffer.may_lend ? (address - buffer.base) / buffer.page_bytes : 0;
    const auto refuse = [&]() -> OwedSticks* {
        settle(cb);
        return nullptr;
    };
    if (!buffer.may_lend || buffer.page_bytes != pitch_bytes || first + tile::kSide > buffer.num_pages)
        return refuse();
    buffer.pages.resize(buffer.num_pages);
    buffer.owed.resize(buffer.num_pages);
    std::unique_ptr<OwedSticks>& owed = buffer.owed[first];
    if (tile != 0) {
        const bool goes_on =
            buffer.pages[first].row == (first | kOwed) && owed->tiles() == tiles && owed->count() == tile;
        return goes_on ? owed.get() : refuse();
    }
    // What lies there now is replaced, if it is this row or none; else some of another row would be left.
    for (std::uint32_t i = first; i < first + tile::kSide; ++i)
        if (buffer.pages[i].lent() && buffer.pages[i].row != (first | kOwed)) return refuse();
    if (owed == nullptr) owed = std::make_unique<OwedSticks>();
    owed->begin(tiles, buffer.format);
    std::fill_n(buffer.pages.begin() + first, tile::kSide, Page{{owed.get(), buffer.format}, first | kOwed});
    if (!any(cb)) has_lent(cb);
    owing_ |= 1u << cb;
    return owed.get();
}

OwedSticks* LentPages::find_owed(std::uint32_t address, std::uint32_t bytes, std::uint32_t& stick) const {
    for (std::uint32_t left = owing_; left != 0; left &= left - 1) {
        const Buffer& buffer = buffers_[static_cast<std::size_t>(std::countr_zero(left))];
        const std::uint32_t page = (address - buffer.base) / buffer.page_bytes;
        if (address < buffer.base || page >= buffer.num_pages) continue;
        if (!buffer.pages[page].owed() || bytes != buffer.page_bytes ||
            address != buffer.base + page * buffer.page_bytes)
            return nullptr;
        const std::uint32_t first = buffer.pages[page].row & ~kOwed;
        stick = page - first;
        OwedSticks* const owed = buffer.owed[first].get();
        return owed->count() == owed->tiles() ? owed : nullptr;
    }
    return nullptr;
}

void LentPages::settle_owed(const Buffer& buffer, std::uint32_t page) const {
    const std::uint32_t row = buffer.pages[page].row;
    const std::uint32_t first = row & ~kOwed;
    std::vector<std::byte> nobody(buffer.page_bytes);  // where sticks go in whose place something else lies
    tile::OutSticks sticks;
    for (std::uint32_t i = 0; i < tile::kSide; ++i)
        sticks[i] = buffer.pages[first + i].row == row ? at(buffer.base + (first + i) * buffer.page_bytes)
                                                       : nobody.data();
    buffer.owed[first]->write(sticks, false);
}

void LentPages::settle(std::uint32_t cb) {
    Buffer& buffer = buffers_[cb];
    if (!any(cb)) return;
    for (std::uint32_t page = 0; page < buffer.pages.size(); ++page) {
        if (!buffer.pages[page].lent()) continue;
        if (!buffer.pages[page].owed()) settle(buffer, page);
        // All sticks of a row at once.
        else if (page == 0 || buffer.pages[page].row != buffer.pages[page - 1].row)
            settle_owed(buffer, page);
    }
    std::ranges::fill(buffer.pages, Page{});
    lent_ &= ~(1u << cb);
    owing_ &= ~(1u << cb);
}

void LentPages::settle() {
    while (lent_ != 0) settle(static_cast<std::uint32_t>(std::countr_zero(lent_)));
}

void LentPages::overwrite(std::uint32_t cb, std::uint32_t address, std::uint32_t bytes) {
    Buffer& buffer = buffers_[cb];
    const std::uint32_t first = (address - buffer.base) / buffer.page_bytes;
    const std::uint32_t count = bytes / buffer.page_bytes;
    if ((owing_ >> cb & 1u) != 0 || buffer.base + first * buffer.page_bytes != address ||
        count * buffer.page_bytes != bytes)
        return settle(cb);
    std::fill_n(buffer.pages.begin() + first, count, Page{});
}

void LentPages::settle_around(std::uint32_t address, std::uint32_t bytes) {
    for (std::uint32_t left = lent_; left != 0; left &= left - 1) {
        const auto cb = static_cast<std::uint32_t>(std::countr_zero(left));
        const Buffer& buffer = buffers_[cb];
        const std::uint64_t end = buffer.base + std::uint64_t{buffer.page_bytes} * buffer.pages.size();
        if (address < end && std::uint64_t{address} + bytes > buffer.base) settle(cb);
    }
}

}  // namespace loom::runtime
