// The compiler runs when something that it sees has changed, and not otherwise.
#include "jit_testing.hpp"

namespace loom::runtime {
namespace {

constexpr const char* kText = "void kernel_main() {}";

TEST_F(JitCache, TheSameKernelIsCompiledOnce) {
    EXPECT_EQ(runs_for(build_of(kText)), 1u);
    EXPECT_EQ(runs_for(build_of(kText)), 0u);
    EXPECT_EQ(images().size(), 1u);
}

TEST_F(JitCache, AnythingThatTheCompilerSeesMakesAnotherImage) {
    EXPECT_EQ(runs_for(build_of(kText)), 1u);
    KernelBuild build = build_of(kText);
    const auto expect_compiled = [&](const char* what) {
        EXPECT_EQ(runs_for(build), 1u) << what;
        EXPECT_EQ(runs_for(build), 0u) << what << ", again";
    };
    build.source.text += " // one more remark";
    expect_compiled("text");
    build.defines = {{"NAME", "1"}};
    expect_compiled("define");
    build.defines = {{"NAME", "2"}};
    expect_compiled("define's value");
    build.compile_time_args = {7};
    expect_compiled("argument");
    build.compile_time_args = {7, 0};
    expect_compiled("one more argument");
    build.named_compile_time_args = {{"seven", 7}};
    expect_compiled("named argument");
    build.cbs = {{.index = 1, .total_bytes = 64, .page_bytes = 64, .format = DataFormat::Float32}};
    expect_compiled("a circular buffer's format");
    build.opt_level = 0;
    expect_compiled("optimisation");
    build.kind = ImageKind::pack;
    expect_compiled("thread");
    build.dst.fp32 = true;
    expect_compiled("DST");
}

TEST_F(JitCache, AddressesAndSizesOfBuffersDoNotMatter) {
    KernelBuild build = build_of(kText);
    build.cbs = {{.index = 1, .offset = 1000, .total_bytes = 64, .page_bytes = 64}};
    EXPECT_EQ(runs_for(build), 1u);
    build.cbs = {{.index = 1, .offset = 2000, .total_bytes = 640, .page_bytes = 128}};
    EXPECT_EQ(runs_for(build), 0u);
}

// A kernel on disk may include its neighbours, and they theirs; a change in any of them counts.
TEST_F(JitCache, AChangedHeaderCounts) {
    const auto write = [&](const std::string& name, const std::string& text) {
        std::ofstream(folder() / name) << text;
    };
    std::filesystem::create_directory(folder() / "deep");
    write("kernel.cpp",
          "#include \"near.hpp\"\n  #  include\t\"spaced.hpp\"\nvoid kernel_main() { near(); spaced(); }\n");
    write("near.hpp", "#include \"deep/far.hpp\"\ninline void near() { far(); }\n");
    write("spaced.hpp", "inline void spaced() {}\n");
    write("deep/far.hpp", "inline void far() {}\n");
    const auto runs = [&] {
        KernelBuild build;
        build.source = find_kernel((folder() / "kernel.cpp").string());
        return runs_for(build);
    };
    EXPECT_EQ(runs(), 1u);
    EXPECT_EQ(runs(), 0u);
    write("near.hpp", "#include \"deep/far.hpp\"\ninline void near() { far(); far(); }\n");
    EXPECT_EQ(runs(), 1u) << "near";
    write("deep/far.hpp", "inline void far() { }\n");
    EXPECT_EQ(runs(), 1u) << "far";
    write("spaced.hpp", "inline void spaced() { }\n");
    EXPECT_EQ(runs(), 1u) << "spaced";
    write("kernel.cpp", "#include \"near.hpp\"\nvoid kernel_main() { near(); }\n");
    EXPECT_EQ(runs(), 1u) << "kernel";
    EXPECT_EQ(runs(), 0u);
}

}  // namespace
}  // namespace loom::runtime
