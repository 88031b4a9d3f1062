// The line of a kernel's own store is that of the kernel which ran, whichever lay in its place before: images with globals are
// files in memory, loaded anew for each launch, and share names and addresses.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckCodePlace, OfKernelsThatLieInEachOthersPlace) {
    for (std::uint32_t lines = 0; lines < 6; ++lines) {
        const std::string found = found_in(
            check(dataflow_program(
                      "static volatile uint32_t calls;\n" + std::string(lines, '\n') +
                      "cb_reserve_back(0, 1);\n"
                      "calls = calls + 1;\n"
                      "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));\n"
                      "word[16] = calls;\n"
                      "cb_push_back(0, 1);"),
                  Variant::faulty));
        const std::string place = "core (0,0) reader, source.cpp:" + std::to_string(6 + lines) + ": a store";
        EXPECT_NE(found.find(place), std::string::npos) << place << " expected in " << found;
    }
}

}  // namespace
}  // namespace loom::testing
