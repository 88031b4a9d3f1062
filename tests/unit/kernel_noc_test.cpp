// NoC addresses reach another core's L1, the zeros, a core's own L1, and the pages of interleaved tensors.
#include <gtest/gtest.h>

#include "program/tensor.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

TEST(KernelNoc, ReadsTheSameAddressInAnotherCoresL1) {
    SmallProgram program({.grid = {1, 2}, .threads = 1});
    program.cores = CoreRangeSet(CoreRange({0, 0}, {0, 1}));
    program.cb(0, 64, 2);
    program.descriptor.semaphores = {{0, program.cores, 0}};
    const CoreCoord first = program.device.chip().noc_of({0, 0});
    const CoreCoord second = program.device.chip().noc_of({0, 1});
    KernelDescriptor& kernel = program.reader(R"(void kernel_main() {
        const uint32_t x = get_arg_val<uint32_t>(0), y = get_arg_val<uint32_t>(1);
        const uint32_t cb = get_write_ptr(0);
        if (get_absolute_logical_y() == 1) {
            *reinterpret_cast<volatile uint32_t*>(cb) = 12345;
            noc_semaphore_inc(get_noc_addr(x, y, get_semaphore(0)), 1);
        } else {
            noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 1);
            noc_async_read(get_noc_addr(x, y, cb), cb + 64, 64);
            noc_async_read_barrier();
            REPORT(0, *reinterpret_cast<volatile uint32_t*>(cb + 64));
        }
    })");
    kernel.runtime_args = {{{0, 0}, {second.x, second.y}}, {{0, 1}, {first.x, first.y}}};
    program.run();
    EXPECT_EQ(program.reported(0), 12345u);
}

TEST(KernelNoc, TheZerosAreZeroAndOwnAddressesAnswer) {
    SmallProgram program;
    program.cb(0, 512, 2);
    program.reader(R"(void kernel_main() {
        const uint32_t cb = get_write_ptr(0);
        REPORT(0, *reinterpret_cast<volatile uint32_t*>(cb));
        noc_async_read(get_noc_addr(MEM_ZEROS_BASE), cb, MEM_ZEROS_SIZE);
        noc_async_read_barrier();
        uint32_t any = 0;
        for (uint32_t i = 0; i < 128; ++i) any |= reinterpret_cast<volatile uint32_t*>(cb)[i];
        REPORT(1, any);
        noc_async_write(cb, get_noc_addr(cb + 512), 512);
        noc_async_full_barrier();
        for (uint32_t i = 128; i < 256; ++i) any |= reinterpret_cast<volatile uint32_t*>(cb)[i];
        REPORT(2, any);
    })");
    program.run();
    EXPECT_EQ(program.reported(0), 0xffff'ffffu) << "fresh memory is poisoned";
    EXPECT_EQ(program.reported(1), 0u);
    EXPECT_EQ(program.reported(2), 0u);
}

class KernelNocPages : public ::testing::TestWithParam<std::tuple<Arch, BufferType>> {};

// 300 pages of 80 bytes: more than banks, and no multiple of an alignment.
TEST_P(KernelNocPages, AnAccessorFindsEachPage) {
    const auto [arch, type] = GetParam();
    SmallProgram program({.arch = arch, .grid = {1, 1}, .threads = 1});
    program.cb(0, 128, 1);
    const Buffer buffer(program.device, 300 * 80, 80, type);
    for (std::uint32_t page = 0; page < 300; ++page)
        *reinterpret_cast<std::uint32_t*>(buffer.page(page) + 64) = page;
    KernelDescriptor& kernel = program.reader(R"(void kernel_main() {
        constexpr auto args = TensorAccessorArgs<1>();
        static_assert(args.next_compile_time_args_offset() == get_compile_time_arg_val(0));
        const auto tensor = TensorAccessor(args, get_arg_val<uint32_t>(0));
        uint32_t wrong = 0;
        for (uint32_t page = 0; page < 300; ++page) {
            noc_async_read_page(page, tensor, get_write_ptr(0));
            noc_async_read_barrier();
            wrong += *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0) + 64) != page;
        }
        REPORT(0, wrong);
        REPORT(1, tensor.get_aligned_page_size());
    })");
    kernel.compile_time_args = {3};
    TensorAccessorArgs(buffer).append_to(kernel.compile_time_args);
    kernel.runtime_args = {{{0, 0}, {buffer.address()}}};
    program.run();
    EXPECT_EQ(program.reported(0), 0u);
    EXPECT_EQ(program.reported(1), buffer.aligned_page_size());
}

INSTANTIATE_TEST_SUITE_P(Memories, KernelNocPages,
                         ::testing::Combine(::testing::Values(Arch::WORMHOLE_B0, Arch::BLACKHOLE),
                                            ::testing::Values(BufferType::DRAM, BufferType::L1)));

}  // namespace
}  // namespace loom::testing
