// A tensor in host memory: shape, dtype and dense row-major bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "util/data_format.hpp"

namespace loom {

/// Element types of tensors, in tt-metal's names.
enum class DataType : std::uint8_t { BFLOAT16, FLOAT32 };

/// Sizes of the dimensions, outermost first.
using Shape = std::vector<std::uint32_t>;

/// "bfloat16" or "float32".
constexpr std::string_view name_of(DataType dtype) {
    return dtype == DataType::BFLOAT16 ? "bfloat16" : "float32";
}
/// Bytes of one element: 2 or 4.
constexpr std::uint32_t element_bytes(DataType dtype) {
    return dtype == DataType::BFLOAT16 ? 2 : 4;
}
/// The circular-buffer format of the same bytes.
constexpr DataFormat data_format_of(DataType dtype) {
    return dtype == DataType::BFLOAT16 ? DataFormat::Float16_b : DataFormat::Float32;
}
/// Product of the dimensions; 1 for rank 0.
constexpr std::uint64_t volume(const Shape& shape) {
    std::uint64_t elements = 1;
    for (const std::uint32_t size : shape) elements *= size;
    return elements;
}
/// "[4, 512, 768]"
std::string to_string(const Shape& shape);

struct HostTensor {
    Shape shape;
    DataType dtype = DataType::BFLOAT16;
    std::vector<std::byte> data;  ///< volume(shape) elements, row-major, little-endian
};

}  // namespace loom
