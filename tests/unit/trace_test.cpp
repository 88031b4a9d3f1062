// The recorder of traces: what it tells of a run agrees with itself and with the run.
#include "observe/trace/trace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "support/layernorm_problem.hpp"

namespace loom::testing {
namespace {

using End = TracedSpan::End;

Trace trace_layernorm(const Shape& shape, CoreCoord grid, TraceOptions options = {}) {
    PlacedLayernorm placed({.shape = shape, .device = {.grid = grid}});
    for (const CbTableRow& row : placed.notes().circular_buffers) options.cb_names[row.index] = row.name;
    return trace_program(placed.device, placed.descriptor(), options);
}

const std::string& label(const Trace& trace, const TracedSpan& span) {
    return trace.labels.at(span.label).text;
}
bool waits(const TracedSpan& span) {
    return span.end == End::waited || span.end == End::never;
}
const TracedSpan& span_at(const Trace& trace, const TracePlace& place) {
    return trace.cores.at(place.core).threads.at(place.thread).spans.at(place.span);
}

// Stretches in which a thread ran: its life without its waits.
std::vector<std::pair<std::uint64_t, std::uint64_t>> runs(const TracedThread& thread) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> stretches;
    std::uint64_t from = thread.begin_ns;
    for (const TracedSpan& span : thread.spans) {
        if (!waits(span)) continue;
        stretches.emplace_back(from, span.begin_ns);
        from = span.end_ns;
    }
    stretches.emplace_back(from, thread.end_ns);
    return stretches;
}

TEST(Trace, SpansOfAThreadFollowOneAnotherWithinItsLife) {
    const Trace trace = trace_layernorm({96, 64}, {2, 1});
    ASSERT_EQ(trace.cores.size(), 2u);
    for (const TracedCore& core : trace.cores) {
        ASSERT_EQ(core.threads.size(), 5u);
        for (const TracedThread& thread : core.threads) {
            EXPECT_GT(thread.spans.size(), 3u) << thread.name;
            std::uint64_t last_ns = thread.begin_ns;
            for (const TracedSpan& span : thread.spans) {
                EXPECT_LE(last_ns, span.begin_ns);
                EXPECT_LE(span.begin_ns, span.end_ns);
                EXPECT_FALSE(trace.sites.at(span.site).file.empty());
                last_ns = span.end_ns;
            }
            EXPECT_LE(last_ns, thread.end_ns);
            EXPECT_LE(thread.end_ns, trace.end_ns);
        }
    }
}

TEST(Trace, OnlyWaitsOverlap) {
    const Trace trace = trace_layernorm({96, 64}, {2, 1});
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    for (const TracedCore& core : trace.cores)
        for (const TracedThread& thread : core.threads) {
            const auto its = runs(thread);
            all.insert(all.end(), its.begin(), its.end());
        }
    std::ranges::sort(all);
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LE(all[i - 1].second, all[i].first);
}

TEST(Trace, BuffersHoldBetweenNoneAndAllOfTheirPages) {
    const Trace trace = trace_layernorm({64, 64}, {1, 1});
    ASSERT_EQ(trace.cores[0].cbs.size(), 13u);
    for (const TracedCb& cb : trace.cores[0].cbs) {
        ASSERT_FALSE(cb.steps.empty());
        EXPECT_EQ(cb.steps.front().pages, 0u);
        for (std::size_t i = 1; i < cb.steps.size(); ++i) {
            EXPECT_LE(cb.steps[i - 1].ns, cb.steps[i].ns);
            EXPECT_LE(cb.steps[i].pages, cb.pages) << cb.name;
        }
        const auto most = std::ranges::max(cb.steps, {}, &TracedStep::pages).pages;
        EXPECT_GT(most, 0u) << cb.name;
        const std::set<std::uint32_t> constant{2, 3, 6, 7};  // pushed once, never popped
        EXPECT_EQ(cb.steps.back().pages == 0, !constant.contains(cb.index)) << cb.name;
    }
    EXPECT_EQ(trace.cores[0].cbs[1].index, 1u);
    EXPECT_EQ(trace.cores[0].cbs[1].name, "input, tiled");
}

TEST(Trace, EachTransferLeadsToItsBarrier) {
    const Trace trace = trace_layernorm({64, 64}, {1, 1});
    for (const TracedThread& thread : trace.cores[0].threads) {
        std::multiset<std::uint32_t> issues;
        for (const TracedFlow& flow : thread.flows) {
            ASSERT_LT(flow.issue, flow.barrier);
            const std::string& issue = label(trace, thread.spans.at(flow.issue));
            const bool read = issue.starts_with("noc_async_read(");
            EXPECT_TRUE(read || issue.starts_with("noc_async_write(")) << issue;
            EXPECT_EQ(label(trace, thread.spans.at(flow.barrier)),
                      read ? "noc_async_read_barrier()" : "noc_async_write_barrier()");
            issues.insert(flow.issue);
        }
        for (std::uint32_t i = 0; i < thread.spans.size(); ++i) {
            const std::string& text = label(trace, thread.spans[i]);
            const bool issued = text.starts_with("noc_async_read(") || text.starts_with("noc_async_write(");
            EXPECT_EQ(issues.count(i), issued ? 1u : 0u) << text;
        }
    }
}

// What a wait says of its end: one that pushed, for a wait for pages; at the time that the granting call ended or was
// repeated.
TEST(Trace, AWaitNamesWhatGrantedIt) {
    const Trace trace = trace_layernorm({64, 64}, {1, 1});
    std::size_t for_pages = 0;
    for (const TracedThread& thread : trace.cores[0].threads)
        for (const TracedSpan& span : thread.spans) {
            if (!waits(span)) continue;
            ASSERT_TRUE(span.granted_ns.has_value()) << label(trace, span);
            EXPECT_LE(span.begin_ns, *span.granted_ns);
            EXPECT_LE(*span.granted_ns, span.end_ns);
            const TracedSpan& by = span_at(trace, span.granted_by);
            EXPECT_LE(by.begin_ns, *span.granted_ns);
            EXPECT_LE(*span.granted_ns, by.end_ns);
            const std::string& text = label(trace, span);
            if (!text.starts_with("cb_wait_front(")) continue;
            ++for_pages;
            const std::string cb = text.substr(14, text.find(',') - 14);
            EXPECT_TRUE(label(trace, by).starts_with("cb_push_back(" + cb + ","))
                << text << " by " << label(trace, by);
        }
    EXPECT_GT(for_pages, 3u);
}

TEST(Trace, TwoRunsDifferInTimesAlone) {
    const auto all_but_times = [](const Trace& trace) {
        std::vector<std::tuple<std::string, std::string, std::string, std::uint32_t, std::uint32_t, End>>
            events;
        for (const TracedCore& core : trace.cores)
            for (const TracedThread& thread : core.threads)
                for (const TracedSpan& span : thread.spans)
                    events.emplace_back(to_string(core.core), thread.name, label(trace, span),
                                        trace.sites[span.site].line, span.count, span.end);
        for (const TracedCore& core : trace.cores)
            for (const TracedCb& cb : core.cbs)
                for (const TracedStep& step : cb.steps)
                    events.emplace_back(to_string(core.core), cb.name, "", cb.index, step.pages, End::done);
        return events;
    };
    const Trace first = trace_layernorm({128, 96}, {2, 2});
    const Trace second = trace_layernorm({128, 96}, {2, 2});
    EXPECT_EQ(all_but_times(first), all_but_times(second));
    EXPECT_EQ(first.num_events, second.num_events);
}

TEST(Trace, ARecordedRunComputesTheSame) {
    const LayernormProblem problem{.shape = {64, 64}, .device = {.grid = {2, 1}}};
    PlacedLayernorm placed(problem);
    trace_program(placed.device, placed.descriptor());
    EXPECT_EQ(to_host(placed.output).data, run(problem, LayernormData(problem)).data);
}

TEST(Trace, IsCutAfterItsEvents) {
    const Trace trace = trace_layernorm({96, 64}, {2, 1}, {.max_events = 100});
    EXPECT_EQ(trace.num_events, 100u);
    EXPECT_EQ(trace.cut_note(), "trace cut after 100 events");
    ASSERT_TRUE(trace.cut_ns.has_value());
    EXPECT_EQ(trace.end_ns, *trace.cut_ns);
    std::size_t spans = 0;
    for (const TracedCore& core : trace.cores)
        for (const TracedThread& thread : core.threads) {
            spans += thread.spans.size();
            EXPECT_LE(thread.begin_ns, thread.end_ns);
            EXPECT_LE(thread.end_ns, trace.end_ns);
            for (const TracedSpan& span : thread.spans) EXPECT_LE(span.end_ns, trace.end_ns);
        }
    EXPECT_LE(spans, 100u + trace.cores[0].threads.size());  // those that were open at the cut
    EXPECT_EQ(trace_layernorm({64, 64}, {1, 1}).cut_note(), "");
}

TEST(Trace, RecordsTheCoresThatWereChosen) {
    const auto cores_of = [](const Trace& trace) {
        std::vector<std::string> names;
        for (const TracedCore& core : trace.cores) names.push_back(to_string(core.core));
        return names;
    };
    const std::vector<std::string> one{"(1,0)"};
    const Trace trace = trace_layernorm({128, 64}, {2, 2}, {.cores = {{1, 0}}});
    EXPECT_EQ(cores_of(trace), one);
    EXPECT_EQ(trace.cores[0].threads.size(), 5u);
    EXPECT_EQ(cores_of(trace_layernorm({128, 64}, {2, 2}, {.first_cores = 3})).size(), 3u);
    EXPECT_EQ(error_of([&] {
                  trace_layernorm({64, 64}, {1, 1}, {.cores = {{5, 5}}});
              }),
              "Core (5,5) runs no kernel of this program.");
}

// Names come from outside and stand in a <script>.
TEST(Trace, ThePageHoldsNamesAsText) {
    PlacedLayernorm placed({.shape = {32, 32}, .device = {.grid = {1, 1}}});
    const std::string hostile = "</script><script>alert(1)</script>\xff";
    const Trace trace =
        trace_program(placed.device, placed.descriptor(), {.title = hostile, .cb_names = {{1, hostile}}});
    const std::string page = trace.html();
    EXPECT_EQ(page.find("<script>alert"), std::string::npos);
    EXPECT_NE(page.find("\\u003cscript>alert(1)"), std::string::npos);
    EXPECT_EQ(page.find("/*@"), std::string::npos);
    EXPECT_EQ(page.find("http"), std::string::npos);  // nothing is fetched
}

}  // namespace
}  // namespace loom::testing
