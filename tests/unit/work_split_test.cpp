// split_work_to_cores is tt-metal's: who gets how much, in which walk, in how many rectangles.
#include "program/work_split.hpp"

#include <gtest/gtest.h>

namespace loom {
namespace {

// tt-metal's own example: 8x8 cores, 100 units.
TEST(WorkSplit, AHundredUnitsOverSixtyFourCores) {
    const auto [cores, all, group1, group2, units1, units2] = split_work_to_cores({8, 8}, 100);
    EXPECT_EQ(cores, 64u);
    EXPECT_EQ(to_string(all), "(0,0)-(7,7)");
    EXPECT_EQ(to_string(group1), "(0,0)-(3,7) (4,0)-(4,3)");
    EXPECT_EQ(to_string(group2), "(4,4)-(4,7) (5,0)-(7,7)");
    EXPECT_EQ(group1.num_cores(), 36u);
    EXPECT_EQ(group2.num_cores(), 28u);
    EXPECT_EQ(units1, 2u);
    EXPECT_EQ(units2, 1u);
}

TEST(WorkSplit, RowWiseWalksAlongX) {
    const auto [cores, all, group1, group2, units1, units2] = split_work_to_cores({8, 8}, 100, true);
    EXPECT_EQ(to_string(group1), "(0,0)-(7,3) (0,4)-(3,4)");
    EXPECT_EQ(to_string(group2), "(4,4)-(7,4) (0,5)-(7,7)");
}

TEST(WorkSplit, NoUnitsNoCores) {
    EXPECT_EQ(split_work_to_cores({8, 8}, 0), WorkSplit(0, {}, {}, {}, 0, 0));
}

TEST(WorkSplit, FewerUnitsThanCoresTakeOneEach) {
    EXPECT_EQ(to_string(std::get<1>(split_work_to_cores({8, 8}, 1))), "(0,0)");
    EXPECT_EQ(to_string(std::get<1>(split_work_to_cores({8, 8}, 3))), "(0,0)-(0,2)");
    EXPECT_EQ(to_string(std::get<1>(split_work_to_cores({8, 8}, 3, true))), "(0,0)-(2,0)");
    const auto [cores, all, group1, group2, units1, units2] = split_work_to_cores({8, 8}, 64);
    EXPECT_EQ(all, group1);
    EXPECT_TRUE(group2.empty());
    EXPECT_EQ(std::tuple(cores, units1, units2), std::tuple(64u, 1u, 0u));
}

// The first `cores` of the walk over a grid, one by one.
std::vector<CoreCoord> walk(CoreCoord grid, std::uint32_t cores, bool row_wise) {
    std::vector<CoreCoord> result;
    for (std::uint32_t i = 0; i < cores; ++i)
        result.push_back(row_wise ? CoreCoord{i % grid.x, i / grid.x} : CoreCoord{i / grid.y, i % grid.y});
    return result;
}

void check(CoreCoord grid, std::uint32_t units, bool row_wise) {
    SCOPED_TRACE(::testing::Message()
                 << grid.x << 'x' << grid.y << ", " << units << " units, row_wise " << row_wise);
    const auto [cores, all, group1, group2, units1, units2] = split_work_to_cores(grid, units, row_wise);
    ASSERT_EQ(cores, std::min(units, grid.x * grid.y));
    ASSERT_EQ(group1.num_cores() * units1 + group2.num_cores() * units2, units);
    ASSERT_TRUE(group2.empty() || units1 == units2 + 1);
    const auto expected = walk(grid, cores, row_wise);
    ASSERT_EQ(corerange_to_cores(all, row_wise), expected);
    auto groups = corerange_to_cores(group1, row_wise);
    for (const CoreCoord core : corerange_to_cores(group2, row_wise)) groups.push_back(core);
    ASSERT_EQ(groups, expected) << "group 2 goes on where group 1 ends";
    for (const CoreRangeSet& set : {all, group1, group2}) ASSERT_LE(set.ranges().size(), 3u);
}

TEST(WorkSplit, GroupsCoverTheWalkOnEveryGrid) {
    for (std::uint32_t x = 1; x <= 5; ++x)
        for (std::uint32_t y = 1; y <= 5; ++y)
            for (std::uint32_t units = 1; units <= 40; ++units)
                for (const bool row_wise : {false, true}) check({x, y}, units, row_wise);
}

}  // namespace
}  // namespace loom
