// The whole message of each error of the run-time compiler, its cache, and what it makes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "runtime/core/core.hpp"
#include "support/error_text.hpp"
#include "support/own_cache.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

namespace fs = std::filesystem;

using CompilerErrors = OwnCache;

std::string error_of(const std::string& source, bool compute = false) {
    SmallProgram program;
    compute ? program.compute(source) : program.reader(source);
    return error_text([&] { program.run(); });
}

TEST_F(CompilerErrors, ItsOwnLinesReachTheCaller) {
    set_compiler("echo 'source.cpp:3:5: error: this line'; echo 'and this one' >&2; exit 1");
    EXPECT_EQ(error_of("void kernel_main() {}"),
              "KERNEL_COMPILE: source.cpp does not compile:\nsource.cpp:3:5: error: this line\nand this one");
    EXPECT_EQ(error_of("void kernel_main() {}", true),
              "KERNEL_COMPILE: source.cpp does not compile as UNPACK:\nsource.cpp:3:5: error: this line\nand "
              "this one");
}

// The real compiler: under the kernel's own line numbers, and the thread for which it fails.
TEST_F(CompilerErrors, LinesAreTheKernels) {
    const std::string message = error_of("// one\nvoid kernel_main() {\n  MATH(no_such_call();)\n}", true);
    EXPECT_EQ(message.find("KERNEL_COMPILE: source.cpp does not compile as MATH:\n"), 0u) << message;
    EXPECT_NE(message.find("source.cpp:3:"), std::string::npos) << message;
    EXPECT_NE(message.find("no_such_call"), std::string::npos) << message;
}

TEST_F(CompilerErrors, CompileTimeArgumentsOutOfRangeDoNotCompile) {
    const std::string index = error_of("void kernel_main() { REPORT(0, get_compile_time_arg_val(0)); }");
    EXPECT_EQ(index.find("KERNEL_COMPILE: "), 0u);
    EXPECT_NE(index.find("compile-time argument index out of range"), std::string::npos) << index;
    const std::string name =
        error_of("void kernel_main() { REPORT(0, get_named_compile_time_arg_val(\"no\")); }");
    EXPECT_EQ(name.find("KERNEL_COMPILE: "), 0u);
    EXPECT_NE(name.find("no_compile_time_argument_has_this_name"), std::string::npos) << name;
}

// Each instance asks for two more, for ever as far as anybody can wait.
constexpr const char* kEndlessTemplate =
    "template <unsigned long n, int depth> struct Tree {\n"
    "    static constexpr int value = Tree<2 * n, depth - 1>::value + Tree<2 * n + 1, depth - 1>::value;\n"
    "};\n"
    "template <unsigned long n> struct Tree<n, 0> { static constexpr int value = 1; };\n"
    "void kernel_main() { REPORT(0, (Tree<1, 60>::value)); }";

TEST_F(CompilerErrors, ACompilationThatNeverEnds) {
    set("LOOM_CXX_SECONDS", "1");
    const std::string message = error_of(kEndlessTemplate);
    EXPECT_EQ(
        message.find(
            "KERNEL_COMPILE_LIMIT: source.cpp was not compiled: the compiler was ended at its limit of 1 s "
            "of CPU time. Look for a template or constant expression that goes on and on; if there is none, "
            "allow more in LOOM_CXX_SECONDS."),
        0u)
        << message;
}

TEST_F(CompilerErrors, ACompilationThatTakesAllMemory) {
    set("LOOM_CXX_MIB", "200");
    const std::string message = error_of(kEndlessTemplate);
    EXPECT_EQ(
        message.find(
            "KERNEL_COMPILE_LIMIT: source.cpp was not compiled: the compiler was ended at its limit of 200 "
            "MiB of memory. Look for a template or constant expression that goes on and on; if there is "
            "none, allow more in LOOM_CXX_MIB."),
        0u)
        << message;
}

TEST_F(CompilerErrors, AfterALimitNothingIsLeft) {
    set("LOOM_CXX_SECONDS", "1");
    error_of(kEndlessTemplate);
    for (const auto& entry : fs::directory_iterator(folder_ / "cache"))
        EXPECT_EQ(entry.path().filename().string().find(".so"), std::string::npos) << entry.path();
}

TEST_F(CompilerErrors, NoCompiler) {
    set("LOOM_CXX", "/nowhere/g++");
    EXPECT_EQ(error_of("void kernel_main() {}"),
              "COMPILER_MISSING: Kernels are compiled at run time, and no compiler could be started: "
              "/nowhere/g++: No "
              "such file or directory. Install g++, or name one in LOOM_CXX.");
}

TEST_F(CompilerErrors, AnImageThatIsNone) {
    set_compiler("while [ \"$1\" != -o ]; do shift; done; echo rubbish > \"$2\"");
    EXPECT_EQ(error_of("void kernel_main() {}"),
              "KERNEL_LOAD: source.cpp was compiled but cannot be loaded: no entry in it.");
}

// Kernels are compiled without exceptions; a call of theirs may end in one that is none of Loom's errors.
TEST_F(CompilerErrors, AKernelThatThrows) {
    LoomEngine table = runtime::engine_table();
    table.logical_coordinate = [](std::uint32_t) -> std::uint32_t { throw std::out_of_range("boom"); };
    runtime::LaunchOptions options;
    options.engine = &table;
    SmallProgram program;
    program.reader("void kernel_main() { get_absolute_logical_x(); }");
    EXPECT_EQ(error_text([&] { program.run(options); }),
              "KERNEL_EXCEPTION: A kernel of core (0,0) threw: boom");
}

TEST_F(CompilerErrors, CacheFolders) {
    const std::string shared = (folder_ / "shared").string();
    fs::create_directory(shared);
    fs::permissions(shared, fs::perms::all);
    set("LOOM_CACHE_DIR", shared);
    EXPECT_EQ(error_of("void kernel_main() {}"), "CACHE_NOT_PRIVATE: " + shared +
                                                     " holds compiled kernels, so it must belong to this "
                                                     "user and be writable by no other; name another "
                                                     "folder in LOOM_CACHE_DIR.");
    std::ofstream(folder_ / "file") << "in the way";
    const std::string below = (folder_ / "file/cache").string();
    set("LOOM_CACHE_DIR", below);
    EXPECT_EQ(error_of("void kernel_main() {}"),
              "CACHE_UNWRITABLE: The cache of compiled kernels, " + below +
                  ", cannot be written: Not a directory. Name another folder in LOOM_CACHE_DIR.");
}

// A folder of this user's in which not even root can make one.
TEST_F(CompilerErrors, ACacheFolderThatTakesNothing) {
    set("LOOM_CACHE_DIR", "/proc/self/task");
    const std::string message = error_of("void kernel_main() {}");
    EXPECT_EQ(message.find("CACHE_UNWRITABLE: The cache of compiled kernels, /proc/self/task"), 0u)
        << message;
}

}  // namespace
}  // namespace loom::testing
