// DRAM that was freed goes back to the system, but for what a loop would take again at once; and so does all of a device
// that is gone.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <optional>
#include <vector>

#include "program/device.hpp"

namespace loom {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint32_t kPageBytes = 1 << 20;

std::unique_ptr<Buffer> filled(Device& device, std::uint64_t mib) {
    auto buffer = std::make_unique<Buffer>(device, mib * kMiB, kPageBytes, BufferType::DRAM);
    for (std::uint64_t page = 0; page < buffer->num_pages(); ++page)
        std::memset(buffer->page(page), 0xa5, kPageBytes);
    return buffer;
}

// MiB of all DRAM banks that are in the host's memory.
double resident_mib(const Device& device) {
    const std::uint64_t bytes = device.spec().dram_bank_bytes;
    double pages = 0;
    for (std::uint32_t bank = 0; bank < device.spec().dram_banks; ++bank) {
        auto address = reinterpret_cast<std::uintptr_t>(device.chip().dram(bank)) / 4096 * 4096;
        std::vector<unsigned char> present(bytes / 4096);
        EXPECT_EQ(::mincore(reinterpret_cast<void*>(address), present.size() * 4096, present.data()), 0);
        for (const unsigned char page : present) pages += page & 1;
    }
    return pages * 4096 / kMiB;
}

TEST(DramGivenBack, WhenLittleIsInUse) {
    Device device;
    auto kept = filled(device, 24);
    auto large = filled(device, 480);
    EXPECT_GE(resident_mib(device), 500);
    large.reset();
    EXPECT_LE(resident_mib(device), 24 + 50) << "but for the ends of huge pages";
    for (std::uint64_t page = 0; page < kept->num_pages(); ++page)
        EXPECT_EQ(std::to_integer<int>(kept->page(page)[kPageBytes - 1]), 0xa5)
            << "its neighbour is as it was";
    const Buffer again(device, 480 * kMiB, kPageBytes, BufferType::DRAM);
    EXPECT_EQ(std::to_integer<int>(again.page(100)[5]), 0) << "memory that nobody wrote";
}

TEST(DramGivenBack, InManySmallPieces) {
    Device device;
    std::vector<std::unique_ptr<Buffer>> pieces;
    for (int i = 0; i < 40; ++i) pieces.push_back(filled(device, 12));
    EXPECT_GE(resident_mib(device), 480);
    while (!pieces.empty()) pieces.pop_back();
    EXPECT_LE(resident_mib(device), 128) << "what stays";
}

// An operation's output is freed and allocated again with each call: its pages stay.
TEST(DramGivenBack, NotWhatALoopTakesAgain) {
    Device device;
    const auto input = filled(device, 240);
    for (int call = 0; call < 3; ++call) {
        auto output = filled(device, 240);
        output.reset();
        EXPECT_GE(resident_mib(device), 480) << call;
    }
}

TEST(DramGivenBack, AllOfAClosedDevice) {
    const auto mapped_kib = [] {
        std::uint64_t pages = 0;
        std::FILE* file = std::fopen("/proc/self/statm", "r");
        EXPECT_EQ(std::fscanf(file, "%lu", &pages), 1);
        std::fclose(file);
        return pages * 4;
    };
    std::optional<Device> device(std::in_place);
    device.reset();
    const std::uint64_t before = mapped_kib();
    for (int i = 0; i < 100; ++i) {  // more than fit at once
        device.emplace();
        device.reset();
    }
    EXPECT_LT(mapped_kib(), before + 10'000);
}

}  // namespace
}  // namespace loom
