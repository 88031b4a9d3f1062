// Runs a program under many schedules with every rule of the chip watched, and says what it found.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "program/device.hpp"
#include "program/program_descriptor.hpp"
#include "program/tensor.hpp"
#include "runtime/hang.hpp"
#include "runtime/plan.hpp"
#include "util/error.hpp"

namespace loom {

/// An order in which a core's threads run. Each is legal on the chip.
struct Schedule {
    enum class Kind : std::uint8_t {
        plain,    ///< the order of a plain run
        reverse,  ///< the same, but cores begin in reverse
        starve,   ///< one processor runs only when no other can
        favour,   ///< one processor runs whenever it can
        random,   ///< drawn from a seed
    };
    Kind kind = Kind::plain;
    std::uint64_t seed = 0;
    runtime::Risc risc = runtime::Risc::NCRISC;

    bool operator==(const Schedule&) const = default;
};
/// "plain", "reverse", "starve=PACK", "favour=BRISC", "seed=7": as --schedule takes it.
std::string to_string(const Schedule& schedule);
/// The reverse; throws OPTION.
Schedule parse_schedule(const std::string& text);

/// A tensor that the program may reach; its pages are known, and its bytes compared between schedules.
struct CheckedTensor {
    std::string name;  ///< for messages: "input"
    const Tensor* tensor = nullptr;
    bool holds_data = true;  ///< before the run; if not, it reads as memory that nobody wrote
};

struct CheckOptions {
    std::uint64_t seeds =
        8;  ///< random schedules, beside the plain one, and each thread starved and favoured
    std::uint64_t first_seed = 1;
    std::optional<Schedule> only;  ///< this schedule, after the plain one, and no other
    /// Watches the rules under each schedule. If not, under the plain one, and under those that end otherwise: most
    /// rules are broken in every order or in none, and a plain run takes a tenth of the time. Programs whose kernels load
    /// from L1 by code of their own are watched under all.
    bool thorough = false;
    std::vector<CheckedTensor> tensors;
    std::map<std::uint32_t, std::string> cb_names;  ///< what circular buffers hold, for reports
    /// The command that repeats the check, without --schedule; reports end with it.
    std::string again;
    /// After the plain schedule: what is wrong with the result, or "".
    std::function<std::string()> verify;
    /// Of each run; see runtime::LaunchOptions.
    std::uint64_t max_steps = 0;
    /// Ends the check with STOPPED once it is set; may be null. See runtime::LaunchOptions.
    const std::atomic<bool>* stop = nullptr;
};

/// One fault, found under one schedule.
struct Finding {
    Code code = Code::INTERNAL;
    /// The whole report: what, where, what to change, the circular buffers by name, the command that repeats it.
    std::string message;
    std::vector<KernelPlace> places;  ///< first the one at fault
    Schedule schedule;
    std::string again;
    std::optional<runtime::HangReport> hang;  ///< of HANG and LIVELOCK
};

struct CheckReport {
    std::vector<Finding> findings;    ///< at most one: a check ends with the first
    std::vector<Schedule> schedules;  ///< that ran
    std::size_t kernels = 0;
    std::size_t cores = 0;
    std::vector<std::string> not_covered;  ///< what this check could not look at
    std::map<std::uint32_t, std::string> cb_names;
    bool clean() const { return findings.empty(); }
};

/// Compiles the program with and without hooks and runs it, on one host thread, under each schedule, NoC data arriving
/// at the latest legal moment. Faults of kernels are findings; throws what validating and compiling do,
/// and STOPPED.
CheckReport check_program(Device& device, const ProgramDescriptor& program, const CheckOptions& options);

}  // namespace loom
