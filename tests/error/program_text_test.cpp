// What a program says of itself cannot pass for something else: cores outside the grid, defines that leave their line,
// names that break out of the kernel's text or of a message.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "program/explain.hpp"
#include "program/program.hpp"
#include "support/error_text.hpp"
#include "support/seed.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

std::string refusal(const SmallProgram& program) {
    return error_text([&] { explain("p", program.device, program.descriptor, {}); });
}

TEST(ProgramText, CoresOutsideTheGrid) {
    const CoreRangeSet far(CoreCoord{1, 0});
    SmallProgram kernel;
    kernel.reader("void kernel_main() {}").core_ranges = far;
    EXPECT_EQ(refusal(kernel),
              "PROGRAM_CORES: source runs on core (1,0), which is not on the grid of 1x1 of the device.");
    EXPECT_EQ(error_text([&] { Program(kernel.descriptor, kernel.device); }), refusal(kernel));
    SmallProgram buffer;
    buffer.tile_cb(3, 1);
    buffer.descriptor.cbs[0].core_ranges = far;
    EXPECT_EQ(refusal(buffer),
              "PROGRAM_CORES: Circular buffer c_3 is on core (1,0), which is not on the grid of 1x1 of the "
              "device.");
    SmallProgram semaphore;
    semaphore.descriptor.semaphores = {{2, far, 0}};
    EXPECT_EQ(refusal(semaphore),
              "PROGRAM_CORES: Semaphore 2 is on core (1,0), which is not on the grid of 1x1 of the device.");
}

std::string define_error(const std::string& name, const std::string& value) {
    SmallProgram program;
    program.reader("void kernel_main() {}").defines = {{name, value}};
    return refusal(program);
}

TEST(ProgramText, DefinesThatLeaveTheirLineAreRefused) {
    const std::string one_line = ": it must be in one line.";
    const std::string open = ": a comment or a raw string in it has no end.";
    EXPECT_EQ(define_error("A", "1\n#error"), "RUNTIME_ARGS: source: define A" + one_line);
    EXPECT_EQ(define_error("A", "1\r2"), "RUNTIME_ARGS: source: define A" + one_line);
    EXPECT_EQ(define_error("A", std::string("1\0", 2)), "RUNTIME_ARGS: source: define A" + one_line);
    for (const char* value : {"/*", "1 /* a */ /* b", "\"a\" /*", "R\"(", "u8R\"x(a)\"", "'\"' /* \"*"})
        EXPECT_EQ(define_error("A", value), "RUNTIME_ARGS: source: define A" + open) << value;
    EXPECT_EQ(define_error("A", "1 \\ "),
              "RUNTIME_ARGS: source: define A: a backslash at its end would take the next line in.");
    for (const char* name : {"", "1A", "A B", "A\"", "A\n", "-A", "(x)"})
        EXPECT_TRUE(define_error(name, "1").ends_with(
            "its name must be an identifier, or one with parameters as F(a, b)."))
            << name;
    for (const char* value : {"", "1", "\"/*\"", "'\"'", "// /*", "/* a */ 1", "R\"(/*)\"", "1'000 + 2",
                              "\"\\\"/*\"", "DR\"(\" + \")\""})
        EXPECT_EQ(define_error("F(a, b)", value), "(nothing was thrown)") << value;
}

// A define that is taken leaves the next line alone, whatever it holds.
TEST(ProgramText, RandomDefinesLeaveTheNextLineAlone) {
    std::mt19937_64 random(seed());
    constexpr std::string_view parts[] = {"/*", "*/", "\"", "'", "\\", "R\"(", ")\"",
                                          "//", " ",  "x",  "1", "L",  "?",    "#"};
    int taken = 0;
    for (int i = 0; i < 400 && taken < 12; ++i) {
        std::string value;
        for (std::uint64_t count = random() % 7; count > 0; --count)
            value += parts[random() % std::size(parts)];
        if (define_error("UNUSED", value) != "(nothing was thrown)") continue;
        ++taken;
        SmallProgram program;
        program.reader("void kernel_main() { REPORT(0, SECOND); }").defines = {{"UNUSED", value},
                                                                               {"SECOND", "7"}};
        program.run();
        EXPECT_EQ(program.reported(0), 7u) << value;
    }
    EXPECT_GE(taken, 5);
}

TEST(ProgramText, NamedArgumentsMayHaveAnyName) {
    SmallProgram program;
    program
        .reader(
            "void kernel_main() { REPORT(0, get_named_compile_time_arg_val(\"a\\\"}, {\\\"b\")); "
            "REPORT(1, get_named_compile_time_arg_val(\"line\\nbreak\\\\\")); }")
        .named_compile_time_args = {{"a\"}, {\"b", 5}, {"line\nbreak\\", 6}};
    program.run();
    EXPECT_EQ(program.reported(0), 5u);
    EXPECT_EQ(program.reported(1), 6u);
}

TEST(ProgramText, TablesShowNamesInOneLine) {
    SmallProgram program;
    program.tile_cb(0, 1);
    KernelDescriptor& kernel = program.reader("void kernel_main() {}");
    kernel.named_compile_time_args = {{"n\n\x1b[2Jm", 1}};
    kernel.source_type = KernelDescriptor::SourceType::FILE_PATH;
    kernel.kernel_source = "no\nsuch\x1b[31m.cpp";
    ProgramNotes notes;
    notes.circular_buffers.push_back({.index = 0, .name = "tiles\n\x1b[31m"});
    const std::string text = explanation_text(explain("p\n", program.device, program.descriptor, notes));
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    for (const char* shown :
         {"p\\n on wormhole", "tiles\\n\\x1b[31m", "n\\n\\x1b[2Jm=1", "no\\nsuch\\x1b[31m.cpp"})
        EXPECT_NE(text.find(shown), std::string::npos) << shown << "\n" << text;
}

}  // namespace
}  // namespace loom::testing
