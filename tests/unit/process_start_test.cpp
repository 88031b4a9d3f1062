// What each process that uses Loom pays before it does anything.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace loom::testing {
namespace {

// Highway's library measures its timer as it is loaded, unless what it asks for by this name is found first (simd.cpp).
TEST(ProcessStart, HighwayDoesNotMeasureItsTimer) {
    void* const found = ::dlsym(RTLD_DEFAULT, "_ZN3hwy8platform15TimerResolutionEv");
    ASSERT_NE(found, nullptr);
    Dl_info where{};
    ASSERT_NE(::dladdr(found, &where), 0);
    EXPECT_EQ(std::string(where.dli_fname).find("libhwy"), std::string::npos) << where.dli_fname;
    EXPECT_EQ(reinterpret_cast<std::uint64_t (*)()>(found)(), 1u);
}

}  // namespace
}  // namespace loom::testing
