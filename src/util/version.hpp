// The version of Loom.
#pragma once

namespace loom {

/// "0.1.0"
const char* version();

}  // namespace loom
