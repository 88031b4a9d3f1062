// A layernorm_fused_rm that cannot end is found at once, and the whole message says why.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "program/program_edit.hpp"
#include "support/layernorm_problem.hpp"
#include "support/source_lines.hpp"

namespace loom::testing {
namespace {

// The message of a run on one core, with a change planted.
std::string hang_of(const Shape& shape, const std::string& change) {
    PlacedLayernorm placed({.shape = shape, .device = {.grid = {1, 1}}});
    ProgramDescriptor descriptor = placed.descriptor();
    apply_edit(descriptor, change);
    const Program program(descriptor, placed.device);
    std::optional<Code> code;
    runtime::LaunchOptions options;
    options.again = std::string("loom check layernorm_fused_rm --shape ") +
                    (shape[0] == 32 ? "32x32" : "64x32") + " --dtype bfloat16 --grid 1x1 --change " + change;
    std::string message = error_of([&] { enqueue(placed.device, program, options); }, &code);
    EXPECT_EQ(code, Code::HANG);
    return message;
}

// Columns are as wide as their widest cell, and line numbers may gain a digit.
std::string padded(const std::string& file, int line, std::size_t width) {
    return fmt::format("{:<{}}", fmt::format("{}:{}", file, line), width);
}

const std::string kPlanted = "tests/hang/kernels/";

TEST(LayernormHangs, OutputBufferOfFourPages) {
    const int reserve = line_of(kCompute, "cb_reserve_back(cb_output");
    const int wait = line_of(kWriter, "cb_wait_front(cb_output");
    ASSERT_TRUE(reserve != 0 && wait != 0);
    const std::string at_writer = fmt::format("writer_layernorm_fused_rm.cpp:{}", wait);
    EXPECT_EQ(
        hang_of({32, 32}, "c_16=4"),
        "HANG core (0,0): no kernel can run.\n"
        "  reader         finished\n"
        "  compute  PACK  cb_reserve_back(c_16, 32)  " +
            padded("layernorm_fused_rm.cpp", reserve, at_writer.size()) +
            "  c_16 holds 4 pages: can never be granted\n"
            "           UNPACK  finished      MATH  finished\n"
            "  writer         cb_wait_front(c_16, 32)    " +
            at_writer +
            "  c_16 holds 4 pages: can never be granted\n"
            "Give c_16 at least 32 pages, or reserve at most 4.\n"
            "Again: loom check layernorm_fused_rm --shape 32x32 --dtype bfloat16 --grid 1x1 --change c_16=4");
}

TEST(LayernormHangs, WriterNeverPops) {
    const std::string change = "writer=" + kPlanted + "writer_never_pops.cpp";
    EXPECT_EQ(
        hang_of({64, 32}, change),
        fmt::format(
            "HANG core (0,0): no kernel can run.\n"
            "  reader         finished\n"
            "  compute  PACK  cb_reserve_back(c_16, 32)  layernorm_fused_rm.cpp:{}  0 of 32 pages free\n"
            "           UNPACK  finished      MATH  finished\n"
            "  writer         finished\n"
            "writer ended after popping 0 of the 32 pages pushed to c_16: let it pop each page that it "
            "has used.\n"
            "Again: loom check layernorm_fused_rm --shape 64x32 --dtype bfloat16 --grid 1x1 --change {}",
            line_of(kCompute, "cb_reserve_back(cb_output"), change));
}

TEST(LayernormHangs, ReaderPushes31Sticks) {
    const std::string change = "reader=" + kPlanted + "reader_pushes_31.cpp";
    const int reserve = line_of(kPlanted + "reader_pushes_31.cpp", "        cb_reserve_back(cb_input");
    const int wait = line_of(kComputeCommon, "cb_wait_front(cb_in, sticks)");
    const int tilize = line_of(kComputeCommon, "    tilize_block(cb_in");
    const std::string at_writer =
        fmt::format("writer_layernorm_fused_rm.cpp:{}", line_of(kWriter, "cb_wait_front(cb_output"));
    const std::size_t place = at_writer.size();
    EXPECT_EQ(hang_of({64, 32}, change),
              "HANG core (0,0): no kernel can run.\n"
              "  reader           cb_reserve_back(c_0, 32)  " +
                  padded("reader_pushes_31.cpp", reserve, place) +
                  "  1 of 32 pages free\n"
                  "  compute  UNPACK  cb_wait_front(c_0, 32)    " +
                  padded("layernorm_fused_rm_common.h", wait, place) +
                  "  31 of 32 pages pushed\n"
                  "           MATH    tilize_block()            " +
                  padded("layernorm_fused_rm_common.h", tilize, place) +
                  "  UNPACK has not come to this call\n"
                  "           PACK    tile_regs_wait()          " +
                  padded("layernorm_fused_rm_common.h", tilize, place) +
                  "  MATH has committed no section of DST\n"
                  "  writer           cb_wait_front(c_16, 32)   " +
                  at_writer +
                  "  0 of 32 pages pushed\n"
                  "They wait for each other: reader needs compute (UNPACK) to pop 31 of c_0, compute "
                  "(UNPACK) needs reader "
                  "to push 1 more of c_0. Let reader push 32 pages of c_0 before it reserves more, or "
                  "compute (UNPACK) wait for fewer.\n"
                  "Again: loom check layernorm_fused_rm --shape 64x32 --dtype bfloat16 --grid 1x1 --change " +
                  change);
}

// With one tile row the reader ends, and the advice is another.
TEST(LayernormHangs, ReaderEndsOneStickShort) {
    const std::string message = hang_of({32, 32}, "reader=" + kPlanted + "reader_pushes_31.cpp");
    EXPECT_NE(
        message.find(
            "reader ended after pushing 31 pages of c_0 in all; compute (UNPACK) waits for 1 more: push "
            "as many as are waited for."),
        std::string::npos)
        << message;
}

// 64 cores hang alike: one is shown in full, the others are counted, and the host threads do not matter.
TEST(LayernormHangs, ManyCoresTellTheSameOnAnyNumberOfThreads) {
    std::string messages[2];
    for (unsigned threads = 1; threads <= 2; ++threads) {
        PlacedLayernorm placed({.shape = {2048, 32}});
        ProgramDescriptor descriptor = placed.descriptor();
        apply_edit(descriptor, "c_16=4");
        const Program program(descriptor, placed.device);
        runtime::LaunchOptions options;
        options.threads = threads;
        messages[threads - 1] = error_of([&] { enqueue(placed.device, program, options); });
    }
    EXPECT_EQ(messages[0], messages[1]);
    EXPECT_NE(messages[0].find("63 more cores cannot go on either."), std::string::npos) << messages[0];
}

}  // namespace
}  // namespace loom::testing
