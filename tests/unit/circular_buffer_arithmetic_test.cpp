// The arithmetic of a circular buffer: counters modulo 2^16, pointers that wrap on the limit and nowhere
// else.
#include <gtest/gtest.h>

#include "runtime/core/circular_buffer.hpp"

namespace loom::runtime {
namespace {

CircularBuffer four_pages() {
    CircularBuffer cb;
    cb.config = {.index = 3, .offset = 64, .total_bytes = 256, .page_bytes = 64};
    cb.base = 0x1000'0040;
    return cb;
}

TEST(CircularBufferArithmetic, CountsPagesAcrossTheWrapOfItsCounters) {
    CircularBuffer cb = four_pages();
    for (std::uint32_t page = 0; page < 70000; ++page) {
        ASSERT_EQ(cb.available(), 0u) << page;
        ASSERT_EQ(cb.free_pages(), 4u) << page;
        cb.received = static_cast<std::uint16_t>(cb.received + 3);
        ASSERT_EQ(cb.available(), 3u) << page;
        ASSERT_EQ(cb.free_pages(), 1u) << page;
        cb.acked = static_cast<std::uint16_t>(cb.acked + 3);
    }
}

TEST(CircularBufferArithmetic, APointerWrapsWhenItMeetsTheLimit) {
    const CircularBuffer cb = four_pages();
    std::uint32_t pointer = cb.base;
    EXPECT_TRUE(advance(pointer, 192, cb));
    EXPECT_EQ(pointer, cb.base + 192);
    EXPECT_TRUE(advance(pointer, 64, cb));
    EXPECT_EQ(pointer, cb.base);
    EXPECT_TRUE(advance(pointer, 256, cb)) << "a whole lap at once";
    EXPECT_EQ(pointer, cb.base);
}

TEST(CircularBufferArithmetic, APointerThatWouldOvershootStays) {
    const CircularBuffer cb = four_pages();
    std::uint32_t pointer = cb.base + 192;
    EXPECT_FALSE(advance(pointer, 128, cb));
    EXPECT_EQ(pointer, cb.base + 192);
}

TEST(CircularBufferArithmetic, AnOvershootPastFourGibibytesIsSeenToo) {
    CircularBuffer cb = four_pages();
    cb.base = 0xffff'ff00u - 64;
    std::uint32_t pointer = cb.base + 64;
    EXPECT_FALSE(advance(pointer, 0xffff'ffffu, cb));
    EXPECT_EQ(pointer, cb.base + 64);
}

TEST(CircularBufferArithmetic, ATileHasTheBytesOfItsFormatAndHeight) {
    CircularBuffer cb = four_pages();
    EXPECT_EQ(cb.config.tile_bytes(), 2048u);
    cb.config.format = DataFormat::Float32;
    EXPECT_EQ(cb.config.tile_bytes(), 4096u);
    cb.config.tile_height = 1;
    EXPECT_EQ(cb.config.tile_bytes(), 128u);
}

}  // namespace
}  // namespace loom::runtime
