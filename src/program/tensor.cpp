// A tensor on a device.
#include "program/tensor.hpp"

#include <cstring>

#include "util/error.hpp"

namespace loom {
namespace {

// Sizes are products of 32-bit numbers and may not fit in 64 bits.
void check_size(const TensorSpec& spec) {
    constexpr double most_rows = 4294967295.0;
    constexpr double most_bytes = 281474976710656.0;
    double elements = 1;
    for (const std::uint32_t size : spec.shape) elements *= size;
    const double rows = spec.width() == 0 ? 0 : elements / spec.width();
    if (rows > most_rows || elements * element_bytes(spec.dtype) > most_bytes)
        fail(Code::TENSOR_TOO_LARGE, to_string(spec.shape), name_of(spec.dtype));
}

}  // namespace

Tensor::Tensor(Device& device, TensorSpec spec) : device_(&device), spec_(std::move(spec)) {
    if (spec_.layout != Layout::ROW_MAJOR)
        fail(Code::UNSUPPORTED, "Tensors in TILE layout are not there yet.");
    check_size(spec_);
    const std::uint32_t stick_bytes = spec_.width() * element_bytes(spec_.dtype);
    buffer_ = std::make_shared<std::unique_ptr<Buffer>>(std::make_unique<Buffer>(
        device, spec_.rows() * stick_bytes, stick_bytes, spec_.memory_config.buffer_type));
}

const Buffer& Tensor::buffer() const {
    if (*buffer_ == nullptr) fail(Code::BUFFER_FREED, "The tensor of shape " + to_string(spec_.shape));
    return **buffer_;
}

Tensor to_device(const HostTensor& host, Device& device, MemoryConfig memory) {
    const std::uint64_t elements = host.data.size() / element_bytes(host.dtype);
    if (elements != volume(host.shape) || host.data.size() % element_bytes(host.dtype) != 0)
        fail(Code::TENSOR_SHAPE, "Host tensor", elements, to_string(host.shape), volume(host.shape));
    Tensor tensor(device, {host.shape, host.dtype, Layout::ROW_MAJOR, memory});
    const Buffer& buffer = tensor.buffer();
    const std::size_t stick = buffer.page_size();
    for (std::uint64_t row = 0; row < buffer.num_pages(); ++row)
        std::memcpy(buffer.page(row), host.data.data() + row * stick, stick);
    return tensor;
}

HostTensor to_host(const Tensor& tensor) {
    const Buffer& buffer = tensor.buffer();
    HostTensor host{tensor.spec().shape, tensor.spec().dtype, {}};
    host.data.resize(buffer.size());
    const std::size_t stick = buffer.page_size();
    for (std::uint64_t row = 0; row < buffer.num_pages(); ++row)
        std::memcpy(host.data.data() + row * stick, buffer.page(row), stick);
    return host;
}

}  // namespace loom
