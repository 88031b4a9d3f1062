// The picture of a hang, as docs/hangs.md shows it and as files under tests/hang/expected/ keep it.
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "hang/hang_testing.hpp"
#include "observe/checker/report.hpp"
#include "program/program_edit.hpp"
#include "support/layernorm_problem.hpp"

namespace loom::testing {
namespace {

// Compares with a file of the source tree; LOOM_UPDATE_EXPECTED=1 in the environment writes it instead.
void expect_file(const std::string& path, const std::string& made) {
    const std::string whole = std::string(LOOM_SOURCE_DIR) + "/" + path;
    if (std::getenv("LOOM_UPDATE_EXPECTED") != nullptr) std::ofstream(whole, std::ios::binary) << made;
    std::ifstream file(whole, std::ios::binary);
    const std::string kept{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(made, kept) << path << " differs: look at the change, then run with LOOM_UPDATE_EXPECTED=1";
}

// Two cores: each fills a buffer that its writer empties once the other core has raised its semaphore.
const HangCase kTwoCores{.name = "TwoCores",
                         .build =
                             [](SmallProgram& program) {
                                 program.cb(0, 64, 2);
                                 program.descriptor.semaphores = {{0, program.cores, 0}};
                                 KernelDescriptor& reader = program.reader(R"(void kernel_main() {
    const uint64_t other = get_noc_addr(get_arg_val<uint32_t>(0), get_arg_val<uint32_t>(1), get_semaphore(0));
    for (uint32_t page = 0; page < 3; ++page) {
        cb_reserve_back(0, 1);
        cb_push_back(0, 1);
    }
    noc_semaphore_inc(other, 1);
})");
                                 for (const std::uint32_t me : {0u, 1u}) {
                                     const CoreCoord other = program.device.chip().noc_of({1 - me, 0});
                                     reader.runtime_args.push_back({{me, 0}, {other.x, other.y}});
                                 }
                                 program.writer(R"(void kernel_main() {
    noc_semaphore_wait(reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0)), 1);
    cb_wait_front(0, 1);
    cb_pop_front(0, 1);
})");
                             },
                         .message = "",
                         .cores = 2};

// UNPACK waits for a page that PACK pushes only after MATH has used it.
const HangCase kInCompute{.name = "InCompute",
                          .build =
                              [](SmallProgram& program) {
                                  program.tile_cb(24, 1);
                                  program.compute(R"(#include "api/compute/tile_move_copy.h"
void kernel_main() {
    cb_reserve_back(24, 1);
    cb_wait_front(24, 1);
    tile_regs_acquire();
    copy_tile(24, 0, 0);
    tile_regs_commit();
    tile_regs_wait();
    pack_tile(0, 24);
    cb_push_back(24, 1);
    tile_regs_release();
    cb_pop_front(24, 1);
})");
                              },
                          .message = ""};

runtime::HangReport hang_of(const HangCase& hang) {
    return run_case(hang, false).value_or(runtime::HangReport{});
}

TEST(HangPicture, OfTheReadmesHang) {
    PlacedLayernorm placed({.shape = {64, 32}, .device = {.grid = {1, 1}}});
    ProgramDescriptor descriptor = placed.descriptor();
    apply_edit(descriptor, "c_16=4");
    std::map<std::uint32_t, std::string> names;
    for (const CbTableRow& row : placed.notes().circular_buffers) names[row.index] = row.name;
    try {
        enqueue(placed.device, Program(descriptor, placed.device));
        FAIL() << "it ended";
    } catch (const runtime::HangError& error) {
        expect_file("docs/hang.svg", hang_svg(error.report(), names));
    }
}

TEST(HangPicture, OfTwoCores) {
    expect_file("tests/hang/expected/two_cores.svg",
                hang_svg(hang_of(kTwoCores), {{0, "sticks & <stones>"}}));
}

TEST(HangPicture, OfACircleInsideCompute) {
    expect_file("tests/hang/expected/in_compute.svg", hang_svg(hang_of(kInCompute), {{24, "partial sums"}}));
}

// tests/hang/test_hang_files.py holds it against the rules of SARIF.
TEST(HangPicture, AndTheSameHangAsSarif) {
    Finding finding{.code = Code::HANG,
                    .message = "",
                    .places = {},
                    .schedule = {},
                    .again = "",
                    .hang = hang_of(kTwoCores)};
    finding.message = finding.hang->text;
    finding.places = finding.hang->places;
    CheckReport report;
    report.findings = {finding};
    nlohmann::json sarif = report_sarif(report);
    sarif["runs"][0]["tool"]["driver"].erase("version");  // the file outlives it
    expect_file("tests/hang/expected/two_cores.sarif", sarif.dump(1) + "\n");
}

}  // namespace
}  // namespace loom::testing
