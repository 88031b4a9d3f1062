// Sets of cores: membership, counts, the order in which cores are walked.
#include <gtest/gtest.h>

#include "runtime/core/core_coord.hpp"

namespace loom {
namespace {

using Cores = std::vector<CoreCoord>;

TEST(CoreRange, IncludesBothEnds) {
    const CoreRange range({1, 2}, {3, 4});
    EXPECT_EQ(range.size(), 9u);
    EXPECT_TRUE(range.contains({1, 2}));
    EXPECT_TRUE(range.contains({3, 4}));
    EXPECT_FALSE(range.contains({0, 2}));
    EXPECT_FALSE(range.contains({4, 4}));
    EXPECT_FALSE(range.contains({3, 5}));
    EXPECT_EQ(CoreRange({2, 1}), CoreRange({2, 1}, {2, 1}));
}

TEST(CoreRange, IntersectsWhereACoreIsInBoth) {
    const CoreRange range({2, 2}, {4, 4});
    for (std::uint32_t x = 0; x < 7; ++x)
        for (std::uint32_t y = 0; y < 7; ++y)
            EXPECT_EQ(range.intersects(CoreRange(CoreCoord{x, y})), range.contains({x, y})) << x << ' ' << y;
    EXPECT_TRUE(range.intersects(CoreRange({0, 3}, {9, 3}))) << "a cross has no corner inside";
}

TEST(CoreRangeSet, WalksColumnsFirstOrRowsFirst) {
    const CoreRangeSet set(CoreRange({1, 5}, {2, 7}));
    EXPECT_EQ(corerange_to_cores(set), (Cores{{1, 5}, {1, 6}, {1, 7}, {2, 5}, {2, 6}, {2, 7}}));
    EXPECT_EQ(corerange_to_cores(set, true), (Cores{{1, 5}, {2, 5}, {1, 6}, {2, 6}, {1, 7}, {2, 7}}));
}

TEST(CoreRangeSet, WalksOneRangeAfterTheOther) {
    const CoreRangeSet set({CoreRange({1, 0}, {1, 1}), CoreRange(CoreCoord{0, 0})});
    EXPECT_EQ(corerange_to_cores(set), (Cores{{1, 0}, {1, 1}, {0, 0}}));
    EXPECT_EQ(set.num_cores(), 3u);
    EXPECT_TRUE(set.contains({1, 1}));
    EXPECT_FALSE(set.contains({0, 1}));
    EXPECT_EQ(to_string(set), "(1,0)-(1,1) (0,0)");
}

TEST(CoreRangeSet, MayBeEmpty) {
    EXPECT_TRUE(CoreRangeSet().empty());
    EXPECT_TRUE(corerange_to_cores(CoreRangeSet()).empty());
    EXPECT_EQ(to_string(CoreRangeSet()), "");
}

}  // namespace
}  // namespace loom
