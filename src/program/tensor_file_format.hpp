// What the two tensor-file formats share: whole-file input and output (program files too), size arithmetic. Private
// to src/program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "program/host_tensor.hpp"

namespace loom::tensor_file {

/// More dimensions than any writer of either format makes (numpy stops at 64); a bound on hostile headers.
inline constexpr std::size_t kMaxRank = 64;

/// A regular file, open for reading; its size is the one at opening. Everything throws FILE_UNREADABLE.
class InputFile {
public:
    explicit InputFile(std::string path);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    const std::string& path() const { return path_; }
    std::uint64_t size_bytes() const { return size_bytes_; }
    /// The bytes [begin, begin + count). The range must lie in the file: check a header's word before this.
    std::vector<std::byte> read(std::uint64_t begin, std::uint64_t count) const;
    /// The same, as text.
    std::string read_text(std::uint64_t begin, std::uint64_t count) const;

private:
    void read_into(std::span<std::byte> out, std::uint64_t begin) const;

    std::string path_;
    int descriptor_ = -1;
    std::uint64_t size_bytes_ = 0;
};

/// Makes `path` a file of `header`, then `data`, atomically: on failure (FILE_UNWRITABLE) nothing has
/// changed.
void replace_file(const std::string& path, std::string_view header, std::span<const std::byte> data);

/// The little-endian number in up to 8 bytes.
std::uint64_t little_endian(std::string_view bytes);

/// Bytes of a dense tensor, or nothing if they do not fit in 64 bits.
std::optional<std::uint64_t> dense_bytes(const Shape& shape, DataType dtype);

HostTensor read_safetensors(const std::string& path, const std::optional<std::string>& tensor_name);
using NamedTensors = std::vector<std::pair<std::string, const HostTensor*>>;
void write_safetensors(const std::string& path, const NamedTensors& tensors);
/// Throws FILE_UNWRITABLE for what no tensor may be called.
void check_safetensors_name(const std::string& path, const std::string& name);
/// Throws FILE_DTYPE for what .npy cannot hold.
void check_npy_dtype(const std::string& path, DataType dtype);
HostTensor read_npy(const std::string& path);
void write_npy(const std::string& path, const HostTensor& tensor);

}  // namespace loom::tensor_file
