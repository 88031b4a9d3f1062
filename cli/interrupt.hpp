// Ctrl-C.
#pragma once

#include <atomic>

namespace loom::cli {

/// From now on Ctrl-C sets this flag, and a second one ends the process at once. Where the caller has Ctrl-C ignored, it
/// stays so.
const std::atomic<bool>& heard_interrupt();

}  // namespace loom::cli
