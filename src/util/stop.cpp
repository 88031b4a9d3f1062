// The flag by which a caller ends this thread's work.
#include "util/stop.hpp"

#include "util/error.hpp"

namespace loom {
namespace {

thread_local const std::atomic<bool>* current = nullptr;

}  // namespace

StopScope::StopScope(const std::atomic<bool>* stop) : before_(current) {
    if (stop != nullptr) current = stop;
}

StopScope::~StopScope() {
    current = before_;
}

const std::atomic<bool>* stop_flag() {
    return current;
}

bool is_stopped() {
    return current != nullptr && current->load(std::memory_order_relaxed);
}

void stop_point() {
    if (is_stopped()) fail(Code::STOPPED);
}

}  // namespace loom
