// Pages that the NoC reads from DRAM, and tiles and sticks made of them, come to L1 only if somebody looks at them there. Each
// program here looks, or changes what another has still to read, and runs twice: as it is, and with transfers that land
// at their barrier, where nothing is lent. Both must see the same.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>

#include "support/seed.hpp"
#include "support/small_program.hpp"
#include "util/bfloat16.hpp"

namespace loom::testing {
namespace {

constexpr std::uint32_t kWords = 64;  // that a program may report

runtime::LaunchOptions late_transfers() {
    runtime::LaunchOptions options;
    options.late_transfers = true;
    return options;
}

/// Sticks of 64 columns in DRAM, each element another number, and a program that reads, tilizes and untilizes them:
/// c_0 (32 sticks) -> c_1 (2 tiles) -> c_16 (32 sticks) -> `out`.
class Sticks {
public:
    explicit Sticks(DataFormat format, std::uint32_t rows = 32,
                    DeviceOptions options = {.grid = {1, 1}, .threads = 1})
        : program(options),
          bytes(64 * element_bytes(format)),
          in(program.device, rows * bytes, bytes, BufferType::DRAM),
          out(program.device, rows * bytes, bytes, BufferType::DRAM) {
        for (std::uint32_t row = 0; row < rows; ++row) {
            std::memset(out.page(row), 0xee, bytes);
            for (std::uint32_t column = 0; column < 64; ++column)
                store(in.page(row), column,
                      static_cast<float>(row * 2 + column % 2) + 64.0f * float(column / 32), format);
        }
        program.cb(0, bytes, 32, format);
        program.tile_cb(1, 2, format);
        program.cb(16, bytes, 32, format);
        program.cb(5, 64, 2);  // a sign from one kernel to another
    }
    static void store(std::byte* stick, std::uint32_t column, float value, DataFormat format) {
        const std::uint16_t bits = float_to_bfloat16(value);
        if (format == DataFormat::Float32)
            std::memcpy(stick + 4 * column, &value, 4);
        else
            std::memcpy(stick + 2 * column, &bits, 2);
    }
    /// Arguments of all kernels: 0 input, 1 output, 2 bytes of a stick, 3 first stick.
    KernelDescriptor& with_args(KernelDescriptor& kernel, std::uint32_t first = 0) {
        kernel.runtime_args = {{{0, 0}, {in.address(), out.address(), bytes, first}}};
        return kernel;
    }
    void reader(const std::string& after_barrier) {
        with_args(program.reader(std::string(kNames) + R"(void kernel_main() {
            const InterleavedAddrGen<true> in{get_arg_val<uint32_t>(0), bytes}, out{get_arg_val<uint32_t>(1), bytes};
            cb_reserve_back(0, 32);
            const uint32_t page = get_write_ptr(0);
            for (uint32_t stick = 0; stick < 32; ++stick)
                noc_async_read(get_noc_addr(stick, in), page + stick * bytes, bytes);
            noc_async_read_barrier();
            )" + after_barrier + "\ncb_push_back(0, 32); }"));
    }
    /// Tilizes, then untilizes what `between` leaves.
    void compute(const std::string& between = "") {
        KernelDescriptor& kernel = program.compute(R"(#include "api/compute/tilize.h"
            #include "api/compute/pack_untilize.h"
            #include "api/compute/tile_move_copy.h"
            void kernel_main() {
                cb_wait_front(0, 32); cb_reserve_back(1, 2);
                tilize_init(0, 2, 1); tilize_block(0, 2, 1); tilize_uninit(0, 1);
                cb_push_back(1, 2); cb_pop_front(0, 32); cb_wait_front(1, 2);
                )" + between +
                                                   R"(
                cb_reserve_back(16, 32);
                pack_untilize_dest_init<2, 2>(16);
                tile_regs_acquire();
                copy_tile_to_dst_init_short(1);
                copy_tile(1, 0, 0); copy_tile(1, 1, 1);
                tile_regs_commit(); tile_regs_wait();
                pack_untilize_dest<2, 2>(16, 1, 0);
                tile_regs_release();
                pack_untilize_uninit(16);
                cb_push_back(16, 32); cb_pop_front(1, 2);
            })");
        // float32 with all its bits, without which tilize would change elements.
        std::get<ComputeConfigDescriptor>(kernel.config)
            .unpack_to_dest_mode.assign(runtime::kNumCircularBuffers, UnpackToDestMode::UnpackToDestFp32);
    }
    void writer(const std::string& before = "", const std::string& after = "", std::uint32_t sticks = 32) {
        with_args(program.writer(std::string(kNames) +
                                 fmt::format("constexpr uint32_t sticks = {};", sticks) +
                                 R"(void kernel_main() {
            const InterleavedAddrGen<true> in{get_arg_val<uint32_t>(0), bytes}, out{get_arg_val<uint32_t>(1), bytes};
            )" + before + R"(
            cb_wait_front(16, 32);
            const uint32_t page = get_read_ptr(16);
            for (uint32_t stick = 0; stick < sticks; ++stick)
                noc_async_write(page + stick * bytes, get_noc_addr(stick, out), bytes);
            noc_async_write_barrier();
            )" + after + "\ncb_pop_front(16, 32); }"));
    }
    /// All that it leaves: what was reported, and the output.
    std::string run(const runtime::LaunchOptions& options) {
        program.run(options);
        std::string all;
        for (std::uint32_t i = 0; i < kWords; ++i) all += fmt::format("{:x} ", program.reported(i));
        for (std::uint32_t row = 0; row < out.num_pages(); ++row)
            all.append(reinterpret_cast<const char*>(out.page(row)), bytes);
        return all;
    }
    /// The first bytes of a circular buffer in L1; they are placed one after the other.
    std::string l1(std::uint32_t offset) const {
        return {reinterpret_cast<const char*>(program.device.chip().l1({0, 0})) +
                    program.device.spec().l1_unreserved_base + offset,
                bytes};
    }

