// runtime/core/core_coord.hpp
#include "runtime/core/core_coord.hpp"

#include <nanobind/operators.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <functional>

#include "handles.hpp"

namespace loom::python {

void bind_core_coord(nb::module_& m) {
    nb::class_<CoreCoord>(m, "CoreCoord", "A core by column and row, from (0,0), the upper left one.")
        .def(
            "__init__",
            [](CoreCoord* self, std::uint32_t x, std::uint32_t y) {
                new (self) CoreCoord{x, y};
            },
            nb::arg("x"), nb::arg("y"))
        .def_rw("x", &CoreCoord::x)
        .def_rw("y", &CoreCoord::y)
        .def(nb::self == nb::self)  // NOLINT(misc-redundant-expression): nanobind's way to say it
        .def("__hash__",
             [](CoreCoord core) { return std::hash<std::uint64_t>{}(std::uint64_t{core.x} << 32 | core.y); })
        .def("__iter__", [](CoreCoord core) { return nb::iter(nb::make_tuple(core.x, core.y)); })
        .def("__repr__", [](CoreCoord core) { return "CoreCoord" + to_string(core); });

    nb::class_<CoreRange>(
        m, "CoreRange",
        "A rectangle of cores, both corners included. Raises CORE_RANGE when `end` is left of "
        "or above `start`.")
        .def(nb::init<CoreCoord, CoreCoord>(), nb::arg("start"), nb::arg("end"))
        .def_ro("start", &CoreRange::start_coord)
        .def_ro("end", &CoreRange::end_coord)
        .def("size", &CoreRange::size, "How many cores.")
        .def("contains", &CoreRange::contains, nb::arg("core"))
        .def(nb::self == nb::self)
        .def("__repr__",
             [](const CoreRange& range) { return "CoreRange(" + to_string(CoreRangeSet(range)) + ")"; });

    nb::class_<CoreRangeSet>(m, "CoreRangeSet",
                             "Disjoint rectangles of cores. Raises CORE_RANGE when two overlap.")
        .def(nb::init<>())
        .def(nb::init<std::vector<CoreRange>>(), nb::arg("core_ranges"))
        .def(nb::init<CoreRange>(), nb::arg("core_range"))
        .def("ranges", &CoreRangeSet::ranges)
        .def("num_cores", &CoreRangeSet::num_cores)
        .def("contains", &CoreRangeSet::contains, nb::arg("core"))
        .def("empty", &CoreRangeSet::empty)
        .def(nb::self == nb::self)
        .def("__repr__", [](const CoreRangeSet& set) { return "CoreRangeSet(" + to_string(set) + ")"; });
    nb::implicitly_convertible<CoreRange, CoreRangeSet>();

    m.def("corerange_to_cores", &corerange_to_cores, nb::arg("core_ranges"), nb::arg("row_wise") = false,
          "The cores of a set, range by range; inside a range y is fastest, or x with `row_wise`.");
}

}  // namespace loom::python
