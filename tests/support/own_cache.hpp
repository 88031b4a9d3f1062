// A folder with an empty kernel cache for each test, and compilers that do as told.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "runtime/jit/compiler.hpp"

namespace loom::testing {

/// Environment variables come back at the test's end.
class OwnCache : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "loom_compiler_XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        set("LOOM_CACHE_DIR", cache().string());
    }
    void TearDown() override {
        for (const auto& [name, value] : before_)
            value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
        std::filesystem::remove_all(folder_);
    }
    void set(const std::string& name, const std::string& value) {
        const char* old = std::getenv(name.c_str());
        before_.emplace(name, old != nullptr ? std::optional<std::string>(old) : std::nullopt);
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    /// A compiler that does as told. Its last two arguments but one are -o and the output.
    void set_compiler(const std::string& script) {
        const std::filesystem::path path = folder_ / "compiler";
        std::ofstream(path) << "#!/bin/sh\n" << script << '\n';
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        set("LOOM_CXX", path.string());
    }
    std::filesystem::path cache() const { return folder_ / "cache"; }

    std::filesystem::path folder_;
    const std::string real_compiler_ = runtime::compiler();

private:
    std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace loom::testing
