// A file is replaced whole: whoever reads the old one meanwhile keeps it, and its permissions are the
// umask's.
#include <sys/stat.h>

#include <functional>
#include <thread>

#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

TEST(TensorFileReplaced, AnOpenOldFileStaysWhole) {
    const TemporaryFolder folder;
    write_bytes(folder / "x.npy", "old");
    std::ifstream old(folder / "x.npy", std::ios::binary);
    const HostTensor tensor = counting_tensor({2}, DataType::FLOAT32);
    write_tensor(folder / "x.npy", tensor);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(old), {}), "old");
    EXPECT_TRUE(same(read_tensor(folder / "x.npy"), tensor));
    EXPECT_EQ(folder.count_files(), 1);
}

TEST(TensorFileReplaced, ReadersBesideWritersSeeWholeFilesOnly) {
    const TemporaryFolder folder;
    const HostTensor small = counting_tensor({3}, DataType::FLOAT32);
    const HostTensor large = counting_tensor({50'000}, DataType::FLOAT32);
    write_tensor(folder / "x.npy", small);
    const auto write_often = [&](const HostTensor& tensor) {
        for (int i = 0; i < 50; ++i) write_tensor(folder / "x.npy", tensor);
    };
    std::thread first(write_often, std::cref(small));
    std::thread second(write_often, std::cref(large));
    for (int i = 0; i < 50; ++i) {
        const HostTensor read = read_tensor(folder / "x.npy");
        EXPECT_TRUE(same(read, small) || same(read, large)) << to_string(read.shape);
    }
    first.join();
    second.join();
    EXPECT_EQ(folder.count_files(), 1);
}

TEST(TensorFileReplaced, PermissionsAreTheUmasks) {
    const TemporaryFolder folder;
    const ::mode_t before = ::umask(027);
    write_tensor(folder / "x.npy", counting_tensor({2}, DataType::FLOAT32));
    ::umask(before);
    struct ::stat status = {};
    ASSERT_EQ(::stat((folder / "x.npy").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0640u);
}

// Without a slash in the name, the temporary file must not land in the root folder.
TEST(TensorFileReplaced, AFileInTheCurrentFolder) {
    const TemporaryFolder folder;
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder / "");
    write_tensor("x.npy", counting_tensor({2}, DataType::FLOAT32));
    std::filesystem::current_path(before);
    EXPECT_TRUE(std::filesystem::exists(folder / "x.npy"));
    EXPECT_EQ(folder.count_files(), 1);
}

}  // namespace
}  // namespace loom::tensor_file_testing
