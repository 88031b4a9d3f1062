// program/tensor.hpp: tensors on a device. Tensors on the host are NumPy arrays (loom/tensor.py).
#include "program/tensor.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/operators.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "handles.hpp"
#include "ops/layernorm_fused_rm/hard_rows.hpp"
#include "program/random_tensor.hpp"

namespace loom::python {
namespace {

constexpr nb::dlpack::dtype kBfloat16{static_cast<std::uint8_t>(nb::dlpack::dtype_code::Bfloat), 16, 1};

std::string name_of(nb::dlpack::dtype dtype) {
    using enum nb::dlpack::dtype_code;
    const auto is = [&](nb::dlpack::dtype_code code) {
        return dtype.code == static_cast<std::uint8_t>(code);
    };
    const char* kind = is(Int)       ? "int"
                       : is(UInt)    ? "uint"
                       : is(Float)   ? "float"
                       : is(Complex) ? "complex"
                       : is(Bool)    ? "bool"
                       : is(Bfloat)  ? "bfloat"
                                     : "of unknown kind, ";
    return is(Bool) ? kind : fmt::format("{}{}", kind, dtype.bits);
}

// NumPy has no bfloat16: arrays of ours hold its bits in uint16.
template <typename Array>
DataType dtype_of(const Array& array) {
    if (array.dtype() == nb::dtype<float>()) return DataType::FLOAT32;
    if (array.dtype() == nb::dtype<std::uint16_t>()) return DataType::BFLOAT16;
    fail(Code::TENSOR_DTYPE, "Host array", name_of(array.dtype()));
}

using Source = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Target = nb::ndarray<nb::c_contig, nb::device::cpu>;
using Foreign = nb::ndarray<nb::ro, nb::device::cpu>;

// So many take some ten milliseconds to copy, or to draw at random.
constexpr std::uint64_t kBriefBytes = 32 << 20;
constexpr std::uint64_t kBriefElems = 1 << 19;

std::uint64_t bytes_of(const TensorSpec& spec) {
    return volume(spec.shape) * element_bytes(spec.dtype);
}

SharedTensor allocate(const std::shared_ptr<OpenDevice>& device, const Shape& shape, DataType dtype,
                      Layout layout, const MemoryConfig& memory) {
    return held(*device, [&] {
        return std::make_shared<DeviceTensor>(
            device, Tensor(device->device(), TensorSpec{shape, dtype, layout, memory}));
    });
}

void write_array(DeviceTensor& self, const Source& array) {
    const DataType dtype = dtype_of(array);
    held(
        *self.device,
        [&] {
            write(self.tensor, {static_cast<const std::byte*>(array.data()), array.nbytes()}, dtype);
        },
        [&] { return bytes_of(self.tensor.spec()) <= kBriefBytes; });
}

void read_array(DeviceTensor& self, const Target& array) {
    const DataType dtype = dtype_of(array);
    held(
        *self.device,
        [&] {
            read(self.tensor, {static_cast<std::byte*>(array.data()), array.nbytes()}, dtype);
        },
        [&] { return bytes_of(self.tensor.spec()) <= kBriefBytes; });
}

SharedTensor in_layout(const SharedTensor& self, Layout layout) {
    return held(
        *self->device,
        [&] { return std::make_shared<DeviceTensor>(self->device, to_layout(self->tensor, layout)); },
        [&] { return bytes_of(self->tensor.spec()) <= kBriefBytes; });
}

SharedTensor random(const std::shared_ptr<OpenDevice>& device, const Shape& shape, DataType dtype,
                    double mean, double deviation, std::uint64_t seed) {
    return held(
        *device,
        [&] {
            return std::make_shared<DeviceTensor>(
                device, to_device(random_normal(shape, dtype, mean, deviation, seed), device->device()));
        },
        [&] { return volume(shape) <= kBriefElems; });
}

nb::tuple array_of(const Foreign& array) {
    const bool narrow = array.dtype() == kBfloat16;
    if (!narrow && array.dtype() != nb::dtype<float>())
        fail(Code::TENSOR_DTYPE, "from_dlpack", name_of(array.dtype()));
    std::vector<std::size_t> shape;
    std::vector<std::int64_t> strides;
    for (std::size_t i = 0; i < array.ndim(); ++i) {
        shape.push_back(array.shape(i));
        strides.push_back(array.stride(i));
    }
    // NumPy would not take a bfloat16; the memory lives as long as `array` does.
    const nb::capsule owner(new Foreign(array),
                            [](void* kept) noexcept { delete static_cast<Foreign*>(kept); });
    return nb::make_tuple(
        nb::ndarray<nb::numpy>(const_cast<void*>(array.data()), shape.size(), shape.data(), owner,
                               strides.data(), narrow ? nb::dtype<std::uint16_t>() : nb::dtype<float>()),
        narrow ? DataType::BFLOAT16 : DataType::FLOAT32);
}

// The rows that `loom check` takes, on which a mistake shows.
void harden(DeviceTensor& self) {
    held(
        *self.device,
        [&] {
            HostTensor values = to_host(self.tensor);
            harden_rows(values);
            copy_to_device(values, self.tensor);
        },
        [&] { return volume(self.tensor.spec().shape) <= kBriefElems; });
}

void bind_enums(nb::module_& m) {
    nb::enum_<DataType>(m, "DataType", "Element types of tensors.")
        .value("BFLOAT16", DataType::BFLOAT16)
        .value("FLOAT32", DataType::FLOAT32);
    nb::enum_<Layout>(m, "Layout", "ROW_MAJOR: a page is a row. TILE: a page is a tile of 32x32 elements.")
        .value("ROW_MAJOR", Layout::ROW_MAJOR)
        .value("TILE", Layout::TILE);
    nb::enum_<BufferType>(m, "BufferType", "The memory that a tensor lies in.")
        .value("DRAM", BufferType::DRAM)
        .value("L1", BufferType::L1);
    nb::enum_<TensorMemoryLayout>(m, "TensorMemoryLayout", "How pages spread over banks.")
        .value("INTERLEAVED", TensorMemoryLayout::INTERLEAVED);
    nb::class_<MemoryConfig>(m, "MemoryConfig", "Where a tensor lies.")
        .def(
            "__init__",
            [](MemoryConfig* self, TensorMemoryLayout layout, BufferType buffer,
               const nb::object& shard_spec) {
                if (!shard_spec.is_none())
                    fail(Code::UNSUPPORTED, "Tensors are interleaved here, not sharded.");
                new (self) MemoryConfig{layout, buffer};
            },
            nb::arg("memory_layout") = TensorMemoryLayout::INTERLEAVED,
            nb::arg("buffer_type") = BufferType::DRAM, nb::arg("shard_spec") = nb::none())
        .def_ro("memory_layout", &MemoryConfig::memory_layout)
        .def_ro("buffer_type", &MemoryConfig::buffer_type)
        .def("is_sharded", [](const MemoryConfig&) { return false; })
        .def("__getstate__",
             [](const MemoryConfig& self) { return std::pair(self.memory_layout, self.buffer_type); })
        .def("__setstate__",
             [](MemoryConfig& self, std::pair<TensorMemoryLayout, BufferType> state) {
                 new (&self) MemoryConfig{state.first, state.second};
             })
        .def(nb::self == nb::self)
        .def("__hash__", [](const MemoryConfig& self) { return static_cast<int>(self.buffer_type); })
        .def("__repr__", [](const MemoryConfig& self) {
            return fmt::format("MemoryConfig(INTERLEAVED, {})",
                               self.buffer_type == BufferType::DRAM ? "DRAM" : "L1");
        });
    m.attr("DRAM_MEMORY_CONFIG") = nb::cast(DRAM_MEMORY_CONFIG);
    m.attr("L1_MEMORY_CONFIG") = nb::cast(L1_MEMORY_CONFIG);
}

}  // namespace

void bind_tensor(nb::module_& m) {
    bind_enums(m);
    nb::class_<DeviceTensor>(m, "DeviceTensor", "A tensor's memory on a device.")
        .def("device", [](const DeviceTensor& self) { return self.device; })
        .def_prop_ro("shape", [](const DeviceTensor& self) { return self.tensor.spec().shape; })
        .def_prop_ro("padded_shape",
                     [](const DeviceTensor& self) { return self.tensor.spec().padded_shape(); })
        .def_prop_ro("dtype", [](const DeviceTensor& self) { return self.tensor.spec().dtype; })
        .def_prop_ro("layout", [](const DeviceTensor& self) { return self.tensor.spec().layout; })
        .def("memory_config", [](const DeviceTensor& self) { return self.tensor.spec().memory_config; })
        .def("is_allocated", [](const DeviceTensor& self) { return self.tensor.is_allocated(); })
        .def("deallocate",
             [](DeviceTensor& self) {
                 const Released release;
                 const std::lock_guard lock(self.device->busy());
                 self.tensor.deallocate();
             })
        .def("buffer_address", [](const DeviceTensor& self) { return self.tensor.buffer().address(); })
        .def("page_size", [](const DeviceTensor& self) { return self.tensor.buffer().page_size(); })
        .def("aligned_page_size",
             [](const DeviceTensor& self) { return self.tensor.buffer().aligned_page_size(); })
        .def("num_pages", [](const DeviceTensor& self) { return self.tensor.buffer().num_pages(); })
        .def("write", &write_array, nb::arg("array"))
        .def("read", &read_array, nb::arg("array"))
        .def("to_layout", &in_layout, nb::arg("layout"));
    m.def("allocate", &allocate, nb::arg("device"), nb::arg("shape"), nb::arg("dtype"), nb::arg("layout"),
          nb::arg("memory_config"));
    m.def("random_normal", &random, nb::arg("device"), nb::arg("shape"), nb::arg("dtype"), nb::arg("mean"),
          nb::arg("deviation"), nb::arg("seed"));
    m.def("harden_rows", &harden, nb::arg("tensor"));
    m.def("from_dlpack", &array_of, nb::arg("array"),
          "The same memory as a NumPy array, bfloat16 as its bits in uint16; and the dtype. Strides stay.");
    m.def(
        "as_bfloat16",
        [](const nb::ndarray<std::uint16_t, nb::c_contig, nb::device::cpu>& bits) {
            std::vector<std::size_t> shape;
            for (std::size_t i = 0; i < bits.ndim(); ++i) shape.push_back(bits.shape(i));
            return nb::ndarray<nb::array_api>(bits.data(), shape.size(), shape.data(), nb::find(bits),
                                              nullptr, kBfloat16);
        },
        nb::arg("bits"), "The same memory as bfloat16, for DLPack.");
}

}  // namespace loom::python
