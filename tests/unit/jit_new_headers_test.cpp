// A header that was not there takes effect when it comes: where it is looked up before the one that was found, and where a
// kernel asks whether it is there.
#include "jit_testing.hpp"

namespace loom::runtime {
namespace {

namespace fs = std::filesystem;

class NewHeaders : public JitCache {
protected:
    void write(const std::string& name, const std::string& text = "") {
        fs::create_directories((folder() / name).parent_path());
        std::ofstream(folder() / name) << text;
    }
    std::uint64_t runs() {
        KernelBuild build;
        build.source = find_kernel((folder() / "kernel.cpp").string());
        return runs_for(build);
    }
    void expect_seen_when_it_comes(const std::string& header) {
        EXPECT_EQ(runs(), 1u);
        EXPECT_EQ(runs(), 0u) << "again";
        write("unrelated.h");
        EXPECT_EQ(runs(), 0u) << "another file";
        write(header, "constexpr int newcomer = 1;\n");
        EXPECT_EQ(runs(), 1u) << header << " came";
        EXPECT_EQ(runs(), 0u) << "again";
        fs::remove(folder() / header);
        EXPECT_LE(runs(), 1u) << "as it was before";
    }
};

TEST_F(NewHeaders, BesideTheKernelBeforeTheApis) {
    write("kernel.cpp", "#include \"api/dataflow/dataflow_api.h\"\nvoid kernel_main() {}");
    expect_seen_when_it_comes("api/dataflow/dataflow_api.h");
}

TEST_F(NewHeaders, BesideAnotherHeader) {
    write("kernel.cpp", "#include \"deep/first.h\"\nvoid kernel_main() {}");
    write("deep/first.h", "#include \"value.h\"\n");
    write("value.h");
    expect_seen_when_it_comes("deep/value.h");
}

TEST_F(NewHeaders, InAnEarlierFolderThatWasMissing) {
    write("late/value.h");
    write("kernel.cpp", "#include <value.h>\nvoid kernel_main() {}");
    const Variable path("CPLUS_INCLUDE_PATH",
                        (folder() / "early").string() + ":" + (folder() / "late").string());
    expect_seen_when_it_comes("early/value.h");
}

TEST_F(NewHeaders, BeforeTheSystems) {
    write("early/unrelated.h");
    write("kernel.cpp", "#include <stddef.h>\nvoid kernel_main() {}");
    const Variable path("CPATH", (folder() / "early").string());
    expect_seen_when_it_comes("early/stddef.h");
}

TEST_F(NewHeaders, AskedFor) {
    write("kernel.cpp", "#if __has_include(\"asked.h\")\nint asked = 1;\n#endif\nvoid kernel_main() {}");
    expect_seen_when_it_comes("asked.h");
    write("asked.h");
    EXPECT_LE(runs(), 1u);
    EXPECT_EQ(runs(), 0u);
    fs::remove(folder() / "asked.h");
    write("other.h");
    EXPECT_EQ(runs(), 0u) << "it was asked for before, and was not there";
}

TEST_F(NewHeaders, AskedForByAHeader) {
    write("kernel.cpp", "#include \"asks.h\"\nvoid kernel_main() {}");
    write("asks.h",
          "#ifdef __has_include\n#if defined(__has_include) && __has_include ( <below/asked.h> )\nint asked "
          "= 1;\n"
          "#endif\n#endif\n");
    const Variable path("CPLUS_INCLUDE_PATH", folder().string());
    expect_seen_when_it_comes("below/asked.h");
}

// What a macro asks for cannot be told without a compiler.
TEST_F(NewHeaders, AskedForByAMacro) {
    write(
        "kernel.cpp",
        "#define ASKED \"asked.h\"\n#if __has_include(ASKED)\nint asked = 1;\n#endif\nvoid kernel_main() {}");
    EXPECT_EQ(runs(), 1u);
    write("asked.h");
    EXPECT_EQ(runs(), 1u);
}

}  // namespace
}  // namespace loom::runtime
