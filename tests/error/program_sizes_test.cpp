// Sizes whose sums or products pass 32 or 64 bits are refused, by code, before anything is placed or written.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "program/explain.hpp"
#include "program/program.hpp"
#include "program/tensor.hpp"
#include "program/work_split.hpp"
#include "support/error_text.hpp"
#include "support/seed.hpp"

namespace loom::testing {
namespace {

const CoreRangeSet kCore(CoreCoord{0, 0});
constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();

ProgramDescriptor program_of(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& sizes) {
    ProgramDescriptor program;
    KernelDescriptor kernel;
    kernel.kernel_source = "void kernel_main() {}";
    kernel.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
    kernel.core_ranges = kCore;
    program.kernels = {kernel};
    for (const auto& [total, page] : sizes) {
        const auto index = static_cast<std::uint8_t>(program.cbs.size());
        program.cbs.push_back({total, kCore, {{index, DataFormat::Float16_b, page, std::nullopt}}});
    }
    return program;
}

TEST(ProgramSizes, ABufferWhoseEndPasses32Bits) {
    const Device device;
    const ProgramDescriptor program = program_of({{4294967280, 286331152}});
    const std::string expected =
        "CB_OUT_OF_L1: Circular buffers of core (0,0) need 4294967280 bytes of L1 and 1395712 are there: "
        "4293571568 bytes too many.";
    EXPECT_EQ(error_text([&] { validate(program, device); }), expected);
    EXPECT_EQ(error_text([&] { explain("p", device, program, {}); }), expected);
    EXPECT_EQ(error_text([&] { Program(program, device, Images::checked); }), expected);
}

TEST(ProgramSizes, BuffersWhoseSumPasses32Bits) {
    const Device device;
    EXPECT_EQ(
        error_text([&] {
            validate(program_of({{1u << 31, 1u << 20}, {1u << 31, 1u << 20}}), device);
        }),
        "CB_OUT_OF_L1: Circular buffers of core (0,0) need 4294967296 bytes of L1 and 1395712 are there: "
        "4293571584 bytes too many.");
}

TEST(ProgramSizes, RandomBuffersAreRefusedOrFit) {
    const Device device;
    std::mt19937_64 random(seed());
    for (int i = 0; i < 2'000; ++i) {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> sizes;
        std::uint64_t sum = 0;
        for (std::uint64_t count = random() % 32 + 1; count > 0; --count) {
            const std::uint32_t page =
                static_cast<std::uint32_t>(random() >> (33 + random() % 28)) / 16 * 16 + 16;
            const std::uint32_t pages =
                static_cast<std::uint32_t>(random() % std::min(kMost / page, 40u)) + 1;
            sizes.emplace_back(page * pages, page);
            sum += std::uint64_t{page} * pages;
        }
        const std::string error = error_text([&] { validate(program_of(sizes), device); });
        const bool fits = sum <= device.l1_bytes_for_circular_buffers();
        EXPECT_TRUE(fits ? error == "(nothing was thrown)" : error.starts_with("CB_OUT_OF_L1: ")) << error;
    }
}

TEST(ProgramSizes, PagesAndTensorsOf4GiB) {
    Device device;
    const auto tensor = [&](const Shape& shape, DataType dtype, Layout layout) {
        return error_text([&] { Tensor(device, {shape, dtype, layout, {}}); });
    };
    const std::string row = tensor({1u << 30}, DataType::FLOAT32, Layout::ROW_MAJOR);
    EXPECT_TRUE(row.starts_with("OUT_OF_MEMORY: No room for 4294967296 bytes in each of the 12 DRAM banks: "))
        << row;
    for (const DataType dtype : {DataType::BFLOAT16, DataType::FLOAT32})
        for (const Shape& shape : {Shape{kMost}, Shape{0, kMost}, Shape{3, kMost}, Shape{kMost, 1}})
            for (const Layout layout : {Layout::ROW_MAJOR, Layout::TILE}) {
                const std::string error = tensor(shape, dtype, layout);
                EXPECT_TRUE(error.starts_with("OUT_OF_MEMORY") || error.starts_with("TENSOR_TOO_LARGE"))
                    << error;
            }
}

TEST(ProgramSizes, BuffersOfAnySizeAreMadeOrRefused) {
    Device device;
    std::mt19937_64 random(seed());
    for (int i = 0; i < 2'000; ++i) {
        const std::uint64_t page = random() >> random() % 64;
        const std::uint64_t size = random() % 4 == 0 ? std::numeric_limits<std::uint64_t>::max() /
                                                           std::max<std::uint64_t>(page, 1) * page
                                                     : page * (random() % 100);
        const BufferType type = random() % 2 == 0 ? BufferType::DRAM : BufferType::L1;
        const std::string error = error_text([&] {
            const Buffer buffer(device, size, page, type);
            ASSERT_EQ(buffer.page_size(), page);
            ASSERT_GE(buffer.aligned_page_size(), page);
            ASSERT_LE(buffer.num_pages() / device.num_banks(type) * buffer.aligned_page_size(),
                      device.allocator(type).total_bytes());
        });
        EXPECT_TRUE(error == "(nothing was thrown)" || error.starts_with("OUT_OF_MEMORY: ") ||
                    error.starts_with("BUFFER_SIZE: "))
            << error;
    }
}

TEST(ProgramSizes, CoresThatNoChipHas) {
    EXPECT_EQ(error_text([] {
                  CoreRange({0, 0}, {kMost, 0});
              }),
              "CORE_RANGE: These cores are no set of rectangles: (4294967295,0) is on no chip, which has at "
              "most 1024 "
              "columns and rows.");
    EXPECT_TRUE(error_text([] { CoreRange(CoreCoord{0, kMost}); }).starts_with("CORE_RANGE: "));
    EXPECT_EQ(error_text([] {
                  split_work_to_cores({65536, 65536}, 5);
              }),
              "OPTION: A grid has at most 1024x1024 cores, got 65536x65536.");
    EXPECT_EQ(error_text([] {
                  split_work_to_cores({0, 5}, 5);
              }),
              "OPTION: A grid has at least one core, got 0x5.");
    EXPECT_EQ(error_text([] {
                  num_cores_to_corerangeset(65, {8, 8});
              }),
              "OPTION: A grid of 8x8 has 64 cores, and 65 were asked for.");
}

}  // namespace
}  // namespace loom::testing
