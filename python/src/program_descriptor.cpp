// program/program_descriptor.hpp: what loom/descriptors.py builds its descriptors into, and describes them from.
#include "program/program_descriptor.hpp"

#include <nanobind/operators.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "handles.hpp"
#include "program/program_edit.hpp"

namespace loom::python {
namespace {

enum class CoreType : std::uint8_t { WORKER };

using NamedArgs = std::vector<std::pair<std::string, std::uint32_t>>;
using Defines = std::vector<std::pair<std::string, std::string>>;
using RuntimeArgs = std::vector<std::pair<CoreCoord, KernelDescriptor::CoreRuntimeArgs>>;

// Parts and lists are given as copies: the values that users change are Python's.
template <typename Class, typename Member>
auto copy_of(Member Class::*member) {
    return [member](const Class& self) -> Member { return self.*member; };
}

void bind_configs(nb::module_& m) {
    nb::enum_<DataFormat>(m, "DataFormat", "Element formats of circular buffers.")
        .value("Float32", DataFormat::Float32)
        .value("Float16_b", DataFormat::Float16_b);
    nb::enum_<MathFidelity>(m, "MathFidelity", "How many bits of a product the matrix unit keeps on silicon.")
        .value("LoFi", MathFidelity::LoFi)
        .value("HiFi2", MathFidelity::HiFi2)
        .value("HiFi3", MathFidelity::HiFi3)
        .value("HiFi4", MathFidelity::HiFi4);
    nb::enum_<DataMovementProcessor>(m, "DataMovementProcessor",
                                     "The two RISC-Vs that move data: RISCV_0 (BRISC), RISCV_1 (NCRISC).")
        .value("RISCV_0", DataMovementProcessor::RISCV_0)
        .value("RISCV_1", DataMovementProcessor::RISCV_1);
    nb::enum_<UnpackToDestMode>(
        m, "UnpackToDestMode",
        "Whether float32 tiles of a circular buffer reach DST past the source registers.")
        .value("Default", UnpackToDestMode::Default)
        .value("UnpackToDestFp32", UnpackToDestMode::UnpackToDestFp32);
    nb::class_<ReaderConfigDescriptor>(m, "ReaderConfigDescriptor", "A kernel on RISCV_1 (NCRISC).")
        .def(nb::init<>());
    nb::class_<WriterConfigDescriptor>(m, "WriterConfigDescriptor", "A kernel on RISCV_0 (BRISC).")
        .def(nb::init<>());
    nb::class_<DataMovementConfigDescriptor>(m, "DataMovementConfigDescriptor",
                                             "A kernel on either. Which NoC it uses changes nothing here.")
        .def(
            "__init__",
            [](DataMovementConfigDescriptor* self, DataMovementProcessor processor) {
                new (self) DataMovementConfigDescriptor{processor};
            },
            nb::arg("processor"))
        .def_ro("processor", &DataMovementConfigDescriptor::processor);
    nb::class_<ComputeConfigDescriptor>(m, "ComputeConfigDescriptor", "A kernel on UNPACK, MATH and PACK.")
        .def(
            "__init__",
            [](ComputeConfigDescriptor* self, MathFidelity fidelity, bool approx, bool fp32, bool full_sync,
               std::vector<UnpackToDestMode> modes) {
                new (self) ComputeConfigDescriptor{fidelity, fp32, full_sync, approx, std::move(modes)};
            },
            nb::arg("math_fidelity"), nb::arg("math_approx_mode"), nb::arg("fp32_dest_acc_en"),
            nb::arg("dst_full_sync_en"), nb::arg("unpack_to_dest_mode"))
        .def_ro("math_fidelity", &ComputeConfigDescriptor::math_fidelity)
        .def_ro("fp32_dest_acc_en", &ComputeConfigDescriptor::fp32_dest_acc_en)
        .def_ro("dst_full_sync_en", &ComputeConfigDescriptor::dst_full_sync_en)
        .def_ro("math_approx_mode", &ComputeConfigDescriptor::math_approx_mode)
        .def_ro("unpack_to_dest_mode", &ComputeConfigDescriptor::unpack_to_dest_mode);
}

void bind_buffers(nb::module_& m) {
    nb::class_<TileDescriptor>(m, "TileDescriptor", "Rows and columns of a tile.")
        .def(
            "__init__",
            [](TileDescriptor* self, std::uint32_t height, std::uint32_t width, bool transpose) {
                new (self) TileDescriptor{height, width, transpose};
            },
            nb::arg("height"), nb::arg("width"), nb::arg("transpose"))
        .def_ro("height", &TileDescriptor::height)
        .def_ro("width", &TileDescriptor::width)
        .def_ro("transpose", &TileDescriptor::transpose);
    nb::class_<CBFormatDescriptor>(m, "CBFormatDescriptor",
                                   "A circular buffer's index, format and page size in bytes.")
        .def(
            "__init__",
            [](CBFormatDescriptor* self, std::uint8_t index, DataFormat format, std::uint32_t page_size,
               std::optional<TileDescriptor> tile) {
                new (self) CBFormatDescriptor{index, format, page_size, tile};
            },
            nb::arg("buffer_index"), nb::arg("data_format"), nb::arg("page_size"), nb::arg("tile").none())
        .def_ro("buffer_index", &CBFormatDescriptor::buffer_index)
        .def_ro("data_format", &CBFormatDescriptor::data_format)
        .def_ro("page_size", &CBFormatDescriptor::page_size)
        .def_prop_ro("tile", copy_of(&CBFormatDescriptor::tile));
    nb::class_<CBDescriptor>(
        m, "CBDescriptor",
        "A region of L1 on each of some cores, total_size in bytes; several formats alias it.")
        .def(
            "__init__",
            [](CBDescriptor* self, std::uint32_t total_size, CoreRangeSet cores,
               std::vector<CBFormatDescriptor> formats) {
                new (self) CBDescriptor{total_size, std::move(cores), std::move(formats)};
            },
            nb::arg("total_size"), nb::arg("core_ranges"), nb::arg("format_descriptors"))
        .def_ro("total_size", &CBDescriptor::total_size)
        .def_ro("core_ranges", &CBDescriptor::core_ranges)
        .def_prop_ro("format_descriptors", copy_of(&CBDescriptor::format_descriptors));
    nb::enum_<CoreType>(m, "CoreType", "Kinds of cores.").value("WORKER", CoreType::WORKER);
    nb::class_<SemaphoreDescriptor>(m, "SemaphoreDescriptor", "A 32-bit counter on each of some cores.")
        .def(
            "__init__",
            [](SemaphoreDescriptor* self, std::uint32_t id, CoreRangeSet cores, std::uint32_t initial) {
                new (self) SemaphoreDescriptor{id, std::move(cores), initial};
            },
            nb::arg("id"), nb::arg("core_ranges"), nb::arg("initial_value"))
        .def_ro("id", &SemaphoreDescriptor::id)
        .def_ro("core_ranges", &SemaphoreDescriptor::core_ranges)
        .def_ro("initial_value", &SemaphoreDescriptor::initial_value);
}

void bind_kernel(nb::module_& m) {
    nb::enum_<KernelDescriptor::SourceType>(m, "SourceType", "What a KernelDescriptor's kernel_source is.")
        .value("FILE_PATH", KernelDescriptor::SourceType::FILE_PATH)
        .value("SOURCE_CODE", KernelDescriptor::SourceType::SOURCE_CODE);
    nb::class_<KernelDescriptor>(m, "KernelDescriptor", "One kernel.")
        .def(
            "__init__",
            [](KernelDescriptor* self, std::string source, KernelDescriptor::SourceType type,
               CoreRangeSet cores, std::vector<std::uint32_t> args, NamedArgs named, Defines defines,
               RuntimeArgs runtime_args, KernelDescriptor::CoreRuntimeArgs common,
               KernelDescriptor::ConfigDescriptor config) {
                new (self) KernelDescriptor{std::move(source),
                                            type,
                                            std::move(cores),
                                            std::move(args),
                                            std::move(named),
                                            std::move(defines),
                                            std::move(runtime_args),
                                            std::move(common),
                                            config};
            },
            nb::arg("kernel_source"), nb::arg("source_type"), nb::arg("core_ranges"),
            nb::arg("compile_time_args"), nb::arg("named_compile_time_args"), nb::arg("defines"),
            nb::arg("runtime_args"), nb::arg("common_runtime_args"), nb::arg("config"))
        .def_ro("kernel_source", &KernelDescriptor::kernel_source)
        .def_ro("source_type", &KernelDescriptor::source_type)
        .def_ro("core_ranges", &KernelDescriptor::core_ranges)
        .def_ro("compile_time_args", &KernelDescriptor::compile_time_args)
        .def_ro("named_compile_time_args", &KernelDescriptor::named_compile_time_args)
        .def_ro("defines", &KernelDescriptor::defines)
        .def_prop_ro("runtime_args", copy_of(&KernelDescriptor::runtime_args))
        .def_ro("common_runtime_args", &KernelDescriptor::common_runtime_args)
        .def_prop_ro("config", copy_of(&KernelDescriptor::config));
}

}  // namespace

void bind_program_descriptor(nb::module_& m) {
    bind_configs(m);
    bind_buffers(m);
    bind_kernel(m);
    nb::class_<ProgramDescriptor>(m, "ProgramDescriptor", "A program as data.")
        .def(
            "__init__",
            [](ProgramDescriptor* self, std::vector<KernelDescriptor> kernels,
               std::vector<SemaphoreDescriptor> semaphores, std::vector<CBDescriptor> cbs,
               std::optional<std::uint64_t> hash) {
                new (self) ProgramDescriptor{std::move(kernels), std::move(semaphores), std::move(cbs), hash};
            },
            nb::arg("kernels"), nb::arg("semaphores"), nb::arg("cbs"), nb::arg("custom_program_hash").none())
        .def_prop_ro("kernels", copy_of(&ProgramDescriptor::kernels))
        .def_prop_ro("semaphores", copy_of(&ProgramDescriptor::semaphores))
        .def_prop_ro("cbs", copy_of(&ProgramDescriptor::cbs))
        .def_ro("custom_program_hash", &ProgramDescriptor::custom_program_hash)
        .def(
            "apply_edit", [](ProgramDescriptor& self, const std::string& edit) { apply_edit(self, edit); },
            nb::arg("edit"),
            "Changes this descriptor as --change does: \"c_16=4\" or \"writer=path/to/kernel.cpp\". Raises "
            "OPTION.");
    m.def(
        "accessor_args",
        [](const DeviceTensor& tensor) {
            return TensorAccessorArgs(tensor.tensor.buffer()).get_compile_time_args();
        },
        nb::arg("tensor"));
}

}  // namespace loom::python
