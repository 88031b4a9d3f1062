// Fibers: taken up where they were left, ended by an exception, unwound when destroyed, on stacks used again.
#include "runtime/sched/fiber.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace loom::runtime {
namespace {

TEST(Fiber, GoesOnWhereItWasLeft) {
    StackPool pool;
    std::string trace;
    std::unique_ptr<Fiber> fiber;
    fiber = std::make_unique<Fiber>(pool, [&] {
        for (const char step : {'a', 'b'}) {
            trace += step;
            fiber->suspend();
        }
        trace += 'c';
    });
    EXPECT_EQ(trace, "") << "nothing runs before the first resume";
    for (const char* expected : {"a", "ab", "abc"}) {
        EXPECT_FALSE(fiber->done());
        fiber->resume();
        EXPECT_EQ(trace, expected);
    }
    EXPECT_TRUE(fiber->done());
    EXPECT_EQ(fiber->error(), nullptr);
}

TEST(Fiber, TwoTakeTurns) {
    StackPool pool;
    std::string trace;
    std::unique_ptr<Fiber> fibers[2];
    for (int i = 0; i < 2; ++i)
        fibers[i] = std::make_unique<Fiber>(pool, [&, i] {
            for (int turn = 0; turn < 3; ++turn) {
                trace += static_cast<char>('0' + i);
                fibers[i]->suspend();
            }
        });
    for (int turn = 0; turn < 3; ++turn)
        for (const auto& fiber : fibers) fiber->resume();
    EXPECT_EQ(trace, "010101");
}

TEST(Fiber, AnExceptionEndsItAndIsKept) {
    StackPool pool;
    Fiber fiber(pool, [] { throw std::runtime_error("from inside"); });
    fiber.resume();
    ASSERT_TRUE(fiber.done());
    try {
        std::rethrow_exception(fiber.error());
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "from inside");
    }
}

TEST(Fiber, DestroyingItUnwindsItsStack) {
    StackPool pool;
    const auto token = std::make_shared<int>(0);
    bool went_on = false;
    {
        std::unique_ptr<Fiber> fiber;
        fiber = std::make_unique<Fiber>(pool, [&] {
            const std::shared_ptr<int> held = token;
            fiber.get()->suspend();
            went_on = true;
        });
        fiber->resume();
        EXPECT_EQ(token.use_count(), 2);
        const auto body = std::move(fiber);  // the body has read `fiber` already
    }
    EXPECT_EQ(token.use_count(), 1);
    EXPECT_FALSE(went_on);
}

TEST(Fiber, OneThatNeverRanNeverRuns) {
    StackPool pool;
    bool ran = false;
    {
        const Fiber fiber(pool, [&] { ran = true; });
    }
    EXPECT_FALSE(ran);
}

TEST(Fiber, StacksAreUsedAgain) {
    StackPool pool;
    const void* first = nullptr;
    for (int i = 0; i < 100; ++i) {
        const void* here = nullptr;
        Fiber fiber(pool, [&] {
            const volatile char local = 0;
            here = const_cast<const char*>(&local);
        });
        fiber.resume();
        if (i == 0) first = here;
        ASSERT_EQ(here, first);
    }
}

}  // namespace
}  // namespace loom::runtime
