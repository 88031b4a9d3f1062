// A loaded program's descriptor is what a factory would have made: references are words, the rest is as written.
#include <bit>

#include "program/program.hpp"
#include "unit/program_file_testing.hpp"

namespace loom::testing {
namespace {

TEST(ProgramFileLoad, ReferencesBecomeWords) {
    const TemporaryFolder folder;
    const LoadedProgram loaded = load(folder, small_program_json());
    const Buffer& x = loaded.find_tensor("x")->tensor.buffer();
    const Buffer& y = loaded.find_tensor("y")->tensor.buffer();
    const auto& kernels = loaded.descriptor().kernels;
    EXPECT_EQ(kernels[0].compile_time_args, (std::vector<std::uint32_t>{5, 2, 64, 0, 128, 6}));
    using Args = decltype(KernelDescriptor::runtime_args);
    EXPECT_EQ(kernels[0].runtime_args, (Args{{{0, 0}, {x.address(), 1}}, {{1, 0}, {y.address(), 2}}}));
    EXPECT_EQ(kernels[1].common_runtime_args,
              (std::vector<std::uint32_t>{std::bit_cast<std::uint32_t>(1.5f), y.address()}));
    using Named = decltype(KernelDescriptor::named_compile_time_args);
    EXPECT_EQ(kernels[2].named_compile_time_args,
              (Named{{"scale", std::bit_cast<std::uint32_t>(0.5f)}, {"count", 4}}));
}

TEST(ProgramFileLoad, TheRestIsAsWritten) {
    const TemporaryFolder folder;
    const LoadedProgram loaded = load(folder, small_program_json());
    const CoreRangeSet both(CoreRange({0, 0}, {1, 0}));
    const CBDescriptor& cb = loaded.descriptor().cbs.at(0);
    EXPECT_EQ(cb.total_size, 4096u);
    EXPECT_EQ(cb.core_ranges, both);
    EXPECT_EQ(cb.format_descriptors.at(1).buffer_index, 1);
    EXPECT_EQ(cb.format_descriptors.at(1).tile, (TileDescriptor{1, 32}));
    EXPECT_EQ(loaded.cb_names(), (std::map<std::uint8_t, std::string>{{0, "sticks"}}));
    EXPECT_EQ(loaded.descriptor().semaphores.at(0).initial_value, 2u);
    const auto& kernels = loaded.descriptor().kernels;
    EXPECT_EQ(kernels[1].kernel_source, "void kernel_main() {\n}\n");
    EXPECT_EQ(kernels[1].defines, (decltype(KernelDescriptor::defines){{"A", "1"}, {"F(i)", ""}}));
    EXPECT_EQ(std::get<ComputeConfigDescriptor>(kernels[2].config).math_fidelity, MathFidelity::HiFi2);
    EXPECT_EQ(loaded.device().compute_with_storage_grid_size(), (CoreCoord{4, 2}));
    EXPECT_TRUE(loaded.tensors()[0].has_contents);
    EXPECT_FALSE(loaded.tensors()[1].has_contents);
    validate(loaded.descriptor(), loaded.device());
}

TEST(ProgramFileLoad, AKernelIsBesideTheProgramOrLoomsOwn) {
    Json program = small_program_json();
    program["kernels"][0].erase("source");
    program["kernels"][0]["file"] = "r.cpp";
    const TemporaryFolder folder;
    EXPECT_EQ(
        error_text([&] { load(folder, program); }),
        "PROGRAM_FILE: " + (folder / "p.json") +
            ": /kernels/0/file: expected a file in the program's folder, or one of Loom's own kernels, got "
            "\"r.cpp\", which is neither.");
    write_text(folder / "r.cpp", "void kernel_main() {}");
    EXPECT_EQ(load(folder, program).descriptor().kernels[0].kernel_source, folder / "r.cpp");
}

TEST(ProgramFileLoad, WhatOnlyTheWholeProgramShowsIsLeftToValidate) {
    const TemporaryFolder folder;
    const LoadedProgram loaded = load(folder, with("/kernels/1/config/processor", "RISCV_1"));
    EXPECT_EQ(error_text([&] { validate(loaded.descriptor(), loaded.device()); }),
              "PROGRAM_RISC: Core (0,0) would run two kernels on NCRISC: source and source.");
}

TEST(ProgramFileLoad, ATensorThatCannotBe) {
    const TemporaryFolder folder;
    EXPECT_TRUE(error_text([&] {
                    load(folder, with("/tensors/0/shape", {4294967295u, 4294967295u, 4294967295u}));
                }).starts_with("TENSOR_TOO_LARGE: "));
}

}  // namespace
}  // namespace loom::testing
