// A file that the system does not give is FILE_UNREADABLE, with the system's reason.
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

void expect_unreadable(const std::string& path, std::string_view reason) {
    EXPECT_EQ(error_of_reading(path), fmt::format("FILE_UNREADABLE: Cannot read {}: {}.", path, reason));
}

TEST(TensorFileUnreadable, MissingFilesAndFolders) {
    const TemporaryFolder folder;
    expect_unreadable(folder / "x.npy", "No such file or directory");
    expect_unreadable(folder / "x.safetensors", "No such file or directory");
    expect_unreadable(folder / "missing/x.npy", "No such file or directory");
    EXPECT_EQ(error_of_reading(folder / "x.safetensors:w"), error_of_reading(folder / "x.safetensors"));
}

TEST(TensorFileUnreadable, FoldersAndLoops) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "x.npy");
    expect_unreadable(folder / "x.npy", "Is a directory");
    std::filesystem::create_symlink("loop.npy", folder / "loop.npy");
    expect_unreadable(folder / "loop.npy", "Too many levels of symbolic links");
}

// Root may read everything, so this thread becomes nobody to the file system.
TEST(TensorFileUnreadable, FilesWithoutPermission) {
    const TemporaryFolder folder;
    write_bytes(folder / "x.npy", "");
    ASSERT_EQ(::chmod((folder / "x.npy").c_str(), 0), 0);
    const int before = ::setfsuid(65534);
    expect_unreadable(folder / "x.npy", "Permission denied");
    ::setfsuid(static_cast<::uid_t>(before));
}

// Opened plainly, a pipe without a writer waits for one for ever.
TEST(TensorFileUnreadable, PipesAndDevices) {
    const TemporaryFolder folder;
    ASSERT_EQ(::mkfifo((folder / "pipe.npy").c_str(), 0600), 0);
    expect_unreadable(folder / "pipe.npy", "not a regular file");
    std::filesystem::create_symlink("/dev/zero", folder / "zero.safetensors");
    expect_unreadable(folder / "zero.safetensors", "not a regular file");
}

// To the system, a name ends at its first NUL: this one would open the file beside it.
TEST(TensorFileUnreadable, NamesWithANul) {
    const TemporaryFolder folder;
    write_tensor(folder / "x.npy", counting_tensor({2}, DataType::FLOAT32));
    EXPECT_EQ(
        error_of_reading((folder / "x.npy") + std::string("\0.npy", 5)),
        fmt::format("FILE_UNREADABLE: Cannot read {}: the name goes on after a NUL.", folder / "x.npy"));
}

}  // namespace
}  // namespace loom::tensor_file_testing
