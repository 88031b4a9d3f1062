// Nothing in the cache grows without end: not what died halfway, and not what was finished.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "jit_testing.hpp"
#include "runtime/jit/cache_dir.hpp"

namespace loom::runtime {
namespace {

namespace fs = std::filesystem;

class CacheGrowth : public JitCache {
protected:
    std::size_t work_folders() const {
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator(cache()))
            count += entry.path().filename().string().starts_with("loom-work-");
        return count;
    }
    void compile(const std::string& remark) {
        runs_for(build_of("void kernel_main() { /* " + remark + " */ }"));
    }
};

TEST_F(CacheGrowth, WhatKilledProcessesLeftIsRemoved) {
    fs::create_directory(cache());
    fs::permissions(cache(), fs::perms::owner_all);
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = start_process([&] {
        const WorkFolder work(cache());
        write_whole(work.fresh(), "half an image");
        if (::write(ready[1], "x", 1) != 1) return 1;
        for (;;) ::pause();
    });
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_EQ(work_folders(), 1u);
    compile("while it lives");
    EXPECT_EQ(work_folders(), 1u) << "that of a process that lives";
    ::kill(child, SIGKILL);
    exit_status(child);
    EXPECT_EQ(work_folders(), 1u);
    compile("after it died");
    EXPECT_EQ(work_folders(), 0u);
    ::close(ready[0]);
    ::close(ready[1]);
}

// What the compiler makes for itself is in the work folder too.
TEST_F(CacheGrowth, CompilersLeaveTheirFilesThere) {
    std::ofstream(folder() / "compiler") << "#!/bin/sh\nls -d \"$TMPDIR\" > '" << (folder() / "told").string()
                                         << "'\ntouch \"$TMPDIR/cc123.o\"\nexit 1\n";
    fs::permissions(folder() / "compiler", fs::perms::owner_all);
    const Variable compiler("LOOM_CXX", (folder() / "compiler").string());
    EXPECT_ANY_THROW(compile("refused"));
    std::ifstream told(folder() / "told");
    std::string line;
    std::getline(told, line);
    EXPECT_EQ(line.find((cache() / "loom-work-").string()), 0u) << line;
    EXPECT_EQ(work_folders(), 0u);
}

TEST_F(CacheGrowth, ImagesThatWereNotUsedForTheLongestGoFirst) {
    std::map<std::string, fs::path> paths;
    compile("first");
    for (const fs::path& image : images()) fs::remove(image);
    for (const char* name : {"oldest", "older", "newer"}) {
        const auto before = images();
        compile(name);
        for (const fs::path& image : images())
            if (std::ranges::find(before, image) == before.end()) paths[name] = image;
    }
    const auto hours_ago = [&](const char* name, int hours) {
        fs::last_write_time(paths.at(name), fs::file_time_type::clock::now() - std::chrono::hours(hours));
    };
    const fs::path foreign = cache() / "a file of the user's";
    std::ofstream(foreign) << "no business of Loom's";
    constexpr std::uint64_t image_bytes = 4 << 20;
    std::uint64_t all = 0;
    for (const fs::path& image : images()) fs::resize_file(image, image_bytes);
    hours_ago("oldest", 30);
    hours_ago("older", 29);
    for (const auto& entry : fs::recursive_directory_iterator(cache()))
        if (entry.is_regular_file() && entry.path() != foreign) all += entry.file_size();
    trim_cache(cache(), all);
    EXPECT_EQ(images().size(), 3u) << "there is room";
    trim_cache(cache(), (all - 2 * image_bytes + 100) / 3 * 4);
    EXPECT_FALSE(fs::exists(paths.at("oldest")));
    EXPECT_FALSE(fs::exists(paths.at("older")));
    EXPECT_TRUE(fs::exists(paths.at("newer")));
    EXPECT_TRUE(fs::exists(foreign));
}

}  // namespace
}  // namespace loom::runtime