    static constexpr const char* kNames =
        "#define bytes get_arg_val<uint32_t>(2)\n#define word(at) (*reinterpret_cast<volatile "
        "uint32_t*>(at))\n";
    SmallProgram program;
    std::uint32_t bytes;
    Buffer in;
    Buffer out;
};

class KernelLentPages : public ::testing::TestWithParam<DataFormat> {
protected:
    // Runs what `make` puts together, lending and not, and compares.
    void expect_same(const std::function<void(Sticks&)>& make,
                     DeviceOptions device = {.grid = {1, 1}, .threads = 1}) {
        Sticks lending(GetParam(), 32, device), landing(GetParam(), 32, device);
        make(lending), make(landing);
        const std::string seen = lending.run({});
        EXPECT_EQ(seen, landing.run(late_transfers()));
        // Something was reported, or written.
        EXPECT_NE(seen.find_first_not_of("f "), std::string::npos);
    }
};

TEST_P(KernelLentPages, StayInDramWhereNobodyLooks) {
    const auto l1_after = [](const runtime::LaunchOptions& options) {
        Sticks sticks(GetParam());
        sticks.reader(""), sticks.compute(), sticks.writer();
        sticks.run(options);
        for (std::uint32_t row = 0; row < 32; ++row)
            EXPECT_EQ(std::memcmp(sticks.out.page(row), sticks.in.page(row), sticks.bytes), 0) << row;
        return sticks.l1(0) + sticks.l1(32 * sticks.bytes);
    };
    const std::string poison(2 * 64 * element_bytes(GetParam()), '\xff');
    EXPECT_EQ(l1_after({}), poison);
    EXPECT_NE(l1_after(late_transfers()), poison);
}

TEST_P(KernelLentPages, AReaderSeesItsSticks) {
    expect_same([](Sticks& sticks) {
        sticks.reader(R"(
            REPORT(0, word(page + 4));
            REPORT(1, *reinterpret_cast<volatile uint8_t*>(page + 3 * bytes + 7));
            uint32_t copy[16];
            __builtin_memcpy(copy, reinterpret_cast<void*>(static_cast<uintptr_t>(page + 5 * bytes)), 64);
            REPORT(2, copy[3]); REPORT(3, copy[15]);
            REPORT(4, __atomic_load_n(reinterpret_cast<uint32_t*>(static_cast<uintptr_t>(page + 31 * bytes)), 0));)");
        sticks.compute(), sticks.writer();
    });
}

TEST_P(KernelLentPages, AWordThatAReaderChangesIsTheOneThatCounts) {
    expect_same([](Sticks& sticks) {
        sticks.reader("word(page + 7 * bytes + 32) = 0x40404040; word(page) = word(page + 4);");
        sticks.compute(), sticks.writer();
    });
}

TEST_P(KernelLentPages, AnotherKernelSeesTilesAndSticks) {
    expect_same([](Sticks& sticks) {
        sticks.reader("");
        sticks.compute("cb_wait_front(5, 1); cb_pop_front(5, 1);");
        // c_1 is looked at while MATH waits, c_16 before and after it is written.
        sticks.writer(
            "const uint32_t tiles = get_read_ptr(1); cb_reserve_back(5, 1); while (word(tiles) == ~0u) "
            "cb_pages_reservable_at_back(5, 2); "
            "for (uint32_t i = 0; i < 20; ++i) REPORT(i, word(tiles + 68 * i)); cb_push_back(5, 1);",
            "for (uint32_t i = 0; i < 32; ++i) REPORT(20 + i, word(page + i * bytes + 4 * i));");
    });
    expect_same([](Sticks& sticks) {
        sticks.reader(""), sticks.compute();
        sticks.writer("cb_wait_front(16, 32); word(get_read_ptr(16) + 9 * bytes + 8) = 77;");
    });
}

TEST_P(KernelLentPages, AWriteToDramComesAfterWhatWasReadBefore) {
    // The writer overwrites the input before the reader lets compute see it; then the reader reads it again.
    expect_same([](Sticks& sticks) {
        sticks.reader(
            "cb_reserve_back(5, 1); cb_push_back(5, 1); cb_reserve_back(5, 2);"
            "REPORT(0, word(page)); noc_async_read(get_noc_addr(3, in), page + 30 * bytes, bytes);"
            "noc_async_read_barrier(); REPORT(1, word(page + 30 * bytes)); REPORT(2, word(page + 3 * "
            "bytes));");
        sticks.compute();
        sticks.writer(
            "cb_wait_front(5, 1); for (uint32_t i = 0; i < bytes; i += 4) word(get_write_ptr(16) + i) = 5 * "
            "i;"
            "for (uint32_t stick = 0; stick < 32; ++stick)"
            "    noc_async_write(get_write_ptr(16), get_noc_addr(stick, in), bytes);"
            "noc_async_write_barrier(); cb_pop_front(5, 1);");
    });
}

TEST_P(KernelLentPages, InPlaceIsAsOutOfPlace) {
    Sticks apart(GetParam()), in_place(GetParam());
    for (Sticks* sticks : {&apart, &in_place}) sticks->reader(""), sticks->compute(), sticks->writer();
    in_place.program.descriptor.kernels.back().runtime_args.front().second[1] = in_place.in.address();
    apart.run({}), in_place.run({});
    for (std::uint32_t row = 0; row < 32; ++row)
        EXPECT_EQ(std::memcmp(apart.out.page(row), in_place.in.page(row), apart.bytes), 0) << row;
}

TEST_P(KernelLentPages, OtherTransfersTouchBytesThatAreThere) {
    expect_same([](Sticks& sticks) {
        sticks.reader(
            "noc_async_read(get_noc_addr(9, in), page + 4 * bytes, bytes / 2);"         // half a page
            "noc_async_read(get_noc_addr(MEM_ZEROS_BASE), page + 6 * bytes + 64, 32);"  // zeros
            "noc_async_read_barrier();"
            "noc_async_read(get_noc_addr(page + 2 * bytes), page + 8 * bytes, bytes);"  // of this L1
            "noc_async_read_barrier();"
            "noc_async_write(page + 10 * bytes, get_noc_addr(page + 11 * bytes), bytes);"  // within it
            "noc_async_write_barrier();"
            "noc_async_write(page + 12 * bytes, get_noc_addr(31, out), bytes); noc_async_write_barrier();"
            "noc_async_read(get_noc_addr(31, out), page + 13 * bytes, bytes); noc_async_read_barrier();");
        sticks.compute(), sticks.writer();
    });
}

TEST_P(KernelLentPages, WritesOfSticksMayBeFewTwiceToOnePlaceOrWithoutABarrier) {
    for (const std::uint32_t count : {1u, 5u, 31u})
        expect_same(
            [count](Sticks& sticks) { sticks.reader(""), sticks.compute(), sticks.writer("", "", count); });
    expect_same([](Sticks& sticks) {
        sticks.reader(""), sticks.compute();
        sticks.writer(
            "cb_wait_front(16, 32); for (uint32_t i = 0; i < 32; ++i) "
            "noc_async_write(get_read_ptr(16) + i * bytes, get_noc_addr(i / 2, out), bytes);"
            "noc_async_write(get_read_ptr(16) + 4 * bytes, get_noc_addr(20, out), bytes);"
            "noc_async_write(get_read_ptr(16) + 5 * bytes, get_noc_addr(21, out, 32), 32); return;");
    });
}

TEST_P(KernelLentPages, AStickPackedAgainIsTheNewOne) {
    // A second row of sticks at the same place, of which the first was never written.
    expect_same([](Sticks& sticks) {
        sticks.program.descriptor.cbs.clear();
        sticks.program.cb(0, sticks.bytes, 32, GetParam());
        sticks.program.tile_cb(1, 2, GetParam());
        sticks.program.cb(16, sticks.bytes, 32, GetParam());
        sticks.reader("word(page) = 3; cb_push_back(0, 32); cb_reserve_back(0, 32); word(page + bytes) = 4;");
        sticks.compute();
        std::string& twice = sticks.program.descriptor.kernels.back().kernel_source;
        twice = twice.substr(0, twice.find("void kernel_main() {")) + "inline void one()" +
                twice.substr(twice.find("void kernel_main()") + 18) +
                "\nvoid kernel_main() { one(); one(); }";
        sticks.writer("cb_wait_front(16, 32); cb_pop_front(16, 32);");
    });
}

TEST_P(KernelLentPages, AWordOfAPageMayBeASemaphore) {
    expect_same([](Sticks& sticks) {
        sticks.reader(
            "cb_wait_front(5, 1); noc_async_read(get_noc_addr(2, in), page, bytes); "
            "noc_async_read_barrier();");
        sticks.compute();
        // What stick 2 has in the first word of stick 0.
        sticks.writer(
            "cb_reserve_back(5, 1); cb_push_back(5, 1);"
            "noc_semaphore_wait(reinterpret_cast<volatile "
            "uint32_t*>(static_cast<uintptr_t>(get_read_ptr(0))), " +
            fmt::format("{}u", *reinterpret_cast<const std::uint32_t*>(sticks.in.page(2))) +
            "); REPORT(0, 1);");
    });
}

// --- Two cores

DeviceOptions two_cores(unsigned threads) {
    return {.grid = {1, 2}, .threads = threads};
}

// Core 0 reads a page and tells core 1, which does `there`; core 0 then does `here`. Arguments: input, the other core's x
// and y, bytes of a page.
void expect_seen(DataFormat format, const std::string& here, const std::string& there,
                 const std::string& seen) {
    for (const unsigned threads : {1u, 2u})
        for (const bool late : {false, true}) {
            SmallProgram program(two_cores(threads));
            const std::uint32_t bytes = 64 * element_bytes(format);
            Buffer in(program.device, 4 * bytes, bytes, BufferType::DRAM);
            for (std::uint32_t page = 0; page < 4; ++page)
                std::memset(in.page(page), 0x11 * int(page + 1), bytes);
            program.cores = CoreRangeSet(CoreRange({0, 0}, {0, 1}));
            program.cb(0, bytes, 4, format);
            program.descriptor.semaphores = {{0, program.cores, 0}};
            KernelDescriptor& kernel = program.reader(R"(
                #define word(at) (*reinterpret_cast<volatile uint32_t*>(at))
                void tell(uint32_t x, uint32_t y) { noc_semaphore_inc(get_noc_addr(x, y, get_semaphore(0)), 1); }
                void wait_for(uint32_t count) {
                    noc_semaphore_wait_min(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), count);
                }
                void kernel_main() {
                    const uint32_t x = get_arg_val<uint32_t>(1), y = get_arg_val<uint32_t>(2);
                    const uint32_t bytes = get_arg_val<uint32_t>(3), page = get_write_ptr(0);
                    const InterleavedAddrGen<true> in{get_arg_val<uint32_t>(0), bytes};
                    if (get_absolute_logical_y() == 0) {
                        noc_async_read(get_noc_addr(0, in), page, bytes);
                        noc_async_read_barrier();
                        tell(x, y);
                        )" + here + R"(
                    } else {
                        wait_for(1);
                        )" + there + R"(
                    }
                })");
            const CoreCoord first = program.device.chip().noc_of({0, 0});
            const CoreCoord second = program.device.chip().noc_of({0, 1});
            kernel.runtime_args = {{{0, 0}, {in.address(), second.x, second.y, bytes}},
                                   {{0, 1}, {in.address(), first.x, first.y, bytes}}};
            program.run(late ? late_transfers() : runtime::LaunchOptions());
            EXPECT_EQ(fmt::format("{:x} {:x}", program.reported(0), program.reported(1)), seen)
                << threads << " threads" << (late ? ", late transfers" : "");
        }
}

