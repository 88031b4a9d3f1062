// Traces of programs whose kernels wait for other cores, end badly or never wait for their transfers.
#include <gtest/gtest.h>

#include "observe/trace/trace.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

using End = TracedSpan::End;

const std::string& last_label(const Trace& trace, const TracedThread& thread) {
    return trace.labels.at(thread.spans.at(thread.spans.size() - 1).label).text;
}

TEST(TraceFaults, AHangEndsInWaitsThatWereNeverGranted) {
    SmallProgram program;
    program.cb(0, 32, 2);
    program.reader(
        "void kernel_main() { cb_reserve_back(0, 2); cb_push_back(0, 2); cb_reserve_back(0, 1); }");
    program.writer("void kernel_main() { cb_wait_front(0, 1); cb_pop_front(0, 1); cb_wait_front(0, 2); }");
    const Trace trace = trace_program(program.device, program.descriptor);
    ASSERT_TRUE(trace.fault.has_value());
    EXPECT_TRUE(trace.fault->starts_with("HANG core (0,0)")) << *trace.fault;
    const TracedThread& writer = trace.cores[0].threads.at(1);
    EXPECT_EQ(last_label(trace, writer), "cb_wait_front(c_0, 2)");
    EXPECT_EQ(writer.spans.back().end, End::never);
    EXPECT_EQ(writer.spans.back().end_ns, trace.end_ns);
    EXPECT_NE(trace.chrome_json().find(R"("granted":"never")"), std::string::npos);
}

TEST(TraceFaults, ACallThatIsRefusedIsTheLast) {
    SmallProgram program;
    program.cb(0, 32, 2);
    program.reader("void kernel_main() { cb_reserve_back(0, 2); cb_push_back(0, 3); }");
    const Trace trace = trace_program(program.device, program.descriptor);
    ASSERT_TRUE(trace.fault.has_value());
    const TracedThread& reader = trace.cores[0].threads.at(0);
    EXPECT_EQ(last_label(trace, reader), "cb_push_back(c_0, 3)");
    EXPECT_EQ(reader.spans.back().end, End::failed);
}

// Core (0,0) waits for a semaphore that core (1,0) raises.
Trace trace_two_cores(const TraceOptions& options) {
    SmallProgram program({.grid = {2, 1}, .threads = 1});
    program.cores = CoreRangeSet(CoreRange({0, 0}, {1, 0}));
    program.descriptor.semaphores = {{0, program.cores, 0}};
    const CoreCoord at = program.device.chip().noc_of({0, 0});
    program
        .reader(R"(void kernel_main() {
        const uint32_t word = get_semaphore(0);
        if (get_absolute_logical_x() == 0)
            noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(word), 1);
        else
            noc_semaphore_inc(get_noc_addr(get_arg_val<uint32_t>(0), get_arg_val<uint32_t>(1), word), 1);
    })")
        .runtime_args = {{{0, 0}, {0, 0}}, {{1, 0}, {at.x, at.y}}};
    return trace_program(program.device, program.descriptor, options);
}

TEST(TraceFaults, ASemaphoreIsGrantedByTheCoreThatRaisesIt) {
    const Trace trace = trace_two_cores({});
    ASSERT_FALSE(trace.fault.has_value()) << *trace.fault;
    const TracedSpan& wait = trace.cores[0].threads[0].spans.at(0);
    EXPECT_EQ(wait.end, End::waited);
    ASSERT_TRUE(wait.granted_ns.has_value());
    EXPECT_EQ(wait.granted_by.core, 1u);
    EXPECT_EQ(last_label(trace, trace.cores[1].threads[0]), "noc_semaphore_inc(1)");
}

// A core that is not recorded may grant too: the wait is a wait all the same, ended by nobody that the trace knows.
TEST(TraceFaults, AWaitForACoreThatIsNotRecordedIsAWait) {
    const Trace trace = trace_two_cores({.first_cores = 1});
    ASSERT_EQ(trace.cores.size(), 1u);
    const TracedSpan& wait = trace.cores[0].threads[0].spans.at(0);
    EXPECT_EQ(wait.end, End::waited);
    EXPECT_FALSE(wait.granted_ns.has_value());
}

TEST(TraceFaults, ATransferWithoutABarrierIsNoFlow) {
    SmallProgram program;
    program.cb(0, 32, 2);
    program.reader(R"(void kernel_main() {
        noc_async_read(get_noc_addr(MEM_ZEROS_BASE), get_write_ptr(0), 32);
        noc_async_read_barrier();
        noc_async_read(get_noc_addr(MEM_ZEROS_BASE), get_write_ptr(0), 32);
    })");
    const Trace trace = trace_program(program.device, program.descriptor);
    const TracedThread& reader = trace.cores[0].threads[0];
    ASSERT_EQ(reader.spans.size(), 3u);
    ASSERT_EQ(reader.flows.size(), 1u);
    EXPECT_EQ(reader.flows[0].issue, 0u);
    EXPECT_EQ(reader.flows[0].barrier, 1u);
}

// A loop on one line is one span; tilize_block's own DST calls belong to it.
TEST(TraceFaults, CallsThatMeanTheSameAreOneSpan) {
    SmallProgram program;
    program.cb(0, 32, 8);
    program.reader(R"(void kernel_main() {
        for (int i = 0; i < 8; ++i) cb_reserve_back(0, 1), cb_reserve_back(0, 1);
        cb_push_back(0, 8);
    })");
    const Trace trace = trace_program(program.device, program.descriptor);
    const TracedThread& reader = trace.cores[0].threads[0];
    ASSERT_EQ(reader.spans.size(), 2u);
    EXPECT_EQ(reader.spans[0].count, 16u);
}

}  // namespace
}  // namespace loom::testing
