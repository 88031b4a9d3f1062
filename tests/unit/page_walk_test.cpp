// The NoC addresses of pages are those of the interleaving rule, in whatever order the pages are asked for.
#include <gtest/gtest.h>

#include <random>

#include "runtime/core/page_walk.hpp"

namespace loom::runtime {
namespace {

// The rule as docs/silicon.md has it: page p in bank p mod banks, at row p / banks, rows aligned pages apart.
std::uint64_t address_of(const Chip& chip, const InterleavedPages& pages, std::uint32_t page) {
    const std::uint32_t banks = pages.dram ? chip.spec().dram_banks : chip.num_l1_banks();
    const std::uint64_t alignment = pages.dram ? chip.spec().dram_alignment : chip.spec().l1_alignment;
    const std::uint64_t pitch = (pages.page_bytes + alignment - 1) / alignment * alignment;
    const std::uint64_t byte = pages.base + page / banks * pitch + pages.offset;
    if (pages.dram) return NocAddress::make(page % banks, NocAddress::kDramRow, byte);
    const CoreCoord core = chip.noc_of(chip.l1_bank_core(page % banks));
    return NocAddress::make(core.x, core.y, byte);
}

TEST(PageWalk, FindsEachPageWhateverCameBefore) {
    for (const Arch arch : {Arch::WORMHOLE_B0, Arch::BLACKHOLE}) {
        const Chip chip(arch);
        std::mt19937 random(1);
        const InterleavedPages tensors[] = {
            {true, 4096, 2048, 0}, {true, 4096, 2048, 64}, {true, 8192, 100, 0}, {false, 4096, 2048, 0}};
        PageWalk walk;
        std::size_t tensor = 0;
        std::uint32_t page = 1;  // of a fresh walk the page after 0, which nobody asked for
        for (int i = 0; i < 5000; ++i) {
            // Mostly the next one of the same tensor; else any, of any.
            if (random() % 16 == 0) tensor = random() % std::size(tensors);
            const InterleavedPages& pages = tensors[tensor];
            ASSERT_EQ(walk.seek(chip, pages, page), address_of(chip, pages, page)) << i << ", page " << page;
            EXPECT_EQ(walk.address(), address_of(chip, pages, page));
            EXPECT_TRUE(walk.pages() == pages && walk.page() == page);
            page = random() % 8 == 0 ? static_cast<std::uint32_t>(random() % 1000) : page + 1;
        }
    }
}

TEST(PageWalk, TheLastPageHasNoNext) {
    const Chip chip(Arch::WORMHOLE_B0);
    const InterleavedPages pages{true, 0, 32, 0};
    PageWalk walk;
    EXPECT_EQ(walk.seek(chip, {}, 0), address_of(chip, {}, 0));
    walk.seek(chip, pages, ~0u);
    EXPECT_EQ(walk.seek(chip, pages, 0), address_of(chip, pages, 0));
}

}  // namespace
}  // namespace loom::runtime
