// What-if edits change the size of a circular buffer or the file of a kernel, and nothing else.
#include "program/program_edit.hpp"

#include <gtest/gtest.h>

namespace loom {
namespace {

ProgramDescriptor program() {
    ProgramDescriptor program;
    program.kernels.resize(3);
    program.kernels[0].config = ReaderConfigDescriptor{};
    program.kernels[1].config = ComputeConfigDescriptor{};
    program.kernels[2].config = WriterConfigDescriptor{};
    for (KernelDescriptor& kernel : program.kernels) {
        kernel.kernel_source = "old.cpp";
        kernel.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
    }
    const CoreRangeSet core(CoreCoord{0, 0});
    program.cbs = {{4096, core, {{0, DataFormat::Float16_b, 2048, std::nullopt}}},
                   {640, core, {{16, DataFormat::Float32, 64, std::nullopt}}}};
    return program;
}

TEST(ProgramEdit, ABufferGetsAnotherNumberOfPages) {
    ProgramDescriptor edited = program();
    apply_edit(edited, "c_16=4");
    EXPECT_EQ(edited.cbs[1].total_size, 256u);
    EXPECT_EQ(edited.cbs[0].total_size, 4096u);
    set_cb_pages(edited, 0, 5);
    EXPECT_EQ(edited.cbs[0].total_size, 5u * 2048);
}

TEST(ProgramEdit, AKernelComesFromAnotherFile) {
    for (const auto& [index, label] :
         {std::pair(0u, "reader"), std::pair(1u, "compute"), std::pair(2u, "writer")}) {
        ProgramDescriptor edited = program();
        apply_edit(edited, std::string(label) + "=some/new=file.cpp");
        for (std::uint32_t i = 0; i < 3; ++i) {
            const KernelDescriptor& kernel = edited.kernels[i];
            EXPECT_EQ(kernel.kernel_source, i == index ? "some/new=file.cpp" : "old.cpp");
            EXPECT_EQ(kernel.source_type == KernelDescriptor::SourceType::FILE_PATH, i == index);
        }
    }
}

TEST(ProgramEdit, KernelsAreNamedByLabelAndFile) {
    ProgramDescriptor edited = program();
    EXPECT_EQ(name_of(edited.kernels[0]), "source");
    replace_kernel(edited, "reader", "kernels/my_reader.v2.cpp");
    EXPECT_EQ(name_of(edited.kernels[0]), "my_reader.v2");
    edited.kernels[0].config = DataMovementConfigDescriptor{DataMovementProcessor::RISCV_1};
    EXPECT_EQ(label_of(edited.kernels[0]), "reader");
    edited.kernels[0].config = DataMovementConfigDescriptor{};
    EXPECT_EQ(label_of(edited.kernels[0]), "writer");
}

}  // namespace
}  // namespace loom
