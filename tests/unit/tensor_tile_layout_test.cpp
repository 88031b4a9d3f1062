// In TILE layout a page is a tile, its elements in face order, with zeros around a shape that is no multiple of 32.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "program/tensor.hpp"
#include "tile/tile_ops.hpp"

namespace loom {
namespace {

// Element i is i + 1: none is zero.
HostTensor counted(const Shape& shape) {
    HostTensor host{shape, DataType::FLOAT32, std::vector<std::byte>(volume(shape) * 4)};
    std::vector<float> values(volume(shape));
    std::iota(values.begin(), values.end(), 1.0f);
    if (!values.empty()) std::memcpy(host.data.data(), values.data(), host.data.size());
    return host;
}

float at(const Buffer& buffer, std::uint64_t page, std::uint32_t row, std::uint32_t column) {
    float value = 0;
    std::memcpy(&value, buffer.page(page) + std::size_t{4} * tile::face_index(row, column), 4);
    return value;
}

TEST(TensorTileLayout, EachElementIsWhereItsTileAndFaceAre) {
    Device device;
    const std::uint32_t H = 40;
    const std::uint32_t W = 70;
    const Tensor tensor = to_device(counted({3, H, W}), device, L1_MEMORY_CONFIG, Layout::TILE);
    const Buffer& buffer = tensor.buffer();
    EXPECT_EQ(tensor.spec().padded_shape(), (Shape{3, 64, 96}));
    EXPECT_EQ(buffer.page_size(), 4096u);
    ASSERT_EQ(buffer.num_pages(), 3u * 2 * 3);
    for (std::uint32_t matrix = 0; matrix < 3; ++matrix)
        for (std::uint32_t row = 0; row < 64; ++row)
            for (std::uint32_t column = 0; column < 96; ++column) {
                const std::uint64_t page = (matrix * 2 + row / 32) * 3 + column / 32;
                const bool inside = row < H && column < W;
                const auto want = static_cast<float>(inside ? (matrix * H + row) * W + column + 1 : 0);
                ASSERT_EQ(at(buffer, page, row % 32, column % 32), want)
                    << matrix << ' ' << row << ' ' << column;
            }
}

TEST(TensorTileLayout, BothWaysGiveTheSameBytes) {
    Device device;
    for (const Shape& shape : {Shape{}, Shape{5}, Shape{1, 1}, Shape{32, 32}, Shape{33, 17},
                               Shape{2, 3, 31, 65}, Shape{0, 4}, Shape{700, 900}}) {
        const HostTensor host = counted(shape);
        const Tensor rows = to_device(host, device);
        const Tensor tiles = to_layout(rows, Layout::TILE);
        const Tensor again = to_layout(tiles, Layout::ROW_MAJOR);
        EXPECT_EQ(tiles.spec().layout, Layout::TILE);
        EXPECT_EQ(tiles.spec().shape, shape);
        EXPECT_EQ(to_host(tiles).data, host.data) << to_string(shape);
        EXPECT_EQ(to_host(again).data, host.data) << to_string(shape);
    }
}

TEST(TensorTileLayout, PaddingIsZeroAlsoInMemoryThatWasUsed) {
    Device device;
    {
        const Tensor before(device, {{64, 64}, DataType::FLOAT32, Layout::TILE, {}});
        for (std::uint64_t page = 0; page < 4; ++page) std::memset(before.buffer().page(page), 0xff, 4096);
    }
    const Tensor tensor = to_device(counted({33, 33}), device, DRAM_MEMORY_CONFIG, Layout::TILE);
    EXPECT_EQ(at(tensor.buffer(), 0, 31, 31), 31.0f * 33 + 32);
    EXPECT_EQ(at(tensor.buffer(), 1, 0, 1), 0);
    EXPECT_EQ(at(tensor.buffer(), 3, 0, 0), 33.0f * 33);
    EXPECT_EQ(at(tensor.buffer(), 3, 31, 31), 0);
}

TEST(TensorTileLayout, ARowIsOneRowOfATile) {
    const TensorSpec spec{{7}, DataType::BFLOAT16, Layout::TILE, {}};
    EXPECT_EQ(spec.padded_shape(), (Shape{32, 32}));
    EXPECT_EQ((TensorSpec{{7}, DataType::BFLOAT16, Layout::ROW_MAJOR, {}}).padded_shape(), (Shape{7}));
}

TEST(TensorTileLayout, RoundsOnItsWay) {
    Device device;
    const std::vector<float> values{1.00390625f, 1.01171875f, 3.0f, -2.5f};  // the first two are ties
    const Tensor narrow(device, {{2, 2}, DataType::BFLOAT16, Layout::TILE, {}});
    write(narrow, std::as_bytes(std::span(values)), DataType::FLOAT32);
    std::vector<float> back(4);
    read(narrow, std::as_writable_bytes(std::span(back)), DataType::FLOAT32);
    EXPECT_EQ(back, (std::vector<float>{1.0f, 1.015625f, 3.0f, -2.5f}));
}

}  // namespace
}  // namespace loom
