// A finding in full: what the circular buffers hold, by name, and the command that repeats the schedule that showed it.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

CheckOptions named(std::uint64_t seeds = 8) {
    CheckOptions options;
    options.seeds = seeds;
    options.cb_names = {{0, "input sticks"}};
    options.again = "loom check x";
    return options;
}

TEST(CheckReport, NamesBuffersAndRepeats) {
    const FaultyProgram program = dataflow_program("cb_reserve_back(0, 3);\ncb_push_back(0, 4);", "");
    EXPECT_EQ(
        found_in(check(program, Variant::faulty, named())),
        "CB_NOT_RESERVED: core (0,0) reader, source.cpp:3: cb_push_back(c_0, 4): 4 pages pushed, 3 reserved. "
        "Call cb_reserve_back(c_0, 4) before the push.\n"
        "c_0 is input sticks: 4 pages of 64 bytes.\n"
        "Again: loom check x");
}

// Under the plain schedule all is well; the command names the one under which it is not.
TEST(CheckReport, NamesTheSchedule) {
    const FaultyProgram program = dataflow_program(push_pages(0, "INPUT", 1, 64),
                                                   "const bool early = !cb_pages_available_at_front(0, 1);\n"
                                                   "cb_wait_front(0, 1);\n"
                                                   "if (early) cb_pop_front(0, 2);\n"
                                                   "cb_pop_front(0, 1);");
    const CheckReport report = check(program, Variant::faulty, named());
    EXPECT_EQ(found_in(report),
              "CB_UNDERRUN: core (0,0) writer, source.cpp:4: cb_pop_front(c_0, 2): c_0 has 1 page. "
              "Wait for as "
              "many pages as are popped, before the pop.\n"
              "c_0 is input sticks: 4 pages of 64 bytes.\n"
              "Again: loom check x --schedule starve=NCRISC");
    ASSERT_FALSE(report.clean());
    EXPECT_EQ(to_string(report.findings.front().schedule), "starve=NCRISC");
    EXPECT_EQ(report.findings.front().again, "loom check x --schedule starve=NCRISC");

    // That schedule alone shows it again.
    CheckOptions only = named();
    only.only = report.findings.front().schedule;
    EXPECT_EQ(found_in(check(program, Variant::faulty, only)), found_in(report));
}

// Both ends of a race are places, the one at fault first.
TEST(CheckReport, HasThePlaces) {
    const CheckReport report =
        check(dataflow_program("cb_reserve_back(0, 1);\n"
                               "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64);\n"
                               "cb_push_back(0, 1);",
                               ""),
              Variant::faulty);
    ASSERT_FALSE(report.clean());
    const std::vector<KernelPlace>& places = report.findings.front().places;
    ASSERT_EQ(places.size(), 2u);
    EXPECT_EQ(to_string(places[0]), "core (0,0) reader, source.cpp:4: cb_push_back(c_0, 1)");
    EXPECT_EQ(to_string(places[1]), "core (0,0) reader, source.cpp:3: noc_async_read");
}

// A reader and a writer: the plain schedule, each of the two starved and favoured, and the seeds.
TEST(CheckReport, CountsWhatItCovered) {
    const CheckReport report = check(dataflow_program(), Variant::repaired, named(3));
    EXPECT_TRUE(report.clean());
    EXPECT_EQ(report.kernels, 2u);
    EXPECT_EQ(report.cores, 1u);
    EXPECT_EQ(report.schedules.size(), 1u + 4u + 3u);
}

// Values are the caller's to judge: what is wrong with them is a finding like any other.
TEST(CheckReport, WrongValuesAreAFinding) {
    CheckOptions options = named();
    options.verify = [] { return std::string("Two and two make five."); };
    const CheckReport report = check(dataflow_program(), Variant::repaired, options);
    EXPECT_EQ(found_in(report), "RESULT: Two and two make five.\nAgain: loom check x");
}

}  // namespace
}  // namespace loom::testing
