// What the tests of tensor files share: a folder that goes away, raw bytes in files, errors as one line.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "program/tensor_file.hpp"
#include "util/error.hpp"

namespace loom::tensor_file_testing {

/// Whether two tensors agree in shape, dtype and every byte; if not, says where they first differ.
inline ::testing::AssertionResult same(const HostTensor& got, const HostTensor& expected) {
    if (got.shape != expected.shape || got.dtype != expected.dtype) {
        return ::testing::AssertionFailure()
               << fmt::format("got {} {}, expected {} {}", name_of(got.dtype), to_string(got.shape),
                              name_of(expected.dtype), to_string(expected.shape));
    }
    const auto [at, expected_at] = std::ranges::mismatch(got.data, expected.data);
    if (at == got.data.end() && expected_at == expected.data.end()) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << fmt::format("{} and {} bytes differ at byte {}", got.data.size(),
                                                        expected.data.size(), at - got.data.begin());
}

/// A new folder, removed with all in it.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = ::testing::TempDir() + "loom_tensor_file_XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string operator/(std::string_view file) const { return fmt::format("{}/{}", path_, file); }
    auto count_files() const {
        return std::distance(std::filesystem::directory_iterator(path_),
                             std::filesystem::directory_iterator());
    }

private:
    std::string path_;
};

inline void write_bytes(const std::string& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

inline std::string read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// `value` as `count` bytes, the least first.
inline std::string little_endian_bytes(std::uint64_t value, std::size_t count) {
    std::string bytes;
    for (; count > 0; --count, value >>= 8) bytes += static_cast<char>(value & 0xff);
    return bytes;
}

/// A safetensors file of this header and data, with a true header length.
inline std::string safetensors_bytes(std::string_view header, std::size_t data_bytes) {
    return little_endian_bytes(header.size(), 8) + std::string(header) + std::string(data_bytes, '\1');
}

/// A version 1.0 .npy file of this header and data, with a true header length.
inline std::string npy_bytes(std::string_view header, std::size_t data_bytes) {
    return std::string("\x93NUMPY\1\0", 8) + little_endian_bytes(header.size(), 2) + std::string(header) +
           std::string(data_bytes, '\1');
}

/// A tensor whose bytes are all different from their neighbours.
inline HostTensor counting_tensor(Shape shape, DataType dtype) {
    const std::size_t bytes = volume(shape) * element_bytes(dtype);
    HostTensor tensor{std::move(shape), dtype, std::vector<std::byte>(bytes)};
    for (std::size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = static_cast<std::byte>(i * 7 + 1);
    return tensor;
}

/// "CODE: message" of the loom::Error that `act` throws, or "no error".
template <typename Act>
std::string error_of(const Act& act) {
    try {
        act();
    } catch (const Error& error) {
        return fmt::format("{}: {}", name_of(error.code()), error.what());
    }
    return "no error";
}

inline std::string error_of_reading(const std::string& name) {
    return error_of([&] { read_tensor(name); });
}

}  // namespace loom::tensor_file_testing
