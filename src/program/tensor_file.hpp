// Tensors in files: .safetensors (bfloat16, float32) and .npy (float32), read and written.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "program/host_tensor.hpp"

namespace loom {

/// The file that a tensor's name stands for: what is before the colon after ".safetensors".
std::string tensor_file_path(const std::string& name);

/// Reads one tensor. `name` is a path that ends in .npy or .safetensors; of the latter,
/// `file.safetensors:tensor` picks one by its name, which a file with a single tensor does not need. Throws
/// FILE_KIND, FILE_UNREADABLE, FILE_DAMAGED (truncated, or a header that does not fit the bytes),
/// FILE_TENSOR_MISSING, FILE_TENSOR_CHOICE or FILE_DTYPE (anything but BF16 and F32; in .npy anything but
/// little-endian float32 in C order).
HostTensor read_tensor(const std::string& name);

/// Writes one tensor, under the name after the colon, or "tensor". The file appears whole or not at all: it
/// is written beside its place and renamed. Throws FILE_KIND, FILE_DTYPE (bfloat16 into .npy) or
/// FILE_UNWRITABLE.
void write_tensor(const std::string& name, const HostTensor& tensor);

/// Throws what write_tensor would throw for a tensor of this dtype, as far as that can be known without
/// writing: so that nothing is computed for an output that has nowhere to go.
void check_writable(const std::string& name, DataType dtype);

/// Writes several tensors, each under its own name, into one .safetensors file. Throws like write_tensor.
void write_tensors(const std::string& path, const std::vector<std::pair<std::string, HostTensor>>& tensors);

}  // namespace loom
