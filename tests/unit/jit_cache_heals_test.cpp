// Whatever has become of the files in the cache, the next build gives what it should, and leaves the cache whole.
#include "jit_testing.hpp"

namespace loom::runtime {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class HealedCache : public JitCache {
protected:
    std::vector<fs::path> files(const std::string& ending) const {
        std::vector<fs::path> found;
        for (const auto& entry : fs::recursive_directory_iterator(cache()))
            if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
        return found;
    }
    // In a process of its own, which has nothing loaded. The image must be what `build_` makes.
    void expect_built(const std::string& after) {
        EXPECT_EQ(runs_in_child(), 1) << after;
        EXPECT_EQ(runs_in_child(), 0) << after << ", again";
    }
    int runs_in_child() {
        return exit_status(start_process([this] { return static_cast<int>(runs()); }));
    }
    std::uint64_t runs() const {
        const std::uint64_t before = compiler_runs();
        const KernelBuild builds[] = {build_};
        return build_kernels(builds).at(0).entry == nullptr ? 50 : compiler_runs() - before;
    }
    KernelBuild build_ = build_of("#include \"dataflow_api.h\"\nvoid kernel_main() { /* healed */ }");
};

TEST_F(HealedCache, OfOtherImagesInPlaceOfOne) {
    ASSERT_EQ(runs_in_child(), 1);
    const fs::path image = images().at(0);
    const std::string whole = contents(image);
    std::string changed = whole;
    changed[whole.size() / 2] ^= 1;
    std::ofstream(image, std::ios::binary) << changed;
    expect_built("one bit of an image");
    EXPECT_EQ(contents(image), whole);
    fs::remove(image);
    fs::create_directories(image / "folder");
    expect_built("a folder for an image");
    ASSERT_TRUE(fs::is_regular_file(image));
    EXPECT_EQ(contents(image), whole);
    fs::permissions(image, fs::perms::none);
    std::ofstream(image, std::ios::binary) << "";
    expect_built("an emptied image");
}

TEST_F(HealedCache, OfWhatImagesWereMadeOf) {
    ASSERT_EQ(runs_in_child(), 1);
    const fs::path manifest = files(".inputs").at(0);
    const std::string whole = contents(manifest);
    for (const std::string& text :
         {std::string(), std::string("rubbish\n\n"), whole.substr(0, whole.size() / 2),
          whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1), whole + "absent /x\n"}) {
        std::ofstream(manifest, std::ios::binary) << text;
        expect_built(std::to_string(text.size()) + " bytes");
        EXPECT_EQ(contents(manifest), whole);
    }
    fs::remove(manifest);
    fs::create_directories(manifest / "folder");
    expect_built("a folder");
    EXPECT_EQ(contents(manifest), whole);
    fs::remove(manifest);
    expect_built("none");
}

// The API, the hooks and the embedded kernels, which the compiler reads.
TEST_F(HealedCache, OfItsSources) {
    ASSERT_EQ(runs_in_child(), 1);
    const auto forget_image = [&] { fs::remove(files(".inputs").at(0)); };
    for (const char* name : {"loom/engine.h", "loom/dataflow.h", "dataflow_api.h", "hooks.o"}) {
        const fs::path file = files(name).at(0);
        const std::string whole = contents(file);
        std::ofstream(file) << whole.substr(0, whole.size() / 2);
        forget_image();
        expect_built(std::string(name) + ", half of it");
        fs::remove(file);
        fs::create_directories(file / "folder");
        forget_image();
        expect_built(std::string(name) + ", a folder");
        fs::remove_all(file.parent_path());
        forget_image();
        expect_built(std::string(name) + ", its folder gone");
        fs::remove_all(file.parent_path());
        std::ofstream(file.parent_path()) << "a file";
        forget_image();
        expect_built(std::string(name) + ", a file for its folder");
        EXPECT_EQ(contents(file), whole);
    }
}

TEST_F(HealedCache, OfAllThatWasInIt) {
    ASSERT_EQ(runs(), 1u);
    for (const auto& entry : fs::directory_iterator(cache())) fs::remove_all(entry.path());
    expect_built("all files gone");
    fs::remove_all(cache());
    expect_built("itself gone");
}

// A process that has the image loaded compiles it again too, and needs none of the files then.
TEST_F(HealedCache, UnderAProcessThatHasItsImages) {
    ASSERT_EQ(runs(), 1u);
    fs::remove_all(cache());
    EXPECT_EQ(runs(), 1u);
    EXPECT_EQ(runs(), 0u);
}

}  // namespace
}  // namespace loom::runtime
