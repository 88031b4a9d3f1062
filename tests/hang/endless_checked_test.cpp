// The same under `check`: each kind of loop is found in the plain schedule, and the place is told.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

std::string found(const std::string& reader, const std::string& writer = "") {
    CheckOptions options;
    options.max_steps = 20'000;
    const FaultyProgram program{.cbs = {{.index = 0, .pages = 4, .page_bytes = 64}},
                                .inputs = {{"input", {16, 32}}},
                                .outputs = {{"output", {16, 32}}},
                                .reader = "void kernel_main() {\n" + reader + "\n}",
                                .writer = writer.empty() ? "" : "void kernel_main() {\n" + writer + "\n}"};
    return found_in(check(program, Variant::faulty, options));
}

void expect_row(const std::string& text, const std::string& row) {
    EXPECT_EQ(text.find("LIVELOCK: LIVELOCK core (0,0): a kernel does not end.\n"), 0u) << text;
    EXPECT_NE(text.find("reader  " + row), std::string::npos) << text;
}

TEST(EndlessChecked, GrantedCalls) {
    expect_row(found("for (;;) noc_async_read_barrier();"), "noc_async_read_barrier()  source.cpp:2");
}

TEST(EndlessChecked, NothingAtAll) {
    expect_row(found("for (;;) {}"), "a loop  source.cpp:2");
}

TEST(EndlessChecked, Registers) {
    expect_row(found("uint32_t n = 1; while (n != 0) n = n * 5 + 2 | 1;"), "a loop  source.cpp:2");
}

TEST(EndlessChecked, Stores) {
    expect_row(
        found("cb_reserve_back(0, 1); for (uint32_t i = 0;; ++i) *(volatile uint32_t*)get_write_ptr(0) = i;"),
        "");
}

TEST(EndlessChecked, FeedingEachOther) {
    expect_row(found("for (;;) { cb_reserve_back(0, 1); cb_push_back(0, 1); }",
                     "for (;;) { cb_wait_front(0, 1); cb_pop_front(0, 1); }"),
               "cb_");
}

TEST(EndlessChecked, WhatEndsIsClean) {
    EXPECT_EQ(found("for (uint32_t i = 0; i < 5000; ++i) noc_async_read_barrier();"), "clean");
}

}  // namespace
}  // namespace loom::testing
