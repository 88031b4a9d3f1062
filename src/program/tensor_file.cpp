// Which file and which format a tensor's name stands for.
#include "program/tensor_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <optional>
#include <string_view>

#include "program/tensor_file_format.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"

namespace loom {
namespace {

enum class Format { safetensors, npy };

struct Place {
    Format format;
    std::string path;
    std::optional<std::string> tensor_name;
};

constexpr std::string_view kEnding = ".safetensors";

Place place_of(const std::string& name) {
    if (std::string path = tensor_file_path(name); path.size() < name.size()) {
        std::string tensor = name.substr(path.size() + 1);
        return {Format::safetensors, std::move(path), std::move(tensor)};
    }
    if (name.ends_with(kEnding)) return {Format::safetensors, name, std::nullopt};
    if (name.ends_with(".npy")) return {Format::npy, name, std::nullopt};
    fail(Code::FILE_KIND, name);
}

// The writer must not make what the reader refuses, nor read past a tensor's data.
void check_whole(const std::string& path, const HostTensor& tensor) {
    if (tensor.shape.size() > tensor_file::kMaxRank) {
        fail(Code::FILE_UNWRITABLE, path,
             format_counted("the tensor has {} dimensions, over the limit of {}", tensor.shape.size(),
                            tensor_file::kMaxRank));
    }
    if (tensor_file::dense_bytes(tensor.shape, tensor.dtype) != tensor.data.size()) {
        fail(Code::FILE_UNWRITABLE, path,
             format_counted("the tensor's {} bytes of data are not those of {} in {}", tensor.data.size(),
                            to_string(tensor.shape), name_of(tensor.dtype)));
    }
}

}  // namespace

std::string tensor_file_path(const std::string& name) {
    // The first colon after the ending splits, so a tensor's name may hold colons, dots and endings of its own.
    const std::size_t at = name.find(".safetensors:");
    return at == std::string::npos ? name : name.substr(0, at + kEnding.size());
}

HostTensor read_tensor(const std::string& name) {
    const Place place = place_of(name);
    if (place.format == Format::npy) return tensor_file::read_npy(place.path);
    return tensor_file::read_safetensors(place.path, place.tensor_name);
}

void write_tensor(const std::string& name, const HostTensor& tensor) {
    const Place place = place_of(name);
    check_whole(place.path, tensor);
    if (place.format == Format::npy) return tensor_file::write_npy(place.path, tensor);
    tensor_file::write_safetensors(place.path, {{place.tensor_name.value_or("tensor"), &tensor}});
}

void check_writable(const std::string& name, DataType dtype) {
    const Place place = place_of(name);
    if (place.format == Format::npy) tensor_file::check_npy_dtype(place.path, dtype);
    const std::filesystem::path folder = std::filesystem::path(place.path).parent_path();
    // With a slash at the end, a file in the folder's place is called just that, and no lack of rights.
    if (::access(folder.empty() ? "." : (folder / "").c_str(), W_OK | X_OK) != 0)
        fail(Code::FILE_UNWRITABLE, place.path, std::generic_category().message(errno));
    std::error_code error;
    if (std::filesystem::is_directory(place.path, error))
        fail(Code::FILE_UNWRITABLE, place.path, std::generic_category().message(EISDIR));
    if (place.tensor_name) tensor_file::check_safetensors_name(place.path, *place.tensor_name);
}

void write_tensors(const std::string& path, const std::vector<std::pair<std::string, HostTensor>>& tensors) {
    const Place place = place_of(path);
    if (place.format != Format::safetensors || place.tensor_name) fail(Code::FILE_KIND, path);
    tensor_file::NamedTensors named;
    for (const auto& [name, tensor] : tensors) {
        check_whole(path, tensor);
        named.emplace_back(name, &tensor);
    }
    tensor_file::write_safetensors(path, named);
}

}  // namespace loom
