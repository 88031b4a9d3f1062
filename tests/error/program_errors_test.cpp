// The whole message of each error that a program descriptor, or an edit of one, can have.
#include <gtest/gtest.h>

#include <functional>

#include "program/program.hpp"
#include "program/program_edit.hpp"
#include "program/tensor.hpp"
#include "support/error_text.hpp"

namespace loom::testing {
namespace {

const CoreRangeSet kCore(CoreCoord{0, 0});

// What is wrong with a good program after `change`.
std::string error_after(const std::function<void(ProgramDescriptor&)>& change) {
    const Device device;
    KernelDescriptor reader;
    reader.kernel_source = "folder/reader.cpp";
    reader.core_ranges = kCore;
    reader.config = ReaderConfigDescriptor{};
    KernelDescriptor compute = reader;
    compute.kernel_source = "folder/compute.cpp";
    compute.config = ComputeConfigDescriptor{};
    ProgramDescriptor program;
    program.kernels = {reader, compute};
    program.cbs = {{4096, kCore, {{0, DataFormat::Float16_b, 2048, std::nullopt}}}};
    EXPECT_EQ(error_text([&] { validate(program, device); }), "(nothing was thrown)");
    return error_text([&] {
        change(program);
        validate(program, device);
    });
}

std::string cb_error(std::uint32_t total, CBFormatDescriptor format) {
    return error_after([&](auto& program) { program.cbs.push_back({total, kCore, {format}}); });
}

TEST(ProgramErrors, CircularBuffers) {
    const auto format = DataFormat::Float16_b;
    EXPECT_EQ(cb_error(64, {32, format, 64, {}}), "CB_CONFIG: Circular buffer c_32: there are c_0 to c_31.");
    EXPECT_EQ(cb_error(100, {1, format, 64, {}}),
              "CB_CONFIG: Circular buffer c_1: 100 bytes are no whole number of pages of 64 bytes.");
    EXPECT_EQ(
        cb_error(72, {1, format, 24, {}}),
        "CB_CONFIG: Circular buffer c_1: pages of 24 bytes; unpacker and packer address L1 in steps of 16.");
    EXPECT_EQ(cb_error(16 << 16, {1, format, 16, {}}),
              "CB_CONFIG: Circular buffer c_1: 65536 pages; counters tell 65535 apart.");
    EXPECT_EQ(cb_error(64, {1, format, 64, TileDescriptor{33, 32}}),
              "CB_CONFIG: Circular buffer c_1: tiles of 33x32; there are 1 to 32 rows of 32.");
    EXPECT_EQ(cb_error(2048, {0, format, 2048, {}}),
              "CB_CONFIG: Circular buffer c_0: described twice on core (0,0).");
    EXPECT_EQ(
        cb_error(2'000'000, {1, format, 2'000, {}}),
        "CB_OUT_OF_L1: Circular buffers of core (0,0) need 2004096 bytes of L1 and 1395712 are there: 608384 "
        "bytes too many.");
}

// Also when the tensor comes after the program was made.
TEST(ProgramErrors, BuffersUnderTensors) {
    Device device;
    ProgramDescriptor program;
    program.cbs = {{1'000'000, kCore, {{0, DataFormat::Float16_b, 2'000, std::nullopt}}}};
    KernelDescriptor kernel;
    kernel.kernel_source = "void kernel_main() {}";
    kernel.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
    kernel.core_ranges = kCore;
    program.kernels = {kernel};
    const Program made(program, device);
    const Tensor tensor(device, {{64, 200'000}, DataType::BFLOAT16, Layout::ROW_MAJOR, L1_MEMORY_CONFIG});
    const std::string expected =
        "CB_CLASH: Circular buffers of core (0,0) end at byte 1103424 of L1, but tensors in L1 begin at byte "
        "1099136: "
        "4288 bytes too many.";
    EXPECT_EQ(error_text([&] { validate(program, device); }), expected);
    EXPECT_EQ(error_text([&] { enqueue(device, made); }), expected);
}

TEST(ProgramErrors, Kernels) {
    EXPECT_EQ(error_after([](auto& program) {
                  program.kernels[0].core_ranges = CoreRangeSet(CoreRange({0, 0}, {7, 8}));
              }),
              "PROGRAM_CORES: reader runs on core (7,8), which is not on the grid of 8x8 of the device.");
    EXPECT_EQ(error_after([](auto& program) { program.kernels.push_back(program.kernels[0]); }),
              "PROGRAM_RISC: Core (0,0) would run two kernels on NCRISC: reader and reader.");
    EXPECT_EQ(error_after([](auto& program) { program.kernels.push_back(program.kernels[1]); }),
              "PROGRAM_RISC: Core (0,0) would run two kernels on the compute threads: compute and compute.");
    EXPECT_EQ(error_after([](auto& program) {
                  program.kernels[0].runtime_args = {{{1, 0}, {5}}};
              }),
              "RUNTIME_ARGS: reader: runtime arguments for core (1,0), where it does not run.");
    EXPECT_EQ(error_after([](auto& program) {
                  program.kernels[1].common_runtime_args = {1, 2};
                  program.kernels[1].runtime_args = {{{0, 0}, std::vector<std::uint32_t>(340)}};
              }),
              "RUNTIME_ARGS: compute: 342 runtime arguments on core (0,0), and at most 341 fit.");
    EXPECT_EQ(error_after([](auto& program) {
                  program.semaphores = {{16, kCore, 0}};
              }),
              "SEMAPHORE_CONFIG: Semaphore 16 is not one of the 16 that a core has.");
    const Device device;
    KernelDescriptor kernel;
    kernel.kernel_source = "no/such/kernel.cpp";
    kernel.core_ranges = kCore;
    EXPECT_EQ(error_text([&] {
                  Program({{kernel}, {}, {}, {}}, device);
              }),
              "KERNEL_FILE_MISSING: There is no kernel file no/such/kernel.cpp.");
}

TEST(ProgramErrors, Edits) {
    const auto edit = [](const char* text) {
        return error_after([&](auto& program) { apply_edit(program, text); });
    };
    EXPECT_EQ(error_text([] {
                  ProgramDescriptor program;
                  apply_edit(program, "c_16=4");
              }),
              "OPTION: This program has no circular buffer c_16.");
    EXPECT_EQ(error_text([] {
                  ProgramDescriptor program;
                  apply_edit(program, "sender=a.cpp");
              }),
              "OPTION: This program has no kernel sender; it has reader, compute and writer.");
    for (const std::string text : {"c_0=", "c_0=4x", "c_x=4", "reader", "reader=", "c_0=-1", ""})
        EXPECT_EQ(error_text([&] {
                      ProgramDescriptor program;
                      apply_edit(program, text);
                  }),
                  "OPTION: A change reads c_16=PAGES or writer=FILE, got " + text + ".");
    EXPECT_EQ(edit("c_0=4294967295"),
              "OPTION: 4294967295 pages of c_0 would take 8796093020160 bytes, and L1 has 1.5 MB.");
    EXPECT_EQ(edit("c_0=0"), "OPTION: c_0 needs at least one page, got 0.");
}

}  // namespace
}  // namespace loom::testing
