// Runs a program under many schedules, watched.
#include "observe/checker/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <regex>
#include <set>

#include "observe/checker/checker.hpp"
#include "program/program.hpp"
#include "util/counted.hpp"
#include "util/printable.hpp"
#include "util/stop.hpp"

namespace loom {
namespace {

using checker::Checker;
using checker::TensorExtent;
using runtime::Risc;

// What fresh memory holds: NaN in either format at first, then zero, with which flags are compared most often.
// Results that differ come from memory that nobody wrote.
constexpr std::array<int, 2> kPoisons{0xff, 0};

/// A tensor's pages, as they were at some time.
using Pages = std::vector<std::byte>;

Pages pages_of(const Buffer& buffer) {
    Pages pages(buffer.num_pages() * buffer.page_size());
    for (std::uint64_t page = 0; page < buffer.num_pages(); ++page) {
        stop_point();
        std::memcpy(pages.data() + page * buffer.page_size(), buffer.page(page), buffer.page_size());
    }
    return pages;
}

void restore(const Buffer& buffer, const Pages& pages) {
    for (std::uint64_t page = 0; page < buffer.num_pages(); ++page) {
        stop_point();
        std::memcpy(buffer.page(page), pages.data() + page * buffer.page_size(), buffer.page_size());
    }
}

/// What the plain schedule left in a tensor; nothing when it wrote none of it.
struct Result {
    Pages bytes;
    std::vector<std::uint8_t> written;  ///< by byte: not 0
    std::function<std::optional<KernelPlace>(std::uint64_t page, std::uint32_t at)> writer;
};

/// The check of one program.
class Check {
public:
    Check(Device& device, const ProgramDescriptor& descriptor, const CheckOptions& options)
        : device_(device),
          options_(options),
          watched_(descriptor, device, Images::checked),
          plain_(descriptor, device) {
        for (const CheckedTensor& tensor : options.tensors) {
            const Buffer& buffer = tensor.tensor->buffer();
            extents_.push_back({tensor.name, buffer.type() == BufferType::DRAM, buffer.address(),
                                buffer.page_size(), buffer.num_pages(), tensor.holds_data});
            before_.push_back(tensor.holds_data ? pages_of(buffer) : Pages());
        }
        report_.kernels = descriptor.kernels.size();
        report_.cores = plain_.plan().cores.size();
        report_.cb_names = options.cb_names;
        if (options.tensors.empty())
            report_.not_covered.emplace_back("whether pages exist, since no tensor is named");
        if (!options.verify) report_.not_covered.emplace_back("whether the values are right");
        if (!thorough_)
            report_.not_covered.emplace_back(
                "rules broken in other schedules than the plain one, without a trace in the result "
                "(--thorough)");
    }

    CheckReport run() {
        for (const Schedule& schedule : schedules()) {
            report_.schedules.push_back(schedule);
            try {
                run_under(schedule);
            } catch (const runtime::HangError& error) {
                report(error, schedule, error.report());
            } catch (const Error& error) {
                if (error.blame() != Blame::kernel) throw;
                report(error, schedule, std::nullopt);
            }
            if (!report_.clean()) break;
        }
        return std::move(report_);
    }

private:
    std::vector<Schedule> schedules() const {
        std::vector<Schedule> all{Schedule{}};
        if (options_.only) {
            if (*options_.only != Schedule{}) all.push_back(*options_.only);
            return all;
        }
        if (plain_.plan().cores.size() > 1) all.push_back({Schedule::Kind::reverse, 0, Risc::NCRISC});
        std::set<Risc> riscs;
        for (const runtime::Kernel& kernel : plain_.plan().kernels) {
            if (kernel.compute)
                riscs.insert({Risc::UNPACK, Risc::MATH, Risc::PACK});
            else
                riscs.insert(kernel.risc);
        }
        for (const auto kind : {Schedule::Kind::starve, Schedule::Kind::favour})
            for (const Risc risc : riscs) all.push_back({kind, 0, risc});
        for (std::uint64_t i = 0; i < options_.seeds; ++i)
            all.push_back({Schedule::Kind::random, options_.first_seed + i, Risc::NCRISC});
        return all;
    }

    void run_under(const Schedule& schedule) {
        if (schedule == Schedule{}) return run_plain(schedule);
        if (!thorough_ && same_unwatched(schedule, kPoisons[0])) return;
        explain(schedule, kPoisons[0]);
    }

    // Runs a schedule watched, and compares. What then is still unexplained, since the kernel's own hooks changed its
    // course, is refused as it shows without them.
    void explain(const Schedule& schedule, int poison) {
        const std::shared_ptr<const Checker> checker = run_watched(schedule, poison);
        compare(*checker, schedule);
        if (thorough_) return;
        run_unwatched(schedule, poison);
        compare(*checker, schedule);
    }

    void run_plain(const Schedule& schedule) {
        const std::shared_ptr<const Checker> checker = run_watched(schedule, kPoisons[0]);
        keep(checker);
        // A loop of loads lets nobody else run unless its image tells of them.
        thorough_ |= checker->loaded_l1();
        if (options_.verify)
            if (const std::string wrong = options_.verify(); !wrong.empty()) fail(Code::RESULT, wrong);
        if (thorough_ || !same_unwatched(schedule, kPoisons[1])) explain(schedule, kPoisons[1]);
    }

