// Arguments reach a kernel: compile-time, named, defines, per core and common to all cores.
#include <gtest/gtest.h>

#include <bit>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

TEST(KernelArguments, CompileTimeOnesAreConstants) {
    SmallProgram program;
    KernelDescriptor& kernel = program.reader(R"(void kernel_main() {
        static_assert(get_compile_time_arg_val(1) == 5);
        static_assert(get_named_compile_time_arg_val("tiles") == 9);
        constexpr uint32_t array[get_named_compile_time_arg_val("tiles_in_block")] = {STEP};
        REPORT(0, get_compile_time_arg_val(0));
        REPORT(1, sizeof array);
        REPORT(2, array[0]);
    #ifdef PLAIN
        REPORT(3, 1);
    #endif
    })");
    kernel.compile_time_args = {0xffff'ffffu, 5};
    kernel.named_compile_time_args = {{"tiles", 9}, {"tiles_in_block", 3}};
    kernel.defines = {{"STEP", "41 + 1"}, {"PLAIN", ""}};
    program.run();
    EXPECT_EQ(program.reported(0), 0xffff'ffffu);
    EXPECT_EQ(program.reported(1), 12u);
    EXPECT_EQ(program.reported(2), 42u);
    EXPECT_EQ(program.reported(3), 1u);
}

TEST(KernelArguments, EachCoreHasItsOwnAndSharesTheCommonOnes) {
    SmallProgram program({.grid = {2, 1}, .threads = 1});
    program.cores = CoreRangeSet(CoreRange({0, 0}, {1, 0}));
    KernelDescriptor& kernel = program.reader(R"(void kernel_main() {
        const uint32_t at = get_arg_val<uint32_t>(0);
        REPORT(at, get_common_arg_val<uint32_t>(1) + get_absolute_logical_x());
        REPORT(at + 1, get_arg_val<float>(1) == 0.25f);
        REPORT(at + 2, *reinterpret_cast<const uint32_t*>(get_common_arg_addr(0)));
        REPORT(at + 3, *reinterpret_cast<const uint32_t*>(get_arg_addr(0)));
    })");
    kernel.runtime_args = {{{0, 0}, {0, std::bit_cast<std::uint32_t>(0.25f)}},
                           {{1, 0}, {8, std::bit_cast<std::uint32_t>(0.5f)}}};
    kernel.common_runtime_args = {31, 1000};
    program.run();
    for (const std::uint32_t core : {0u, 1u}) {
        EXPECT_EQ(program.reported(8 * core), 1000 + core);
        EXPECT_EQ(program.reported(8 * core + 1), core == 0 ? 1u : 0u);
        EXPECT_EQ(program.reported(8 * core + 2), 31u);
        EXPECT_EQ(program.reported(8 * core + 3), 8 * core);
    }
}

TEST(KernelArguments, MayChangeBetweenRunsOfOneProgram) {
    Device device({.grid = {1, 1}, .threads = 1});
    const Buffer out(device, 64, 64, BufferType::DRAM);
    KernelDescriptor kernel;
    kernel.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
    kernel.kernel_source = R"(void kernel_main() {
        *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) = get_arg_val<uint32_t>(1) + get_common_arg_val<uint32_t>(0);
        noc_async_write(get_write_ptr(0), InterleavedAddrGen<true>{get_arg_val<uint32_t>(0), 64}.get_noc_addr(0), 4);
        noc_async_write_barrier();
    })";
    kernel.core_ranges = CoreRangeSet(CoreCoord{0, 0});
    kernel.runtime_args = {{{0, 0}, {out.address(), 1}}};
    kernel.common_runtime_args = {10};
    kernel.config = ReaderConfigDescriptor{};
    const CBDescriptor cb{64, kernel.core_ranges, {{0, DataFormat::Float32, 64, std::nullopt}}};
    Program program({.kernels = {kernel}, .semaphores = {}, .cbs = {cb}, .custom_program_hash = {}}, device);
    enqueue(device, program);
    EXPECT_EQ(*reinterpret_cast<std::uint32_t*>(out.page(0)), 11u);
    program.runtime_args(0, {0, 0})[1] = 2;
    program.common_runtime_args(0)[0] = 20;
    enqueue(device, program);
    EXPECT_EQ(*reinterpret_cast<std::uint32_t*>(out.page(0)), 22u);
    EXPECT_TRUE(program.runtime_args(0, {1, 0}).empty());
}

}  // namespace
}  // namespace loom::testing
