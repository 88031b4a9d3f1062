// The read and write pointer of a circular buffer are each thread's own; only the counters are shared.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

TEST(KernelPrivatePointers, AThreadSeesOnlyItsOwnPushesAndPops) {
    SmallProgram program;
    program.cb(0, 64, 4);
    program.cb(1, 64, 1);  // the writer's answer: it has popped
    program.reader(R"(void kernel_main() {
        const uint32_t base = get_write_ptr(0);
        cb_reserve_back(0, 3);
        cb_push_back(0, 3);
        cb_wait_front(1, 1);
        REPORT(0, get_write_ptr(0) - base);
        REPORT(1, get_read_ptr(0) - base);
    })");
    program.writer(R"(void kernel_main() {
        const uint32_t base = get_read_ptr(0);
        cb_wait_front(0, 2);
        cb_pop_front(0, 2);
        REPORT(2, get_write_ptr(0) - base);
        REPORT(3, get_read_ptr(0) - base);
        cb_reserve_back(1, 1);
        cb_push_back(1, 1);
    })");
    program.run();
    EXPECT_EQ(program.reported(0), 3u * 64) << "the reader pushed three pages";
    EXPECT_EQ(program.reported(1), 0u) << "and popped none";
    EXPECT_EQ(program.reported(2), 0u) << "the writer pushed none";
    EXPECT_EQ(program.reported(3), 2u * 64) << "and popped two";
}

TEST(KernelPrivatePointers, IndicesOfOneRegionHavePagesAndCountersOfTheirOwn) {
    SmallProgram program;
    program.descriptor.cbs.push_back(
        {256,
         program.cores,
         {{2, DataFormat::Float16_b, 64, std::nullopt}, {3, DataFormat::Float32, 128, std::nullopt}}});
    program.reader(R"(void kernel_main() {
        REPORT(0, get_write_ptr(3) - get_write_ptr(2));
        cb_reserve_back(2, 4);
        for (uint32_t word = 0; word < 64; ++word)
            reinterpret_cast<volatile uint32_t*>(get_write_ptr(2))[word] = word;
        cb_push_back(2, 4);
        REPORT(1, cb_pages_available_at_front(3, 1));
        cb_reserve_back(3, 2);
        cb_push_back(3, 1);
        cb_wait_front(3, 1);
        cb_pop_front(3, 1);
        REPORT(2, *reinterpret_cast<volatile uint32_t*>(get_read_ptr(3)));
        REPORT(3, cb_pages_available_at_front(2, 4));
    })");
    program.run();
    EXPECT_EQ(program.reported(0), 0u) << "both start at one address";
    EXPECT_EQ(program.reported(1), 0u) << "a push to one is none to the other";
    EXPECT_EQ(program.reported(2), 32u) << "and both show the same bytes";
    EXPECT_EQ(program.reported(3), 1u);
}

}  // namespace
}  // namespace loom::testing
