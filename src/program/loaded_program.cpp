// A program of a file on a device.
#include "program/loaded_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>

#include "program/json_place.hpp"
#include "program/random_tensor.hpp"
#include "program/tensor_file.hpp"
#include "runtime/jit/jit.hpp"
#include "util/bfloat16.hpp"
#include "util/error.hpp"

namespace loom {
namespace fs = std::filesystem;
namespace {

using program_file::Json;

float load(const HostTensor& tensor, std::uint64_t i) {
    if (tensor.dtype == DataType::BFLOAT16) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, tensor.data.data() + 2 * i, 2);
        return bfloat16_to_float(bits);
    }
    float value = 0;
    std::memcpy(&value, tensor.data.data() + 4 * i, 4);
    return value;
}

void store(HostTensor& tensor, std::uint64_t i, float value) {
    if (tensor.dtype == DataType::BFLOAT16) {
        const std::uint16_t bits = float_to_bfloat16(value);
        std::memcpy(tensor.data.data() + 2 * i, &bits, 2);
    } else {
        std::memcpy(tensor.data.data() + 4 * i, &value, 4);
    }
}

HostTensor zeros(const TensorSpec& spec) {
    HostTensor host{spec.shape, spec.dtype, {}};
    host.data.resize(volume(spec.shape) * element_bytes(spec.dtype));
    return host;
}

HostTensor range(const TensorSpec& spec, const ValueRange& values) {
    HostTensor host = zeros(spec);
    for (std::uint64_t i = 0; i < volume(spec.shape); ++i)
        store(host, i, static_cast<float>(values.first + static_cast<double>(i) * values.step));
    return host;
}

// A tensor's file, which lies in the program's folder.
std::string in_folder_of(const ProgramFile& program, const std::string& name) {
    return (fs::path(program.path).parent_path() / name).string();
}

HostTensor from_file(const ProgramFile& program, std::size_t tensor, const std::string& name) {
    const TensorSpec& spec = program.tensors[tensor].spec;
    HostTensor read = read_tensor(in_folder_of(program, name));
    if (read.shape != spec.shape)
        program_file::refuse(program.path, fmt::format("/tensors/{}/contents/file", tensor),
                             "a tensor of shape " + to_string(spec.shape),
                             fmt::format("{} of {}", Json(name).dump(), to_string(read.shape)));
    if (read.dtype == spec.dtype) return read;
    HostTensor host = zeros(spec);
    for (std::uint64_t i = 0; i < volume(spec.shape); ++i) store(host, i, load(read, i));
    return host;
}

// Beside the program first: a bug report is one folder. The working directory does not count.
std::string find_kernel_file(const ProgramFile& program, std::size_t kernel) {
    const std::string& name = program.kernels[kernel].descriptor.kernel_source;
    const fs::path beside = fs::path(program.path).parent_path() / name;
    std::error_code error;
    if (fs::is_regular_file(beside, error)) return beside.string();
    if (!runtime::embedded_with_includes(name).empty()) return name;
    program_file::refuse(program.path, fmt::format("/kernels/{}/file", kernel),
                         "a file in the program's folder, or one of Loom's own kernels",
                         Json(name).dump() + ", which is neither");
}

// Turns arguments into words, by the tensors' places.
class Resolver {
public:
    explicit Resolver(const std::vector<LoadedProgram::LoadedTensor>& tensors) : tensors_(tensors) {}

