// The version of Loom: that of the CMake project.
#include "util/version.hpp"

namespace loom {

const char* version() {
    return LOOM_VERSION;
}

}  // namespace loom
