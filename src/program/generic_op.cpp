// Runs a program that its caller described.
#include "program/generic_op.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "program/program_cache.hpp"
#include "runtime/jit/jit.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

namespace loom {
namespace {

std::string key_of(const KernelDescriptor::ConfigDescriptor& config) {
    std::string key = fmt::format("config {}", config.index());
    if (const auto* compute = std::get_if<ComputeConfigDescriptor>(&config))
        key += fmt::format(" {} {} {} {} {}", static_cast<int>(compute->math_fidelity),
                           compute->fp32_dest_acc_en, compute->dst_full_sync_en, compute->math_approx_mode,
                           fmt::join(compute->unpack_to_dest_fp32(), ","));
    if (const auto* mover = std::get_if<DataMovementConfigDescriptor>(&config))
        key += fmt::format(" {}", static_cast<int>(mover->processor));
    return key;
}

// Text of any length goes in with its length, so that two keys never meet.
std::string text_key(const std::string& text) {
    return fmt::format("{}:{}", text.size(), text);
}

std::string key_of(const KernelDescriptor& kernel) {
    std::string key = "\nkernel " + text_key(kernel.kernel_source);
    if (kernel.source_type == KernelDescriptor::SourceType::FILE_PATH)
        key += text_key(std::filesystem::absolute(kernel.kernel_source).string());
    key += fmt::format(" on {} args {}", to_string(kernel.core_ranges),
                       fmt::join(kernel.compile_time_args, ","));
    for (const auto& [name, value] : kernel.named_compile_time_args)
        key += fmt::format(" {}={}", text_key(name), value);
    for (const auto& [name, value] : kernel.defines)
        key += fmt::format(" -D{}={}", text_key(name), text_key(value));
    for (const auto& [core, args] : kernel.runtime_args)
        key += fmt::format(" {}x{}", to_string(core), args.size());
    return fmt::format("{} common {} {}", key, kernel.common_runtime_args.size(), key_of(kernel.config));
}

std::string key_of(const ProgramDescriptor& descriptor) {
    if (descriptor.custom_program_hash) return fmt::format("generic_op #{}", *descriptor.custom_program_hash);
    std::string key = "generic_op";
    for (const KernelDescriptor& kernel : descriptor.kernels) key += key_of(kernel);
    for (const SemaphoreDescriptor& semaphore : descriptor.semaphores)
        key += fmt::format("\nsemaphore {} on {} from {}", semaphore.id, to_string(semaphore.core_ranges),
                           semaphore.initial_value);
    for (const CBDescriptor& cb : descriptor.cbs) {
        key += fmt::format("\ncb {} on {}", cb.total_size, to_string(cb.core_ranges));
        for (const CBFormatDescriptor& format : cb.format_descriptors) {
            const TileDescriptor tile = format.tile.value_or(TileDescriptor{});
            key +=
                fmt::format(" c_{} {} {} {}x{} {}", format.buffer_index, static_cast<int>(format.data_format),
                            format.page_size, tile.height, tile.width, tile.transpose);
        }
    }
    return key;
}

void copy_args(const std::vector<std::uint32_t>& from, std::span<std::uint32_t> to,
               const KernelDescriptor& kernel) {
    if (from.size() != to.size())
        fail(Code::RUNTIME_ARGS, name_of(kernel),
             fmt::format("{} runtime arguments, and the cached program of this hash has {}", from.size(),
                         to.size()));
    std::ranges::copy(from, to.begin());
}

void refresh(Program& program, const ProgramDescriptor& descriptor) {
    if (program.plan().kernels.size() != descriptor.kernels.size())
        fail(Code::RUNTIME_ARGS, "This program",
             format_counted("{} kernels, and the cached program of this hash has {}",
                            descriptor.kernels.size(), program.plan().kernels.size()));
    for (std::size_t i = 0; i < descriptor.kernels.size(); ++i) {
        const KernelDescriptor& kernel = descriptor.kernels[i];
        copy_args(kernel.common_runtime_args, program.common_runtime_args(i), kernel);
        for (const auto& [core, args] : kernel.runtime_args)
            copy_args(args, program.runtime_args(i, core), kernel);
    }
}

}  // namespace

Tensor generic_op(std::span<const Tensor> tensors, const ProgramDescriptor& descriptor,
                  const runtime::LaunchOptions& options, runtime::LaunchReport* report) {
    if (tensors.empty()) fail(Code::TENSOR_PLACE, "generic_op needs at least one tensor, the output");
    Device& device = tensors.back().device();
    for (const Tensor& tensor : tensors) {
        if (&tensor.device() != &device)
            fail(Code::TENSOR_PLACE, "All tensors of generic_op must be on one device");
        tensor.buffer();  // throws BUFFER_FREED
    }
    const StopScope scope(options.stop);
    const std::string key = key_of(descriptor);
    Program* program = device.program_cache().find(key);
    if (program != nullptr && program->up_to_date()) {
        validate(descriptor, device);
        refresh(*program, descriptor);
    } else {
        program = &device.program_cache().insert(key, std::make_unique<Program>(descriptor, device));
    }
    const runtime::LaunchReport done = enqueue(device, *program, options);
    if (report != nullptr) *report = done;
    return tensors.back();
}

}  // namespace loom
