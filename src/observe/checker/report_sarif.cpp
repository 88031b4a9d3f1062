// Reports as SARIF 2.1.0, which editors and code-scanning services show beside the source.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "observe/checker/report.hpp"
#include "observe/checker/report_data.hpp"
#include "util/version.hpp"

namespace loom {
namespace {

using nlohmann::json;

// A path as a URI reference: what is not plain is percent-encoded, and an absolute one has a scheme.
std::string uri_of(std::string_view path) {
    constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
    std::string uri = path.starts_with('/') ? "file://" : "";
    for (const char c : path) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || kPlain.find(c) != std::string_view::npos)
            uri += c;
        else
            uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return uri;
}

json location_of(const KernelPlace& place) {
    json made = json::object();
    if (!place.file.empty()) {
        made["physicalLocation"]["artifactLocation"]["uri"] = uri_of(place.file);
        if (place.line != 0) made["physicalLocation"]["region"]["startLine"] = place.line;
    }
    const std::string thread = place.thread.empty() ? place.kernel : place.kernel + " " + place.thread;
    made["logicalLocations"] =
        json::array({{{"name", thread},
                      {"fullyQualifiedName", fmt::format("core {} {}", place.core, thread)},
                      {"kind", "function"}}});
    return made;
}

json rule_of(Code code) {
    const std::string help = rule_help(code);
    const std::string first =
        help.substr(0, help.find(". ") == std::string::npos ? help.size() : help.find(". ") + 1);
    return {{"id", name_of(code)},
            {"shortDescription", {{"text", first}}},
            {"fullDescription", {{"text", help}}},
            {"help", {{"text", help}}},
            {"defaultConfiguration", {{"level", "error"}}}};
}

json result_of(const Finding& finding, std::size_t rule) {
    json made{
        {"ruleId", name_of(finding.code)},
        {"ruleIndex", rule},
        {"level", "error"},
        {"message", {{"text", whole_utf8(finding.message)}}},
        {"locations", json::array()},
        {"properties", {{"schedule", to_string(finding.schedule)}, {"again", whole_utf8(finding.again)}}}};
    if (finding.places.empty()) return made;
    made["locations"].push_back(location_of(finding.places.front()));
    json related = json::array();
    for (std::size_t i = 1; i < finding.places.size(); ++i) {
        json place = location_of(finding.places[i]);
        place["id"] = i;
        place["message"]["text"] = whole_utf8(to_string(finding.places[i]));
        related.push_back(std::move(place));
    }
    if (!related.empty()) made["relatedLocations"] = std::move(related);
    return made;
}

}  // namespace

json report_sarif(const CheckReport& report) {
    json rules = json::array();
    json results = json::array();
    std::vector<Code> codes;
    for (const Finding& finding : report.findings) {
        auto known = std::ranges::find(codes, finding.code);
        if (known == codes.end()) {
            rules.push_back(rule_of(finding.code));
            known = codes.insert(codes.end(), finding.code);
        }
        results.push_back(result_of(finding, static_cast<std::size_t>(known - codes.begin())));
    }
    return {
        {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
        {"version", "2.1.0"},
        {"runs",
         json::array({{{"tool", {{"driver", {{"name", "Loom"}, {"version", version()}, {"rules", rules}}}}},
                       {"columnKind", "utf16CodeUnits"},
                       {"results", results}}})}};
}

}  // namespace loom
