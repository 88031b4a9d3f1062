// Programs of a few lines for tests of kernel calls: kernels given as text, data in and out through DRAM.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "program/device.hpp"
#include "program/program.hpp"
#include "tile/tile_ops.hpp"

namespace loom::testing {

/// A program on core (0,0), unless `cores` says otherwise. What it finds in L1 reads as NaN.
///
/// Kernels that move data may say REPORT(i, value): word i of the result, i < 64, which `reported` returns.
class SmallProgram {
public:
    explicit SmallProgram(const DeviceOptions& options = {.grid = {1, 1}, .threads = 1});

    Device device;
    ProgramDescriptor descriptor;
    CoreRangeSet cores{CoreCoord{0, 0}};

    /// Describes c_`index`: `pages` pages of `page_bytes`.
    void cb(std::uint8_t index, std::uint32_t page_bytes, std::uint32_t pages,
            DataFormat format = DataFormat::Float16_b, std::uint32_t tile_height = 32);
    /// `tiles` pages of one tile each.
    void tile_cb(std::uint8_t index, std::uint32_t tiles, DataFormat format = DataFormat::Float16_b) {
        cb(index, loom::tile_bytes(format), tiles, format);
    }

    /// Kernels as text. The result may be given arguments and the like until another kernel is added.
    KernelDescriptor& reader(const std::string& source);
    KernelDescriptor& writer(const std::string& source);
    KernelDescriptor& compute(const std::string& source);

    /// Lets the reader push `values`, in the format of c_`index`, page by page; one buffer after the other.
    void feed(std::uint8_t index, const std::vector<float>& values);
    /// Lets the writer pop `pages` pages of c_`index`, one by one, for `collected`.
    void collect(std::uint8_t index, std::uint32_t pages);

    /// Compiles and runs; once.
    void run(const runtime::LaunchOptions& options = {});
    std::vector<float> collected() const;
    std::uint32_t reported(std::uint32_t i) const;

private:
    struct Feed {
        std::uint8_t index;
        std::vector<float> values;
    };
    const CBFormatDescriptor& format_of(std::uint8_t index) const;
    KernelDescriptor& add_kernel(const std::string& source, KernelDescriptor::ConfigDescriptor config);
    void add_reader();

    Buffer report_;
    std::vector<Feed> feeds_;
    std::vector<std::unique_ptr<Buffer>> inputs_;
    std::unique_ptr<Buffer> output_;
    DataFormat output_format_ = DataFormat::Float16_b;
};

/// Appends tiles in face order, as compute kernels read them.
template <typename F>
void append_tile(std::vector<float>& values, F value_at) {
    const std::size_t first = values.size();
    values.resize(first + tile::kElements);
    for (std::uint32_t row = 0; row < tile::kSide; ++row)
        for (std::uint32_t column = 0; column < tile::kSide; ++column)
            values[first + tile::face_index(row, column)] = value_at(row, column);
}

/// Tiles of one value each.
inline std::vector<float> tiles_of(std::initializer_list<float> values) {
    std::vector<float> tiles;
    for (const float value : values) tiles.insert(tiles.end(), tile::kElements, value);
    return tiles;
}

/// Element (row, column) of tile number `tile`.
inline float element(const std::vector<float>& tiles, std::size_t tile, std::uint32_t row,
                     std::uint32_t column) {
    return tiles.at(tile * tile::kElements + tile::face_index(row, column));
}

}  // namespace loom::testing
