// generic_op runs a kernel's file and its headers as they are at the call, in one process and on one device.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "program/generic_op.hpp"
#include "program/program_cache.hpp"
#include "runtime/jit/jit.hpp"

namespace loom::testing {
namespace {

namespace fs = std::filesystem;

class EditedKernels : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "loom_edited_XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        write("kernel.cpp", R"(
            #include "value.h"
            void kernel_main() {
                const auto tensor = TensorAccessor(TensorAccessorArgs<0>(), get_arg_val<uint32_t>(0));
                *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) = VALUE;
                noc_async_write_page(0, tensor, get_write_ptr(0));
                noc_async_write_barrier();
            })");
    }
    void TearDown() override { fs::remove_all(folder_); }
    void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }

    std::uint32_t result(std::optional<std::uint64_t> hash = {}) {
        KernelDescriptor kernel;
        kernel.kernel_source = (folder_ / "kernel.cpp").string();
        kernel.core_ranges = CoreRangeSet(CoreCoord{0, 0});
        kernel.compile_time_args = TensorAccessorArgs(tensor_.buffer()).get_compile_time_args();
        kernel.runtime_args = {{{0, 0}, {tensor_.buffer().address()}}};
        kernel.config = WriterConfigDescriptor{};
        const std::vector io{tensor_};
        generic_op(io, {.kernels = {kernel},
                        .semaphores = {},
                        .cbs = {{64, kernel.core_ranges, {{0, DataFormat::Float32, 64, {}}}}},
                        .custom_program_hash = hash});
        return *reinterpret_cast<const std::uint32_t*>(tensor_.buffer().page(0));
    }

    fs::path folder_;
    Device device_{{.grid = {1, 1}, .threads = 1}};
    Tensor tensor_{device_, {{1, 16}, DataType::FLOAT32, Layout::ROW_MAJOR, {}}};
};

TEST_F(EditedKernels, AHeaderTakesEffectAtTheNextCall) {
    for (const std::uint32_t value : {11u, 22u, 33u, 11u}) {
        write("value.h", "#define VALUE " + std::to_string(value) + "\n");
        for (int call = 0; call < 3; ++call) EXPECT_EQ(result(), value);
    }
    EXPECT_EQ(device_.program_cache().num_entries(), 1u) << "in place of one another";
}

TEST_F(EditedKernels, TheKernelTooAndWithAHashOfTheCallers) {
    write("value.h", "#define VALUE 1\n");
    EXPECT_EQ(result(5), 1u);
    write("value.h", "#define VALUE 2\n");
    EXPECT_EQ(result(5), 2u);
    std::ifstream file(folder_ / "kernel.cpp");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    text.replace(text.find("VALUE;"), 6, "31415;");
    write("kernel.cpp", text);
    EXPECT_EQ(result(5), 31415u);
    EXPECT_EQ(result(), 31415u);
}

// So far nothing has been read again: the times of the files tell.
TEST_F(EditedKernels, AFileThatIsOnlyTouchedBuildsNothing) {
    write("value.h", "#define VALUE 7\n");
    EXPECT_EQ(result(), 7u);
    const std::uint64_t compiled = runtime::compiler_runs();
    fs::last_write_time(folder_ / "value.h", fs::file_time_type::clock::now());
    EXPECT_EQ(result(), 7u);
    write("value.h", "#define VALUE 7\n");
    EXPECT_EQ(result(), 7u);
    EXPECT_EQ(runtime::compiler_runs(), compiled);
}

TEST_F(EditedKernels, AKernelThatIsGoneIsSaidToBe) {
    write("value.h", "#define VALUE 7\n");
    EXPECT_EQ(result(), 7u);
    fs::remove(folder_ / "kernel.cpp");
    EXPECT_ANY_THROW(result());
}

}  // namespace
}  // namespace loom::testing