TEST_P(KernelLentPages, WhatAnotherCoreWritesToDramComesAfter) {
    expect_seen(GetParam(), "wait_for(1); REPORT(0, word(page)); REPORT(1, word(page + bytes - 4));",
                "noc_async_read(get_noc_addr(2, in), page, bytes); noc_async_read_barrier();"
                "noc_async_write(page, get_noc_addr(0, in), bytes); noc_async_write_barrier(); tell(x, y);",
                "11111111 11111111");
}

TEST_P(KernelLentPages, AnotherCoreReadsWhatIsThere) {
    const char* there =
        "noc_async_read(get_noc_addr(x, y, page), page + 2 * bytes, bytes); noc_async_read_barrier();"
        "REPORT(0, word(page + 2 * bytes)); REPORT(1, word(page)); tell(x, y);";
    expect_seen(GetParam(), "wait_for(1);", there, "11111111 ffffffff");
    expect_seen(GetParam(), "", there, "11111111 ffffffff");  // core 0 has ended, perhaps
}

TEST_P(KernelLentPages, AnotherCoreWritesOverThem) {
    expect_seen(GetParam(), "wait_for(1); REPORT(0, word(page)); REPORT(1, word(page + 32));",
                "noc_async_read(get_noc_addr(3, in), page, bytes); noc_async_read_barrier();"
                "noc_async_write(page, get_noc_addr(x, y, page), 32); noc_async_write_barrier(); tell(x, y);",
                "44444444 11111111");
}

