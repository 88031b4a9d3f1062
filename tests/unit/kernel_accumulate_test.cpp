// mul_tiles and reduce_tile add to what DST holds, add_tiles and sub_tiles overwrite it; a release clears it.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

// Each statement runs in a section of its own on tiles of 2 (c_0) and 3 (c_1), and leaves DST tile 0 to be
// packed.
std::vector<float> results(const std::vector<std::string>& statements) {
    const auto count = static_cast<std::uint32_t>(statements.size());
    SmallProgram program;
    program.tile_cb(0, 1);
    program.tile_cb(1, 1);
    program.tile_cb(16, count);
    program.feed(0, tiles_of({2}));
    program.feed(1, tiles_of({3}));
    program.collect(16, count);
    std::string body;
    for (const std::string& statement : statements)
        body += "tile_regs_acquire(); " + statement +
                "tile_regs_commit(); tile_regs_wait(); cb_reserve_back(16, 1); pack_tile(0, 16);"
                "cb_push_back(16, 1); tile_regs_release();\n";
    program.compute(
        "#include \"api/compute/eltwise_binary.h\"\nvoid kernel_main() {\n"
        "cb_wait_front(0, 1); cb_wait_front(1, 1);\n" +
        body + "}\n");
    program.run();
    std::vector<float> values;
    for (std::uint32_t t = 0; t < count; ++t) values.push_back(element(program.collected(), t, 7, 20));
    return values;
}

TEST(KernelAccumulate, MulAddsItsProductsAddAndSubOverwrite) {
    EXPECT_EQ(results({"mul_tiles(0, 1, 0, 0, 0); mul_tiles(0, 1, 0, 0, 0);",
                       "add_tiles(0, 1, 0, 0, 0); add_tiles(0, 1, 0, 0, 0);",
                       "sub_tiles(0, 1, 0, 0, 0); sub_tiles(0, 1, 0, 0, 0);",
                       "add_tiles(0, 1, 0, 0, 0); mul_tiles(0, 1, 0, 0, 0);"}),
              (std::vector<float>{12, 5, -1, 11}));
}

TEST(KernelAccumulate, NothingIsLeftInASectionThatWasReleased) {
    // Three sections, so that the third is the first one's half of DST again.
    EXPECT_EQ(results({"add_tiles(0, 1, 0, 0, 0);", "add_tiles(0, 1, 0, 0, 0);", "mul_tiles(0, 1, 0, 0, 0);",
                       "mul_tiles(0, 1, 0, 0, 0);"}),
              (std::vector<float>{5, 5, 6, 6}));
}

TEST(KernelAccumulate, AClearedTileIsPackedAsZero) {
    EXPECT_EQ(results({"", ""}), (std::vector<float>{0, 0}));
}

TEST(KernelAccumulate, ReduceAddsToItsLane) {
    SmallProgram program;
    program.tile_cb(0, 2);
    program.tile_cb(1, 1);
    program.tile_cb(16, 1);
    program.feed(0, tiles_of({2, 5}));
    program.feed(1, tiles_of({1}));
    program.collect(16, 1);
    program.compute(R"(#include "api/compute/reduce.h"
        void kernel_main() {
            cb_wait_front(0, 2); cb_wait_front(1, 1);
            reduce_init<SUM, REDUCE_ROW>(0, 1, 16);
            tile_regs_acquire();
            reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0);
            reduce_tile<SUM, REDUCE_ROW>(0, 1, 1, 0, 0);
            tile_regs_commit(); tile_regs_wait();
            cb_reserve_back(16, 1); pack_tile(0, 16); cb_push_back(16, 1);
            tile_regs_release();
            reduce_uninit();
        })");
    program.run();
    for (std::uint32_t row = 0; row < 32; ++row)
        EXPECT_EQ(element(program.collected(), 0, row, 0), 32 * 7.0f);
}

}  // namespace
}  // namespace loom::testing
