// ops/layernorm_fused_rm/layernorm_fused_rm.hpp
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"

#include <nanobind/operators.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "layernorm.hpp"
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_device_operation.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"

namespace loom::python {
namespace {

std::optional<Tensor> parameter(const SharedTensor& tensor) {
    return tensor ? std::optional(tensor->tensor) : std::nullopt;
}

// Whether it takes some ten milliseconds, for one host thread in float32: nothing is to be compiled.
bool is_brief(const LayernormCall& call) {
    constexpr std::uint64_t kBriefElems = 1 << 20;
    if (volume(call.inputs.input.spec().shape) > kBriefElems) return false;
    using Op = LayernormFusedRmDeviceOperation;
    Op::validate(call.params(), call.inputs);
    ProgramCache& programs = call.device->device().program_cache();
    return programs.find(Op::compute_program_key(call.params(), call.inputs)) != nullptr;
}

SharedTensor run(const LayernormCall& call) {
    OpenDevice& device = *call.device;
    const auto body = [&](const std::atomic<bool>& stop) {
        runtime::LaunchOptions options;
        options.stop = &stop;
        const auto& [input, gamma, beta] = call.inputs;
        const Tensor output = layernorm_fused_rm(input, gamma, beta, call.epsilon, call.memory_config,
                                                 call.compute_kernel_config, options);
        if (!device.caches) device.device().program_cache().clear();
        return std::make_shared<DeviceTensor>(call.device, output);
    };
    return interruptible(device, body, [&] { return is_brief(call); });
}

nb::tuple program(const LayernormCall& call) {
    LayernormFusedRmProgram made =
        held(*call.device, [&] { return layernorm_fused_rm_program(call.params(), call.inputs); });
    return nb::make_tuple(std::make_shared<DeviceTensor>(call.device, made.output),
                          nb::module_::import_("loom.records").attr("described")(std::move(made.descriptor)));
}

}  // namespace

void bind_layernorm_fused_rm(nb::module_& m) {
    nb::class_<ComputeKernelConfig>(m, "ComputeKernelConfig",
                                    "How compute kernels calculate, with ttnn's defaults. packer_l1_acc and "
                                    "throttle_level change nothing "
                                    "here.")
        .def(
            "__init__",
            [](ComputeKernelConfig* self, MathFidelity fidelity, bool approx, bool fp32,
               bool /*packer_l1_acc*/, bool full_sync, const nb::object& /*throttle_level*/) {
                new (self) ComputeKernelConfig{fidelity, approx, fp32, full_sync};
            },
            nb::kw_only(), nb::arg("math_fidelity") = MathFidelity::LoFi, nb::arg("math_approx_mode") = true,
            nb::arg("fp32_dest_acc_en") = false, nb::arg("packer_l1_acc") = false,
            nb::arg("dst_full_sync_en") = false, nb::arg("throttle_level") = nb::none())
        .def_rw("math_fidelity", &ComputeKernelConfig::math_fidelity)
        .def_rw("math_approx_mode", &ComputeKernelConfig::math_approx_mode)
        .def_rw("fp32_dest_acc_en", &ComputeKernelConfig::fp32_dest_acc_en)
        .def_rw("dst_full_sync_en", &ComputeKernelConfig::dst_full_sync_en)
        .def("__getstate__",
             [](const ComputeKernelConfig& self) {
                 return std::tuple(self.math_fidelity, self.math_approx_mode, self.fp32_dest_acc_en,
                                   self.dst_full_sync_en);
             })
        .def("__setstate__",
             [](ComputeKernelConfig& self, const std::tuple<MathFidelity, bool, bool, bool>& state) {
                 const auto& [fidelity, approx, fp32, full_sync] = state;
                 new (&self) ComputeKernelConfig{fidelity, approx, fp32, full_sync};
             })
        .def("__repr__",
             [](const ComputeKernelConfig& self) {
                 const auto word = [](bool set) { return set ? "True" : "False"; };
                 return fmt::format(
                     "ComputeKernelConfig(math_fidelity={}, math_approx_mode={}, fp32_dest_acc_en={}, "
                     "dst_full_sync_en={})",
                     nb::cast<std::string>(nb::repr(nb::cast(self.math_fidelity))),
                     word(self.math_approx_mode), word(self.fp32_dest_acc_en), word(self.dst_full_sync_en));
             })
        .def(nb::self == nb::self);
    nb::class_<LayernormCall>(m, "LayernormFusedRm",
                              "A call of layernorm_fused_rm, to be run, told or checked.")
        .def(
            "__init__",
            [](LayernormCall* self, const SharedTensor& input, const SharedTensor& gamma,
               const SharedTensor& beta, float epsilon, std::optional<MemoryConfig> memory,
               std::optional<ComputeKernelConfig> config) {
                new (self) LayernormCall{input->device,
                                         {input, gamma, beta},
                                         {input->tensor, parameter(gamma), parameter(beta)},
                                         epsilon,
                                         memory,
                                         config};
            },
            nb::arg("input"), nb::arg("gamma").none(), nb::arg("beta").none(), nb::arg("epsilon"),
            nb::arg("memory_config").none(), nb::arg("compute_kernel_config").none())
        .def("run", &run)
        .def("program", &program,
             "The output, allocated and not written, and the program that would write it.");
}

}  // namespace loom::python
