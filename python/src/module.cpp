// The module loom._core. What users see is in python/loom; here is only what C++ has to do.
#include <nanobind/stl/string_view.h>

#include "handles.hpp"
#include "util/version.hpp"

namespace loom::python {

// Types are made once a process, so a module that is imported again has what the first one has.
nb::handle first_module;

NB_MODULE(_core, m) {
    if (PyInterpreterState_Get() != PyInterpreterState_Main())
        throw nb::import_error("loom can be used in Python's main interpreter only");
    if (first_module.is_valid()) {
        for (const auto [name, value] : nb::cast<nb::dict>(first_module.attr("__dict__")))
            if (!nb::cast<std::string_view>(name).starts_with("__")) m.attr(name) = value;
        m.attr("__version__") = first_module.attr("__version__");
        return;
    }
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
    watch_for_exit();
    first_module = nb::object(m).release();  // never given back
}

}  // namespace loom::python
