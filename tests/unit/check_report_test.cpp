// A check's report as text, JSON and SARIF: what was found or covered, with nothing lost on the way.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "observe/checker/report.hpp"

namespace loom {
namespace {

using nlohmann::json;

CheckReport clean_report() {
    CheckReport report;
    report.kernels = 3;
    report.cores = 2;
    report.schedules.push_back({});
    for (const auto kind : {Schedule::Kind::starve, Schedule::Kind::favour})
        for (const runtime::Risc risc : {runtime::Risc::NCRISC, runtime::Risc::PACK})
            report.schedules.push_back({kind, 0, risc});
    for (std::uint64_t seed = 1; seed <= 8; ++seed)
        report.schedules.push_back({Schedule::Kind::random, seed, runtime::Risc::NCRISC});
    return report;
}

CheckReport race_report() {
    Finding finding;
    finding.code = Code::RACE;
    finding.message = "Two \"writes\", <one> & the other.";
    finding.places = {{"(0,0)", "compute", "PACK", "/home/a b/k.cpp", 12, "pack_tile(0, c_16)", 16},
                      {"(0,0)", "writer", "", "kernels/w.cpp", 0, "", std::nullopt}};
    finding.schedule = {Schedule::Kind::random, 7, runtime::Risc::NCRISC};
    finding.again = "loom check p --schedule seed=7";
    CheckReport report = clean_report();
    report.findings = {finding};
    report.cb_names = {{16, "output sticks"}};
    return report;
}

TEST(CheckReportText, SaysWhatACleanCheckCovered) {
    CheckReport report = clean_report();
    const std::string covered =
        "clean: 3 kernels on 2 cores, 13 schedules (plain, seeds 1 to 8, each processor starved and "
        "favoured): no "
        "hang, no livelock, no race, no rule of circular buffers, DST or the NoC broken, nothing read that "
        "nobody "
        "wrote, and the same bytes each time";
    EXPECT_EQ(report_text(report), covered + ".\n");
    report.not_covered = {"the values", "8 of 10 pages"};
    EXPECT_EQ(report_text(report), covered + "; not covered: the values; 8 of 10 pages.\n");
}

TEST(CheckReportText, CountsWhatItNames) {
    CheckReport report;
    report.kernels = report.cores = 1;
    report.schedules = {{Schedule::Kind::starve, 0, runtime::Risc::PACK}};
    EXPECT_TRUE(report_text(report).starts_with("clean: 1 kernel on 1 core, 1 schedule (PACK starved): "));
    report.schedules = {{}, {Schedule::Kind::random, 9, {}}, {Schedule::Kind::random, 2, {}}};
    EXPECT_TRUE(
        report_text(report).starts_with("clean: 1 kernel on 1 core, 3 schedules (plain, seeds 2 and 9): "));
}

TEST(CheckReportText, OfAFindingIsItsMessage) {
    EXPECT_EQ(report_text(race_report()), "Two \"writes\", <one> & the other.\n");
}

TEST(CheckReportJson, HasTheFindingWithItsPlaces) {
    const json report = report_json(race_report());
    EXPECT_EQ(report["clean"], false);
    EXPECT_EQ(report["covered"]["schedules"].size(), 13u);
    EXPECT_EQ(report["circular_buffers"]["c_16"], "output sticks");
    const json expected = json::parse(R"text({
        "code": "RACE", "blame": "kernel", "message": "Two \"writes\", <one> & the other.",
        "schedule": "seed=7", "again": "loom check p --schedule seed=7", "hang": null,
        "places": [
            {"core": "(0,0)", "kernel": "compute", "thread": "PACK", "file": "/home/a b/k.cpp", "line": 12,
             "call": "pack_tile(0, c_16)", "circular_buffer": 16},
            {"core": "(0,0)", "kernel": "writer", "file": "kernels/w.cpp", "line": 0, "call": ""}]})text");
    EXPECT_EQ(report["findings"], json::array({expected}));
}

TEST(CheckReportJson, HasTheGraphOfAHang) {
    CheckReport report = race_report();
    runtime::HangReport& hang = report.findings[0].hang.emplace();
    hang.threads.resize(2);
    hang.threads[0].finished = true;
    hang.threads[1].cb = 3;
    hang.buffers = {{{1, 2}, 3, 4, 1, std::nullopt, 1}};
    hang.edges = {{1, 0, "to pop 4 of c_0", false}};
    hang.cycles = {{1, 0}};
    const json found = report_json(report)["findings"][0]["hang"];
    EXPECT_EQ(found["threads"][0], json({{"core", "(0,0)"}, {"kernel", ""}, {"finished", true}}));
    EXPECT_EQ(found["threads"][1]["circular_buffer"], 3);
    EXPECT_EQ(
        found["circular_buffers"][0],
        json({{"core", "(1,2)"}, {"circular_buffer", 3}, {"pages", 4}, {"available", 1}, {"consumer", 1}}));
    EXPECT_EQ(found["waits_for"][0],
              json({{"from", 1}, {"to", 0}, {"what", "to pop 4 of c_0"}, {"guess", false}}));
    EXPECT_EQ(found["cycles"], json::parse("[[1, 0]]"));
}

TEST(CheckReportSarif, PutsPlacesWhereEditorsLookForThem) {
    const json run = report_sarif(race_report())["runs"][0];
    const json result = run["results"][0];
    EXPECT_EQ(run["tool"]["driver"]["rules"][0]["id"], "RACE");
    EXPECT_EQ(result["ruleId"], "RACE");
    const json place = result["locations"][0]["physicalLocation"];
    EXPECT_EQ(place["artifactLocation"]["uri"], "file:///home/a%20b/k.cpp");
    EXPECT_EQ(place["region"]["startLine"], 12);
    const json second = result["relatedLocations"][0];
    EXPECT_EQ(second["physicalLocation"], json::parse(R"({"artifactLocation": {"uri": "kernels/w.cpp"}})"));
    EXPECT_EQ(second["message"]["text"], "core (0,0) writer, w.cpp");
}

TEST(CheckReportSarif, OfACleanCheckHasNoResults) {
    const json report = report_sarif(clean_report());
    EXPECT_EQ(report["version"], "2.1.0");
    EXPECT_EQ(report["runs"][0]["results"], json::array());
}

// What may be found has help without a placeholder left in it.
TEST(CheckReportSarif, HelpHasNoPlaceholders) {
    for (int code = 0; code <= static_cast<int>(Code::INTERNAL); ++code) {
        if (blame_of(static_cast<Code>(code)) != Blame::kernel) continue;
        CheckReport report = race_report();
        report.findings[0].code = static_cast<Code>(code);
        const json rule = report_sarif(report)["runs"][0]["tool"]["driver"]["rules"][0];
        const std::string help = rule["help"]["text"];
        EXPECT_EQ(help.find('{'), std::string::npos) << help;
        EXPECT_GT(help.size(), 20u) << rule["id"];
        EXPECT_FALSE(std::string(rule["shortDescription"]["text"]).empty());
    }
}

}  // namespace
}  // namespace loom
