// All that a program file holds, in words.
#include "program_words.hpp"

#include <fmt/format.h>

namespace loom::fuzz {
namespace {

std::string all_of(const TensorContents& contents) {
    std::string text = fmt::format("contents {}", contents.index());
    if (const auto* range = std::get_if<ValueRange>(&contents))
        text += fmt::format(" {} {}", range->first, range->step);
    if (const auto* normal = std::get_if<NormalValues>(&contents))
        text += fmt::format(" {} {} {}", normal->seed, normal->mean, normal->deviation);
    if (const auto* file = std::get_if<ValuesFromFile>(&contents)) text += ' ' + file->file;
    return text;
}

std::string all_of(const FileArg& arg) {
    return fmt::format(" {}:{}:{}:{}", static_cast<int>(arg.kind), arg.number, arg.real, arg.tensor);
}

std::string all_of(const FileArgs& args) {
    std::string text = fmt::format(" {} args", args.size());
    for (const FileArg& arg : args) text += all_of(arg);
    return text;
}

std::string all_of(const KernelDescriptor::ConfigDescriptor& config) {
    std::string text = fmt::format(" config {}", config.index());
    if (const auto* mover = std::get_if<DataMovementConfigDescriptor>(&config))
        text += fmt::format(" {}", static_cast<int>(mover->processor));
    if (const auto* compute = std::get_if<ComputeConfigDescriptor>(&config))
        text += fmt::format(" {} {} {} {}", static_cast<int>(compute->math_fidelity),
                            compute->fp32_dest_acc_en, compute->dst_full_sync_en, compute->math_approx_mode);
    return text;
}

std::string all_of(const FileKernel& kernel) {
    const KernelDescriptor& descriptor = kernel.descriptor;
    std::string text = fmt::format("\nkernel {} {}:{} on {}", static_cast<int>(descriptor.source_type),
                                   descriptor.kernel_source.size(), descriptor.kernel_source,
                                   to_string(descriptor.core_ranges));
    text += all_of(descriptor.config) + all_of(kernel.compile_time_args) + all_of(kernel.common_runtime_args);
    for (const auto& [name, arg] : kernel.named_compile_time_args) text += ' ' + name + all_of(arg);
    for (const auto& [name, value] : descriptor.defines) text += fmt::format(" -D{}={}", name, value);
    for (const auto& [cores, args] : kernel.runtime_args) text += ' ' + to_string(cores) + all_of(args);
    return text;
}

std::string all_of(const CBDescriptor& cb) {
    std::string text = fmt::format("\ncb {} on {}", cb.total_size, to_string(cb.core_ranges));
    for (const CBFormatDescriptor& format : cb.format_descriptors) {
        text += fmt::format(" c_{} {} {}", format.buffer_index, static_cast<int>(format.data_format),
                            format.page_size);
        if (format.tile) text += fmt::format(" tile {}x{}", format.tile->height, format.tile->width);
    }
    return text;
}

}  // namespace

std::string all_of(const ProgramFile& program) {
    const CoreCoord grid = program.grid == CoreCoord{} ? arch_spec(program.arch).grid : program.grid;
    std::string text = fmt::format("{} {}", static_cast<int>(program.arch), to_string(grid));
    for (const FileTensor& tensor : program.tensors)
        text += fmt::format("\ntensor {} {} {} {} {} {}", tensor.name, to_string(tensor.spec.shape),
                            name_of(tensor.spec.dtype), name_of(tensor.spec.layout),
                            static_cast<int>(tensor.spec.memory_config.buffer_type), all_of(tensor.contents));
    for (const CBDescriptor& cb : program.cbs) text += all_of(cb);
    for (const auto& [index, name] : program.cb_names) text += fmt::format("\nc_{} is {}", index, name);
    for (const SemaphoreDescriptor& semaphore : program.semaphores)
        text += fmt::format("\nsemaphore {} {} on {}", semaphore.id, semaphore.initial_value,
                            to_string(semaphore.core_ranges));
    for (const FileKernel& kernel : program.kernels) text += all_of(kernel);
    return text;
}

}  // namespace loom::fuzz
