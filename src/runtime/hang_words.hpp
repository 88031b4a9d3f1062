// The words of a hang report: what a thread waits for, what is there, and what to change.
#pragma once

#include <string>

#include "runtime/hang_graph.hpp"

namespace loom::runtime {

/// Where a thread that has not ended stands.
LoomSite site_of(const Thread& thread);
/// "cb_wait_front(c_16, 32)", "noc_semaphore_wait(semaphore 0, 1)", "tile_regs_acquire()"
std::string call_of(const Thread& thread);
/// What there is, against what is wanted: "0 of 32 pages pushed".
std::string state_of(const Thread& thread);
/// What has to be done to grant the wait: "to pop 4 of c_0".
std::string what_it_wants(const Core& core, const Wait& wait);
/// A line on one cause: what is wrong, and what to change.
std::string advice_of(const HangGraph& graph, const HangCause& cause);

}  // namespace loom::runtime
