// The cache folder: private, shared by any number of processes, and proof against damaged files in it.
#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "jit_testing.hpp"
#include "support/layernorm_problem.hpp"

namespace loom::runtime {
namespace {

namespace fs = std::filesystem;

int build_in_child(const KernelBuild& build) {
    return exit_status(start_process([&] {
        runs_for(build);
        return 0;
    }));
}

TEST_F(JitCache, IsMadePrivate) {
    runs_for(build_of("void kernel_main() { /* private */ }"));
    EXPECT_EQ(fs::status(cache()).permissions() & fs::perms::all, fs::perms::owner_all);
}

TEST_F(JitCache, AnotherProcessFindsWhatThisOneCompiled) {
    const KernelBuild build = build_of("void kernel_main() { /* found */ }");
    ASSERT_EQ(build_in_child(build), 0);
    EXPECT_EQ(runs_for(build), 0u);
}

TEST_F(JitCache, AFolderThatOthersMayWriteToIsRefused) {
    fs::create_directory(cache());
    for (const fs::perms others : {fs::perms::group_write, fs::perms::others_write}) {
        fs::permissions(cache(), fs::perms::owner_all | others);
        std::optional<Code> code;
        testing::error_of([] { runs_for(build_of("void kernel_main() { /* refused */ }")); }, &code);
        EXPECT_EQ(code, Code::CACHE_NOT_PRIVATE);
    }
    fs::permissions(cache(), fs::perms::owner_all | fs::perms::group_read | fs::perms::others_read);
    EXPECT_EQ(runs_for(build_of("void kernel_main() { /* refused */ }")), 1u);
}

// Built by a child, so that this process has not loaded it; then overwritten, as a crash or a full disk
// might.
void damage_and_build(const fs::path& image, const KernelBuild& build, const std::string& bytes) {
    std::ofstream(image, std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_EQ(build_in_child(build), 0) << bytes.size() << " bytes";
    std::ifstream file(image, std::ios::binary);
    const std::string now{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NE(now, bytes) << "not compiled again";
}

TEST_F(JitCache, ADamagedImageIsCompiledAgain) {
    const KernelBuild build = build_of("void kernel_main() { /* damaged */ }");
    ASSERT_EQ(build_in_child(build), 0);
    ASSERT_EQ(images().size(), 1u);
    const fs::path image = images().front();
    std::ifstream file(image, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(file), {}};
    damage_and_build(image, build, "");
    damage_and_build(image, build, "no ELF file at all");
    damage_and_build(image, build, whole.substr(0, 100));
    damage_and_build(image, build, whole.substr(0, whole.size() / 2));
    damage_and_build(image, build, whole.substr(0, whole.size() - 1));
    EXPECT_EQ(runs_for(build), 0u) << "and the last one is whole";
}

TEST_F(JitCache, ProcessesMayCompileTheSameAtOnce) {
    const KernelBuild build = build_of("void kernel_main() { /* at once */ }");
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i)
        children.push_back(start_process([&] {
            const KernelBuild builds[] = {build};
            return build_kernels(builds).at(0).entry != nullptr ? 0 : 1;
        }));
    for (const pid_t child : children) EXPECT_EQ(exit_status(child), 0);
    EXPECT_EQ(images().size(), 1u);
    // What Loom itself writes out, once.
    const auto embedded = [](const std::string& path) {
        return std::ranges::any_of(std::array{"/api-", "/hooks-", "/kernels-"}, [&](const char* folder) {
            return path.find(folder) != std::string::npos;
        });
    };
    for (const auto& entry : fs::recursive_directory_iterator(cache()))
        EXPECT_TRUE(entry.is_directory()
                        ? !entry.path().filename().string().starts_with("loom-work-")
                        : entry.path().extension() == ".so" || entry.path().extension() == ".inputs" ||
                              embedded(entry.path()))
            << entry.path() << " was left behind";
}

TEST_F(JitCache, ThreadsMayToo) {
    std::vector<std::jthread> threads;
    std::atomic<int> good{0};
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            const KernelBuild builds[] = {build_of("void kernel_main() { /* threads */ }")};
            good += build_kernels(builds).at(0).entry != nullptr;
        });
    threads.clear();
    EXPECT_EQ(good, 4);
    EXPECT_EQ(images().size(), 1u);
}

}  // namespace
}  // namespace loom::runtime
