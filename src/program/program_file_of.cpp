// A factory's program in the form of a program file.
#include <fmt/format.h>

#include <algorithm>

#include "program/program_file.hpp"
#include "util/error.hpp"

namespace loom {
namespace {

FileArgs numbers(const std::vector<std::uint32_t>& words) {
    FileArgs args;
    for (const std::uint32_t word : words) args.push_back({.number = word});
    return args;
}

// Puts the tensor's name in the place of the words that it gave.
void name_tensor(FileArgs& args, std::uint32_t position, FileArg::Kind kind, const NamedTensor& tensor) {
    const Buffer& buffer = tensor.tensor.buffer();
    const std::vector<std::uint32_t> words = kind == FileArg::Kind::address
                                                 ? std::vector{buffer.address()}
                                                 : TensorAccessorArgs(buffer).get_compile_time_args();
    const FileArgs expected = numbers(words);
    if (position + words.size() > args.size() ||
        !std::equal(expected.begin(), expected.end(), args.begin() + position))
        fail(Code::INTERNAL, fmt::format("Argument {} is not what {} gives", position, tensor.name));
    const auto first = args.begin() + position;
    *first = {.kind = kind, .tensor = tensor.name};
    args.erase(first + 1, first + static_cast<std::ptrdiff_t>(words.size()));
}

FileKernel file_kernel(const KernelDescriptor& kernel) {
    FileKernel made{kernel, numbers(kernel.compile_time_args), {}, {}, numbers(kernel.common_runtime_args)};
    for (const auto& [name, word] : kernel.named_compile_time_args)
        made.named_compile_time_args.emplace_back(name, FileArg{.number = word});
    const auto& args = kernel.runtime_args;
    const bool alike =
        args.size() == kernel.core_ranges.num_cores() &&
        std::ranges::all_of(args, [&](const auto& on_core) { return on_core.second == args.front().second; });
    if (alike && !args.empty())
        made.runtime_args.emplace_back(kernel.core_ranges, numbers(args.front().second));
    for (const auto& [core, words] : args)
        if (!alike) made.runtime_args.emplace_back(CoreRangeSet(core), numbers(words));
    made.descriptor.compile_time_args.clear();
    made.descriptor.named_compile_time_args.clear();
    made.descriptor.runtime_args.clear();
    made.descriptor.common_runtime_args.clear();
    return made;
}

}  // namespace

ProgramFile program_file_of(const Device& device, const ProgramDescriptor& descriptor,
                            const ProgramNotes& notes, const std::vector<NamedTensor>& tensors) {
    ProgramFile program;
    program.arch = device.arch();
    program.numerics = device.numerics();
    program.grid = device.compute_with_storage_grid_size();
    for (const auto& [name, tensor, contents] : tensors)
        program.tensors.push_back({name, tensor.spec(), contents});
    program.cbs = descriptor.cbs;
    for (const CbTableRow& row : notes.circular_buffers) program.cb_names.emplace(row.index, row.name);
    program.semaphores = descriptor.semaphores;
    for (const KernelDescriptor& kernel : descriptor.kernels) program.kernels.push_back(file_kernel(kernel));

    // The last position first: an accessor is several words and becomes one argument.
    std::vector<TensorArg> args = notes.tensor_args;
    std::ranges::sort(args, std::ranges::greater{}, &TensorArg::position);
    for (const TensorArg& arg : args) {
        const auto tensor = std::ranges::find(tensors, arg.tensor, &NamedTensor::name);
        if (tensor == tensors.end())
            fail(Code::INTERNAL, fmt::format("The notes name a tensor that was not given: {}", arg.tensor));
        FileKernel& kernel = program.kernels.at(arg.kernel);
        if (arg.kind == TensorArg::Kind::accessor) {
            name_tensor(kernel.compile_time_args, arg.position, FileArg::Kind::accessor, *tensor);
            continue;
        }
        for (auto& [cores, on_core] : kernel.runtime_args)
            name_tensor(on_core, arg.position, FileArg::Kind::address, *tensor);
    }
    return program;
}

}  // namespace loom
