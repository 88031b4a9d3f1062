// The module loom._core. What users see is in python/loom; here is only what C++ has to do.
#include "handles.hpp"
#include "util/version.hpp"

namespace loom::python {

NB_MODULE(_core, m) {
    m.doc() = "The compiled part of loom; use the names of the package `loom` instead.";
    m.attr("__version__") = version();
    // A traceback that is kept until the end keeps tensors too; that is no fault of the bindings.
    nb::set_leak_warnings(false);
    bind_error(m);
    bind_core_coord(m);
    bind_work_split(m);
    bind_device(m);
    bind_tensor(m);
    bind_program_descriptor(m);
    bind_generic_op(m);
    bind_layernorm_fused_rm(m);
    bind_explain(m);
    bind_check(m);
    bind_trace(m);
}

}  // namespace loom::python
