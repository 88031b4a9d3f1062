// runtime/core/core_coord.hpp
#include "runtime/core/core_coord.hpp"

#include <nanobind/operators.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <functional>

#include "handles.hpp"

namespace loom::python {
namespace {

std::size_t hash_of(CoreCoord core) {
    return std::hash<std::uint64_t>{}(std::uint64_t{core.x} << 32 | core.y);
}

// A core's two numbers, or what is wrong with them in words.
CoreCoord core_of(const nb::object& xy) {
    const auto [x, y] = nb::cast<std::pair<std::uint32_t, std::uint32_t>>(
        nb::module_::import_("loom.values").attr("core")("CoreCoord", xy));
    return {x, y};
}

CoreRangeSet set_of(const nb::set& ranges) {
    std::vector<CoreRange> made;
    for (const nb::handle range : ranges) {
        CoreRange one{CoreCoord{}};
        if (!nb::try_cast(range, one))
            throw nb::type_error("CoreRangeSet takes CoreRanges, and the set holds something else.");
        made.push_back(one);
    }
    std::ranges::sort(made, {}, [](const CoreRange& range) { return range.start_coord; });
    return CoreRangeSet(std::move(made));
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
            [](CoreCoord* self, const nb::object& x, const nb::object& y) {
                new (self) CoreCoord(core_of(nb::make_tuple(x, y)));
            },
            nb::arg("x"), nb::arg("y"), nb::sig("def __init__(self, x: int, y: int) -> None"))
        .def(
            "__init__", [](CoreCoord* self, const nb::object& xy) { new (self) CoreCoord(core_of(xy)); },
            nb::arg("xy"), nb::sig("def __init__(self, xy: tuple[int, int]) -> None"))
        .def_ro("x", &CoreCoord::x)
        .def_ro("y", &CoreCoord::y)
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
        .def("__getstate__",
             [](const CoreRange& self) { return std::pair(self.start_coord, self.end_coord); })
        .def("__setstate__",
             [](CoreRange& self, const std::pair<CoreCoord, CoreCoord>& corners) {
                 new (&self) CoreRange(corners.first, corners.second);
             })
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
            [](CoreRangeSet* self, const nb::set& ranges) { new (self) CoreRangeSet(set_of(ranges)); },
            nb::arg("core_ranges"))
        .def(
            "size", [](const CoreRangeSet& self) { return self.ranges().size(); }, "How many rectangles.")
        .def("bounding_box", &bounding_box,
             "The smallest rectangle that holds the set. Raises CORE_RANGE when it is empty.")
        .def("__getstate__", [](const CoreRangeSet& self) { return std::tuple(self.ranges()); })
        .def("__setstate__",
             [](CoreRangeSet& self, const std::tuple<std::vector<CoreRange>>& state) {
                 new (&self) CoreRangeSet(std::get<0>(state));
             })
        .def(
            "ranges", [](const CoreRangeSet& self) { return nb::tuple(nb::cast(self.ranges())); },
            nb::sig("def ranges(self) -> tuple[CoreRange, ...]"), "The rectangles.")
        .def("num_cores", &CoreRangeSet::num_cores)
        .def("contains", &CoreRangeSet::contains, nb::arg("core"))
        .def("empty", &CoreRangeSet::empty)
        .def(nb::self == nb::self)
        .def("__repr__", [](const CoreRangeSet& set) { return "CoreRangeSet(" + to_string(set) + ")"; });
    nb::implicitly_convertible<CoreRange, CoreRangeSet>();

    m.def(
        "corerange_to_cores",
        [](const CoreRangeSet& set, std::optional<std::uint64_t> max_cores, bool row_wise) {
            std::vector<CoreCoord> cores = corerange_to_cores(set, row_wise);
            if (max_cores && *max_cores < cores.size()) cores.resize(*max_cores);
            return cores;
        },
        nb::arg("core_range_set"), nb::arg("max_cores") = nb::none(), nb::arg("row_wise") = false,
        "The cores of a set, range by range, at most `max_cores`; inside a range y is fastest, or x with "
        "`row_wise`.");
}

}  // namespace loom::python
