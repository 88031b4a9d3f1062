// Runs numbered cases in child processes that a watchdog looks after: a crash or a hang is one failed case among others.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "util/error.hpp"

namespace loom::testing {

/// What can be run again by its number alone. Made once in each child process.
class Cases {
public:
    virtual ~Cases() = default;
    /// What is wrong with case `number`; "" for nothing. May throw.
    virtual std::string run(std::uint64_t number) = 0;
    /// Whether a case may end in this error.
    virtual bool allows(const Error& error) const { return error.blame() != Blame::internal; }
};

/// `folder` is for files, empty at first, and goes away after the last case. A file case.txt there is printed when a case
/// fails: one that ends its process can say what it was in no other way.
using MakeCases = std::function<std::unique_ptr<Cases>(const std::string& folder)>;

struct CaseOptions {
    double seconds = 60;          ///< no case begins later
    std::uint64_t first = 0;      ///< number of the first case
    std::uint64_t cases = 0;      ///< how many at most; 0: no limit
    double case_seconds = 60;     ///< a case that takes longer hangs
    std::uint64_t failures = 20;  ///< what fails so often fails for one reason
    std::string again{};          ///< a failing case is repeated by this and its number
    std::string keep{};           ///< where the files of failing cases are copied to; "": nowhere
};

struct CaseTally {
    std::uint64_t cases = 0;
    std::uint64_t through = 0;                ///< ended well, and not in an error
    std::map<Code, std::uint64_t> refused{};  ///< ended in an error that is allowed
    std::uint64_t failed = 0;
};

/// "1000 cases: 200 went through, 800 were refused (FILE_DAMAGED 700, FILE_DTYPE 100), 0 failed"
std::string to_string(const CaseTally& tally);

/// Runs the cases one after the other and prints each that fails: that says what is wrong; that throws what it may not;
/// that ends its process, by a signal or otherwise; that does not end. The calling process must have one thread. Throws
/// std::runtime_error when no case can be begun.
CaseTally run_cases(const CaseOptions& options, const MakeCases& make);

}  // namespace loom::testing
