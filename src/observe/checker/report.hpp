// What a check found, for people, tools, editors and as a picture.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "observe/checker/check.hpp"

namespace loom {

/// The finding's message, or "clean: ..." with what was covered and what was not; ends with a new line.
std::string report_text(const CheckReport& report);
/// {"clean", "findings": [{"code", "blame", "message", "places", "schedule", "again", "hang"}], "covered"}.
nlohmann::json report_json(const CheckReport& report);
/// SARIF 2.1.0: a rule a code, a result a finding, with its places as locations.
nlohmann::json report_sarif(const CheckReport& report);
/// The wait-for graph of a hang as an SVG picture: kernels, circular buffers, who waits on whom.
std::string hang_svg(const runtime::HangReport& hang, const std::map<std::uint32_t, std::string>& cb_names);

}  // namespace loom
