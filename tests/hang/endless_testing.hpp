// Kernels that never end, and where a report says that they stand.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "hang/hang_testing.hpp"

namespace loom::testing {

struct EndlessCase {
    std::string name;
    std::string reader;    ///< of one core, with one argument, 7; its loop is line 2
    std::string row;       ///< the call and place of its row in the report
    std::string writer{};  ///< may be empty
};

inline std::ostream& operator<<(std::ostream& out, const EndlessCase& endless) {
    return out << endless.name;
}

inline std::string name_of_endless(const ::testing::TestParamInfo<EndlessCase>& info) {
    return info.param.name;
}

/// Far more than these kernels take before their loop.
constexpr std::uint64_t kFewSteps = 20'000;

/// What such a program ends in, "" if it ends well.
inline std::string end_of(const EndlessCase& endless, const runtime::LaunchOptions& options) {
    const HangCase hang{.name = endless.name,
                        .build =
                            [&](SmallProgram& program) {
                                program.tile_cb(0, 2);
                                program.reader(endless.reader).runtime_args = {{{0, 0}, {7}}};
                                if (!endless.writer.empty()) program.writer(endless.writer);
                            },
                        .message = ""};
    const std::optional<runtime::HangReport> report = run_case(hang, false, options);
    return report ? report->text : "";
}

/// That it is a livelock, told where it loops, on one host thread and under other schedules; and that the same program
/// gives the same report.
inline void check_endless(const EndlessCase& endless) {
    runtime::LaunchOptions options;
    options.max_steps = kFewSteps;
    const std::string text = end_of(endless, options);
    EXPECT_EQ(text.find("LIVELOCK core (0,0): a kernel does not end.\n"), 0u) << text;
    EXPECT_NE(text.find("  reader  " + endless.row), std::string::npos) << text;
    EXPECT_NE(text.find("goes on after 20000 steps"), std::string::npos) << text;
    EXPECT_EQ(end_of(endless, options), text);
    options.threads = 2;
    for (options.seed = 1; options.seed <= 2; ++options.seed)
        EXPECT_EQ(end_of(endless, options).find("LIVELOCK core (0,0): a kernel does not end.\n"), 0u);
    options.seed = 0;
    options.starved = runtime::Risc::NCRISC;
    EXPECT_EQ(end_of(endless, options).find("LIVELOCK core (0,0): a kernel does not end.\n"), 0u);
}

}  // namespace loom::testing
