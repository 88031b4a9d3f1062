// The first thing that a user does: one tensor, one call. (The example of layernorm_fused_rm.hpp.)
#include <gtest/gtest.h>

#include "ops/layernorm_fused_rm/accuracy.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"
#include "program/random_tensor.hpp"

namespace loom {
namespace {

TEST(FirstRun, NormalisesTheRowsOfATensor) {
    const HostTensor host = random_normal({2, 64, 96}, DataType::BFLOAT16, 0, 1, 1);
    const HostTensor scale = random_normal({96}, DataType::BFLOAT16, 1, 0.2, 2);
    const HostTensor shift = random_normal({96}, DataType::BFLOAT16, 0, 1, 3);

    loom::Device device;
    const loom::Tensor x = to_device(host, device);
    const loom::Tensor gamma = to_device(scale, device);
    const loom::Tensor beta = to_device(shift, device);
    const loom::Tensor y = loom::layernorm_fused_rm(x, gamma, beta);

    EXPECT_TRUE(layernorm_accuracy(host, &scale, &shift, 1e-5, to_host(y), kDefaultNumerics).within_bars());
}

}  // namespace
}  // namespace loom
