// Runs a program once, recorded.
#include "observe/trace/trace.hpp"

#include <fmt/format.h>

#include "observe/trace/tracer.hpp"
#include "program/program.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

namespace loom {

const char* name_of(TraceKind kind) {
    constexpr const char* names[] = {"cb",  "noc_read", "noc_write", "semaphore",
                                     "dst", "unpack",   "math",      "pack"};
    return names[static_cast<std::size_t>(kind)];
}

std::string Trace::cut_note() const {
    return cut_ns ? format_counted("trace cut after {} events", num_events) : "";
}

Trace trace_program(Device& device, const ProgramDescriptor& descriptor, const TraceOptions& options) {
    const StopScope scope(options.stop);
    const Program program(descriptor, device);
    trace::Tracer tracer(program.plan(), options);
    runtime::LaunchOptions launch;
    launch.again = options.again;
    launch.max_steps = options.max_steps;
    tracer.watch(launch);
    std::optional<std::string> fault;
    try {
        enqueue(device, program, launch);
    } catch (const Error& error) {
        if (error.blame() != Blame::kernel) throw;
        fault = error.what();
    }
    return tracer.finish(std::move(fault));
}

}  // namespace loom
