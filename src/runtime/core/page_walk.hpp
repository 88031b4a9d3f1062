// Where the pages of an interleaved tensor lie, for kernels that go through them in order.
#pragma once

#include <cstdint>

#include "runtime/core/chip.hpp"

namespace loom::runtime {

/// What a kernel's accessor names, of a page: page p is in bank p mod banks, at row p / banks.
struct InterleavedPages {
    bool dram = false;
    std::uint32_t base = 0;
    std::uint32_t page_bytes = 0;
    std::uint32_t offset = 0;  ///< into the page
    bool operator==(const InterleavedPages&) const = default;
};

/// The NoC addresses of pages; of the one after the last without a division.
class PageWalk {
public:
    std::uint64_t seek(const Chip& chip, const InterleavedPages& pages, std::uint32_t page) {
        if (pages == pages_ && page == page_ + 1 && page != 0) [[likely]] {
            page_ = page;
            if (++bank_ == banks_) {
                bank_ = 0;
                byte_ += pitch_;
            }
        } else {
            divide(chip, pages, page);
        }
        if (pages.dram) [[likely]]
            return address_ = NocAddress::make(bank_, NocAddress::kDramRow, byte_);
        const CoreCoord at = chip.noc_of(chip.l1_bank_core(bank_));
        return address_ = NocAddress::make(at.x, at.y, byte_);
    }

    /// Of what seek() was last asked for.
    const InterleavedPages& pages() const { return pages_; }
    std::uint32_t page() const { return page_; }
    std::uint64_t address() const { return address_; }

private:
    void divide(const Chip& chip, const InterleavedPages& pages, std::uint32_t page) {
        const ArchSpec& spec = chip.spec();
        const std::uint32_t alignment = pages.dram ? spec.dram_alignment : spec.l1_alignment;
        pages_ = pages;
        page_ = page;
        banks_ = pages.dram ? spec.dram_banks : chip.num_l1_banks();
        pitch_ = (std::uint64_t{pages.page_bytes} + alignment - 1) & ~std::uint64_t{alignment - 1};
        const std::uint32_t row = page / banks_;
        bank_ = page - row * banks_;
        byte_ = pages.base + row * pitch_ + pages.offset;
    }

    InterleavedPages pages_;
    std::uint32_t page_ = ~0u;  ///< before the first seek(): no page is the one after that
    std::uint32_t bank_ = 0;
    std::uint32_t banks_ = 0;
    std::uint64_t pitch_ = 0;
    std::uint64_t byte_ = 0;  ///< from the start of the bank
    std::uint64_t address_ = 0;
};

}  // namespace loom::runtime
