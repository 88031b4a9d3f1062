// Messages count things in the singular where there is one, whatever is beside the number.
#include "util/counted.hpp"

#include <gtest/gtest.h>

#include "support/error_text.hpp"
#include "util/error.hpp"

namespace loom {
namespace {

TEST(Counted, OneIsNoPlural) {
    EXPECT_EQ(format_counted("{} cores, {} host threads, {:.1f} ms", 1, 1, 1.0),
              "1 core, 1 host thread, 1.0 ms");
    EXPECT_EQ(format_counted("{} cores, {} host threads", 1, 2u), "1 core, 2 host threads");
    EXPECT_EQ(format_counted("{} cores, {} host threads", 0, 1u), "0 cores, 1 host thread");
}

TEST(Counted, AGridHasOneCoreOnlyWhenBothSidesAreOne) {
    EXPECT_EQ(format_counted("{}x{} cores", 1, 1), "1x1 core");
    EXPECT_EQ(format_counted("{}x{} cores", 8, 1), "8x1 cores");
    EXPECT_EQ(format_counted("{}x{} cores", 1, 8), "1x8 cores");
    EXPECT_EQ(format_counted("{} and {} cores", 8, 1), "8 and 1 core");
}

TEST(Counted, VerbsFollow) {
    EXPECT_EQ(format_counted("{} bytes there do not exist", 1), "1 byte there does not exist");
    EXPECT_EQ(format_counted("{} bytes are no whole number of pages of {} bytes", 1, 2),
              "1 byte is no whole number of pages of 2 bytes");
}

TEST(Counted, OtherWordsAndTextsStayAsTheyAre) {
    EXPECT_EQ(format_counted("c_{} holds {}, {{}} {} bytes, {} cores", 1, "1 cores", 1, "1"),
              "c_1 holds 1 cores, {} 1 byte, 1 cores")
        << "no numbers, or what nobody counts";
    EXPECT_EQ(format_counted("{0} holds {1} tensors", "x", 1), "x holds 1 tensor");
    EXPECT_EQ(format_counted("{} cores", true), "true cores");
}

TEST(Counted, ErrorsToo) {
    EXPECT_EQ(testing::error_text([] { fail(Code::TENSOR_SHAPE, "Host tensor", 1, "[2]", 2); }),
              "TENSOR_SHAPE: Host tensor: 1 element of data does not fill shape [2], which has 2.");
    EXPECT_EQ(testing::error_text([] { fail(Code::ARG_OUT_OF_RANGE, "get_arg_val(1)", 1u, "runtime"); }),
              "ARG_OUT_OF_RANGE: get_arg_val(1): the kernel was given 1 runtime argument.");
}

}  // namespace
}  // namespace loom
