// A tensor on a device.
#include "program/tensor.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>

#include "runtime/core/core.hpp"  // the order of a tile's elements
#include "util/bfloat16.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

namespace loom {
namespace {

constexpr std::uint32_t kSide = tile::kSide;
constexpr std::uint32_t kFace = kSide / 2;

std::uint32_t tiles(std::uint32_t elements) {
    return elements / kSide + (elements % kSide != 0 ? 1 : 0);
}

// Sizes are products of 32-bit numbers and may not fit in 64 bits.
void check_size(const TensorSpec& spec) {
    constexpr double most_rows = 4294967295.0;
    constexpr double most_bytes = 281474976710656.0;
    double elements = 1;
    for (const std::uint32_t size : spec.shape) elements *= size;
    const double rows = spec.width() == 0 ? 0 : elements / spec.width();
    // A tile may hold one element.
    const double padding = spec.layout == Layout::TILE ? tile::kElements : 1;
    // Rounded up to whole tiles, a size must still be one.
    const auto fits = [](std::uint32_t size) { return std::uint64_t{tiles(size)} * kSide >> 32 == 0; };
    const std::size_t tiled = spec.layout == Layout::TILE ? std::min<std::size_t>(spec.shape.size(), 2) : 0;
    if (rows > most_rows || elements * padding * element_bytes(spec.dtype) > most_bytes ||
        !std::all_of(spec.shape.end() - static_cast<std::ptrdiff_t>(tiled), spec.shape.end(), fits))
        fail(Code::TENSOR_TOO_LARGE, to_string(spec.shape), name_of(spec.dtype));
}

/// `count` elements from one place and dtype to another.
void convert(const std::byte* from, DataType from_dtype, std::byte* to, DataType to_dtype,
             std::size_t count) {
    if (from_dtype == to_dtype) {
        std::memcpy(to, from, count * element_bytes(to_dtype));
        return;
    }
    // By memcpy: neither place need be aligned, and the compiler makes vectors of it all the same.
    for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t narrow = 0;
        float wide = 0;
        if (from_dtype == DataType::FLOAT32) {
            std::memcpy(&wide, from + i * 4, 4);
            narrow = float_to_bfloat16(wide);
            std::memcpy(to + i * 2, &narrow, 2);
        } else {
            std::memcpy(&narrow, from + i * 2, 2);
            wide = bfloat16_to_float(narrow);
            std::memcpy(to + i * 4, &wide, 4);
        }
    }
}

/// Calls body(first, last) for parts of 0 .. count on several threads, when `bytes` make it worth while.
template <typename Body>
void in_parallel(const Device& device, std::uint64_t count, std::uint64_t bytes, const Body& body) {
    constexpr std::uint64_t least_bytes = 1 << 20;  // a thread costs as much as copying a tenth of that
    const std::uint64_t parts =
        std::clamp<std::uint64_t>(std::min(bytes / least_bytes, count), 1, device.threads());
    // Between pieces it is looked whether the caller wants them still.
    const std::uint64_t piece =
        std::max<std::uint64_t>(count * least_bytes / std::max<std::uint64_t>(bytes, 1), 1);
    const auto work = [=, &body](std::uint64_t part) {
        const std::uint64_t end = count * (part + 1) / parts;
        for (std::uint64_t at = count * part / parts; at < end && !is_stopped(); at += piece)
            body(at, std::min(at + piece, end));
    };
    {
        std::vector<std::jthread> helpers;
        for (std::uint64_t i = 1; i < parts; ++i)
            helpers.emplace_back([i, work, stop = stop_flag()] {
                const StopScope scope(stop);
                work(i);
            });
        work(0);
    }
    stop_point();
}

/// Where the elements of a tensor lie: pages of sticks or tiles.
class Elements {
public:
    Elements(const Tensor& tensor, std::size_t bytes, DataType dtype)
        : spec_(tensor.spec()), buffer_(tensor.buffer()), device_(tensor.device()) {
        const std::uint64_t elements = bytes / element_bytes(dtype);
        if (elements != volume(spec_.shape) || bytes % element_bytes(dtype) != 0)
            fail(Code::TENSOR_SHAPE, "Host tensor", elements, to_string(spec_.shape), volume(spec_.shape));
    }

    /// copy(byte of a page, element number, how many): each run of elements that are neighbours in both.
    template <typename Copy>
    void each_run(const Copy& copy) const {
        if (volume(spec_.shape) == 0) return;
        if (spec_.layout == Layout::ROW_MAJOR) {
            const std::uint32_t width = spec_.width();
            in_parallel(device_, buffer_.num_pages(), buffer_.size(),
                        [&](std::uint64_t first, std::uint64_t last) {
                            for (std::uint64_t row = first; row < last; ++row)
                                copy(buffer_.page(row), row * width, width);
                        });
            return;
        }
        const std::uint32_t Ht = tiles(height());
        const std::uint64_t tile_rows = buffer_.num_pages() / tiles(spec_.width());
        in_parallel(device_, tile_rows, buffer_.size(), [&](std::uint64_t first, std::uint64_t last) {
            for (std::uint64_t row = first; row < last; ++row)
                tile_row(row, (row / Ht) * height() + row % Ht * kSide,
                         std::min(kSide, static_cast<std::uint32_t>(height() - row % Ht * kSide)), copy);
        });
    }

