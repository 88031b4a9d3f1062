// A compile that fails for no fault of the kernel does not say that the kernel does not compile.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/error_text.hpp"
#include "support/own_cache.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

namespace fs = std::filesystem;

class CompilerFailures : public OwnCache {
protected:
    static std::string error_of(const std::string& remark) {
        SmallProgram program;
        program.reader("void kernel_main() { /* " + remark + " */ }");
        return error_text([&] { program.run(); });
    }
    void expect_failed(const std::string& script, const std::string& reason, const std::string& said) {
        set_compiler(script);
        EXPECT_EQ(error_of("fails"),
                  "COMPILER_FAILED: source.cpp was not compiled: " + reason + ".\n" + said);
    }
};

// A real compiler, whose assembler is not in PATH.
TEST_F(CompilerFailures, APartIsMissing) {
    set_compiler("real=$(command -v " + real_compiler_ + "); PATH=/nowhere exec \"$real\" \"$@\"");
    const std::string message = error_of("as is missing");
    const std::string begin =
        "COMPILER_FAILED: source.cpp was not compiled: a part of the compiler is missing or cannot be "
        "started; install "
        "g++ and binutils whole, and have them in PATH.\n";
    EXPECT_EQ(message.substr(0, begin.size()), begin) << message;
    // g++ says "cannot execute", clang "unable to execute".
    EXPECT_NE(message.find("execute"), std::string::npos) << message;
}

TEST_F(CompilerFailures, Killed) {
    expect_failed("kill -9 $$", "signal 9 ended the compiler, as the system does when memory runs out", "");
    expect_failed("echo 'g++: fatal error: Killed signal terminated program cc1plus'; exit 1",
                  "a signal ended a part of the compiler, as the system does when memory runs out",
                  "g++: fatal error: Killed signal terminated program cc1plus");
}

// A real compiler, which may not have much memory.
TEST_F(CompilerFailures, OutOfMemory) {
    set_compiler("ulimit -v 300000; exec " + real_compiler_ + " \"$@\"");
    SmallProgram program;
    program.reader(
        "#define MORE(x) x x x x x x x x\n"
        "void kernel_main() { MORE(MORE(MORE(MORE(MORE(MORE(MORE(MORE(1;)))))))) }");
    const std::string message = error_text([&] { program.run(); });
    EXPECT_EQ(
        message.find("COMPILER_FAILED: source.cpp was not compiled: the compiler had not enough memory.\n"),
        0u)
        << message;
    const std::string clang =
        "LLVM ERROR: out of memory\nclang: error: clang frontend command failed due to signal";
    expect_failed("echo '" + clang + "'; exit 1", "the compiler had not enough memory", clang);
}

TEST_F(CompilerFailures, AFaultOfItsOwn) {
    for (const char* said : {"source.cpp:1:1: internal compiler error: in fold, at fold.c:1",
                             "clang: error: clang frontend command failed with exit code 139"})
        expect_failed(
            std::string("echo '") + said + "'; exit 1",
            "the compiler found a fault in itself; another version of it, named in LOOM_CXX, may not have it",
            said);
}

/// Nothing of a build that could not be written stays.
void expect_no_leftovers(const fs::path& cache) {
    for (const auto& entry : fs::directory_iterator(cache))
        EXPECT_NE(entry.path().filename().string().substr(0, 10), "loom-work-") << entry.path();
}

// Files may have this many bytes: the system says so by a signal too, which ends a process.
TEST_F(CompilerFailures, FilesMayNotGrow) {
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    for (const rlim_t bytes : {rlim_t{1000}, rlim_t{30'000}, rlim_t{200'000}}) {
        fs::remove_all(cache());
        const rlimit limit{bytes, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const std::string message = error_of("size");
        ::setrlimit(RLIMIT_FSIZE, &before);
        if (message == "(nothing was thrown)") continue;  // an image is smaller than that
        EXPECT_EQ(message.find("CACHE_UNWRITABLE: The cache of compiled kernels, " + cache().string()), 0u)
            << message;
        EXPECT_NE(message.find("cannot be written: File too large"), std::string::npos) << message;
        expect_no_leftovers(cache());
    }
    EXPECT_EQ(error_of("size"), "(nothing was thrown)");
}

// A disk of so many KiB.
TEST_F(CompilerFailures, DiskFull) {
    fs::create_directory(cache());
    for (const int kib : {4, 16, 64, 256, 448}) {
        const std::string size = "mode=700,size=" + std::to_string(kib) + "k";
        if (::mount("tmpfs", cache().c_str(), "tmpfs", 0, size.c_str()) != 0)
            GTEST_SKIP() << "needs a right to mount";
        const std::string message = error_of("disk");
        if (message != "(nothing was thrown)") {
            EXPECT_EQ(message.find("CACHE_UNWRITABLE: The cache of compiled kernels, " + cache().string()),
                      0u)
                << kib << ": " << message;
            EXPECT_NE(message.find("No space left on device"), std::string::npos) << kib << ": " << message;
            expect_no_leftovers(cache());
        }
        ::umount2(cache().c_str(), MNT_DETACH);
    }
}

}  // namespace
}  // namespace loom::testing