// --- At random

// One kernel set; arguments say who stores or loads where.
TEST_P(KernelLentPages, AtRandomTheSame) {
    std::mt19937_64 random(seed());
    for (int round = 0; round < 25; ++round) {
        std::vector<std::uint32_t> acts;
        for (int i = 0; i < 8; ++i) acts.push_back(static_cast<std::uint32_t>(random()));
        SCOPED_TRACE(fmt::format("seed {}, round {}", seed(), round));
        expect_same([&](Sticks& sticks) {
            const char* act = R"(
                for (uint32_t i = 4; i < 12; ++i) {
                    const uint32_t what = get_arg_val<uint32_t>(i);
                    if (what % 2 != who) continue;
                    const uint32_t at = page + (what >> 8) % 32 * bytes + (what >> 16) % (bytes / 4) * 4;
                    switch ((what >> 1) % 4) {
                        case 0: REPORT(i, word(at)); break;
                        case 1: word(at) = 0x3f803f80 + i; break;
                        case 2: noc_async_read(get_noc_addr((what >> 24) & 31, in), page + (what >> 8) % 32 * bytes, bytes);
                                noc_async_read_barrier(); break;
                        case 3: if (who == 0) { noc_async_write(page, get_noc_addr(what >> 24 & 31, in), bytes);
                                noc_async_write_barrier(); } break;
                    }
                })";
            sticks.reader(std::string("const uint32_t who = 0;") + act);
            sticks.compute();
            sticks.writer(std::string("const uint32_t who = 1; { cb_wait_front(16, 32);") +
                          "const uint32_t page = get_read_ptr(16);" + act + "}");
            for (KernelDescriptor& kernel : sticks.program.descriptor.kernels)
                for (auto& [core, args] : kernel.runtime_args)
                    args.insert(args.end(), acts.begin(), acts.end());
        });
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, KernelLentPages,
                         ::testing::Values(DataFormat::Float16_b, DataFormat::Float32),
                         [](const auto& given) { return std::string(name_of(given.param)); });

}  // namespace
}  // namespace loom::testing
