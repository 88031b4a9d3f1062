// A tensor on a device.
#pragma once

#include <memory>
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
    /// Product of all dimensions but the last: rows, sticks, pages.
    std::uint64_t rows() const { return shape.empty() ? 1 : volume(Shape(shape.begin(), shape.end() - 1)); }
    bool operator==(const TensorSpec&) const = default;
};

/// ROW_MAJOR only: one page is one stick, a row of the last dimension. Copies share the memory, which is
/// given back with the last of them or by deallocate().
class Tensor {
public:
    /// Memory on `device` for a tensor of this spec, not written. Throws OUT_OF_MEMORY; UNSUPPORTED for TILE.
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

/// Copies a host tensor to a device, row-major. Throws TENSOR_SHAPE when the data does not fill the shape.
Tensor to_device(const HostTensor& host, Device& device, MemoryConfig memory = DRAM_MEMORY_CONFIG);
/// Copies a tensor back.
HostTensor to_host(const Tensor& tensor);

}  // namespace loom
