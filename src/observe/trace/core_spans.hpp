// When each core ran, on which host thread, as Chrome trace JSON.
#pragma once

#include <string>
#include <vector>

#include "runtime/observer.hpp"

namespace loom {

class CoreSpans : public runtime::Observer {
public:
    void core_finished(const runtime::CoreRun& run) override { runs_.push_back(run); }
    /// For chrome://tracing or ui.perfetto.dev: one track a host thread, one span a core, with the pages that
    /// passed through its circular buffers. Microseconds from the first core's start.
    std::string chrome_trace() const;

private:
    std::vector<runtime::CoreRun> runs_;
};

}  // namespace loom
