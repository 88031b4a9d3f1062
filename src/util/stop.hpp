// How a caller ends what takes long: it names a flag for the thread that works, and sets it from another.
#pragma once

#include <atomic>

namespace loom {

/// While it lives, what the thread that made it does ends with STOPPED soon after `stop` is set: a run, a compilation, the
/// reading and writing of files. Null: as before.
class StopScope {
public:
    explicit StopScope(const std::atomic<bool>* stop);
    ~StopScope();
    StopScope(const StopScope&) = delete;
    StopScope& operator=(const StopScope&) = delete;

private:
    const std::atomic<bool>* before_;
};

/// The flag of this thread, to be handed to those that it starts; null when nobody named one.
const std::atomic<bool>* stop_flag();
/// Whether this thread is to end its work.
bool is_stopped();
/// Throws STOPPED then. Work that takes long calls it after each few milliseconds of it.
void stop_point();

}  // namespace loom
