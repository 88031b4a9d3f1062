// program/device.hpp
#include "program/device.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include "handles.hpp"
#include "util/counted.hpp"

namespace loom::python {
namespace {

std::shared_ptr<OpenDevice> open(int id, const std::string& arch,
                                 std::optional<std::pair<std::uint32_t, std::uint32_t>> grid,
                                 unsigned threads, const std::string& numerics) {
    DeviceOptions options{
        .arch = parse_arch(arch), .grid = {}, .threads = threads, .numerics = parse_numerics(numerics)};
    if (grid) options.grid = {grid->first, grid->second};
    if (grid && grid->first == 0 && grid->second == 0)
        fail(Code::OPTION, "A grid has at least one core, got 0x0.");
    return std::make_shared<OpenDevice>(id, options);
}

void close(OpenDevice& self) {
    // Another thread may be running a program for long, or for ever.
    const Released release;
    std::unique_lock lock(self.busy(), std::defer_lock);
    while (!lock.try_lock_until(std::chrono::system_clock::now() + std::chrono::milliseconds(20))) {
        const nb::gil_scoped_acquire acquire;
        if (PyErr_CheckSignals() != 0) nb::raise_python_error();
    }
    self.close();
}

std::size_t entries(OpenDevice& self) {
    return held(self, [&] { return self.device().program_cache().num_entries(); });
}

void clear(OpenDevice& self) {
    held(self, [&] { self.device().program_cache().clear(); });
}

}  // namespace

void OpenDevice::close() {
    const std::lock_guard lock(tensors_mutex_);
    for (DeviceTensor* tensor : tensors_) tensor->tensor.deallocate();
    device_.reset();
}

bool is_main_thread() {
    // By attributes, which run no Python code: in that, a daemon thread could meet the end of the interpreter.
    const nb::object ident = nb::module_::import_("threading").attr("_main_thread").attr("_ident");
    return nb::isinstance<nb::int_>(ident) && nb::cast<unsigned long>(ident) == PyThread_get_thread_ident();
}

void bind_device(nb::module_& m) {
    nb::class_<OpenDevice>(
        m, "Device",
        "A chip's memories, the cores that programs may use, and its program cache. Made by "
        "open_device; a context manager that closes it. Several threads may use one device, "
        "in turn; each may use one of its own at the same time.")
        .def("__init__",
             [](OpenDevice*, const nb::args&, const nb::kwargs&) {
                 throw nb::type_error("open_device makes devices; a Device is not called.");
             })
        .def("id", &OpenDevice::id, "The number that it was opened with.")
        .def("is_open", &OpenDevice::is_open)
        .def(
            "arch", [](const OpenDevice& self) { return std::string(self.device().spec().name); },
            "\"wormhole\" or \"blackhole\".")
        .def(
            "numerics", [](const OpenDevice& self) { return std::string(name_of(self.device().numerics())); },
            "\"exact\" or \"silicon\".")
        .def(
            "compute_with_storage_grid_size",
            [](const OpenDevice& self) { return self.device().compute_with_storage_grid_size(); },
            "Columns and rows of the cores that operations spread over.")
        .def("num_program_cache_entries", &entries, "Programs that are kept, ready to run again.")
        .def(
            "enable_program_cache", [](OpenDevice& self) { self.caches = true; },
            "Keeps built programs from call to call, as a device does from the start.")
        .def("clear_program_cache", &clear)
        .def(
            "disable_and_clear_program_cache",
            [](OpenDevice& self) {
                self.caches = false;
                clear(self);
            },
            "Builds each call's program anew. Compiled kernels are still found on disk.")
        .def("__enter__",
             [](std::shared_ptr<OpenDevice> self) {
                 self->device();  // closed?
                 return self;
             })
        .def("__exit__", [](OpenDevice& self, const nb::args&) { close(self); })
        .def("__reduce__",
             [](const OpenDevice&) -> nb::object {
                 throw nb::type_error("a device can be neither pickled nor copied; open another one");
             })
        .def("__repr__", [](const OpenDevice& self) {
            if (!self.is_open()) return fmt::format("Device({}, closed)", self.id());
            const CoreCoord grid = self.device().compute_with_storage_grid_size();
            return format_counted("Device({}, {}, {}x{} cores)", self.id(), self.device().spec().name, grid.x,
                                  grid.y);
        });
    m.def("open_device", &open, nb::arg("device_id"), nb::arg("arch"), nb::arg("grid").none(),
          nb::arg("threads"), nb::arg("numerics"));
    m.def("close_device", &close, nb::arg("device"));
}

}  // namespace loom::python
