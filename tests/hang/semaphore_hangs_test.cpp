// Hangs over semaphores, on one core and between two.
#include "hang/hang_testing.hpp"

namespace loom::testing {
namespace {

// Two cores run `source`; `me` is 0 or 1, `other` the NoC address of semaphore 0 on the other core.
void pair(SmallProgram& program, const std::string& source) {
    program.cb(0, 64, 2);
    program.descriptor.semaphores = {{0, program.cores, 0}};
    KernelDescriptor& kernel = program.reader(
        "#define SEMAPHORE reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0))\n"
        "void kernel_main() { const uint32_t me = get_arg_val<uint32_t>(0);"
        "const uint64_t other = get_noc_addr(get_arg_val<uint32_t>(1), get_arg_val<uint32_t>(2), "
        "get_semaphore(0));\n" +
        source + "\n}");
    for (const std::uint32_t me : {0u, 1u}) {
        const CoreCoord other = program.device.chip().noc_of({1 - me, 0});
        kernel.runtime_args.push_back({{me, 0}, {me, other.x, other.y}});
    }
}

const HangCase kCases[] = {
    // Nobody has to do with the semaphore but who waits for it.
    {.name = "NobodyRaises",
     .build =
         [](SmallProgram& program) {
             program.descriptor.semaphores = {{0, program.cores, 0}};
             program.reader(R"(void kernel_main() {
                 auto* semaphore = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0));
                 #ifdef REPAIRED
                 noc_semaphore_set(semaphore, 1);
                 #endif
                 noc_semaphore_wait(semaphore, 1);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  noc_semaphore_wait(semaphore 0, 1)  source.cpp:6  the semaphore is 0\n"
                "No kernel has raised or set semaphore 0 of core (0,0), which is 0: let one do so before "
                "reader waits for 1."},

    // The writer raises it once and ends; the reader waits for two.
    {.name = "WritersLastRaiseIsMissing",
     .build =
         [](SmallProgram& program) {
             program.descriptor.semaphores = {{0, program.cores, 0}};
             program.reader(R"(void kernel_main() {
                 noc_semaphore_wait_min(reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0)), 2);
             })");
             program.writer(R"(void kernel_main() {
                 #ifdef REPAIRED
                 noc_semaphore_inc(get_noc_addr(get_semaphore(0)), 1);
                 #endif
                 noc_semaphore_inc(get_noc_addr(get_semaphore(0)), 1);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  noc_semaphore_wait_min(semaphore 0, 2)  source.cpp:2  the semaphore is 1\n"
                "  writer  finished\n"
                "writer ended after the last change of semaphore 0, which is 1; reader waits for at least "
                "2: raise it as often as it is waited for."},