    std::shared_ptr<const Checker> run_watched(const Schedule& schedule, int poison) {
        auto checker = std::make_shared<Checker>(device_.chip(), watched_.plan(), extents_);
        runtime::LaunchOptions launch;
        checker->watch(launch);
        run(watched_, launch, schedule, poison);
        return checker;
    }

    void run_unwatched(const Schedule& schedule, int poison) {
        runtime::LaunchOptions launch;
        launch.threads = 1;
        launch.late_transfers = true;
        run(plain_, launch, schedule, poison);
    }

    // Whether the program ends so too, with the same bytes.
    bool same_unwatched(const Schedule& schedule, int poison) try {
        run_unwatched(schedule, poison);
        for (std::size_t i = 0; i < extents_.size(); ++i) {
            const Buffer& buffer = options_.tensors[i].tensor->buffer();
            for (std::uint64_t page = 0; !results_[i].bytes.empty() && page < buffer.num_pages(); ++page)
                if (std::memcmp(results_[i].bytes.data() + page * buffer.page_size(), buffer.page(page),
                                buffer.page_size()) != 0)
                    return false;
        }
        return true;
    } catch (const Error& error) {
        if (error.blame() != Blame::kernel) throw;
        return false;
    }

    void run(const Program& program, runtime::LaunchOptions& launch, const Schedule& schedule, int poison) {
        poison_memory(poison);
        launch.max_steps = options_.max_steps;
        if (schedule.kind == Schedule::Kind::random) launch.seed = schedule.seed;
        launch.reverse_cores = schedule.kind == Schedule::Kind::reverse;
        if (schedule.kind == Schedule::Kind::starve) launch.starved = schedule.risc;
        if (schedule.kind == Schedule::Kind::favour) launch.favoured = schedule.risc;
        enqueue(device_, program, launch);
    }

    // Memory that nobody wrote: L1 below the tensors, and tensors without contents. Contents are as at the start.
    void poison_memory(int poison) {
        for (const runtime::CorePlan& core : plain_.plan().cores) {
            std::uint64_t end = device_.spec().l1_unreserved_base;
            for (const runtime::CbConfig& cb : core.cbs) end = std::max(end, cb.end());
            const std::uint32_t begin = device_.spec().l1_unreserved_base;
            std::memset(device_.chip().l1(core.core) + begin, poison, end - begin);
        }
        for (std::size_t i = 0; i < extents_.size(); ++i) {
            const Buffer& buffer = options_.tensors[i].tensor->buffer();
            if (options_.tensors[i].holds_data) {
                if (touched_) restore(buffer, before_[i]);
                continue;
            }
            for (std::uint64_t page = 0; page < buffer.num_pages(); ++page)
                std::memset(buffer.page(page), poison, buffer.page_size());
        }
        touched_ = true;
    }

    void keep(const std::shared_ptr<const Checker>& checker) {
        for (std::size_t i = 0; i < extents_.size(); ++i) {
            Result& result = results_.emplace_back();
            if (!checker->wrote(i)) continue;
            const Buffer& buffer = options_.tensors[i].tensor->buffer();
            result.bytes = pages_of(buffer);
            result.written.resize(result.bytes.size());
            for (std::uint64_t page = 0; page < buffer.num_pages(); ++page)
                checker->written(
                    i, page,
                    std::span(result.written).subspan(page * buffer.page_size(), buffer.page_size()));
            result.writer = [checker, i](std::uint64_t page, std::uint32_t at) {
                return checker->writer_of(i, page, at);
            };
        }
    }

    // The plain schedule differs from itself by what fresh memory held.
    void compare(const Checker& checker, const Schedule& schedule) const {
        for (std::size_t i = 0; i < extents_.size(); ++i) {
            if (results_[i].bytes.empty() && !checker.wrote(i)) continue;
            const Buffer& buffer = options_.tensors[i].tensor->buffer();
            for (std::uint64_t page = 0; page < buffer.num_pages(); ++page)
                compare_page(checker, schedule, i, page, buffer);
        }
    }

    void compare_page(const Checker& checker, const Schedule& schedule, std::size_t tensor,
                      std::uint64_t page, const Buffer& buffer) const {
        stop_point();
        const Result& result = results_[tensor];
        const std::uint64_t first = page * buffer.page_size();
        const std::byte* const is = buffer.page(page);
        if (!result.bytes.empty() && std::memcmp(result.bytes.data() + first, is, buffer.page_size()) == 0)
            return;
        std::vector<std::uint8_t> written(buffer.page_size());
        checker.written(tensor, page, written);
        for (std::uint32_t at = 0; at < buffer.page_size(); ++at) {
            const Byte was{result.bytes.empty() ? std::byte{} : result.bytes[first + at],
                           !result.bytes.empty() && result.written[first + at] != 0};
            const Byte now{is[at], written[at] != 0};
            if (was.written != now.written || (was.written && was.value != now.value))
                refuse(checker, schedule, {tensor, page, at}, was, now);
        }
    }

