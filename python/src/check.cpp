// observe/checker/check.hpp and report.hpp
#include "observe/checker/check.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <nlohmann/json.hpp>

#include "layernorm.hpp"
#include "observe/checker/report.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"

namespace loom::python {
namespace {

std::string sarif(const CheckReport& report) {
    return report_sarif(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string svg(const CheckReport& report) {
    if (report.clean() || !report.findings[0].hang) return "";
    return hang_svg(*report.findings[0].hang, report.cb_names);
}

CheckReport check_layernorm(const LayernormCall& call, const std::vector<std::string>& changes,
                            CheckOptions options) {
    return interruptible(*call.device, [&](const std::atomic<bool>& stop) {
        options.stop = &stop;
        const LayernormFusedRmProgram program =
            layernorm_fused_rm_program(call.params(), call.inputs, changes);
        options.cb_names = program.notes.cb_names();
        const auto& [input, gamma, beta] = call.inputs;
        options.tensors = {{"input", &input, true}};
        if (gamma) options.tensors.push_back({"gamma", &*gamma, true});
        if (beta) options.tensors.push_back({"beta", &*beta, true});
        options.tensors.push_back({"output", &program.output, false});
        options.verify = [&] { return layernorm_wrong_values(call.inputs, call.epsilon, program.output); };
        return check_program(call.inputs.input.device(), program.descriptor, options);
    });
}

using NamedTensor = std::tuple<std::string, SharedTensor, bool>;

CheckReport check_descriptor(OpenDevice& device, const ProgramDescriptor& descriptor,
                             const std::vector<NamedTensor>& tensors, CheckOptions options) {
    for (const auto& [name, tensor, holds_data] : tensors)
        options.tensors.push_back({name, &tensor->tensor, holds_data});
    return interruptible(device, [&](const std::atomic<bool>& stop) {
        options.stop = &stop;
        return check_program(device.device(), descriptor, options);
    });
}

}  // namespace

void bind_check(nb::module_& m) {
    nb::class_<CheckOptions>(m, "CheckOptions")
        .def(
            "__init__",
            [](CheckOptions* self, std::uint64_t schedules, std::uint64_t seed, const std::string& schedule,
               std::map<std::uint32_t, std::string> cb_names, std::string again, bool thorough,
               std::uint64_t max_steps) {
                new (self) CheckOptions;
                self->seeds = schedules;
                self->first_seed = seed;
                if (!schedule.empty()) self->only = parse_schedule(schedule);
                self->cb_names = std::move(cb_names);
                self->again = std::move(again);
                self->thorough = thorough;
                self->max_steps = max_steps;
            },
            nb::arg("schedules"), nb::arg("seed"), nb::arg("schedule"), nb::arg("cb_names"), nb::arg("again"),
            nb::arg("thorough"), nb::arg("max_steps"));
    nb::class_<CheckReport>(m, "CheckReport")
        .def("clean", &CheckReport::clean)
        .def("text", &report_text)
        .def("json",
             [](const CheckReport& report) {
                 return report_json(report).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
             })
        .def("sarif", &sarif)
        .def("svg", &svg);
    m.def("check", &check_layernorm, nb::arg("call"), nb::arg("changes"), nb::arg("options"));
    m.def("check", &check_descriptor, nb::arg("device"), nb::arg("descriptor"), nb::arg("tensors"),
          nb::arg("options"));
}

}  // namespace loom::python