    // noc_semaphore_wait waits for exactly its value: five are too many for four.
    {.name = "RaisedPastTheValue",
     .build =
         [](SmallProgram& program) {
             program.descriptor.semaphores = {{0, program.cores, 0}};
             program.reader(R"(void kernel_main() {
                 #ifdef REPAIRED
                 noc_semaphore_wait_min(reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0)), 4);
                 #else
                 noc_semaphore_wait(reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0)), 4);
                 #endif
             })");
             program.writer(R"(void kernel_main() {
                 noc_semaphore_inc(get_noc_addr(get_semaphore(0)), 5);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  noc_semaphore_wait(semaphore 0, 4)  source.cpp:5  the semaphore is 5, past it\n"
                "  writer  finished\n"
                "Semaphore 0 is 5, past the 4 that reader waits for, and increments only raise it: raise "
                "it 1 less, or wait with noc_semaphore_wait_min."},

    // Both wait before they raise.
    {.name = "TwoCoresForEachOther",
     .build =
         [](SmallProgram& program) {
             pair(program, R"(
                 #ifdef REPAIRED
                 noc_semaphore_inc(other, 1);
                 #endif
                 noc_semaphore_wait(SEMAPHORE, 1);
                 #ifndef REPAIRED
                 noc_semaphore_inc(other, 1);
                 #endif
             )");
         },
     .message = "HANG cores (0,0) and (1,0): no kernel can run.\n"
                "  core (0,0)\n"
                "    reader  noc_semaphore_wait(semaphore 0, 1)  source.cpp:7  the semaphore is 0\n"
                "  core (1,0)\n"
                "    reader  noc_semaphore_wait(semaphore 0, 1)  source.cpp:7  the semaphore is 0\n"
                "They wait for each other: reader of core (0,0) needs reader of core (1,0) to bring "
                "semaphore 0 from 0 to 1, reader of core (1,0) needs reader of core (0,0) to bring "
                "semaphore 0 from 0 to 1. Let reader of core (1,0) raise semaphore 0 of core (0,0) before "
                "it waits.",
     .cores = 2},

    // Core (0,0) waits for room that its writer gives once core (1,0) has gone on, which waits for core (0,0).
    {.name = "TwoCoresOverABufferAndASemaphore",
     .build =
         [](SmallProgram& program) {
             pair(program, R"(
                 if (me == 1) {
                     noc_semaphore_wait(SEMAPHORE, 1);
                     noc_semaphore_inc(other, 1);
                     return;
                 }
                 #ifdef REPAIRED
                 noc_semaphore_inc(other, 1);
                 #endif
                 for (uint32_t page = 0; page < 3; ++page) {
                     cb_reserve_back(0, 1);
                     cb_push_back(0, 1);
                 }
                 #ifndef REPAIRED
                 noc_semaphore_inc(other, 1);
                 #endif
             )");
             program.writer(R"(void kernel_main() {
                 if (get_absolute_logical_x() == 1) return;
                 cb_wait_front(0, 1);
                 noc_semaphore_wait(reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0)), 1);
                 cb_pop_front(0, 1);
             })");
         },
     .message = "HANG cores (0,0) and (1,0): no kernel can run.\n"
                "  core (0,0)\n"
                "    reader  cb_reserve_back(c_0, 1)             source.cpp:13  0 of 1 page free\n"
                "    writer  noc_semaphore_wait(semaphore 0, 1)  source.cpp:4   the semaphore is 0\n"
                "  core (1,0)\n"
                "    reader  noc_semaphore_wait(semaphore 0, 1)  source.cpp:5  the semaphore is 0\n"
                "    writer  finished\n"
                "They wait for each other: reader of core (0,0) needs writer of core (0,0) to pop 1 of "
                "c_0, writer of core (0,0) needs reader of core (1,0) to bring semaphore 0 from 0 to 1, "
                "reader of core (1,0) needs reader of core (0,0) to bring semaphore 0 from 0 to 1. Give "
                "c_0 at least 3 pages, or let writer of core (0,0) pop c_0 before it waits.",
     .cores = 2},

    // The same fault on each core is one line.
    {.name = "NobodyRaisesOnThreeCores",
     .build =
         [](SmallProgram& program) {
             program.descriptor.semaphores = {{3, program.cores, 0}};
             program.reader(R"(void kernel_main() {
                 auto* semaphore = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(3));
#ifdef REPAIRED
                 noc_semaphore_set(semaphore, 2);
#endif
                 noc_semaphore_wait_min(semaphore, 2);
             })");
         },
     .message =
         "HANG core (0,0): no kernel can run.\n"
         "  reader  noc_semaphore_wait_min(semaphore 3, 2)  source.cpp:6  the semaphore is 0\n"
         "2 more cores cannot go on either.\n"
         "No kernel has raised or set semaphore 3 of core (0,0), which is 0: let one do so before reader "
         "waits for at least 2.",
     .cores = 3},

    // Core (1,0) waits for core (0,0), whose reader is at fault: only that is told.
    {.name = "ACoreThatOnlyFollows",
     .build =
         [](SmallProgram& program) {
             pair(program, R"(
                 if (me == 1) noc_semaphore_wait(SEMAPHORE, 1);
                 if (me == 0) {
                 #ifdef REPAIRED
                     cb_reserve_back(0, 2);
                 #else
                     cb_reserve_back(0, 3);
                 #endif
                     noc_semaphore_inc(other, 1);
                 }
             )");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  cb_reserve_back(c_0, 3)  source.cpp:9  c_0 holds 2 pages: can never be granted\n"
                "1 more core cannot go on either.\n"
                "Give c_0 at least 3 pages, or reserve at most 2.",
     .cores = 2},
};

class SemaphoreHangs : public ::testing::TestWithParam<HangCase> {};

TEST_P(SemaphoreHangs, AreExplainedAndRepaired) {
    check_case(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, SemaphoreHangs, ::testing::ValuesIn(kCases), name_of_case);

}  // namespace
}  // namespace loom::testing
