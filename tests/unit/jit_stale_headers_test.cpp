// An edited header takes effect, however the compiler came to read it, and one that newly comes first does; and nothing is
// compiled again otherwise. All in one process, whose loaded images must not be taken for the new ones.
#include "jit_testing.hpp"

namespace loom::runtime {
namespace {

class StaleHeaders : public JitCache {
protected:
    void write(const std::string& name, const std::string& text) {
        const std::filesystem::path path = folder() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    std::string at(const std::string& name) const { return (folder() / name).string(); }

    std::uint64_t runs() {
        KernelBuild build;
        build.source = find_kernel(at("kernel.cpp"));
        return runs_for(build);
    }
    // The edited file has as many bytes as it had, and the same time of change.
    void expect_seen(const std::string& header) {
        write(header, "constexpr int value = 1;\n");
        EXPECT_EQ(runs(), 1u);
        EXPECT_EQ(runs(), 0u) << "again";
        const auto time = std::filesystem::last_write_time(folder() / header);
        write(header, "constexpr int value = 2;\n");
        std::filesystem::last_write_time(folder() / header, time);
        EXPECT_EQ(runs(), 1u) << header << " was edited";
        EXPECT_EQ(runs(), 0u) << "again";
        write(header, "constexpr int value = 1;\n");
        EXPECT_EQ(runs(), 0u) << "as it was before";
    }
};

TEST_F(StaleHeaders, FoundDirectly) {
    write("kernel.cpp", "#include \"value.h\"\nvoid kernel_main() {}");
    expect_seen("value.h");
}

TEST_F(StaleHeaders, FoundByTheIncludePathOfAnotherHeader) {
    write("kernel.cpp", "#include \"deep/first.h\"\nvoid kernel_main() {}");
    write("deep/first.h", "#include \"beside.h\"\n");
    write("deep/beside.h", "#include \"from/the/kernel.h\"\n");
    expect_seen("from/the/kernel.h");
}

TEST_F(StaleHeaders, FoundByAMacro) {
    write("kernel.cpp", "#define NAME \"value.h\"\n#include NAME\nvoid kernel_main() {}");
    expect_seen("value.h");
}

TEST_F(StaleHeaders, FoundBehindAComment) {
    write("kernel.cpp", "/* first */ #include \"value.h\"\nvoid kernel_main() {}");
    expect_seen("value.h");
    write("kernel.cpp", "#/* in it */inc\\\nlude \"value.h\"\nvoid kernel_main() {}");
    expect_seen("value.h");
}

TEST_F(StaleHeaders, FoundByAnAbsolutePathWithBlanks) {
    write("kernel.cpp", "#include \"" + at("a folder/value #1$.h") + "\"\nvoid kernel_main() {}");
    expect_seen("a folder/value #1$.h");
}

TEST_F(StaleHeaders, FoundThroughALink) {
    write("one.h", "constexpr int value = 1;\n");
    write("two.h", "constexpr int value = 2;\n");
    write("kernel.cpp", "#include \"link.h\"\nvoid kernel_main() {}");
    std::filesystem::create_symlink("one.h", folder() / "link.h");
    EXPECT_EQ(runs(), 1u);
    EXPECT_EQ(runs(), 0u);
    std::filesystem::remove(folder() / "link.h");
    std::filesystem::create_symlink("two.h", folder() / "link.h");
    EXPECT_EQ(runs(), 1u);
    write("two.h", "constexpr int value = 3;\n");
    EXPECT_EQ(runs(), 1u);
}

TEST_F(StaleHeaders, FoundByAVariableOfTheCompilers) {
    write("kernel.cpp", "#include <value.h>\nvoid kernel_main() {}");
    for (const char* name : {"CPLUS_INCLUDE_PATH", "CPATH"}) {
        const Variable variable(name, at(std::string("of ") + name));
        expect_seen(std::string("of ") + name + "/value.h");
        const Variable other(name, at("other"));
        write("other/value.h", std::string("constexpr int other = 1;  // ") + name + "\n");
        EXPECT_EQ(runs(), 1u) << name << " names another folder";
    }
}

// A folder that is a link is one that a compiler may name by what the link leads to.
TEST_F(StaleHeaders, FoundInALinkedFolder) {
    write("a/value.h", "constexpr int value = 1;\n");
    write("b/value.h", "constexpr int value = 2;\n");
    write("kernel.cpp", "#include <value.h>\nvoid kernel_main() {}");
    std::filesystem::create_directory_symlink("a", folder() / "current_version");
    const Variable variable("CPLUS_INCLUDE_PATH", at("current_version"));
    EXPECT_EQ(runs(), 1u);
    std::filesystem::remove(folder() / "current_version");
    std::filesystem::create_directory_symlink("b", folder() / "current_version");
    EXPECT_EQ(runs(), 1u);
    EXPECT_EQ(runs(), 0u);
}

TEST_F(StaleHeaders, NamedByAScriptAroundTheCompiler) {
    write("kernel.cpp", "#include <value.h>\nvoid kernel_main() {}");
    const auto script = [&](const std::string& include) {
        write("c++", "#!/bin/sh\nexec c++ -I '" + at(include) + "' \"$@\"\n");
        std::filesystem::permissions(folder() / "c++", std::filesystem::perms::owner_all);
    };
    script("of1");
    const Variable compiler("LOOM_CXX", at("c++"));
    expect_seen("of1/value.h");
    write("of2/value.h", "constexpr int value = 7;\n");
    script("of2");
    EXPECT_EQ(runs(), 1u) << "the script was edited";
}

TEST_F(StaleHeaders, FilesThatTheAssemblerReads) {
    write("data.bin", "1");
    write("kernel.cpp", "asm(\".incbin \\\"" + at("data.bin") + "\\\"\");\nvoid kernel_main() {}");
    EXPECT_EQ(runs(), 1u);
    write("data.bin", "2");
    EXPECT_EQ(runs(), 1u);
}

}  // namespace
}  // namespace loom::runtime
