// The whole message of each refusal of layernorm_fused_rm, before anything runs or is allocated.
#include <gtest/gtest.h>

#include <limits>

#include "support/error_text.hpp"
#include "support/layernorm_problem.hpp"

namespace loom::testing {
namespace {

class LayernormErrors : public ::testing::Test {
protected:
    Tensor tensor(const Shape& shape, DataType dtype = DataType::BFLOAT16, MemoryConfig memory = {}) {
        return Tensor(device_, {shape, dtype, Layout::ROW_MAJOR, memory});
    }
    std::string refusal(const Tensor& input, const std::optional<Tensor>& gamma = {},
                        const std::optional<Tensor>& beta = {}, float epsilon = 1e-5f) {
        const std::uint64_t free = device_.allocator(BufferType::DRAM).free_bytes();
        const std::string text = error_text([&] { layernorm_fused_rm(input, gamma, beta, epsilon); });
        EXPECT_EQ(device_.allocator(BufferType::DRAM).free_bytes(), free) << "an output was allocated";
        return text;
    }
    Device device_;
};

TEST_F(LayernormErrors, TensorsThatAreNotThere) {
    Tensor freed = tensor({64});
    freed.deallocate();
    EXPECT_EQ(refusal(freed),
              "LN_NOT_ON_DEVICE: Input must be on a device and hold its memory; it was freed.");
    EXPECT_EQ(refusal(tensor({32, 64}), {}, freed),
              "LN_NOT_ON_DEVICE: Beta must be on a device and hold its memory; it was freed.");
    Device other;
    EXPECT_EQ(refusal(tensor({32, 64}), Tensor(other, {{64}, DataType::BFLOAT16, Layout::ROW_MAJOR, {}})),
              "LN_DEVICE: Gamma must be on the same device as the input.");
}

TEST_F(LayernormErrors, Layouts) {
    const Tensor tiles(device_, {{32, 64}, DataType::BFLOAT16, Layout::TILE, {}});
    EXPECT_EQ(refusal(tiles), "LN_LAYOUT: Input must be in ROW_MAJOR layout, got TILE.");
    EXPECT_EQ(refusal(tensor({32, 64}), Tensor(device_, {{64}, DataType::BFLOAT16, Layout::TILE, {}})),
              "LN_LAYOUT: Gamma must be in ROW_MAJOR layout, got TILE.");
}

TEST_F(LayernormErrors, Shapes) {
    EXPECT_EQ(refusal(tensor({})), "LN_RANK: Input must have at least 1 dimension, got shape [].");
    EXPECT_EQ(
        refusal(tensor({32, 64}), tensor({32})),
        "LN_PARAMETER_SHAPE: Gamma must have shape [W] or [1, .., 1, W] with the input's W = 64, got [32].");
    EXPECT_EQ(refusal(tensor({32, 64}), {}, tensor({2, 64})),
              "LN_PARAMETER_SHAPE: Beta must have shape [W] or [1, .., 1, W] with the input's W = 64, got "
              "[2, 64].");
    EXPECT_EQ(
        refusal(tensor({32, 64}), {}, tensor({})),
        "LN_PARAMETER_SHAPE: Beta must have shape [W] or [1, .., 1, W] with the input's W = 64, got [].");
}

TEST_F(LayernormErrors, Epsilon) {
    const auto with = [&](float epsilon) { return refusal(tensor({32, 32}), {}, {}, epsilon); };
    EXPECT_EQ(with(-1e-5f), "LN_EPSILON: epsilon must be finite and not negative, got -1e-05.");
    EXPECT_EQ(with(std::numeric_limits<float>::infinity()),
              "LN_EPSILON: epsilon must be finite and not negative, got inf.");
    EXPECT_EQ(with(std::numeric_limits<float>::quiet_NaN()),
              "LN_EPSILON: epsilon must be finite and not negative, got nan.");
}

// Chunks of one tile: c_0 and c_16 hold 32 sticks of 64 bytes, c_1 and c_3 a tile, c_2 and c_27 two, c_25 and
// c_26 three.
TEST_F(LayernormErrors, ARowTooWideEvenInChunksOfOneTile) {
    const Tensor in_l1 = tensor({64, 690'000}, DataType::BFLOAT16, L1_MEMORY_CONFIG);
    EXPECT_EQ(
        refusal(tensor({32, 65536})),
        "LN_ROW_TOO_WIDE: A row of 65536 elements needs 28672 bytes of L1 even in chunks of one tile, and "
        "15712 are there.");
}

}  // namespace
}  // namespace loom::testing
