// A progress bar on a terminal, for what takes longer than a second.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace loom::cli {

/// Draws on standard error while it lives, if that is a terminal; wipes itself at its end.
class Progress {
public:
    /// `done` counts up to `total` as the work goes on.
    Progress(const std::atomic<std::uint64_t>& done, std::uint64_t total);

private:
    std::jthread drawer_;
};

}  // namespace loom::cli