    struct Place {
        std::size_t tensor;
        std::uint64_t page;
        std::uint32_t at;
    };
    struct Byte {
        std::byte value;
        bool written;
    };
    static std::string in_words(const Byte& byte) {
        return byte.written ? fmt::format("{:#04x}", static_cast<unsigned>(byte.value)) : "not written";
    }

    [[noreturn]] void refuse(const Checker& checker, const Schedule& schedule, const Place& place,
                             const Byte& was, const Byte& is) const {
        const std::string& name = extents_[place.tensor].name;
        auto writer = checker.writer_of(place.tensor, place.page, place.at);
        if (!writer && was.written) writer = results_[place.tensor].writer(place.page, place.at);
        if (schedule == Schedule{}) {
            const auto load = checker.blind_load();
            fail(Code::UNWRITTEN_RESULT, load ? load->first : writer.value_or(KernelPlace{}),
                 load ? load->second : "memory", place.at, place.page, name);
        }
        fail(Code::SCHEDULE, place.at, place.page, name, in_words(was), in_words(is), to_string(schedule),
             writer ? fmt::format(" It was written by {}.", *writer) : "");
    }

    void report(const Error& error, const Schedule& schedule, std::optional<runtime::HangReport> hang) {
        Finding finding;
        finding.code = error.code();
        finding.places = error.places();
        finding.schedule = schedule;
        finding.hang = std::move(hang);
        finding.again = options_.again;
        if (!finding.again.empty() && schedule != Schedule{})
            finding.again += " --schedule " + to_string(schedule);
        finding.message = error.what();
        for (const std::string& line : legend(finding.message)) finding.message += "\n" + line;
        if (!finding.again.empty()) finding.message += "\nAgain: " + finding.again;
        report_.findings.push_back(std::move(finding));
    }

    // The circular buffers that a message names, in words.
    std::vector<std::string> legend(const std::string& message) const {
        std::vector<std::string> lines;
        std::set<std::uint32_t> seen;
        static const std::regex cb_name("c_([0-9]+)");
        for (std::sregex_iterator match(message.begin(), message.end(), cb_name), end; match != end;
             ++match) {
            std::uint32_t index = 0;
            const std::string digits = (*match)[1];
            std::from_chars(digits.data(), digits.data() + digits.size(), index);
            const auto name = options_.cb_names.find(index);
            if (name == options_.cb_names.end() || !seen.insert(index).second) continue;
            for (const runtime::CbConfig& cb : plain_.plan().cores.front().cbs)
                if (cb.index == index)
                    lines.push_back(format_counted("c_{} is {}: {} of {} bytes.", index,
                                                   printable(name->second), count_of_pages(cb.num_pages()),
                                                   cb.page_bytes));
        }
        return lines;
    }

    Device& device_;
    const CheckOptions& options_;
    Program watched_;  ///< with hooks
    Program plain_;    ///< without
    std::vector<TensorExtent> extents_;
    std::vector<Pages> before_;    ///< contents, by tensor
    std::vector<Result> results_;  ///< by tensor
    bool thorough_ = options_.thorough;
    bool touched_ = false;
    CheckReport report_;
};

}  // namespace

std::string to_string(const Schedule& schedule) {
    switch (schedule.kind) {
        case Schedule::Kind::plain:
            return "plain";
        case Schedule::Kind::reverse:
            return "reverse";
        case Schedule::Kind::random:
            return fmt::format("seed={}", schedule.seed);
        case Schedule::Kind::starve:
            return fmt::format("starve={}", runtime::name_of(schedule.risc));
        case Schedule::Kind::favour:
            return fmt::format("favour={}", runtime::name_of(schedule.risc));
    }
    return "";
}

Schedule parse_schedule(const std::string& text) {
    if (text == "plain") return {};
    if (text == "reverse") return {Schedule::Kind::reverse, 0, Risc::NCRISC};
    const std::size_t equals = text.find('=');
    const std::string kind = text.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
    Schedule schedule;
    if (kind == "seed") {
        schedule.kind = Schedule::Kind::random;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), schedule.seed);
        if (error == std::errc{} && end == value.data() + value.size() && schedule.seed != 0) return schedule;
    }
    schedule.kind = kind == "starve" ? Schedule::Kind::starve : Schedule::Kind::favour;
    for (const Risc risc : {Risc::NCRISC, Risc::UNPACK, Risc::MATH, Risc::PACK, Risc::BRISC}) {
        schedule.risc = risc;
        if ((kind == "starve" || kind == "favour") && value == runtime::name_of(risc)) return schedule;
    }
    fail(Code::OPTION, fmt::format("A schedule reads plain, reverse, seed=N, starve=RISC or favour=RISC "
                                   "(NCRISC, UNPACK, MATH, PACK, "
                                   "BRISC), got \"{}\".",
                                   text));
}

CheckReport check_program(Device& device, const ProgramDescriptor& program, const CheckOptions& options) {
    const StopScope scope(options.stop);
    return Check(device, program, options).run();
}

}  // namespace loom
