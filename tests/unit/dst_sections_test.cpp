// DST: its capacity by mode, its sections handed from MATH to PACK in turn, and cleared when given back.
#include <gtest/gtest.h>

#include <memory>

#include "runtime/core/dst.hpp"

namespace loom::runtime {
namespace {

// metalium.md, 4.2.
TEST(DstSections, CapacityByMode) {
    EXPECT_EQ((DstConfig{.fp32 = false, .full_sync = false}.capacity()), 8u);
    EXPECT_EQ((DstConfig{.fp32 = true, .full_sync = false}.capacity()), 4u);
    EXPECT_EQ((DstConfig{.fp32 = false, .full_sync = true}.capacity()), 16u);
    EXPECT_EQ((DstConfig{.fp32 = true, .full_sync = true}.capacity()), 8u);
}

std::unique_ptr<Dst> dst(DstConfig config) {
    auto regs = std::make_unique<Dst>();
    regs->reset(config);
    return regs;
}

TEST(DstSections, MathMayRunOneSectionAhead) {
    const auto regs = dst({.fp32 = true});
    for (int lap = 0; lap < 3; ++lap) {
        EXPECT_TRUE(regs->can_acquire());
        regs->acquire();
        EXPECT_TRUE(regs->acquired());
        regs->commit();
        EXPECT_FALSE(regs->acquired());
        EXPECT_TRUE(regs->can_acquire());
        regs->acquire();
        regs->commit();
        EXPECT_FALSE(regs->can_acquire()) << "both sections wait for PACK";
        EXPECT_EQ(regs->committed(), 2u);
        regs->release();
        EXPECT_TRUE(regs->can_acquire());
        regs->release();
        EXPECT_EQ(regs->committed(), 0u);
    }
}

TEST(DstSections, InFullSyncThereIsOne) {
    const auto regs = dst({.full_sync = true});
    regs->acquire();
    regs->commit();
    EXPECT_FALSE(regs->can_acquire());
    regs->release();
    EXPECT_TRUE(regs->can_acquire());
}

float packed(Dst& regs, std::uint32_t index) {
    float page[tile::kElements];
    regs.pack(index, tile::PackMask::all, false, DataFormat::Float32, page, 0);
    return page[1023];
}

TEST(DstSections, PackSeesTheOlderSectionWhileMathFillsTheNewer) {
    const auto regs = dst({});
    for (const float value : {1.0f, 2.0f}) {
        regs->acquire();
        regs->unary(tile::Unary::fill, value, 7);
        regs->commit();
    }
    EXPECT_TRUE(regs->pack_defined(7));
    EXPECT_FALSE(regs->pack_defined(6));
    EXPECT_EQ(packed(*regs, 7), 1.0f);
    regs->release();
    EXPECT_EQ(packed(*regs, 7), 2.0f);
}

TEST(DstSections, AReleasedSectionIsUndefined) {
    const auto regs = dst({.full_sync = true});
    regs->acquire();
    regs->unary(tile::Unary::fill, 1.0f, 15);
    EXPECT_TRUE(regs->math_defined(15));
    regs->commit();
    regs->release();
    EXPECT_FALSE(regs->math_defined(15));
    regs->unary(tile::Unary::fill, 1.0f, 0);
    regs->reset({});
    EXPECT_FALSE(regs->math_defined(0)) << "nor does a program inherit one";
}

}  // namespace
}  // namespace loom::runtime
