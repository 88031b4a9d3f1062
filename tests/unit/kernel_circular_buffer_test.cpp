// Reserve and wait hold nothing, waits are cumulative, pointers belong to a thread, counters wrap at 2^16.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

TEST(KernelCircularBuffer, ReservingTwiceIsReservingOnce) {
    SmallProgram program;
    program.cb(0, 64, 4);
    program.reader(R"(void kernel_main() {
        cb_reserve_back(0, 4);
        const uint32_t first = get_write_ptr(0);
        cb_reserve_back(0, 4);
        cb_reserve_back(0, 1);
        REPORT(0, get_write_ptr(0) - first);
        cb_push_back(0, 4);
        REPORT(1, get_write_ptr(0) - first);
    })");
    program.run();
    EXPECT_EQ(program.reported(0), 0u);
    EXPECT_EQ(program.reported(1), 0u) << "four pages of four are a whole lap";
}

TEST(KernelCircularBuffer, WaitsCountFromTheLastPop) {
    SmallProgram program;
    program.cb(0, 64, 4);
    program.reader(R"(void kernel_main() {
        for (uint32_t page = 0; page < 8; ++page) {
            cb_reserve_back(0, 1);
            *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) = 100 + page;
            cb_push_back(0, 1);
        }
    })");
    program.writer(R"(void kernel_main() {
        for (uint32_t lap = 0; lap < 2; ++lap) {
            const uint32_t base = get_read_ptr(0);
            for (uint32_t page = 0; page < 4; ++page) {
                cb_wait_front(0, page + 1);
                cb_wait_front(0, page + 1);
                REPORT(4 * lap + page, *reinterpret_cast<volatile uint32_t*>(base + 64 * page));
            }
            cb_pop_front(0, 4);
        }
    })");
    program.run();
    for (std::uint32_t page = 0; page < 8; ++page)
        EXPECT_EQ(program.reported(page), 100 + page) << "page " << page;
}

TEST(KernelCircularBuffer, ItsOwnProducerMayConsumeIt) {
    SmallProgram program;
    program.cb(0, 64, 2);
    program.writer(R"(void kernel_main() {
        for (uint32_t page = 0; page < 7; ++page) {
            cb_reserve_back(0, 1);
            *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) = 200 + page;
            cb_push_back(0, 1);
            cb_wait_front(0, 1);
            REPORT(page, *reinterpret_cast<volatile uint32_t*>(get_read_ptr(0)));
            cb_pop_front(0, 1);
        }
    })");
    program.run();
    for (std::uint32_t page = 0; page < 7; ++page)
        EXPECT_EQ(program.reported(page), 200 + page) << "page " << page;
}

TEST(KernelCircularBuffer, SixteenBitCountersWrapUnnoticed) {
    SmallProgram program;
    program.cb(0, 16, 3);
    program.reader(R"(void kernel_main() {
        for (uint32_t page = 0; page < 131100; ++page) {
            cb_reserve_back(0, 1);
            *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) = page;
            cb_push_back(0, 1);
        }
    })");
    program.writer(R"(void kernel_main() {
        uint32_t wrong = 0;
        for (uint32_t page = 0; page < 131100; ++page) {
            cb_wait_front(0, 1);
            wrong += *reinterpret_cast<volatile uint32_t*>(get_read_ptr(0)) != page;
            cb_pop_front(0, 1);
        }
        REPORT(0, wrong);
    })");
    program.run();
    EXPECT_EQ(program.reported(0), 0u);
}

}  // namespace
}  // namespace loom::testing
