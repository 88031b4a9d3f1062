// A program file that is none gets the place inside the JSON and what was expected there.
#include "unit/program_file_testing.hpp"

namespace loom::testing {
namespace {

std::string refused(const std::string& pointer, const Json& value) {
    return complaint_about(with(pointer, value).dump());
}

TEST(ProgramFileRefuses, TheSmallProgramItselfIsFine) {
    EXPECT_EQ(complaint_about(small_program_json().dump()), "(nothing was thrown)");
}

TEST(ProgramFileRefuses, AWordThatIsNoneOfThose) {
    EXPECT_EQ(
        refused("/kernels/0/config/type", "reder"),
        "PROGRAM_FILE: p.json: /kernels/0/config/type: expected \"reader\", \"writer\", \"data_movement\" or "
        "\"compute\", got \"reder\".");
    EXPECT_EQ(refused("/tensors/1/dtype", 16),
              "PROGRAM_FILE: p.json: /tensors/1/dtype: expected \"bfloat16\" or \"float32\", got 16.");
    EXPECT_EQ(refused("/arch", "grayskull"),
              "PROGRAM_FILE: p.json: /arch: expected \"wormhole\" or \"blackhole\", got \"grayskull\".");
}

TEST(ProgramFileRefuses, UnknownKeys) {
    EXPECT_EQ(refused("/circular_buffers/0/formats/1/tile/heigth", 1),
              "PROGRAM_FILE: p.json: /circular_buffers/0/formats/1/tile/heigth: expected no other key than "
              "\"height\" or \"width\", got 1.");
    EXPECT_EQ(
        refused("/kernels/0/config/fp32_dest_acc_en", true),
        "PROGRAM_FILE: p.json: /kernels/0/config/fp32_dest_acc_en: expected no other key than \"type\", got "
        "true.")
        << "of a reader";
}

TEST(ProgramFileRefuses, MissingKeys) {
    EXPECT_EQ(
        complaint_about(without("/kernels/1/cores").dump()),
        "PROGRAM_FILE: p.json: /kernels/1/cores: expected an array of cores or rectangles, got nothing.");
    EXPECT_EQ(complaint_about(without("/loom_program").dump()),
              "PROGRAM_FILE: p.json: /loom_program: expected 1, got nothing.");
    EXPECT_EQ(complaint_about(without("/kernels/0/source").dump()),
              "PROGRAM_FILE: p.json: /kernels/0: expected either \"file\" or \"source\", got neither.");
}

TEST(ProgramFileRefuses, NumbersThatDoNotFit) {
    const std::string shape =
        "PROGRAM_FILE: p.json: /tensors/0/shape/0: expected a whole number from 0 to 4294967295, got ";
    EXPECT_EQ(refused("/tensors/0/shape/0", -1), shape + "-1.");
    EXPECT_EQ(refused("/tensors/0/shape/0", 4294967296), shape + "4294967296.");
    EXPECT_EQ(refused("/tensors/0/shape/0", 1.5), shape + "1.5.");
    EXPECT_EQ(refused("/tensors/0/shape/0", 1e300), shape + "1e+300.");
    EXPECT_EQ(refused("/tensors/0/shape/0", "4"), shape + "\"4\".");
    EXPECT_EQ(refused("/kernels/1/common_runtime_args/0/float", 1e39),
              "PROGRAM_FILE: p.json: /kernels/1/common_runtime_args/0/float: expected a number that a float "
              "can hold, got "
              "1e+39.");
    EXPECT_EQ(
        refused("/circular_buffers/0/formats/0/page_size", 24),
        "PROGRAM_FILE: p.json: /circular_buffers/0/formats/0/page_size: expected a multiple of 16 of which "
        "\"total_size\", 4096, is a multiple, got 24.");
    EXPECT_EQ(refused("/tensors/0/shape/0", 4.0), "(nothing was thrown)") << "which is a whole number";
}

TEST(ProgramFileRefuses, CoresThatAreNot) {
    EXPECT_EQ(
        refused("/kernels/1/cores/0", {8, 0}),
        "PROGRAM_FILE: p.json: /kernels/1/cores/0: expected a core [x, y] of wormhole's 8x8, got [8, 0].");
    EXPECT_EQ(refused("/kernels/0/cores/0", Json::parse("[[1, 0], [0, 0]]")),
              "PROGRAM_FILE: p.json: /kernels/0/cores/0: expected the corner with the smallest x and y, then "
              "the one "
              "with the largest, got [1, 0] and [0, 0].");
    EXPECT_EQ(refused("/semaphores/0/cores/1", {0, 0}),
              "PROGRAM_FILE: p.json: /semaphores/0/cores/1: expected cores that are not in the set yet, got "
              "(0,0), and "
              "(0,0) is.");
    EXPECT_EQ(
        refused("/kernels/0/runtime_args/0/cores/0", {2, 0}),
        "PROGRAM_FILE: p.json: /kernels/0/runtime_args/0/cores: expected cores that the kernel runs on, got "
        "(2,0).");
    EXPECT_EQ(refused("/kernels/0/runtime_args/1/cores/0", {0, 0}),
              "PROGRAM_FILE: p.json: /kernels/0/runtime_args/1/cores: expected cores that have no arguments "
              "yet, got "
              "(0,0).");
}

TEST(ProgramFileRefuses, ReferencesToNothing) {
    EXPECT_EQ(refused("/kernels/0/runtime_args/0/args/0/address", "z"),
              "PROGRAM_FILE: p.json: /kernels/0/runtime_args/0/args/0/address: expected \"x\" or \"y\", got "
              "\"z\".");
    EXPECT_EQ(
        refused("/kernels/0/compile_time_args/0", Json{{"adress", "x"}}),
        "PROGRAM_FILE: p.json: /kernels/0/compile_time_args/0: expected a whole number from 0 to 4294967295, "
        "{\"address\": tensor}, {\"accessor\": tensor} or {\"float\": number}, got \"adress\".");
    EXPECT_EQ(refused("/tensors/1/name", "x"),
              "PROGRAM_FILE: p.json: /tensors/1/name: expected a name that no other tensor has, got \"x\".");
}

TEST(ProgramFileRefuses, ContentsOfTwoKinds) {
    EXPECT_EQ(refused("/tensors/0/contents/zeros", true),
              "PROGRAM_FILE: p.json: /tensors/0/contents: expected exactly one of \"zeros\", \"range\", "
              "\"seed\" and "
              "\"file\", got 2.");
    EXPECT_EQ(
        refused("/tensors/0/contents", Json{{"zeros", true}, {"mean", 1}}),
        "PROGRAM_FILE: p.json: /tensors/0/contents/mean: expected this key beside \"seed\" only, got 1.");
}

TEST(ProgramFileRefuses, NamesThatWouldBreakTheKernelsText) {
    EXPECT_EQ(refused("/kernels/1/defines", Json{{"A\n#error", ""}}),
              "PROGRAM_FILE: p.json: /kernels/1/defines/A\\n#error: expected an identifier for a name, got "
              "\"A\\n#error\".");
    EXPECT_EQ(refused("/kernels/2/named_compile_time_args", Json{{"a\"", 1}}),
              "PROGRAM_FILE: p.json: /kernels/2/named_compile_time_args/a\\\": expected an identifier for a "
              "name, got "
              "\"a\\\"\".");
}

}  // namespace
}  // namespace loom::testing
