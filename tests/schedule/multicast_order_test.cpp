// A multicast of a semaphore comes after the multicast of data before it, whatever the moment of either. With random
// schedules it came before it once in a while: the data was put off up to a barrier, and the semaphore was not.
#include <gtest/gtest.h>

#include "program/loaded_program.hpp"
#include "program/program.hpp"

namespace loom::testing {
namespace {

TEST(MulticastOrder, DataBeforeItsSemaphoreUnderHundredSchedules) {
    LoadedProgram loaded(read_program_file(LOOM_SOURCE_DIR "/fuzz/programs/multicast.json"), 2);
    const Program program(loaded.descriptor(), loaded.device());
    const auto result = [&](std::uint64_t seed) {
        loaded.fill();
        runtime::LaunchOptions options;
        options.seed = seed;
        enqueue(loaded.device(), program, options);
        return to_host(loaded.find_tensor("y")->tensor).data;
    };
    const auto plain = result(0);
    for (std::uint64_t seed = 1; seed <= 100; ++seed) ASSERT_EQ(result(seed), plain) << "seed " << seed;
}

}  // namespace
}  // namespace loom::testing
