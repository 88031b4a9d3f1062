// A kernel whose own code is at fault, as a plain run and a check tell it.
#pragma once

#include <string>

#include "observe/checker/check.hpp"
#include "support/error_text.hpp"
#include "support/small_program.hpp"

namespace loom::testing {

/// One reader of `statements`, its third line on, after `helper`, its first; `cb` is where c_0 begins in L1, 64 words.
inline void add_reader(SmallProgram& program, const std::string& statements, const std::string& helper = "") {
    program.cb(0, 256, 1);
    program.reader(helper +
                   "\nvoid kernel_main() { cb_reserve_back(0, 1); const uint32_t cb = get_write_ptr(0);\n" +
                   statements + "\n}");
}

/// "CODE: message" of a plain run, and of a check; an error if the process does not go on.
inline std::string told_in_run(const std::string& statements, const std::string& helper = "") {
    SmallProgram program({.grid = {2, 1}, .threads = 1});
    add_reader(program, statements, helper);
    return error_text([&] { program.run(); });
}
inline std::string told_in_check(const std::string& statements, const std::string& helper = "") {
    SmallProgram program({.grid = {2, 1}, .threads = 1});
    add_reader(program, statements, helper);
    std::string told = "clean";
    const std::string thrown = error_text([&] {
        CheckOptions options;
        options.seeds = 1;
        const CheckReport report = check_program(program.device, program.descriptor, options);
        if (!report.clean())
            told = std::string(name_of(report.findings[0].code)) + ": " + report.findings[0].message;
    });
    return thrown == "(nothing was thrown)" ? told : thrown;
}

/// Both of them begin with `message`, and so does a second run, whose image is loaded already.
inline void expect_told(const std::string& message, const std::string& statements,
                        const std::string& helper = "") {
    EXPECT_EQ(told_in_run(statements, helper).substr(0, message.size()), message);
    EXPECT_EQ(told_in_run(statements, helper).substr(0, message.size()), message);
    EXPECT_EQ(told_in_check(statements, helper).substr(0, message.size()), message);
}

}  // namespace loom::testing
