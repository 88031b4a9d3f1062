// What a fuzzer must notice of a case, it notices, and goes on to the next.
#include "support/case_runner.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

namespace loom::testing {
namespace {

/// Cases 0 to 9, of which number 4 does what it is told.
class OneBadCase final : public Cases {
public:
    using Act = std::function<std::string(const std::string& folder)>;
    OneBadCase(std::string folder, Act act) : folder_(std::move(folder)), act_(std::move(act)) {}
    std::string run(std::uint64_t number) override { return number == 4 ? act_(folder_) : ""; }

private:
    std::string folder_;
    Act act_;
};

/// What is printed of ten cases, and their tally.
std::string printed(const OneBadCase::Act& act, CaseOptions options = {}) {
    options.cases = 10;
    options.again = "fuzz --case";
    ::testing::internal::CaptureStdout();
    const CaseTally tally = run_cases(
        options, [&](const std::string& folder) { return std::make_unique<OneBadCase>(folder, act); });
    return ::testing::internal::GetCapturedStdout() + to_string(tally);
}

constexpr const char* kNineAndOne = "10 cases: 9 went through, 0 were refused, 1 failed";

TEST(CaseRunner, NothingIsWrong) {
    EXPECT_EQ(printed([](const auto&) { return ""; }), "10 cases: 10 went through, 0 were refused, 0 failed");
}

TEST(CaseRunner, AWrongResult) {
    EXPECT_EQ(printed([](const auto&) { return "2 is not 3"; }),
              fmt::format("FAILED, case 4: 2 is not 3\nAgain: fuzz --case 4\n{}", kNineAndOne));
}

TEST(CaseRunner, ErrorsAreCountedUnlessTheFaultIsOurs) {
    EXPECT_EQ(printed([](const auto&) -> std::string { fail(Code::FILE_KIND, "x"); }),
              "10 cases: 9 went through, 1 were refused (FILE_KIND 1), 0 failed");
    EXPECT_EQ(printed([](const auto&) -> std::string { fail(Code::INTERNAL, "x"); }),
              fmt::format("FAILED, case 4: INTERNAL: x. This is a fault of Loom's; please report it.\n"
                          "Again: fuzz --case 4\n{}",
                          kNineAndOne));
}

TEST(CaseRunner, OtherExceptions) {
    EXPECT_EQ(printed([](const auto&) -> std::string { throw std::bad_alloc(); }),
              fmt::format("FAILED, case 4: it threw St9bad_alloc: std::bad_alloc\nAgain: fuzz --case 4\n{}",
                          kNineAndOne));
}

TEST(CaseRunner, ASignal) {
    EXPECT_EQ(printed([](const auto&) -> std::string { return std::raise(SIGKILL), ""; }),
              fmt::format("FAILED, case 4: signal 9 (Killed)\nAgain: fuzz --case 4\n{}", kNineAndOne));
}

TEST(CaseRunner, WhatACaseSaysOfItself) {
    const auto act = [](const std::string& folder) -> std::string {
        std::ofstream(folder + "/case.txt") << "one word is 5";
        return std::raise(SIGKILL), "";
    };
    EXPECT_EQ(printed(act), fmt::format("FAILED, case 4: signal 9 (Killed)\none word is 5\n"
                                        "Again: fuzz --case 4\n{}",
                                        kNineAndOne));
}

TEST(CaseRunner, AProcessThatExits) {
    EXPECT_EQ(
        printed([](const auto&) -> std::string { std::_Exit(0); }),
        fmt::format("FAILED, case 4: its process exited with 0\nAgain: fuzz --case 4\n{}", kNineAndOne));
}

TEST(CaseRunner, AHang) {
    const auto sleep = [](const auto&) -> std::string {
        for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
    };
    EXPECT_EQ(printed(sleep, {.case_seconds = 0.2}),
              fmt::format("FAILED, case 4: it did not end within 0.2 seconds\nAgain: fuzz --case 4\n{}",
                          kNineAndOne));
}

TEST(CaseRunner, FilesOfAFailingCaseAreKept) {
    const std::string kept = ::testing::TempDir() + "loom_kept_cases";
    const auto act = [](const std::string& folder) -> std::string {
        std::ofstream(folder + "/input") << "x";
        return "no";
    };
    EXPECT_EQ(
        printed(act, {.keep = kept}),
        fmt::format("FAILED, case 4: no\nAgain: fuzz --case 4\nIts files: {}/case-4\n{}", kept, kNineAndOne));
    EXPECT_EQ(std::filesystem::file_size(kept + "/case-4/input"), 1u);
    std::filesystem::remove_all(kept);
}

class WrongUnlessFirst final : public Cases {
public:
    std::string run(std::uint64_t) override { return std::exchange(first_, false) ? "" : "not the first"; }

private:
    bool first_ = true;
};

TEST(CaseRunner, AFailureThatDependsOnWhatCameBefore) {
    ::testing::internal::CaptureStdout();
    const CaseTally tally = run_cases({.first = 7, .cases = 2, .again = "fuzz --case"},
                                      [](const auto&) { return std::make_unique<WrongUnlessFirst>(); });
    EXPECT_EQ(::testing::internal::GetCapturedStdout(),
              "FAILED, case 8: not the first\nAgain: fuzz --case 8\n"
              "Alone it does not fail; what came before it matters, so repeat from the seed.\n");
    EXPECT_EQ(tally.failed, 1u);
}

TEST(CaseRunner, EndsAfterTooManyFailures) {
    ::testing::internal::CaptureStdout();
    const CaseTally tally = run_cases({.cases = 10, .failures = 3},
                                      [](const auto&) { return std::make_unique<WrongUnlessFirst>(); });
    ::testing::internal::GetCapturedStdout();
    EXPECT_EQ(to_string(tally), "4 cases: 1 went through, 0 were refused, 3 failed");
}

TEST(CaseRunner, NoCaseCanBeBegun) {
    EXPECT_THROW(
        run_cases({.cases = 1},
                  [](const auto&) -> std::unique_ptr<Cases> { throw std::runtime_error("no file"); }),
        std::runtime_error);
}

}  // namespace
}  // namespace loom::testing
