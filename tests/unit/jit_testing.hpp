// What the tests of the kernel cache share: an own cache folder, builds of kernels that differ, child
// processes.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/jit/jit.hpp"

namespace loom::runtime {

/// Each test has a fresh folder, and its cache in it; what was set before comes back.
class JitCache : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "loom_jit_XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        if (const char* before = std::getenv("LOOM_CACHE_DIR"); before != nullptr) before_ = before;
        ::setenv("LOOM_CACHE_DIR", cache().c_str(), 1);
    }
    void TearDown() override {
        if (before_.empty())
            ::unsetenv("LOOM_CACHE_DIR");
        else
            ::setenv("LOOM_CACHE_DIR", before_.c_str(), 1);
        std::filesystem::remove_all(folder_);
    }

    std::filesystem::path cache() const { return folder_ / "cache"; }
    const std::filesystem::path& folder() const { return folder_; }

    /// The compiled kernels there.
    std::vector<std::filesystem::path> images() const {
        std::vector<std::filesystem::path> found;
        for (const auto& entry : std::filesystem::directory_iterator(cache()))
            if (entry.path().extension() == ".so") found.push_back(entry.path());
        return found;
    }

private:
    std::filesystem::path folder_;
    std::string before_;
};

/// Sets a variable of the environment while it lives.
class Variable {
public:
    Variable(const std::string& name, const std::string& value) : name_(name) {
        if (const char* before = std::getenv(name.c_str()); before != nullptr) before_ = before;
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    ~Variable() { before_ ? ::setenv(name_.c_str(), before_->c_str(), 1) : ::unsetenv(name_.c_str()); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    std::string name_;
    std::optional<std::string> before_;
};

/// A kernel's text. Nothing in it is ever called.
inline KernelBuild build_of(const std::string& text) {
    KernelBuild build;
    build.source = {"source.cpp", text, ""};
    return build;
}

/// How often building this starts the compiler.
inline std::uint64_t runs_for(const KernelBuild& build) {
    const std::uint64_t before = compiler_runs();
    const KernelBuild builds[] = {build};
    const std::vector<KernelImage> images = build_kernels(builds);
    EXPECT_NE(images.at(0).entry, nullptr);
    return compiler_runs() - before;
}

/// Starts another process that runs `body` and then exits with its result; `body` must not use GoogleTest.
inline pid_t start_process(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    try {
        ::_exit(body());
    } catch (...) {
        ::_exit(99);
    }
}
inline int exit_status(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace loom::runtime
