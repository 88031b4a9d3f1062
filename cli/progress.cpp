// A progress bar on a terminal.
#include "progress.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>

namespace loom::cli {
namespace {

void draw(std::uint64_t done, std::uint64_t total) {
    constexpr std::size_t width = 50;
    const double part = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
    const auto filled = static_cast<std::size_t>(part * width);
    std::fprintf(stderr, "\r[%s%s] %3.0f %%", std::string(filled, '#').c_str(),
                 std::string(width - filled, '.').c_str(), part * 100);
    std::fflush(stderr);
}

}  // namespace

Progress::Progress(const std::atomic<std::uint64_t>& done, std::uint64_t total) {
    if (::isatty(STDERR_FILENO) == 0) return;
    drawer_ = std::jthread([&done, total](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any tick;
        std::unique_lock lock(mutex);
        auto pause = std::chrono::milliseconds(1000);
        bool drawn = false;
        while (!tick.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
            draw(done, total);
            drawn = true;
            pause = std::chrono::milliseconds(100);
        }
        if (drawn) std::fprintf(stderr, "\r\033[K");
    });
}

}  // namespace loom::cli
