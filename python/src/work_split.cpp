// program/work_split.hpp
#include "program/work_split.hpp"

#include <nanobind/stl/tuple.h>

#include "handles.hpp"

namespace loom::python {

void bind_work_split(nb::module_& m) {
    m.def(
        "split_work_to_cores", &split_work_to_cores, nb::arg("grid_size"), nb::arg("units_to_divide"),
        nb::arg("row_wise") = false,
        "Splits units of work over the cores of a grid, as tt-metal does.\n\n"
        "Returns (number of cores, all cores, group 1, group 2, units for each core of group 1, units for "
        "each core of group 2). Group 1 is the first `units % cores` cores, with one unit more, or all when "
        "nothing is left over.");
    m.def("num_cores_to_corerangeset", &num_cores_to_corerangeset, nb::arg("target_num_cores"),
          nb::arg("grid_size"), nb::arg("row_wise") = false,
          "The first `target_num_cores` cores of a grid, y fastest, or x with `row_wise`.");
}

}  // namespace loom::python
