// Rows that do not fit L1 are streamed in chunks, to the same error bars; the factory changes where the bytes
// say so.
#include <gtest/gtest.h>

#include <utility>

#include "support/layernorm_problem.hpp"
#include "support/seed.hpp"

namespace loom::testing {
namespace {

constexpr DataType kBf16 = DataType::BFLOAT16;
constexpr DataType kF32 = DataType::FLOAT32;

bool streams(const LayernormProblem& problem) {
    const PlacedLayernorm placed(problem);
    return std::holds_alternative<LayernormFusedRmStreamingProgramFactory>(
        LayernormFusedRmDeviceOperation::select_program_factory(placed.params, placed.inputs));
}

void expect_within_bars(const LayernormProblem& problem) {
    const LayernormData data(problem);
    const LayernormAccuracy got = accuracy(problem, data, run(problem, data));
    EXPECT_TRUE(got.within_bars()) << to_string(problem.shape) << " " << name_of(problem.dtype) << " mean "
                                   << problem.mean << ": max error " << got.max_error << " of " << got.max_bar
                                   << ", mean error " << got.mean_error << " of " << got.mean_bar;
}

class WideRows : public ::testing::TestWithParam<Shape> {};

// Exact numerics are the same on both.
constexpr std::pair<Arch, Numerics> kMachines[] = {{Arch::WORMHOLE_B0, Numerics::silicon},
                                                   {Arch::BLACKHOLE, Numerics::silicon},
                                                   {Arch::WORMHOLE_B0, Numerics::exact}};

TEST_P(WideRows, MeetTheBarsOnBothChips) {
    for (const auto& [arch, numerics] : kMachines)
        for (const DataType dtype : {kBf16, kF32})
            for (const double mean : {0.0, 1000.0}) {
                const LayernormProblem problem{.shape = GetParam(),
                                               .device = {.arch = arch, .numerics = numerics},
                                               .dtype = dtype,
                                               .parameter_dtype = dtype,
                                               .mean = mean,
                                               .seed = seed()};
                EXPECT_TRUE(streams(problem));
                expect_within_bars(problem);
            }
}

INSTANTIATE_TEST_SUITE_P(
    , WideRows, ::testing::Values(Shape{64, 8192}, Shape{1, 50257}, Shape{33, 4001}, Shape{2, 65536}),
    [](const auto& param) { return std::to_string(param.param[0]) + "x" + std::to_string(param.param[1]); });

// The roundings of a sum of so many terms are what the slack of elements near 0 is derived from.
TEST(VeryWideRows, AMillionColumnsMeetTheBars) {
    for (const Numerics numerics : {Numerics::silicon, Numerics::exact})
        for (const bool affine : {false, true})
            expect_within_bars({.shape = {2, 1 << 20},
                                .device = {.numerics = numerics},
                                .mean = 100,
                                .gamma = affine,
                                .beta = affine,
                                .seed = seed()});
}

// Tiles of the widest row whose buffers fit: c_0 and c_16 (32 sticks each), c_1, c_6, c_7 and c_24 (a tile
// each) and c_4 and c_5 (a stick each) grow with the row; c_2, c_3 and c_25 to c_27 are six tiles.
std::uint32_t most_tiles(Arch arch, DataType dtype) {
    const ArchSpec& spec = arch_spec(arch);
    const std::uint32_t tile = 1024 * element_bytes(dtype);
    const std::uint32_t per_tile = 6 * tile + 2 * tile / 32;
    return (spec.l1_bytes - spec.l1_unreserved_base - 6 * tile) / per_tile;
}

// Both factories are right on either side of the point where they take turns, and give nearly the same.
TEST(SwitchOfFactories, IsWhereAWholeTileRowNoLongerFits) {
    for (const Arch arch : {Arch::WORMHOLE_B0, Arch::BLACKHOLE})
        for (const DataType dtype : {kBf16, kF32}) {
            LayernormProblem problem{.shape = {33, 32},
                                     .device = {.arch = arch},
                                     .dtype = dtype,
                                     .parameter_dtype = dtype,
                                     .mean = 10,
                                     .seed = seed()};
            const std::uint32_t tiles = most_tiles(arch, dtype);
            EXPECT_GT(tiles, dtype == kBf16 ? 100u : 50u);
            for (const std::uint32_t width : {tiles * 32 - 1, tiles * 32, tiles * 32 + 1, tiles * 32 + 32}) {
                problem.shape = {33, width};
                EXPECT_EQ(streams(problem), width > tiles * 32) << width;
                expect_within_bars(problem);
            }
        }
}

// Tensors in L1 take room from the buffers: the same row is streamed then.
TEST(SwitchOfFactories, HeedsTensorsInL1) {
    LayernormProblem problem{.shape = {640, 2048}, .seed = seed()};
    EXPECT_FALSE(streams(problem));
    problem.device.grid = {1, 1};
    problem.shape = {12000, 2048};
    problem.memory = L1_MEMORY_CONFIG;
    problem.output_memory = DRAM_MEMORY_CONFIG;
    EXPECT_TRUE(streams(problem));
}

// Where tensors fill L1, a narrow row is streamed too, in one chunk: no earlier one has been where its pads are.
TEST(StreamedRows, OfOneChunkLeaveTheirPadsOut) {
    for (const auto& [dtype, width] : {std::pair{kBf16, 1000u}, std::pair{kF32, 500u}}) {
        const LayernormProblem problem{.shape = {65, width},
                                       .device = {.grid = CoreCoord{1, 1}},
                                       .dtype = dtype,
                                       .parameter_dtype = dtype,
                                       .seed = seed()};
        Device device(problem.device);
        // Leaves 379,904 bytes of each L1: the thirteen buffers take 409,600 or more, those of one chunk do with 360,448.
        const Tensor filler(
            device, {.shape = {496 * device.chip().num_l1_banks(), 1024}, .memory_config = L1_MEMORY_CONFIG});
        const LayernormData data(problem);
        EXPECT_EQ(LayernormFusedRmDeviceOperation::select_program_factory(
                      {}, {to_device(data.input, device), to_device(*data.gamma, device),
                           to_device(*data.beta, device)})
                      .index(),
                  1u);
        const LayernormAccuracy got = accuracy(problem, data, run_on(device, problem, data));
        EXPECT_TRUE(got.within_bars()) << name_of(dtype) << ": max error " << got.max_error;
    }
}

TEST(StreamedRows, OfOneValueGiveBeta) {
    const LayernormProblem problem{.shape = {2, 8000}, .mean = 3.0, .deviation = 0, .epsilon = 1e-12f};
    const LayernormData data(problem);
    const HostTensor output = run(problem, data);
    for (std::size_t row = 0; row < 2; ++row) {
        const auto first = output.data.begin() + static_cast<std::ptrdiff_t>(row * 8000 * 2);
        EXPECT_TRUE(std::equal(first, first + 8000 * 2, data.beta->data.begin())) << "row " << row;
    }
}

}  // namespace
}  // namespace loom::testing
