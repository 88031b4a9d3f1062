// runtime/core/core_coord.hpp
#include "runtime/core/core_coord.hpp"

#include <nanobind/operators.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <functional>

#include "handles.hpp"

namespace loom::python {
namespace {

std::size_t hash_of(CoreCoord core) {
    return std::hash<std::uint64_t>{}(std::uint64_t{core.x} << 32 | core.y);
}

CoreCoord columns_and_rows(const CoreRange& range) {
    return {range.end_coord.x - range.start_coord.x + 1, range.end_coord.y - range.start_coord.y + 1};
}

CoreRange bounding_box(const CoreRangeSet& set) {
    if (set.empty()) fail(Code::CORE_RANGE, "an empty set has no bounding box");
    CoreRange box = set.ranges()[0];
    for (const CoreRange& range : set.ranges()) {
        box.start_coord = {std::min(box.start_coord.x, range.start_coord.x),
                           std::min(box.start_coord.y, range.start_coord.y)};
        box.end_coord = {std::max(box.end_coord.x, range.end_coord.x),
                         std::max(box.end_coord.y, range.end_coord.y)};
    }
    return box;
}

}  // namespace

void bind_core_coord(nb::module_& m) {
    nb::class_<CoreCoord>(m, "CoreCoord", "A core by column and row, from (0,0), the upper left one.")
        .def(
            "__init__",
            [](CoreCoord* self, std::uint32_t x, std::uint32_t y) {
                new (self) CoreCoord{x, y};
            },
            nb::arg("x"), nb::arg("y"))
        .def(
            "__init__",
            [](CoreCoord* self, std::pair<std::uint32_t, std::uint32_t> xy) {
                new (self) CoreCoord{xy.first, xy.second};
            },
            nb::arg("xy"))
        .def_rw("x", &CoreCoord::x)
        .def_rw("y", &CoreCoord::y)
        .def(nb::self == nb::self)  // NOLINT(misc-redundant-expression): nanobind's way to say it
        .def("__hash__", [](CoreCoord core) { return hash_of(core); })
        .def("__iter__", [](CoreCoord core) { return nb::iter(nb::make_tuple(core.x, core.y)); })
        .def("__getstate__", [](CoreCoord core) { return std::pair(core.x, core.y); })
        .def("__setstate__",
             [](CoreCoord& self, std::pair<std::uint32_t, std::uint32_t> xy) {
                 new (&self) CoreCoord{xy.first, xy.second};
             })
        .def("__repr__", [](CoreCoord core) { return "CoreCoord" + to_string(core); });
    nb::implicitly_convertible<nb::tuple, CoreCoord>();

    nb::class_<CoreRange>(
        m, "CoreRange",
        "A rectangle of cores, both corners included. Raises CORE_RANGE when `end` is left of "
        "or above `start`.")
        .def(nb::init<CoreCoord, CoreCoord>(), nb::arg("start"), nb::arg("end"))
        .def_ro("start", &CoreRange::start_coord)
        .def_ro("end", &CoreRange::end_coord)
        .def("size", &CoreRange::size, "How many cores.")
        .def(
            "grid_size", [](const CoreRange& self) { return columns_and_rows(self); }, "Columns and rows.")
        .def("contains", &CoreRange::contains, nb::arg("core"))
        .def(nb::self == nb::self)
        .def("__hash__",
             [](const CoreRange& self) { return hash_of(self.start_coord) * 31 + hash_of(self.end_coord); })
        .def("__repr__",
             [](const CoreRange& range) { return "CoreRange(" + to_string(CoreRangeSet(range)) + ")"; });

    nb::class_<CoreRangeSet>(m, "CoreRangeSet",
                             "Disjoint rectangles of cores. Raises CORE_RANGE when two overlap.")
        .def(nb::init<>())
        .def(nb::init<std::vector<CoreRange>>(), nb::arg("core_ranges"))
        .def(nb::init<CoreRange>(), nb::arg("core_range"))
        .def(
            "__init__",
            [](CoreRangeSet* self, const nb::set& ranges) {
                auto made = nb::cast<std::vector<CoreRange>>(nb::list(ranges));
                std::ranges::sort(made, {}, [](const CoreRange& range) { return range.start_coord; });
                new (self) CoreRangeSet(std::move(made));
            },
            nb::arg("core_ranges"))
        .def(
            "size", [](const CoreRangeSet& self) { return self.ranges().size(); }, "How many rectangles.")
        .def("bounding_box", &bounding_box,
             "The smallest rectangle that holds the set. Raises CORE_RANGE when it is empty.")
        .def("ranges", &CoreRangeSet::ranges)
        .def("num_cores", &CoreRangeSet::num_cores)
        .def("contains", &CoreRangeSet::contains, nb::arg("core"))
        .def("empty", &CoreRangeSet::empty)
        .def(nb::self == nb::self)
        .def("__repr__", [](const CoreRangeSet& set) { return "CoreRangeSet(" + to_string(set) + ")"; });
    nb::implicitly_convertible<CoreRange, CoreRangeSet>();

    m.def(
        "corerange_to_cores",
        [](const CoreRangeSet& set, std::optional<std::size_t> max_cores, bool row_wise) {
            std::vector<CoreCoord> cores = corerange_to_cores(set, row_wise);
            if (max_cores && *max_cores < cores.size()) cores.resize(*max_cores);
            return cores;
        },
        nb::arg("core_range_set"), nb::arg("max_cores") = nb::none(), nb::arg("row_wise") = false,
        "The cores of a set, range by range, at most `max_cores`; inside a range y is fastest, or x with "
        "`row_wise`.");
}

}  // namespace loom::python
