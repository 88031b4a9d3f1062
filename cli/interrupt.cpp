// Ctrl-C: a flag that work looks at, so that what is half done goes away before the process ends.
#include "interrupt.hpp"

#include <csignal>

namespace loom::cli {
namespace {

std::atomic<bool> heard{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch no other");

void on_interrupt(int signal) {
    if (!heard.exchange(true)) return;
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

}  // namespace

const std::atomic<bool>& heard_interrupt() {
    if (std::signal(SIGINT, SIG_IGN) != SIG_IGN) std::signal(SIGINT, on_interrupt);
    return heard;
}

}  // namespace loom::cli
