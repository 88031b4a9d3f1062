// Reports as text and as JSON.
#include "observe/checker/report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "observe/checker/report_data.hpp"
#include "runtime/plan.hpp"
#include "util/counted.hpp"

namespace loom {
namespace {

using nlohmann::json;

std::string listed(const std::vector<std::string>& parts) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    return text;
}

// "seeds 1 to 8", "seed 7", "seeds 2, 5 and 9"
std::string seeds_in_words(const std::set<std::uint64_t>& seeds) {
    if (seeds.size() == 1) return fmt::format("seed {}", *seeds.begin());
    if (*seeds.rbegin() - *seeds.begin() + 1 == seeds.size())
        return fmt::format("seeds {} to {}", *seeds.begin(), *seeds.rbegin());
    std::vector<std::string> each;
    each.reserve(seeds.size());
    for (const std::uint64_t seed : seeds) each.push_back(fmt::format("{}", seed));
    return "seeds " + listed(each);
}

// "each processor starved and favoured", "PACK starved"
std::vector<std::string> unfair_in_words(const std::vector<Schedule>& schedules) {
    std::vector<std::string> starved;
    std::vector<std::string> favoured;
    for (const Schedule& schedule : schedules) {
        if (schedule.kind == Schedule::Kind::starve) starved.emplace_back(runtime::name_of(schedule.risc));
        if (schedule.kind == Schedule::Kind::favour) favoured.emplace_back(runtime::name_of(schedule.risc));
    }
    if (!starved.empty() && starved == favoured && starved.size() > 1)
        return {"each processor starved and favoured"};
    std::vector<std::string> parts;
    if (!starved.empty()) parts.push_back(listed(starved) + " starved");
    if (!favoured.empty()) parts.push_back(listed(favoured) + " favoured");
    return parts;
}

std::string schedules_in_words(const std::vector<Schedule>& schedules) {
    std::vector<std::string> parts;
    std::set<std::uint64_t> seeds;
    for (const Schedule& schedule : schedules)
        if (schedule.kind == Schedule::Kind::random) seeds.insert(schedule.seed);
    if (std::ranges::find(schedules, Schedule::Kind::plain, &Schedule::kind) != schedules.end())
        parts.emplace_back("plain");
    if (std::ranges::find(schedules, Schedule::Kind::reverse, &Schedule::kind) != schedules.end())
        parts.emplace_back("cores reversed");
    if (!seeds.empty()) parts.push_back(seeds_in_words(seeds));
    std::ranges::move(unfair_in_words(schedules), std::back_inserter(parts));
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

json place_json(const KernelPlace& place) {
    json made{{"core", place.core},
              {"kernel", place.kernel},
              {"file", whole_utf8(place.file)},
              {"line", place.line},
              {"call", place.call}};
    if (!place.thread.empty()) made["thread"] = place.thread;
    if (place.cb) made["circular_buffer"] = *place.cb;
    return made;
}

json thread_json(const runtime::HangThread& thread) {
    json made{{"core", to_string(thread.core)}, {"kernel", thread.kernel}, {"finished", thread.finished}};
    if (!thread.thread.empty()) made["thread"] = thread.thread;
    if (thread.finished) return made;
    made.update({{"call", thread.call},
                 {"file", whole_utf8(thread.file)},
                 {"line", thread.line},
                 {"wanted", thread.wanted},
                 {"available", thread.available},
                 {"state", thread.state}});
    if (thread.cb) made["circular_buffer"] = *thread.cb;
    return made;
}

json hang_json(const runtime::HangReport& hang) {
    json made{{"livelock", hang.livelock},  {"threads", json::array()}, {"circular_buffers", json::array()},
              {"waits_for", json::array()}, {"cycles", hang.cycles},    {"never_granted", hang.never},
              {"advice", hang.advice}};
    for (const runtime::HangThread& thread : hang.threads) made["threads"].push_back(thread_json(thread));
    for (const runtime::HangBuffer& buffer : hang.buffers) {
        json& row = made["circular_buffers"].emplace_back(json{{"core", to_string(buffer.core)},
                                                               {"circular_buffer", buffer.cb},
                                                               {"pages", buffer.pages},
                                                               {"available", buffer.available}});
        if (buffer.producer) row["producer"] = *buffer.producer;
        if (buffer.consumer) row["consumer"] = *buffer.consumer;
    }
    for (const runtime::HangEdge& edge : hang.edges)
        made["waits_for"].push_back(
            {{"from", edge.from}, {"to", edge.to}, {"what", edge.what}, {"guess", edge.guess}});
    return made;
}

json finding_json(const Finding& finding) {
    json made{{"code", name_of(finding.code)},
              {"blame", name_of(blame_of(finding.code))},
              {"message", whole_utf8(finding.message)},
              {"places", json::array()},
              {"schedule", to_string(finding.schedule)},
              {"again", whole_utf8(finding.again)},
              {"hang", nullptr}};
    for (const KernelPlace& place : finding.places) made["places"].push_back(place_json(place));
    if (finding.hang) made["hang"] = hang_json(*finding.hang);
    return made;
}

}  // namespace

std::string report_text(const CheckReport& report) {
    if (!report.clean()) {
        std::string text;
        for (const Finding& finding : report.findings)
            text += (text.empty() ? "" : "\n") + finding.message + "\n";
        return text;
    }
    std::string text = fmt::format(
        "clean: {} on {}, {} ({}): no hang, no livelock, no race, no rule of circular buffers, DST or the "
        "NoC "
        "broken, nothing read that nobody wrote, and the same bytes each time",
        counted(report.kernels, "kernel"), counted(report.cores, "core"),
        counted(report.schedules.size(), "schedule"), schedules_in_words(report.schedules));
    if (!report.not_covered.empty()) {
        text += "; not covered: ";
        for (std::size_t i = 0; i < report.not_covered.size(); ++i)
            text += (i == 0 ? "" : "; ") + report.not_covered[i];
    }
    return text + ".\n";
}

json report_json(const CheckReport& report) {
    json made{{"clean", report.clean()},
              {"findings", json::array()},
              {"covered",
               {{"kernels", report.kernels},
                {"cores", report.cores},
                {"schedules", json::array()},
                {"not_covered", report.not_covered}}},
              {"circular_buffers", json::object()}};
    for (const Finding& finding : report.findings) made["findings"].push_back(finding_json(finding));
    for (const Schedule& schedule : report.schedules)
        made["covered"]["schedules"].push_back(to_string(schedule));
    for (const auto& [index, name] : report.cb_names)
        made["circular_buffers"][fmt::format("c_{}", index)] = name;
    return made;
}

}  // namespace loom
