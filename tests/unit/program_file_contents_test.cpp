// A tensor's contents: zeros, a range, a seed, a file; and nothing at all.
#include <cstring>

#include "program/random_tensor.hpp"
#include "program/tensor_file.hpp"
#include "unit/program_file_testing.hpp"

namespace loom::testing {
namespace {

HostTensor filled(const TemporaryFolder& folder, const Json& contents, const char* dtype = "float32") {
    Json program = small_program_json();
    program["tensors"][0]["dtype"] = dtype;
    program["tensors"][0]["contents"] = contents;
    LoadedProgram loaded = load(folder, program);
    loaded.fill();
    return to_host(loaded.find_tensor("x")->tensor);
}

std::vector<float> floats(const HostTensor& tensor) {
    std::vector<float> values(tensor.data.size() / 4);
    std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
    return values;
}

TEST(ProgramFileContents, ZerosAndRange) {
    const TemporaryFolder folder;
    EXPECT_EQ(floats(filled(folder, {{"zeros", true}})), std::vector<float>(128, 0.0f));
    const std::vector<float> range = floats(filled(folder, {{"range", {2, 0.5}}}));
    for (std::size_t i = 0; i < 128; ++i) EXPECT_EQ(range[i], 2 + 0.5f * static_cast<float>(i));
}

TEST(ProgramFileContents, ASeedGivesTheValuesOfRandomNormal) {
    const TemporaryFolder folder;
    const Shape shape{4, 32};
    EXPECT_TRUE(tensor_file_testing::same(filled(folder, {{"seed", 9}}, "bfloat16"),
                                          random_normal(shape, DataType::BFLOAT16, 0, 1, 9)));
    EXPECT_TRUE(tensor_file_testing::same(filled(folder, {{"seed", 9}, {"mean", 3}, {"deviation", 0.5}}),
                                          random_normal(shape, DataType::FLOAT32, 3, 0.5, 9)));
}

TEST(ProgramFileContents, AFileIsLookedUpBesideTheProgramAndRounded) {
    const TemporaryFolder folder;
    const HostTensor exact = random_normal({4, 32}, DataType::FLOAT32, 0, 1, 3);
    write_tensor(folder / "x.npy", exact);
    EXPECT_TRUE(tensor_file_testing::same(filled(folder, {{"file", "x.npy"}}), exact));
    EXPECT_TRUE(tensor_file_testing::same(filled(folder, {{"file", "x.npy"}}, "bfloat16"),
                                          random_normal({4, 32}, DataType::BFLOAT16, 0, 1, 3)));
}

TEST(ProgramFileContents, AFileOfAnotherShapeIsRefusedWithItsPlace) {
    const TemporaryFolder folder;
    write_tensor(folder / "x.npy", random_normal({32, 4}, DataType::FLOAT32, 0, 1, 3));
    EXPECT_EQ(
        error_text([&] {
            filled(folder, {{"file", "x.npy"}});
        }),
        "PROGRAM_FILE: " + (folder / "p.json") +
            ": /tensors/0/contents/file: expected a tensor of shape [4, 32], got \"x.npy\" of [32, 4].");
}

TEST(ProgramFileContents, FillingAgainUndoesWhatARunDid) {
    const TemporaryFolder folder;
    LoadedProgram loaded = load(folder, small_program_json());
    loaded.fill();
    const HostTensor first = to_host(loaded.find_tensor("x")->tensor);
    copy_to_device({{4, 32}, DataType::BFLOAT16, std::vector<std::byte>(256)},
                   loaded.find_tensor("x")->tensor);
    loaded.fill();
    EXPECT_TRUE(tensor_file_testing::same(to_host(loaded.find_tensor("x")->tensor), first));
}

}  // namespace
}  // namespace loom::testing
