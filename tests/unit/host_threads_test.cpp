// What threads of one process may do at once: a device each, whatever they do with it; on one device, give memory back
// while a program runs. Meant for the sanitizers above all.
#include <gtest/gtest.h>

#include <latch>
#include <thread>
#include <vector>

#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"
#include "program/random_tensor.hpp"
#include "support/error_text.hpp"

namespace loom::testing {
namespace {

// Large enough that a conversion is shared among host threads.
const Shape kShape{700, 3000};

HostTensor there_and_back(DataType dtype, std::uint64_t seed) {
    Device device({.threads = 3});
    const HostTensor host = random_normal(kShape, dtype, 0, 1, seed);
    const Tensor rows = to_device(host, device);
    const Tensor tiles = to_layout(rows, Layout::TILE);
    return to_host(to_layout(tiles, Layout::ROW_MAJOR));
}

TEST(HostThreads, ConvertOnADeviceEach) {
    for (const DataType dtype : {DataType::BFLOAT16, DataType::FLOAT32}) {
        std::vector<HostTensor> got(2);
        {
            std::vector<std::jthread> threads;
            for (std::uint64_t i = 0; i < 2; ++i)
                threads.emplace_back([&, i] { got[i] = there_and_back(dtype, i + 1); });
        }
        for (std::uint64_t i = 0; i < 2; ++i)
            EXPECT_EQ(got[i].data, random_normal(kShape, dtype, 0, 1, i + 1).data);
    }
}

TEST(HostThreads, RunOnADeviceEachUntilOneIsStopped) {
    std::atomic<bool> stop{false};
    std::vector<std::string> ended(2);
    std::latch begun(2);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < 2; ++i)
            threads.emplace_back([&, i] {
                Device device({.grid = {4, 1}, .threads = 2});
                const Tensor x = to_device(random_normal({64, 256}, DataType::FLOAT32, 0, 1, i), device);
                runtime::LaunchOptions options;
                options.stop = &stop;
                ended[i] = error_text([&] {
                    layernorm_fused_rm(x, {}, {}, 1e-5f, {}, {}, options);
                    begun.count_down();
                    for (;;) layernorm_fused_rm(x, {}, {}, 1e-5f, {}, {}, options);
                });
            });
        begun.wait();
        stop = true;
    }
    for (const std::string& text : ended) EXPECT_TRUE(text.starts_with("STOPPED: ")) << text;
}

// Python's collector gives tensors up on any thread.
TEST(HostThreads, GiveMemoryBackWhileAProgramRuns) {
    Device device({.grid = {2, 1}, .threads = 2});
    const HostTensor host = random_normal({64, 256}, DataType::BFLOAT16, 0, 1, 1);
    std::vector<Tensor> given_up;
    for (int i = 0; i < 200; ++i) given_up.push_back(to_device(host, device));
    const Tensor x = to_device(host, device);
    const HostTensor want = to_host(layernorm_fused_rm(x, {}, {}));
    {
        const std::jthread collector([&] {
            while (!given_up.empty()) {
                given_up.pop_back();
                std::this_thread::yield();
            }
        });
        for (int i = 0; i < 20; ++i) EXPECT_EQ(to_host(layernorm_fused_rm(x, {}, {})).data, want.data);
    }
}

}  // namespace
}  // namespace loom::testing
