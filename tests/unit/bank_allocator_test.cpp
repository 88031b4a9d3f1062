// The bank allocator: first fit from either end, memory given back is used again, allocations never overlap.
#include <gtest/gtest.h>

#include <random>

#include "program/buffer.hpp"
#include "support/seed.hpp"

namespace loom {
namespace {

using Grows = BankAllocator::Grows;

TEST(BankAllocator, GrowsUpFromTheFirstAlignedByte) {
    BankAllocator up(100, 1000, 32, Grows::up);
    EXPECT_EQ(up.total_bytes(), 992u - 128u);
    EXPECT_EQ(up.allocate(1), 128u);
    EXPECT_EQ(up.allocate(33), 160u);
    EXPECT_EQ(up.allocate(1), 224u);
    EXPECT_EQ(up.lowest(), 128u);
}

TEST(BankAllocator, GrowsDownFromTheEnd) {
    BankAllocator down(100, 1000, 32, Grows::down);
    EXPECT_EQ(down.lowest(), 992u) << "nothing in use";
    EXPECT_EQ(down.allocate(1), 960u);
    EXPECT_EQ(down.allocate(33), 896u);
    EXPECT_EQ(down.lowest(), 896u);
}

TEST(BankAllocator, FillsTheFirstGapThatIsWideEnough) {
    for (const Grows grows : {Grows::up, Grows::down}) {
        BankAllocator allocator(0, 16 * 8, 16, grows);
        std::vector<std::uint64_t> places;
        for (int i = 0; i < 8; ++i) places.push_back(*allocator.allocate(16));
        EXPECT_FALSE(allocator.allocate(1)) << "full";
        for (const std::size_t i : {1u, 3u, 4u, 6u}) allocator.free(places[i]);
        EXPECT_EQ(allocator.free_bytes(), 64u);
        EXPECT_EQ(allocator.largest_free_bytes(), 32u);
        EXPECT_EQ(allocator.allocate(32), std::min(places[3], places[4]));
        EXPECT_EQ(allocator.allocate(16), places[1]);
        EXPECT_FALSE(allocator.allocate(32));
        EXPECT_EQ(allocator.allocate(10), places[6]);
        EXPECT_EQ(allocator.free_bytes(), 0u);
    }
}

TEST(BankAllocator, NothingOverlapsUnderRandomUse) {
    for (const Grows grows : {Grows::up, Grows::down}) {
        std::mt19937_64 random(testing::seed());
        BankAllocator allocator(103424, 103424 + 4096, 16, grows);
        std::map<std::uint64_t, std::uint64_t> mine;
        std::uint64_t used = 0;
        for (int step = 0; step < 20000; ++step) {
            if (!mine.empty() && random() % 5 < 2) {
                const auto victim =
                    std::next(mine.begin(), static_cast<std::ptrdiff_t>(random() % mine.size()));
                allocator.free(victim->first);
                used -= victim->second;
                mine.erase(victim);
            } else {
                const std::uint64_t bytes = 1 + random() % 500, rounded = (bytes + 15) / 16 * 16;
                const bool fits = allocator.largest_free_bytes() >= rounded;
                const auto place = allocator.allocate(bytes);
                ASSERT_EQ(place.has_value(), fits) << "step " << step;
                if (!place) continue;
                ASSERT_EQ(*place % 16, 0u);
                ASSERT_TRUE(*place >= 103424 && *place + rounded <= 103424 + 4096) << "step " << step;
                const auto [entry, fresh] = mine.emplace(*place, rounded);
                ASSERT_TRUE(fresh) << "step " << step;
                const auto next = std::next(entry);
                ASSERT_TRUE(entry == mine.begin() ||
                            std::prev(entry)->first + std::prev(entry)->second <= *place);
                ASSERT_TRUE(next == mine.end() || *place + rounded <= next->first) << "step " << step;
                used += rounded;
            }
            ASSERT_EQ(allocator.free_bytes(), 4096 - used) << "step " << step;
        }
    }
}

}  // namespace
}  // namespace loom
