// program/generic_op.hpp
#include "program/generic_op.hpp"

#include <nanobind/stl/vector.h>

#include "handles.hpp"

namespace loom::python {
namespace {

void run(const std::vector<SharedTensor>& tensors, const ProgramDescriptor& descriptor,
         std::uint64_t max_steps) {
    if (tensors.empty()) fail(Code::TENSOR_PLACE, "generic_op needs at least one tensor, the output");
    OpenDevice& device = *tensors.back()->device;
    std::vector<Tensor> io;
    for (const SharedTensor& tensor : tensors) io.push_back(tensor->tensor);
    interruptible(device, [&](const std::atomic<bool>& stop) {
        runtime::LaunchOptions options;
        options.stop = &stop;
        options.max_steps = max_steps;
        generic_op(io, descriptor, options);
        if (!device.caches) device.device().program_cache().clear();
    });
}

}  // namespace

void bind_generic_op(nb::module_& m) {
    m.def("generic_op", &run, nb::arg("tensors"), nb::arg("descriptor"), nb::arg("max_steps"));
}

}  // namespace loom::python
