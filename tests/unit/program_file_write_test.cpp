// Writing a program puts the kernels that it names beside it, with what they include, and overwrites nobody's own.
#include "ops/embedded_op_kernels.hpp"
#include "runtime/jit/jit.hpp"
#include "unit/program_file_testing.hpp"

namespace loom::testing {
namespace {

constexpr const char* kKernel = "layernorm_fused_rm/device/kernels/compute/layernorm_fused_rm.cpp";
constexpr const char* kCommon = "layernorm_fused_rm/device/kernels/compute/layernorm_fused_rm_common.h";

ProgramFile program_at(const std::string& path) {
    runtime::add_embedded_files(embedded_op_kernels());
    ProgramFile program;
    program.path = path;
    FileKernel kernel;
    kernel.descriptor.kernel_source = kKernel;
    kernel.descriptor.core_ranges = CoreRangeSet(CoreCoord{0, 0});
    kernel.descriptor.config = ComputeConfigDescriptor{};
    program.kernels = {kernel};
    return program;
}

TEST(ProgramFileWrite, TheFolderIsMadeAndHoldsAllThatTheKernelNeeds) {
    const TemporaryFolder folder;
    write_program_file(program_at(folder / "bug/p.json"));
    for (const char* file : {kKernel, kCommon})
        EXPECT_TRUE(std::filesystem::is_regular_file(folder / (std::string("bug/") + file))) << file;
    const LoadedProgram loaded(read_program_file(folder / "bug/p.json"));
    EXPECT_EQ(loaded.descriptor().kernels[0].kernel_source, folder / (std::string("bug/") + kKernel));
}

TEST(ProgramFileWrite, WithoutItsKernelsTheFileTakesLoomsOwn) {
    const TemporaryFolder folder;
    write_program_file(program_at(folder / "p.json"));
    std::filesystem::remove_all(folder / "layernorm_fused_rm");
    EXPECT_EQ(LoadedProgram(read_program_file(folder / "p.json")).descriptor().kernels[0].kernel_source,
              kKernel);
}

TEST(ProgramFileWrite, AnEditedKernelIsNotOverwritten) {
    const TemporaryFolder folder;
    write_program_file(program_at(folder / "p.json"));
    write_program_file(program_at(folder / "p.json"));  // the same again is fine
    write_text(folder / kKernel, "mine");
    std::filesystem::remove(folder / "p.json");
    EXPECT_EQ(error_text([&] { write_program_file(program_at(folder / "p.json")); }),
              "FILE_UNWRITABLE: Cannot write " + (folder / kKernel) +
                  ": a file with another text is there, and the program's kernel belongs there; name another "
                  "folder.");
    EXPECT_FALSE(std::filesystem::exists(folder / "p.json"));
}

TEST(ProgramFileWrite, AFolderThatCannotBe) {
    EXPECT_EQ(error_text([] { write_program_file(program_at("/proc/bug/p.json")); }),
              "FILE_UNWRITABLE: Cannot write /proc/bug: No such file or directory.");
}

}  // namespace
}  // namespace loom::testing
