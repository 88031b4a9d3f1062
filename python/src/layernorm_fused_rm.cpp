// ops/layernorm_fused_rm/layernorm_fused_rm.hpp
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"

#include <nanobind/operators.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "layernorm.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"

namespace loom::python {
namespace {

std::optional<Tensor> parameter(const SharedTensor& tensor) {
    return tensor ? std::optional(tensor->tensor) : std::nullopt;
}

SharedTensor run(const LayernormCall& call) {
    OpenDevice& device = *call.device;
    return interruptible(device, [&](const std::atomic<bool>& stop) {
        runtime::LaunchOptions options;
        options.stop = &stop;
        const auto& [input, gamma, beta] = call.inputs;
        const Tensor output = layernorm_fused_rm(input, gamma, beta, call.epsilon, call.memory_config,
                                                 call.compute_kernel_config, options);
        if (!device.caches) device.device().program_cache().clear();
        return std::make_shared<DeviceTensor>(call.device, output);
    });
}

nb::tuple program(const LayernormCall& call) {
    LayernormFusedRmProgram made =
        held(*call.device, [&] { return layernorm_fused_rm_program(call.params(), call.inputs); });
    return nb::make_tuple(std::make_shared<DeviceTensor>(call.device, made.output),
                          std::move(made.descriptor));
}

}  // namespace

void bind_layernorm_fused_rm(nb::module_& m) {
    nb::class_<ComputeKernelConfig>(m, "ComputeKernelConfig", "How compute kernels calculate.")
        .def(
            "__init__",
            [](ComputeKernelConfig* self, MathFidelity fidelity, bool approx, bool fp32, bool full_sync) {
                new (self) ComputeKernelConfig{fidelity, approx, fp32, full_sync};
            },
            nb::arg("math_fidelity"), nb::arg("math_approx_mode"), nb::arg("fp32_dest_acc_en"),
            nb::arg("dst_full_sync_en"))
        .def_rw("math_fidelity", &ComputeKernelConfig::math_fidelity)
        .def_rw("math_approx_mode", &ComputeKernelConfig::math_approx_mode)
        .def_rw("fp32_dest_acc_en", &ComputeKernelConfig::fp32_dest_acc_en)
        .def_rw("dst_full_sync_en", &ComputeKernelConfig::dst_full_sync_en)
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
