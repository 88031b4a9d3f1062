// Images are unloaded with the programs that have them, so that a process may run any number of kernels: the system lets it
// map some 65,000 pieces of files and memory, and each image is five.
#include <algorithm>

#include "jit_testing.hpp"
#include "program/program_cache.hpp"
#include "support/small_program.hpp"

namespace loom::runtime {
namespace {

std::size_t lines_of_maps(const std::string& with) {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) count += line.find(with) != std::string::npos;
    return count;
}

std::string kernel(int i) {
    return "void kernel_main() { REPORT(0, " + std::to_string(i) + "); }";
}

TEST_F(JitCache, ImagesAreUnloadedAWhileAfterTheirPrograms) {
    constexpr int programs = 90;
    for (int i = 0; i < programs; ++i) {
        testing::SmallProgram program;
        program.cb(0, 64, 1);
        program.reader(kernel(i));
        program.run();
        EXPECT_EQ(program.reported(0), static_cast<std::uint32_t>(i));
    }
    const std::size_t loaded = lines_of_maps(cache().string());
    EXPECT_GT(loaded, 0u);
    EXPECT_LT(loaded, 70u * 5) << "the last 64 and a few";
}

// An object of default visibility would otherwise be one for all images, and keep each from being unloaded.
TEST_F(JitCache, ImagesWithObjectsThatOthersMayShareAreUnloadedToo) {
    const auto image_of = [](int i) {
        KernelBuild build = build_of(
            "template <typename T> struct __attribute__((visibility(\"default\"))) S {\n"
            "  static inline int x = " +
            std::to_string(i) + "; };\nvoid kernel_main() { S<int>::x = 3; }");
        const KernelBuild builds[] = {build};
        return std::weak_ptr(build_kernels(builds).at(0).library);
    };
    const auto first = image_of(0);
    for (int i = 1; i < 66; ++i) image_of(i);
    EXPECT_TRUE(first.expired());
    EXPECT_LE(lines_of_maps(cache().string()), 64u * 6);
}

// The device's cache of programs keeps as many as fit, and those that were used last.
TEST(ProgramCacheBound, KeepsTheLastUsed) {
    Device device({.grid = {1, 1}, .threads = 1});
    ProgramCache& cache = device.program_cache();
    const auto program_of_three = [&] {
        ProgramDescriptor descriptor;
        KernelDescriptor compute;
        compute.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
        compute.kernel_source = "void kernel_main() {}";
        compute.core_ranges = CoreRangeSet(CoreCoord{0, 0});
        compute.config = ComputeConfigDescriptor{};
        descriptor.kernels = {compute};
        return std::make_unique<Program>(descriptor, device);
    };
    constexpr std::size_t fit = ProgramCache::kMostImages / 3;
    for (std::size_t i = 0; i < fit; ++i) cache.insert(std::to_string(i), program_of_three());
    EXPECT_EQ(cache.num_entries(), fit);
    EXPECT_NE(cache.find("0"), nullptr) << "used again";
    cache.insert("one more", program_of_three());
    EXPECT_EQ(cache.num_entries(), fit);
    EXPECT_NE(cache.find("0"), nullptr);
    EXPECT_EQ(cache.find("1"), nullptr) << "the one not used for the longest";
    cache.insert("0", program_of_three());
    EXPECT_EQ(cache.num_entries(), fit) << "in place of the other";
    cache.clear();
    EXPECT_EQ(cache.num_entries(), 0u);
    cache.insert("first", program_of_three());
    EXPECT_NE(cache.find("first"), nullptr);
}

}  // namespace
}  // namespace loom::runtime
