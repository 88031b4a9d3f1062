// A tensor comes back from a device as it went, from DRAM and L1, on both chips, whatever its stick.
#include <gtest/gtest.h>

#include "program/random_tensor.hpp"
#include "program/tensor.hpp"

namespace loom {
namespace {

class TensorRoundTrip : public ::testing::TestWithParam<std::tuple<Arch, BufferType, DataType>> {};

TEST_P(TensorRoundTrip, KeepsEveryByte) {
    const auto [arch, type, dtype] = GetParam();
    Device device({.arch = arch});
    for (const Shape& shape :
         {Shape{}, Shape{1}, Shape{7, 40}, Shape{3, 5, 33}, Shape{2, 150, 32}, Shape{0, 8}, Shape{4, 0}}) {
        const HostTensor host = random_normal(shape, dtype, 0, 1, 1);
        const Tensor tensor = to_device(host, device, {.buffer_type = type});
        const HostTensor back = to_host(tensor);
        EXPECT_EQ(back.data, host.data) << to_string(shape);
        EXPECT_EQ(back.shape, shape);
        EXPECT_EQ(back.dtype, dtype);
        EXPECT_EQ(tensor.spec().memory_config.buffer_type, type);
    }
}

INSTANTIATE_TEST_SUITE_P(Memories, TensorRoundTrip,
                         ::testing::Combine(::testing::Values(Arch::WORMHOLE_B0, Arch::BLACKHOLE),
                                            ::testing::Values(BufferType::DRAM, BufferType::L1),
                                            ::testing::Values(DataType::BFLOAT16, DataType::FLOAT32)));

const TensorSpec kSpec{{64, 64}, DataType::BFLOAT16, Layout::ROW_MAJOR, {}};

TEST(TensorMemory, IsSharedByCopiesAndGivenBackOnce) {
    Device device;
    BankAllocator& dram = device.allocator(BufferType::DRAM);
    const std::uint64_t before = dram.free_bytes();
    {
        Tensor tensor(device, kSpec);
        Tensor copy = tensor;
        EXPECT_LT(dram.free_bytes(), before);
        EXPECT_EQ(&copy.buffer(), &tensor.buffer());
        copy.deallocate();
        EXPECT_FALSE(tensor.is_allocated());
        EXPECT_EQ(dram.free_bytes(), before);
        const Tensor other(device, kSpec);
        tensor.deallocate();
        EXPECT_LT(dram.free_bytes(), before) << "twice is once";
    }
    EXPECT_EQ(dram.free_bytes(), before);
}

TEST(TensorMemory, InL1TakesItFromCircularBuffers) {
    Device device;
    const std::uint32_t before = device.l1_bytes_for_circular_buffers();
    const Tensor tensor(device, {{65, 16}, DataType::BFLOAT16, Layout::ROW_MAJOR, L1_MEMORY_CONFIG});
    EXPECT_EQ(device.l1_bytes_for_circular_buffers(), before - 2 * 32) << "65 sticks, 64 banks";
}

}  // namespace
}  // namespace loom
