// The seed of random inputs: printed once, so that a failure can be repeated.
#pragma once

#include <cstdint>

namespace loom::testing {

/// LOOM_TEST_SEED, or 1.
std::uint64_t seed();

}  // namespace loom::testing
