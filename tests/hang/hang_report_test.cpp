// A hang as data: the threads, the buffers, who waits for whom, and the places at fault.
#include "hang/hang_testing.hpp"

namespace loom::testing {
namespace {

// The reader wants room for four more, compute wants a fourth page first; the writer waits for compute.
const HangCase kCircle{.name = "Circle",
                       .build =
                           [](SmallProgram& program) {
                               program.tile_cb(0, 4);
                               program.tile_cb(16, 1);
                               program.reader(R"(void kernel_main() {
                                   cb_reserve_back(0, 3); cb_push_back(0, 3); cb_reserve_back(0, 4);
                               })");
                               program.compute(R"(#include "api/compute/tile_move_copy.h"
                                   void kernel_main() {
                                   cb_wait_front(0, 4);
                                   tile_regs_acquire(); copy_tile(0, 0, 0); tile_regs_commit();
                                   cb_reserve_back(16, 1); tile_regs_wait(); pack_tile(0, 16);
                                   tile_regs_release(); cb_push_back(16, 1); cb_pop_front(0, 4);
                               })");
                               program.writer("void kernel_main() { cb_wait_front(16, 1); }");
                           },
                       .message = ""};

class HangReportOf : public ::testing::Test {
protected:
    void SetUp() override {
        const std::optional<runtime::HangReport> found = run_case(kCircle, false);
        ASSERT_TRUE(found.has_value());
        report = *found;
    }
    runtime::HangReport report;
};

TEST_F(HangReportOf, NamesEachThreadAndItsCall) {
    ASSERT_EQ(report.threads.size(), 5u);
    const runtime::HangThread& unpack = report.threads[1];
    EXPECT_EQ(unpack.kernel, "compute");
    EXPECT_EQ(unpack.thread, "UNPACK");
    EXPECT_EQ(unpack.call, "cb_wait_front(c_0, 4)");
    EXPECT_EQ(unpack.cb, 0u);
    EXPECT_EQ(unpack.wanted, 4u);
    EXPECT_EQ(unpack.available, 3u);
    EXPECT_EQ(unpack.line, 3u);
}

TEST_F(HangReportOf, HasEveryEdgeAndTheOneCycle) {
    const std::vector<std::vector<std::size_t>> cycle{{0, 1}};
    EXPECT_EQ(report.cycles, cycle);
    EXPECT_TRUE(report.never.empty());
    std::vector<std::pair<std::size_t, std::size_t>> edges;
    for (const runtime::HangEdge& edge : report.edges) edges.emplace_back(edge.from, edge.to);
    const std::vector<std::pair<std::size_t, std::size_t>> expected{{0, 1}, {1, 0}, {2, 1}, {3, 2}, {4, 3}};
    EXPECT_EQ(edges, expected);
    EXPECT_EQ(report.edges[0].what, "to pop 3 of c_0");
}

TEST_F(HangReportOf, HasTheBuffersWithTheirFill) {
    ASSERT_EQ(report.buffers.size(), 2u);
    EXPECT_EQ(report.buffers[0].cb, 0u);
    EXPECT_EQ(report.buffers[0].available, 3u);
    EXPECT_EQ(report.buffers[0].pages, 4u);
    EXPECT_EQ(report.buffers[0].producer, 0u);
    EXPECT_EQ(report.buffers[0].consumer, 1u);
    EXPECT_EQ(report.buffers[1].consumer, 4u);
}

// Threads that only follow are no places at fault, and get no advice.
TEST_F(HangReportOf, PlacesAreThoseOfTheCause) {
    EXPECT_EQ(report.advice.size(), 1u);
    ASSERT_EQ(report.places.size(), 2u);
    EXPECT_EQ(report.places[0].kernel, "reader");
    EXPECT_EQ(report.places[0].call, "cb_reserve_back(c_0, 4)");
    EXPECT_EQ(report.places[1].thread, "UNPACK");
    EXPECT_EQ(report.places[1].cb, 0u);
}

}  // namespace
}  // namespace loom::testing
