// Kernels of every generation compile: both entries, all header spellings, free functions and objects.
#include <gtest/gtest.h>

#include "runtime/jit/header_aliases.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

TEST(KernelSpelling, EveryDataflowHeaderIsThere) {
    std::string source;
    for (const auto header : runtime::kDataflowHeaders)
        source += "#include \"" + std::string(header) + "\"\n";
    for (const auto header : runtime::kCommonHeaders) source += "#include \"" + std::string(header) + "\"\n";
    SmallProgram program;
    program.reader(source + "void kernel_main() { REPORT(0, 7); }");
    program.run();
    EXPECT_EQ(program.reported(0), 7u);
}

// The older entry and folder, and DST by acquire_dst; c_in0 and c_out0 are the older names of c_0 and c_16.
constexpr const char* kOlderKernel = R"(
namespace NAMESPACE {
void MAIN {
    unary_op_init_common(tt::CB::c_in0, tt::CB::c_out0);
    copy_tile_to_dst_init_short(tt::CB::c_in0);
    cb_wait_front(tt::CB::c_in0, 1);
    acquire_dst();
    copy_tile(tt::CB::c_in0, 0, 0);
    cb_reserve_back(tt::CB::c_out0, 1);
    pack_tile(0, tt::CB::c_out0);
    release_dst();
    cb_push_back(tt::CB::c_out0, 1);
    cb_pop_front(tt::CB::c_in0, 1);
}
})";

TEST(KernelSpelling, TheOlderEntryRunsUnderEveryComputeHeader) {
    std::string source = "#include \"compute_kernel_api.h\"\n";
    for (const auto header : runtime::kComputeHeaders)
        for (const char* folder : {"api/compute/", "compute_kernel_api/"})
            source += "#include \"" + (folder + std::string(header)) + "\"\n";
    SmallProgram program;
    program.tile_cb(0, 1);
    program.tile_cb(16, 1);
    program.feed(0, tiles_of({6}));
    program.collect(16, 1);
    program.compute(source + kOlderKernel);
    program.run();
    EXPECT_EQ(program.collected(), tiles_of({6}));
}

TEST(KernelSpelling, BuffersAsObjects) {
    SmallProgram program;
    program.cb(0, 64, 2, DataFormat::Float32);
    program.reader(R"(#include "api/dataflow/circular_buffer.h"
        void kernel_main() {
            const CircularBuffer cb(tt::CBIndex::c_0);
            const DataflowBuffer same(0);
            cb.reserve_back(1);
            *reinterpret_cast<volatile tt_l1_ptr uint32_t*>(cb.get_write_ptr()) = 77;
            cb.push_back(1);
            same.wait_front(1);
            REPORT(0, *reinterpret_cast<volatile tt_l1_ptr uint32_t*>(same.get_read_ptr()));
            same.pop_front(1);
            REPORT(1, cb.get_tile_size());
            REPORT(2, get_dataformat(0) == tt::DataFormat::Float32);
        })");
    program.run();
    EXPECT_EQ(program.reported(0), 77u);
    EXPECT_EQ(program.reported(1), 4096u);
    EXPECT_EQ(program.reported(2), 1u);
}

}  // namespace
}  // namespace loom::testing
