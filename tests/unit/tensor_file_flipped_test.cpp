// A file with bytes changed at random is read, or refused by a loom::Error; nothing else comes out.
#include <cstdlib>
#include <random>

#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

// LOOM_SEED, as printed by a failed run, repeats it.
std::uint64_t seed() {
    const char* given = std::getenv("LOOM_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

void expect_read_or_refused(const std::string& path) {
    const std::uint64_t start = seed();
    std::mt19937_64 random(start);
    const std::string whole = read_bytes(path);
    // Bytes that headers are made of reach further into the readers than any bytes do.
    constexpr std::string_view kLikely = "{}[](),:'\"\\0123456789-eE. \nFT";
    for (int round = 0; round < 2000; ++round) {
        std::string bytes = whole;
        for (std::uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
            const char any = static_cast<char>(random() & 0xff);
            bytes[random() % bytes.size()] = random() % 2 == 0 ? any : kLikely[random() % kLikely.size()];
        }
        write_bytes(path, bytes);
        try {
            const HostTensor tensor = read_tensor(path);
            EXPECT_EQ(tensor.data.size(), volume(tensor.shape) * element_bytes(tensor.dtype));
        } catch (const Error& error) {
            EXPECT_EQ(error.blame(), Blame::usage) << error.what();
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
        if (::testing::Test::HasFailure()) {
            FAIL() << fmt::format("round {}; repeat it with LOOM_SEED={}", round, start);
        }
    }
}

TEST(TensorFileFlipped, SafetensorsIsReadOrRefused) {
    const TemporaryFolder folder;
    write_tensor(folder / "x.safetensors:w", counting_tensor({2, 3}, DataType::BFLOAT16));
    expect_read_or_refused(folder / "x.safetensors");
}

TEST(TensorFileFlipped, NpyIsReadOrRefused) {
    const TemporaryFolder folder;
    write_tensor(folder / "x.npy", counting_tensor({2, 3}, DataType::FLOAT32));
    expect_read_or_refused(folder / "x.npy");
}

}  // namespace
}  // namespace loom::tensor_file_testing
