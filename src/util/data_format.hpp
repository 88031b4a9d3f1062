// The element formats of circular buffers and tensors, in tt-metal's names and numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace loom {

/// tt-metal's `tt::DataFormat`, the formats that Loom computes in.
enum class DataFormat : std::uint8_t { Float32 = 0, Float16_b = 5 };

/// Bytes of one element: 4 or 2.
constexpr std::uint32_t element_bytes(DataFormat format) {
    return format == DataFormat::Float32 ? 4 : 2;
}

/// "Float32" or "Float16_b".
constexpr std::string_view name_of(DataFormat format) {
    return format == DataFormat::Float32 ? "Float32" : "Float16_b";
}

/// Bytes of one 32x32 tile: 4096 or 2048.
constexpr std::uint32_t tile_bytes(DataFormat format) {
    return 1024 * element_bytes(format);
}

}  // namespace loom
