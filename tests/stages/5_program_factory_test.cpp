// Stage 5: the program factory describes the 13 circular buffers of the specification and splits the tile
// rows.
#include <gtest/gtest.h>

#include <numeric>

#include "support/layernorm_problem.hpp"

namespace loom::testing {
namespace {

struct Row {
    std::uint32_t index;
    bool stick;           // page: one stick, else one tile
    std::uint32_t pages;  // in tiles of a row where per_tile is set
    bool per_tile;
};

// The table of the specification: index, page, pages.
constexpr Row kTable[] = {
    {0, true, 32, false},  {1, false, 2, true},  {2, false, 2, false},  {3, false, 1, false},
    {4, true, 1, false},   {5, true, 1, false},  {6, false, 1, true},   {7, false, 1, true},
    {16, true, 32, false}, {24, false, 1, true}, {25, false, 1, false}, {26, false, 1, false},
    {27, false, 1, false},
};

TEST(ProgramFactory, DescribesThirteenCircularBuffers) {
    for (const std::uint32_t width : {32u, 64u, 768u, 1024u, 2048u}) {
        const PlacedLayernorm placed({.shape = {64, width}});
        const ProgramDescriptor descriptor = placed.descriptor();
        ASSERT_EQ(descriptor.cbs.size(), std::size(kTable));
        for (std::size_t i = 0; i < std::size(kTable); ++i) {
            const CBDescriptor& cb = descriptor.cbs[i];
            ASSERT_EQ(cb.format_descriptors.size(), 1u);
            const CBFormatDescriptor& format = cb.format_descriptors[0];
            const std::uint32_t page = kTable[i].stick ? width * 2 : 2048;
            const std::uint32_t pages = kTable[i].pages * (kTable[i].per_tile ? width / 32 : 1);
            EXPECT_EQ(format.buffer_index, kTable[i].index);
            EXPECT_EQ(format.page_size, page) << "c_" << kTable[i].index;
            EXPECT_EQ(cb.total_size, page * pages) << "c_" << kTable[i].index;
            EXPECT_EQ(format.data_format, DataFormat::Float16_b);
        }
    }
}

struct Split {
    CoreCoord grid;
    std::uint32_t tile_rows;
    std::vector<std::uint32_t> per_core;
};

std::vector<std::uint32_t> repeat(std::uint32_t times, std::uint32_t value, std::uint32_t more,
                                  std::uint32_t other) {
    std::vector<std::uint32_t> all(times, value);
    all.insert(all.end(), more, other);
    return all;
}

TEST(ProgramFactory, SplitsTileRowsOverOneThreeAnd64Cores) {
    const Split splits[] = {
        {{1, 1}, 1, {1}},
        {{1, 1}, 7, {7}},
        {{1, 1}, 64, {64}},
        {{1, 1}, 100, {100}},
        {{3, 1}, 1, {1}},
        {{3, 1}, 7, {3, 2, 2}},
        {{3, 1}, 64, {22, 21, 21}},
        {{3, 1}, 100, {34, 33, 33}},
        {{8, 8}, 1, {1}},
        {{8, 8}, 7, repeat(7, 1, 0, 0)},
        {{8, 8}, 64, repeat(64, 1, 0, 0)},
        {{8, 8}, 100, repeat(36, 2, 28, 1)},
    };
    for (const Split& split : splits) {
        const PlacedLayernorm placed({.shape = {split.tile_rows * 32, 32}, .device = {.grid = split.grid}});
        const ProgramDescriptor descriptor = placed.descriptor();
        std::uint32_t first = 0;
        const auto& reader = descriptor.kernels[LayernormFusedRmProgramFactory::reader];
        const auto& writer = descriptor.kernels[LayernormFusedRmProgramFactory::writer];
        ASSERT_EQ(reader.runtime_args.size(), split.per_core.size());
        for (std::size_t i = 0; i < split.per_core.size(); ++i) {
            EXPECT_EQ(reader.runtime_args[i].second[3], split.per_core[i] * 32)
                << split.tile_rows << " core " << i;
            EXPECT_EQ(reader.runtime_args[i].second[4], first * 32);
            EXPECT_EQ(writer.runtime_args[i].second[1], split.per_core[i] * 32);
            EXPECT_EQ(writer.runtime_args[i].second[2], first * 32);
            EXPECT_EQ(writer.runtime_args[i].first, reader.runtime_args[i].first);
            first += split.per_core[i];
        }
        EXPECT_EQ(first, split.tile_rows);
    }
}

// Ht counts the rows of every batch, not those of the last matrix only.
TEST(ProgramFactory, CountsTheRowsOfEveryBatch) {
    const PlacedLayernorm placed({.shape = {2, 3, 64, 128}, .device = {.grid = {1, 1}}});
    const ProgramDescriptor descriptor = placed.descriptor();
    EXPECT_EQ(descriptor.kernels[LayernormFusedRmProgramFactory::compute].runtime_args[0].second[0], 12u);
}

}  // namespace
}  // namespace loom::testing
