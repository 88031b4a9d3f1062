// Small programs that hang, and end once REPAIRED is defined.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "runtime/hang.hpp"
#include "support/small_program.hpp"

namespace loom::testing {

struct HangCase {
    std::string name;
    /// Describes buffers and adds kernels; their text may ask #ifdef REPAIRED.
    std::function<void(SmallProgram&)> build;
    std::string message;  ///< the whole of it
    Code code = Code::HANG;
    std::uint32_t cores = 1;  ///< in a row, from (0,0)
};

inline std::ostream& operator<<(std::ostream& out, const HangCase& hang) {
    return out << hang.name;
}

/// The hang that a program ends in; nothing if it ends well. Other errors pass.
inline std::optional<runtime::HangReport> run_case(const HangCase& hang, bool repaired,
                                                   const runtime::LaunchOptions& options = {}) {
    SmallProgram program({.grid = {hang.cores, 1}, .threads = 1});
    program.cores = CoreRangeSet(CoreRange({0, 0}, {hang.cores - 1, 0}));
    hang.build(program);
    if (repaired)
        for (KernelDescriptor& kernel : program.descriptor.kernels)
            kernel.defines.emplace_back("REPAIRED", "1");
    try {
        program.run(options);
    } catch (const runtime::HangError& error) {
        return error.report();
    }
    return std::nullopt;
}

/// Both claims on a case: the whole message, and that the repair lets it end; both under other schedules too,
/// where a thread may stand elsewhere when all is over, but the code is the same.
inline void check_case(const HangCase& hang) {
    const std::optional<runtime::HangReport> report = run_case(hang, false);
    ASSERT_TRUE(report.has_value()) << "it ended";
    EXPECT_EQ(report->text, hang.message);
    EXPECT_EQ(report->livelock, hang.code == Code::LIVELOCK);
    EXPECT_FALSE(report->cycles.empty() && report->never.empty());
    EXPECT_FALSE(run_case(hang, true).has_value()) << "REPAIRED hangs too";
    runtime::LaunchOptions options;
    options.threads = 2;
    EXPECT_EQ(run_case(hang, false, options).value_or(runtime::HangReport{}).text, report->text);
    options.late_transfers = true;
    for (options.seed = 1; options.seed <= 3; ++options.seed) {
        const std::optional<runtime::HangReport> other = run_case(hang, false, options);
        ASSERT_TRUE(other.has_value()) << "it ended with seed " << options.seed;
        EXPECT_EQ(other->livelock, report->livelock) << other->text;
        EXPECT_FALSE(run_case(hang, true, options).has_value())
            << "REPAIRED hangs with seed " << options.seed;
    }
}

inline std::string name_of_case(const ::testing::TestParamInfo<HangCase>& info) {
    return info.param.name;
}

}  // namespace loom::testing
