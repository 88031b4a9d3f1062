// Kernels that poll words which others set in time end well: on one core and two, on one host thread and two, in any order.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

struct Polling {
    unsigned threads;
    std::uint64_t seed;
    std::uint64_t max_steps;  ///< 0: as they come
};

class PollingEnds : public ::testing::TestWithParam<Polling> {
protected:
    void run() {
        runtime::LaunchOptions options;
        options.seed = GetParam().seed;
        options.max_steps = GetParam().max_steps;
        program_.run(options);
    }
    // Arguments of kernels on two cores: 0 or 1, and the NoC coordinates of the other.
    void on_two_cores(KernelDescriptor& kernel) {
        for (const std::uint32_t me : {0u, 1u}) {
            const CoreCoord other = program_.device.chip().noc_of({1 - me, 0});
            kernel.runtime_args.push_back({{me, 0}, {me, other.x, other.y}});
        }
    }
    SmallProgram program_{{.grid = {2, 1}, .threads = GetParam().threads}};
};

constexpr const char* kWords =
    "#define WORD(i) (reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(i))[0])\n";

// Both kernels of a core store and poll in turn.
TEST_P(PollingEnds, OnWordsOfOneCore) {
    program_.descriptor.semaphores = {{0, program_.cores, 0}, {1, program_.cores, 0}};
    program_.reader(std::string(kWords) + R"(void kernel_main() {
        for (uint32_t turn = 1; turn <= 50; ++turn) {
            WORD(0) = turn;
            while (WORD(1) != turn) {}
        }
        REPORT(0, 50);
    })");
    program_.writer(std::string(kWords) + R"(void kernel_main() {
        for (uint32_t turn = 1; turn <= 50; ++turn) {
            while (WORD(0) != turn) noc_async_read_barrier();
            WORD(1) = turn;
        }
    })");
    run();
    EXPECT_EQ(program_.reported(0), 50u);
}

// Of two words, either may come first; and the one that polls counts its polls in L1.
TEST_P(PollingEnds, OnTwoWordsBesideStores) {
    program_.descriptor.semaphores = {{0, program_.cores, 0}, {1, program_.cores, 0}, {2, program_.cores, 0}};
    program_.reader(std::string(kWords) + R"(void kernel_main() {
        while (WORD(0) == 0 && WORD(1) == 0) WORD(2) = WORD(2) + 1;
        REPORT(0, WORD(1));
    })");
    program_.writer(std::string(kWords) + R"(void kernel_main() {
        for (volatile uint32_t i = 0; i < 2000; i = i + 1) {}
        WORD(1) = 7;
    })");
    run();
    EXPECT_EQ(program_.reported(0), 7u);
}

// The other core writes a whole page over the NoC; its last word tells that it is there.
TEST_P(PollingEnds, OnAPageThatAnotherCoreWrites) {
    program_.cores = CoreRangeSet(CoreRange({0, 0}, {1, 0}));
    program_.cb(0, 64, 2);
    on_two_cores(program_.reader(R"(void kernel_main() {
        volatile uint32_t* page = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));
        const uint64_t there = get_noc_addr(get_arg_val<uint32_t>(1), get_arg_val<uint32_t>(2), get_write_ptr(0));
        if (get_arg_val<uint32_t>(0) == 0) {
            cb_reserve_back(0, 1);
            while (page[15] != 4711) {}
            REPORT(0, page[0]);
        } else {
            for (uint32_t i = 0; i < 15; ++i) page[16 + i] = 5;
            page[31] = 4711;
            for (volatile uint32_t i = 0; i < 3000; i = i + 1) {}
            noc_async_write(get_write_ptr(0) + 64, there, 64);
            noc_async_write_barrier();
        }
    })"));
    run();
    EXPECT_EQ(program_.reported(0), 5u);
}

// A word of DRAM, which nobody is told of: it is fetched until it changes, and the other core goes on to wait.
TEST_P(PollingEnds, OnAWordOfDram) {
    program_.cores = CoreRangeSet(CoreRange({0, 0}, {1, 0}));
    program_.cb(0, 64, 1);
    program_.descriptor.semaphores = {{0, program_.cores, 0}};
    const Buffer flag(program_.device, 64, 64, BufferType::DRAM);
    KernelDescriptor& kernel = program_.reader(R"(void kernel_main() {
        volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));
        const uint64_t flag = InterleavedAddrGen<true>{FLAG, 64}.get_noc_addr(0);
        if (get_arg_val<uint32_t>(0) == 0) {
            do {
                noc_async_read(flag, get_write_ptr(0), 64);
                noc_async_read_barrier();
            } while (*word != 9);
            noc_semaphore_inc(get_noc_addr(get_arg_val<uint32_t>(1), get_arg_val<uint32_t>(2), get_semaphore(0)), 1);
        } else {
            for (volatile uint32_t i = 0; i < 3000; i = i + 1) {}
            *word = 9;
            noc_async_write(get_write_ptr(0), flag, 64);
            noc_async_write_barrier();
            noc_semaphore_wait(reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0)), 1);
            REPORT(0, *word);
        }
    })");
    kernel.defines.emplace_back("FLAG", std::to_string(flag.address()));
    on_two_cores(kernel);
    run();
    EXPECT_EQ(program_.reported(0), 9u);
}

INSTANTIATE_TEST_SUITE_P(Orders, PollingEnds,
                         ::testing::Values(Polling{1, 0, 0}, Polling{2, 0, 0}, Polling{1, 1, 0},
                                           Polling{2, 2, 0}, Polling{1, 3, 0}, Polling{1, 0, 20000},
                                           Polling{2, 0, 20000}),
                         [](const auto& instance) {
                             return "Threads" + std::to_string(instance.param.threads) + "Seed" +
                                    std::to_string(instance.param.seed) +
                                    (instance.param.max_steps != 0 ? "Few" : "");
                         });

}  // namespace
}  // namespace loom::testing
