// observe/trace/trace.hpp
#include "observe/trace/trace.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "layernorm.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"

namespace loom::python {
namespace {

Trace trace_layernorm(const LayernormCall& call, const std::vector<std::string>& changes,
                      TraceOptions options) {
    return interruptible(*call.device, [&](const std::atomic<bool>& stop) {
        options.stop = &stop;
        const LayernormFusedRmProgram program =
            layernorm_fused_rm_program(call.params(), call.inputs, changes);
        options.cb_names = program.notes.cb_names();
        return trace_program(call.inputs.input.device(), program.descriptor, options);
    });
}

// `tensors` must outlive the run.
Trace trace_descriptor(const std::vector<SharedTensor>& tensors, const ProgramDescriptor& descriptor,
                       TraceOptions options) {
    if (tensors.empty()) fail(Code::TENSOR_PLACE, "A trace needs the program's tensors, the output last");
    OpenDevice& device = *tensors.back()->device;
    return interruptible(device, [&](const std::atomic<bool>& stop) {
        options.stop = &stop;
        return trace_program(device.device(), descriptor, options);
    });
}

}  // namespace

void bind_trace(nb::module_& m) {
    nb::class_<TraceOptions>(m, "TraceOptions")
        .def(
            "__init__",
            [](TraceOptions* self, std::string title, std::map<std::uint32_t, std::string> cb_names,
               std::vector<CoreCoord> cores, std::uint64_t max_events, std::uint64_t max_steps) {
                new (self) TraceOptions{.title = std::move(title),
                                        .cb_names = std::move(cb_names),
                                        .cores = std::move(cores),
                                        .max_events = max_events,
                                        .max_steps = max_steps};
            },
            nb::arg("title"), nb::arg("cb_names"), nb::arg("cores"), nb::arg("max_events"),
            nb::arg("max_steps"));
    nb::class_<Trace>(m, "Trace")
        .def_ro("title", &Trace::title)
        .def_ro("num_events", &Trace::num_events)
        .def_ro("fault", &Trace::fault)
        .def("cut_note", &Trace::cut_note)
        .def("num_cores", [](const Trace& self) { return self.cores.size(); })
        .def("chrome_json", &Trace::chrome_json)
        .def("html", &Trace::html);
    m.def("trace", &trace_layernorm, nb::arg("call"), nb::arg("changes"), nb::arg("options"));
    m.def("trace", &trace_descriptor, nb::arg("tensors"), nb::arg("descriptor"), nb::arg("options"));
}

}  // namespace loom::python
