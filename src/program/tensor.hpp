// A tensor on a device.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "program/buffer.hpp"
#include "program/device.hpp"
#include "program/host_tensor.hpp"

namespace loom {

enum class Layout : std::uint8_t { ROW_MAJOR, TILE };
enum class TensorMemoryLayout : std::uint8_t { INTERLEAVED };

constexpr std::string_view name_of(Layout layout) {
    return layout == Layout::ROW_MAJOR ? "ROW_MAJOR" : "TILE";
}

struct MemoryConfig {
    TensorMemoryLayout memory_layout = TensorMemoryLayout::INTERLEAVED;
    BufferType buffer_type = BufferType::DRAM;
    bool operator==(const MemoryConfig&) const = default;
};
inline constexpr MemoryConfig DRAM_MEMORY_CONFIG{};
inline constexpr MemoryConfig L1_MEMORY_CONFIG{TensorMemoryLayout::INTERLEAVED, BufferType::L1};

/// All of a tensor but its address and its values; what programs are cached by.
struct TensorSpec {
    Shape shape;
    DataType dtype = DataType::BFLOAT16;
    Layout layout = Layout::ROW_MAJOR;
    MemoryConfig memory_config;

    /// Size of the last dimension in elements; 1 for rank 0.
    std::uint32_t width() const { return shape.empty() ? 1 : shape.back(); }
    /// Product of all dimensions but the last: rows, sticks; in ROW_MAJOR also pages.
    std::uint64_t rows() const { return shape.empty() ? 1 : volume(Shape(shape.begin(), shape.end() - 1)); }
    /// The shape as it lies in memory: in TILE the last two dimensions rounded up to whole tiles of 32.
    Shape padded_shape() const;
    bool operator==(const TensorSpec&) const = default;
};

/// In ROW_MAJOR one page is one stick, a row of the last dimension. In TILE one page is one 32x32 tile: four
/// 16x16 faces (upper left, upper right, lower left, lower right), each row-major; the tiles of a matrix row by
/// row, matrix after matrix; rows and columns beyond the shape are zeros when `write` wrote the tensor. Copies
/// share the memory, which is given back with the last of them or by deallocate().
class Tensor {
public:
    /// Memory on `device` for a tensor of this spec, not written. Throws OUT_OF_MEMORY and
    /// TENSOR_TOO_LARGE.
    Tensor(Device& device, TensorSpec spec);

    const TensorSpec& spec() const { return spec_; }
    Device& device() const { return *device_; }
    bool is_allocated() const { return *buffer_ != nullptr; }
    /// The memory; throws BUFFER_FREED.
    const Buffer& buffer() const;
    /// Gives the memory back now, for all copies of this tensor.
    void deallocate() { buffer_->reset(); }

private:
    Device* device_;
    TensorSpec spec_;
    std::shared_ptr<std::unique_ptr<Buffer>> buffer_;
};

/// Writes the elements of a tensor, given densely, row-major, in `dtype`, which need not be the tensor's:
/// float32 is rounded to the nearest bfloat16 on its way, ties to even. Large tensors are copied by as many
/// host threads as the device has. Throws TENSOR_SHAPE when the data does not fill the shape, BUFFER_FREED.
void write(const Tensor& tensor, std::span<const std::byte> data, DataType dtype);
/// The reverse.
void read(const Tensor& tensor, std::span<std::byte> data, DataType dtype);

/// Copies a host tensor to a device. Throws TENSOR_SHAPE when the data does not fill the shape.
Tensor to_device(const HostTensor& host, Device& device, MemoryConfig memory = DRAM_MEMORY_CONFIG,
                 Layout layout = Layout::ROW_MAJOR);
/// Copies a host tensor over the values of a tensor of the same shape; throws TENSOR_SHAPE.
void copy_to_device(const HostTensor& host, const Tensor& tensor);
/// Copies a tensor back, row-major whatever its layout.
HostTensor to_host(const Tensor& tensor);
/// The same elements in another layout, in new memory of the same kind.
Tensor to_layout(const Tensor& tensor, Layout layout);

}  // namespace loom