    /// Zeros in what pads the last tile of each row and column.
    void clear_padding() const {
        if (spec_.layout == Layout::ROW_MAJOR || spec_.padded_shape() == spec_.shape) return;
        const std::uint32_t Wt = tiles(spec_.width());
        const std::uint32_t Ht = tiles(height());
        for (std::uint64_t page = 0; page < buffer_.num_pages(); ++page) {
            const bool right = page % Wt == Wt - 1 && spec_.width() % kSide != 0;
            const bool bottom = page / Wt % Ht == Ht - 1 && height() % kSide != 0;
            if (right || bottom) std::memset(buffer_.page(page), 0, buffer_.page_size());
        }
    }

    DataType tensor_dtype() const { return spec_.dtype; }

private:
    std::uint32_t height() const { return spec_.shape.size() < 2 ? 1 : spec_.shape[spec_.shape.size() - 2]; }

    // The tiles of one tile row, which holds `rows` rows from row `first_row` of the tensor on.
    template <typename Copy>
    void tile_row(std::uint64_t tile_row, std::uint64_t first_row, std::uint32_t rows,
                  const Copy& copy) const {
        const std::uint32_t width = spec_.width();
        const std::uint32_t Wt = tiles(width);
        const std::uint32_t bytes = element_bytes(spec_.dtype);
        for (std::uint32_t tile = 0; tile < Wt; ++tile) {
            std::byte* page = buffer_.page(tile_row * Wt + tile);
            for (std::uint32_t row = 0; row < rows; ++row)
                for (std::uint32_t column = 0; column < kSide; column += kFace) {
                    const std::uint32_t at = tile * kSide + column;
                    if (at >= width) break;
                    copy(page + tile::face_index(row, column) * bytes, (first_row + row) * width + at,
                         std::min(kFace, width - at));
                }
        }
    }

    const TensorSpec& spec_;
    const Buffer& buffer_;
    const Device& device_;
};

}  // namespace

Shape TensorSpec::padded_shape() const {
    Shape padded = shape;
    if (layout == Layout::ROW_MAJOR) return padded;
    if (padded.size() < 2) padded.insert(padded.begin(), 2 - padded.size(), 1);
    for (std::size_t i = padded.size() - 2; i < padded.size(); ++i) padded[i] = tiles(padded[i]) * kSide;
    return padded;
}

Tensor::Tensor(Device& device, TensorSpec spec) : device_(&device), spec_(std::move(spec)) {
    check_size(spec_);
    const bool row_major = spec_.layout == Layout::ROW_MAJOR;
    const std::uint64_t page_elements = row_major ? spec_.width() : tile::kElements;
    const std::uint64_t page_bytes = page_elements * element_bytes(spec_.dtype);
    const std::uint64_t elements = row_major ? spec_.rows() * spec_.width() : volume(spec_.padded_shape());
    buffer_ = std::make_shared<std::unique_ptr<Buffer>>(std::make_unique<Buffer>(
        device, elements * element_bytes(spec_.dtype), page_bytes, spec_.memory_config.buffer_type));
}

const Buffer& Tensor::buffer() const {
    if (*buffer_ == nullptr) fail(Code::BUFFER_FREED, "The tensor of shape " + to_string(spec_.shape));
    return **buffer_;
}

void write(const Tensor& tensor, std::span<const std::byte> data, DataType dtype) {
    const Elements elements(tensor, data.size(), dtype);
    elements.clear_padding();
    elements.each_run([&](std::byte* place, std::uint64_t first, std::size_t count) {
        convert(data.data() + first * element_bytes(dtype), dtype, place, elements.tensor_dtype(), count);
    });
}

void read(const Tensor& tensor, std::span<std::byte> data, DataType dtype) {
    const Elements elements(tensor, data.size(), dtype);
    elements.each_run([&](const std::byte* place, std::uint64_t first, std::size_t count) {
        convert(place, elements.tensor_dtype(), data.data() + first * element_bytes(dtype), dtype, count);
    });
}

Tensor to_device(const HostTensor& host, Device& device, MemoryConfig memory, Layout layout) {
    const std::uint64_t elements = host.data.size() / element_bytes(host.dtype);
    if (elements != volume(host.shape) || host.data.size() % element_bytes(host.dtype) != 0)
        fail(Code::TENSOR_SHAPE, "Host tensor", elements, to_string(host.shape), volume(host.shape));
    Tensor tensor(device, {host.shape, host.dtype, layout, memory});
    write(tensor, host.data, host.dtype);
    return tensor;
}

void copy_to_device(const HostTensor& host, const Tensor& tensor) {
    write(tensor, host.data, host.dtype);
}

HostTensor to_host(const Tensor& tensor) {
    const TensorSpec& spec = tensor.spec();
    tensor.buffer();  // a freed tensor is told before memory is asked for
    HostTensor host{spec.shape, spec.dtype, {}};
    host.data.resize(volume(spec.shape) * element_bytes(spec.dtype));
    read(tensor, host.data, spec.dtype);
    return host;
}

Tensor to_layout(const Tensor& tensor, Layout layout) {
    const HostTensor host = to_host(tensor);
    return to_device(host, tensor.device(), tensor.spec().memory_config, layout);
}

}  // namespace loom
