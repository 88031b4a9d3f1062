// The whole message of each error about chips, grids, cores, buffers and tensors.
#include <gtest/gtest.h>

#include <memory>

#include "program/tensor.hpp"
#include "support/error_text.hpp"

namespace loom::testing {
namespace {

TEST(DeviceErrors, Chip) {
    EXPECT_EQ(error_text([] { parse_arch("grayskull"); }),
              "ARCH_UNKNOWN: There is no architecture grayskull; there are wormhole and blackhole.");
    EXPECT_EQ(error_text([] {
                  Device({.grid = {9, 8}});
              }),
              "GRID_OUTSIDE_CHIP: A grid of 9x8 cores does not fit wormhole, which has 8x8.");
    EXPECT_EQ(error_text([] {
                  Device({.arch = Arch::BLACKHOLE, .grid = {13, 0}});
              }),
              "GRID_OUTSIDE_CHIP: A grid of 13x0 cores does not fit blackhole, which has 13x10.");
}

TEST(DeviceErrors, Cores) {
    EXPECT_EQ(error_text([] {
                  CoreRange({2, 3}, {1, 4});
              }),
              "CORE_RANGE: These cores are no set of rectangles: (2,3) to (1,4) is not a rectangle.");
    EXPECT_EQ(error_text([] {
                  CoreRangeSet({CoreRange({0, 0}, {3, 3}), CoreRange(CoreCoord{3, 3})});
              }),
              "CORE_RANGE: These cores are no set of rectangles: (0,0)-(3,3) and (3,3) overlap.");
}

TEST(DeviceErrors, Buffers) {
    Device device;
    EXPECT_EQ(error_text([&] { Buffer(device, 100, 64, BufferType::DRAM); }),
              "BUFFER_SIZE: A buffer of 100 bytes is no whole number of pages of 64 bytes.");
    EXPECT_EQ(error_text([&] { Buffer(device, 100, 0, BufferType::DRAM); }),
              "BUFFER_SIZE: A buffer of 100 bytes is no whole number of pages of 0 bytes.");
}

// Three quarters of L1 are taken, in two pieces, and the lower is given back: a gap on either side.
TEST(DeviceErrors, MemoryInPieces) {
    Device device;
    auto upper = std::make_unique<Buffer>(device, 64 * 400'000, 400'000, BufferType::L1);
    const Buffer middle(device, 64 * 400'000, 400'000, BufferType::L1);
    upper.reset();
    EXPECT_EQ(error_text([&] { Buffer(device, 64 * 800'000, 800'000, BufferType::L1); }),
              "OUT_OF_MEMORY: No room for 800000 bytes in each of the 64 L1 banks: 995712 of 1395712 bytes "
              "are free "
              "there, in pieces of at most 595712.");
    EXPECT_EQ(
        error_text([&] { Buffer(device, std::uint64_t{13} << 30, 1 << 30, BufferType::DRAM); }),
        "OUT_OF_MEMORY: No room for 2147483648 bytes in each of the 12 DRAM banks: 1073741760 of 1073741760 "
        "bytes are free there, in pieces of at most 1073741760.");
}

TEST(DeviceErrors, Tensors) {
    Device device;
    Tensor tensor(device, {{2, 3}, DataType::BFLOAT16, Layout::ROW_MAJOR, {}});
    tensor.deallocate();
    EXPECT_EQ(
        error_text([&] { to_host(tensor); }),
        "BUFFER_FREED: The tensor of shape [2, 3] was freed; a program may only use tensors that still hold "
        "their memory.");
    EXPECT_EQ(error_text([&] {
                  to_device({{2, 3}, DataType::FLOAT32, std::vector<std::byte>(20)}, device);
              }),
              "TENSOR_SHAPE: Host tensor: 5 elements of data do not fill shape [2, 3], which has 6.");
    const Tensor tiles(device, {{2, 3}, DataType::BFLOAT16, Layout::TILE, {}});
    EXPECT_EQ(error_text([&] { write(tiles, std::vector<std::byte>(10), DataType::BFLOAT16); }),
              "TENSOR_SHAPE: Host tensor: 5 elements of data do not fill shape [2, 3], which has 6.");
}

TEST(DeviceErrors, TensorsTooLarge) {
    Device device;
    const auto error = [&](const Shape& shape, DataType dtype) {
        return error_text([&] { Tensor(device, {shape, dtype, Layout::ROW_MAJOR, {}}); });
    };
    EXPECT_EQ(error({65536, 65536, 1}, DataType::BFLOAT16),
              "TENSOR_TOO_LARGE: A tensor of shape [65536, 65536, 1] in bfloat16 is too large: at most 2^32 "
              "- 1 rows and "
              "2^48 bytes can be addressed.");
    EXPECT_EQ(error({32768, 4294967295}, DataType::FLOAT32),
              "TENSOR_TOO_LARGE: A tensor of shape [32768, 4294967295] in float32 is too large: at most 2^32 "
              "- 1 rows "
              "and 2^48 bytes can be addressed.");
    EXPECT_EQ(
        error_text([&] {
            Tensor(device, {{1 << 20, 1 << 10, 1 << 10, 1 << 8}, DataType::FLOAT32, Layout::TILE, {}});
        }),
        "TENSOR_TOO_LARGE: A tensor of shape [1048576, 1024, 1024, 256] in float32 is too large: at most "
        "2^32 - 1 rows and 2^48 bytes can be addressed.");
}

// Each device takes 96 MB of the 4 GiB in which L1s must lie.
TEST(DeviceErrors, AddressSpace) {
    std::vector<std::unique_ptr<Device>> devices;
    EXPECT_EQ(
        error_text([&] {
            for (int i = 0; i < 100; ++i) devices.push_back(std::make_unique<Device>());
        }),
        "NO_ADDRESS_SPACE: The system gave no address space for 96206848 bytes below 4 GiB, where the L1s of "
        "all open devices lie. Close those that are no longer used.");
    EXPECT_EQ(error_text([] { runtime::Mapping(std::size_t{1} << 60, runtime::Mapping::Where::anywhere); }),
              "NO_ADDRESS_SPACE: The system gave no address space for 1152921504606846976 bytes.");
}

}  // namespace
}  // namespace loom::testing
