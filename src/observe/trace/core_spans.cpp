// When each core ran, as Chrome trace JSON.
#include "observe/trace/core_spans.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace loom {

std::string CoreSpans::chrome_trace() const {
    using Microseconds = std::chrono::duration<double, std::micro>;
    nlohmann::json events = nlohmann::json::array();
    if (!runs_.empty()) {
        const auto first = std::ranges::min(runs_, {}, &runtime::CoreRun::begin).begin;
        for (const runtime::CoreRun& run : runs_) {
            nlohmann::json pages = nlohmann::json::object();
            for (const runtime::CircularBuffer& cb : run.cbs)
                if (cb.exists) pages["c_" + std::to_string(cb.config.index)] = cb.pushed_pages;
            events.push_back({{"name", "core " + to_string(run.core)},
                              {"ph", "X"},
                              {"pid", 0},
                              {"tid", run.host_thread},
                              {"ts", Microseconds(run.begin - first).count()},
                              {"dur", Microseconds(run.end - run.begin).count()},
                              {"args", {{"pages pushed", pages}}}});
        }
    }
    return nlohmann::json{{"traceEvents", events}, {"displayTimeUnit", "ns"}}.dump(1);
}

}  // namespace loom