    std::uint32_t word(const FileArg& arg) const {
        switch (arg.kind) {
            case FileArg::Kind::real:
                return std::bit_cast<std::uint32_t>(static_cast<float>(arg.real));
            case FileArg::Kind::address:
                return buffer(arg).address();
            default:
                return arg.number;
        }
    }
    std::vector<std::uint32_t> words(const FileArgs& args) const {
        std::vector<std::uint32_t> all;
        for (const FileArg& arg : args)
            if (arg.kind == FileArg::Kind::accessor)
                TensorAccessorArgs(buffer(arg)).append_to(all);
            else
                all.push_back(word(arg));
        return all;
    }

private:
    const Buffer& buffer(const FileArg& arg) const {
        const auto found = std::ranges::find(tensors_, arg.tensor, &LoadedProgram::LoadedTensor::name);
        if (found == tensors_.end()) fail(Code::INTERNAL, "An argument names no tensor: " + arg.tensor);
        return found->tensor.buffer();
    }
    const std::vector<LoadedProgram::LoadedTensor>& tensors_;
};

KernelDescriptor resolved(const FileKernel& kernel, const Resolver& resolver) {
    KernelDescriptor made = kernel.descriptor;
    made.compile_time_args = resolver.words(kernel.compile_time_args);
    for (const auto& [name, arg] : kernel.named_compile_time_args)
        made.named_compile_time_args.emplace_back(name, resolver.word(arg));
    for (const auto& [cores, args] : kernel.runtime_args)
        for (const CoreCoord core : corerange_to_cores(cores))
            made.runtime_args.emplace_back(core, resolver.words(args));
    made.common_runtime_args = resolver.words(kernel.common_runtime_args);
    return made;
}

}  // namespace

LoadedProgram::LoadedProgram(ProgramFile file, unsigned threads, std::optional<Numerics> numerics)
    : file_(std::move(file)),
      device_(std::make_unique<Device>(DeviceOptions{.arch = file_.arch,
                                                     .grid = file_.grid,
                                                     .threads = threads,
                                                     .numerics = numerics.value_or(file_.numerics)})) {
    for (const FileTensor& tensor : file_.tensors)
        tensors_.push_back({tensor.name, Tensor(*device_, tensor.spec),
                            !std::holds_alternative<Unwritten>(tensor.contents)});
    const Resolver resolver(tensors_);
    for (std::size_t i = 0; i < file_.kernels.size(); ++i) {
        descriptor_.kernels.push_back(resolved(file_.kernels[i], resolver));
        KernelDescriptor& kernel = descriptor_.kernels.back();
        if (kernel.source_type == KernelDescriptor::SourceType::FILE_PATH)
            kernel.kernel_source = find_kernel_file(file_, i);
    }
    descriptor_.cbs = file_.cbs;
    descriptor_.semaphores = file_.semaphores;
}

const LoadedProgram::LoadedTensor* LoadedProgram::find_tensor(const std::string& name) const {
    const auto found = std::ranges::find(tensors_, name, &LoadedTensor::name);
    return found == tensors_.end() ? nullptr : &*found;
}

std::vector<NamedFile> LoadedProgram::files_read() const {
    std::vector<NamedFile> files{{"the program", file_.path}};
    for (const KernelDescriptor& kernel : descriptor_.kernels)
        if (kernel.source_type == KernelDescriptor::SourceType::FILE_PATH)
            files.push_back({"the kernel", kernel.kernel_source});
    for (const FileTensor& tensor : file_.tensors)
        if (const auto* contents = std::get_if<ValuesFromFile>(&tensor.contents))
            files.push_back({"tensor " + tensor.name + " in", in_folder_of(file_, contents->file)});
    return files;
}

void LoadedProgram::fill() {
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
        const auto& [name, spec, contents] = file_.tensors[i];
        if (!tensors_[i].has_contents) continue;
        HostTensor host;
        if (const auto* values = std::get_if<ValueRange>(&contents))
            host = range(spec, *values);
        else if (const auto* normal = std::get_if<NormalValues>(&contents))
            host = random_normal(spec.shape, spec.dtype, normal->mean, normal->deviation, normal->seed);
        else if (const auto* file = std::get_if<ValuesFromFile>(&contents))
            host = from_file(file_, i, file->file);
        else
            host = zeros(spec);
        copy_to_device(host, tensors_[i].tensor);
    }
}

}  // namespace loom
