// Page i of a buffer lies in bank i % banks, at row i / banks, rows being aligned pages apart.
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "program/device.hpp"

namespace loom {
namespace {

// metalium.md, 1.5: bfloat16 sticks of 40 elements on Wormhole.
TEST(BufferPages, StickThirteenIsInBankOneNinetySixBytesOn) {
    Device device;
    const Buffer buffer(device, 20 * 80, 80, BufferType::DRAM);
    EXPECT_EQ(buffer.aligned_page_size(), 96u);
    EXPECT_EQ(buffer.num_pages(), 20u);
    EXPECT_EQ(buffer.page(13), device.chip().dram(1) + buffer.address() + 96);
    EXPECT_EQ(buffer.page(0), device.chip().dram(0) + buffer.address());
}

TEST(BufferPages, BlackholeAlignsDramTo64) {
    Device device({.arch = Arch::BLACKHOLE});
    const Buffer buffer(device, 20 * 80, 80, BufferType::DRAM);
    EXPECT_EQ(buffer.aligned_page_size(), 128u);
    EXPECT_EQ(buffer.address() % 64, 0u);
    EXPECT_EQ(buffer.page(13), device.chip().dram(5) + buffer.address() + 128) << "eight banks";
}

TEST(BufferPages, L1AlignsTo16OnBoth) {
    for (const Arch arch : {Arch::WORMHOLE_B0, Arch::BLACKHOLE}) {
        Device device({.arch = arch});
        const std::uint32_t banks = device.num_banks(BufferType::L1);
        EXPECT_EQ(banks, device.spec().grid.x * device.spec().grid.y);
        const Buffer buffer(device, 300 * 40, 40, BufferType::L1);
        EXPECT_EQ(buffer.aligned_page_size(), 48u);
        const runtime::Chip& chip = device.chip();
        EXPECT_EQ(buffer.page(2 * banks + 3), chip.l1(chip.l1_bank_core(3)) + buffer.address() + 96);
    }
}

TEST(BufferPages, EachCoreIsOneBankOfL1ButBankKIsNotCoreK) {
    const Device device;
    const runtime::Chip& chip = device.chip();
    std::set<CoreCoord> cores;
    std::uint32_t in_place = 0;
    for (std::uint32_t bank = 0; bank < chip.num_l1_banks(); ++bank) {
        cores.insert(chip.l1_bank_core(bank));
        in_place += chip.l1_bank_core(bank) == CoreCoord{bank % 8, bank / 8};
    }
    EXPECT_EQ(cores.size(), 64u);
    EXPECT_LT(in_place, 16u);
}

TEST(BufferPages, NoTwoPagesOverlap) {
    for (const BufferType type : {BufferType::DRAM, BufferType::L1}) {
        Device device;
        const Buffer first(device, 200 * 70, 70, type);
        const Buffer second(device, 100 * 96, 96, type);
        for (const Buffer* buffer : {&first, &second})
            for (std::uint64_t i = 0; i < buffer->num_pages(); ++i)
                std::memset(buffer->page(i), static_cast<int>(i % 251), buffer->page_size());
        for (const Buffer* buffer : {&first, &second})
            for (std::uint64_t i = 0; i < buffer->num_pages(); ++i)
                for (std::uint32_t byte = 0; byte < buffer->page_size(); ++byte)
                    ASSERT_EQ(static_cast<std::uint64_t>(buffer->page(i)[byte]), i % 251) << i << ' ' << byte;
    }
}

TEST(BufferPages, AnEmptyBufferHasNone) {
    Device device;
    EXPECT_EQ(Buffer(device, 0, 0, BufferType::DRAM).num_pages(), 0u);
    EXPECT_EQ(Buffer(device, 0, 64, BufferType::L1).num_pages(), 0u);
}

}  // namespace
}  // namespace loom
