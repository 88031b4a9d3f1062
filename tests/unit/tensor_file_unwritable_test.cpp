// A write that fails is FILE_UNWRITABLE and leaves the folder as it was: no part of a file, no temporary one.
#include <sys/resource.h>

#include <csignal>

#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

const HostTensor kTensor = counting_tensor({100}, DataType::FLOAT32);

void expect_unwritable(const std::string& name, std::string_view path, std::string_view reason,
                       const HostTensor& tensor = kTensor) {
    EXPECT_EQ(error_of([&] { write_tensor(name, tensor); }),
              fmt::format("FILE_UNWRITABLE: Cannot write {}: {}.", path, reason));
}

TEST(TensorFileUnwritable, FoldersThatAreMissingOrTakeNoFiles) {
    const TemporaryFolder folder;
    expect_unwritable(folder / "missing/x.npy", folder / "missing/x.npy", "No such file or directory");
    expect_unwritable(folder / "missing/x.safetensors:w", folder / "missing/x.safetensors",
                      "No such file or directory");
    expect_unwritable("/proc/x.npy", "/proc/x.npy", "No such file or directory");
    EXPECT_EQ(folder.count_files(), 0);
}

TEST(TensorFileUnwritable, PlacesThatAFolderHas) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "x.npy");
    expect_unwritable(folder / "x.npy", folder / "x.npy", "Is a directory");
    EXPECT_EQ(folder.count_files(), 1);
}

// A limit on the size of files stands in for a full disk: the first bytes are taken, the others refused.
TEST(TensorFileUnwritable, DisksThatFillUpKeepTheOldFile) {
    const TemporaryFolder folder;
    write_bytes(folder / "x.npy", "old");
    ::rlimit before = {};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit small = {300, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const std::string error = error_of([&] { write_tensor(folder / "x.npy", kTensor); });
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    static_cast<void>(std::signal(SIGXFSZ, old_handler));
    EXPECT_EQ(error, fmt::format("FILE_UNWRITABLE: Cannot write {}: File too large.", folder / "x.npy"));
    EXPECT_EQ(read_bytes(folder / "x.npy"), "old");
    EXPECT_EQ(folder.count_files(), 1);
}

TEST(TensorFileUnwritable, TensorsThatNoFileCouldHold) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.safetensors";
    expect_unwritable(path, path, "the tensor's 3 bytes of data are not those of [2] in bfloat16",
                      {{2}, DataType::BFLOAT16, std::vector<std::byte>(3)});
    expect_unwritable(path, path,
                      "the tensor's 0 bytes of data are not those of [2147483648, 2147483648] in float32",
                      {{2147483648, 2147483648}, DataType::FLOAT32, {}});
    expect_unwritable(path, path, "the tensor has 65 dimensions, over the limit of 64",
                      counting_tensor(Shape(65, 1), DataType::FLOAT32));
    expect_unwritable(path + ":__metadata__", path, "no tensor can have the name \"__metadata__\"");
    expect_unwritable(path + ":w\xff", path, "the tensor's name \"w\" is not UTF-8");
    EXPECT_EQ(folder.count_files(), 0);
}

}  // namespace
}  // namespace loom::tensor_file_testing
