// The seed of random inputs.
#include "support/seed.hpp"

#include <cstdio>
#include <cstdlib>

namespace loom::testing {

std::uint64_t seed() {
    static const std::uint64_t value = [] {
        const char* text = std::getenv("LOOM_TEST_SEED");
        const std::uint64_t chosen = text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
        std::printf("LOOM_TEST_SEED=%llu\n", static_cast<unsigned long long>(chosen));
        return chosen;
    }();
    return value;
}

}  // namespace loom::testing
