// program/explain.hpp
#include "program/explain.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include <nlohmann/json.hpp>

#include "layernorm.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"

namespace loom::python {
namespace {

using JsonAndText = std::pair<std::string, std::string>;

JsonAndText told(const nlohmann::json& explanation) {
    return {explanation.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
            explanation_text(explanation)};
}

JsonAndText explain_layernorm(const LayernormCall& call) {
    return held(*call.device, [&] {
        const LayernormFusedRmProgram program = layernorm_fused_rm_program(call.params(), call.inputs);
        return told(
            explain("layernorm_fused_rm", call.inputs.input.device(), program.descriptor, program.notes));
    });
}

JsonAndText explain_descriptor(OpenDevice& device, const ProgramDescriptor& descriptor,
                               const std::map<std::uint32_t, std::string>& cb_names) {
    return held(device, [&] {
        ProgramNotes notes;
        for (const auto& [index, name] : cb_names)  // 0 to 31, as loom.explain sees to
            notes.circular_buffers.push_back({.index = static_cast<std::uint8_t>(index), .name = name});
        nlohmann::json explanation = explain("generic_op", device.device(), descriptor, notes);
        // What only a factory knows of its program.
        for (const char* key : {"factory", "reason", "work"}) explanation.erase(key);
        explanation["semaphores"] = semaphores_json(descriptor);
        return told(explanation);
    });
}

}  // namespace

void bind_explain(nb::module_& m) {
    m.def("explain", &explain_layernorm, nb::arg("call"));
    m.def("explain", &explain_descriptor, nb::arg("device"), nb::arg("descriptor"), nb::arg("cb_names"));
}

}  // namespace loom::python
