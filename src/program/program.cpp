// A program ready to run.
#include "program/program.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "program/device.hpp"
#include "runtime/jit/inputs.hpp"
#include "runtime/jit/jit.hpp"
#include "runtime/jit/translation_unit.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"

namespace loom {
namespace {

using runtime::CbConfig;
using runtime::ImageKind;
using runtime::Risc;

std::vector<CoreCoord> cores_of(const ProgramDescriptor& descriptor) {
    std::vector<CoreCoord> cores;
    std::set<CoreCoord> seen;
    for (const KernelDescriptor& kernel : descriptor.kernels)
        for (const CoreCoord core : corerange_to_cores(kernel.core_ranges))
            if (seen.insert(core).second) cores.push_back(core);
    return cores;
}

Risc data_movement_risc(const KernelDescriptor& kernel) {
    if (std::holds_alternative<ReaderConfigDescriptor>(kernel.config)) return Risc::NCRISC;
    const auto* config = std::get_if<DataMovementConfigDescriptor>(&kernel.config);
    return config != nullptr && config->processor == DataMovementProcessor::RISCV_1 ? Risc::NCRISC
                                                                                    : Risc::BRISC;
}

bool is_compute(const KernelDescriptor& kernel) {
    return std::holds_alternative<ComputeConfigDescriptor>(kernel.config);
}

void check_format(const CBDescriptor& cb, const CBFormatDescriptor& format) {
    const std::uint32_t index = format.buffer_index;
    if (index >= runtime::kNumCircularBuffers) fail(Code::CB_CONFIG, index, "there are c_0 to c_31");
    if (format.page_size == 0 || cb.total_size % format.page_size != 0 || cb.total_size == 0)
        fail(Code::CB_CONFIG, index,
             format_counted("{} bytes are no whole number of pages of {} bytes", cb.total_size,
                            format.page_size));
    if (format.page_size % 16 != 0)
        fail(Code::CB_CONFIG, index,
             format_counted("pages of {} bytes; unpacker and packer address L1 in steps of 16",
                            format.page_size));
    if (cb.total_size / format.page_size >= 65536)
        fail(Code::CB_CONFIG, index,
             format_counted("{} pages; counters tell 65535 apart", cb.total_size / format.page_size));
    const TileDescriptor tile = format.tile.value_or(TileDescriptor{});
    if (tile.width != 32 || tile.height == 0 || tile.height > 32)
        fail(Code::CB_CONFIG, index,
             fmt::format("tiles of {}x{}; there are 1 to 32 rows of 32", tile.height, tile.width));
}

// `what` is on these cores, in words: "reader runs on", "Semaphore 3 is on".
void check_cores(const CoreRangeSet& cores, const std::string& what, const Device& device) {
    const CoreCoord grid = device.compute_with_storage_grid_size();
    for (const CoreRange& range : cores.ranges())
        if (range.end_coord.x >= grid.x || range.end_coord.y >= grid.y)
            fail(Code::PROGRAM_CORES, what, to_string(range.end_coord), grid.x, grid.y);
}

std::string words_of(const CBDescriptor& cb) {
    if (cb.format_descriptors.empty()) return "A circular buffer without formats";
    return fmt::format("Circular buffer c_{}", cb.format_descriptors.front().buffer_index);
}

void check_defines(const KernelDescriptor& kernel) {
    for (const auto& [name, value] : kernel.defines)
        if (const std::string wrong = runtime::wrong_define(name, value); !wrong.empty())
            fail(Code::RUNTIME_ARGS, name_of(kernel), fmt::format("define {}: {}", name, wrong));
}

void check_kernel(const KernelDescriptor& kernel, const Device& device) {
    check_cores(kernel.core_ranges, name_of(kernel) + " runs on", device);
    check_defines(kernel);
    for (const auto& [core, args] : kernel.runtime_args) {
        if (!kernel.core_ranges.contains(core))
            fail(Code::RUNTIME_ARGS, name_of(kernel),
                 fmt::format("runtime arguments for core {}, where it does not run", to_string(core)));
        if (args.size() + kernel.common_runtime_args.size() > kMaxRuntimeArgs)
            fail(Code::RUNTIME_ARGS, name_of(kernel),
                 fmt::format("{} runtime arguments on core {}, and at most {} fit",
                             args.size() + kernel.common_runtime_args.size(), to_string(core),
                             kMaxRuntimeArgs));
    }
}

void check_riscs(const ProgramDescriptor& descriptor) {
    std::map<std::pair<CoreCoord, int>, const KernelDescriptor*> owners;
    for (const KernelDescriptor& kernel : descriptor.kernels) {
        const int processor = is_compute(kernel) ? -1 : static_cast<int>(data_movement_risc(kernel));
        for (const CoreCoord core : corerange_to_cores(kernel.core_ranges)) {
            const auto [place, fresh] = owners.emplace(std::pair(core, processor), &kernel);
            if (fresh) continue;
            fail(Code::PROGRAM_RISC, to_string(core),
                 is_compute(kernel) ? "the compute threads" : runtime::name_of(data_movement_risc(kernel)),
                 name_of(*place->second), name_of(kernel));
        }
    }
}

// As messages and debuggers name it.
std::string file_of(const KernelDescriptor& kernel) {
    return kernel.source_type == KernelDescriptor::SourceType::SOURCE_CODE ? "source.cpp"
                                                                           : kernel.kernel_source;
}

runtime::DstConfig dst_config(const ComputeConfigDescriptor& config) {
    runtime::DstConfig dst{.fp32 = config.fp32_dest_acc_en,
                           .full_sync = config.dst_full_sync_en,
                           .fidelity = config.math_fidelity,
                           .approximate = config.math_approx_mode};
    for (const std::uint32_t cb : config.unpack_to_dest_fp32()) dst.unpack_to_dest |= 1u << cb;
    return dst;
}

// One image of a kernel to build: data movement has one, compute three.
void add_builds(const KernelDescriptor& kernel, const std::vector<CbConfig>& cbs,
                std::vector<runtime::KernelBuild>& builds) {
    runtime::KernelBuild build;
    build.source = kernel.source_type == KernelDescriptor::SourceType::SOURCE_CODE
                       ? runtime::KernelSource{file_of(kernel), kernel.kernel_source, "", false}
                       : runtime::find_kernel(kernel.kernel_source);
    build.compile_time_args = kernel.compile_time_args;
    build.named_compile_time_args = kernel.named_compile_time_args;
    build.defines = kernel.defines;
    build.cbs = cbs;
    if (!is_compute(kernel)) {
        builds.push_back(std::move(build));
        return;
    }
    const auto& config = std::get<ComputeConfigDescriptor>(kernel.config);
    build.dst = dst_config(config);
    for (const ImageKind kind : {ImageKind::unpack, ImageKind::math, ImageKind::pack}) {
        build.kind = kind;
        builds.push_back(build);
    }
}

// The loader of the chip refuses a kernel whose statics leave no room for a stack.
void check_statics(const KernelDescriptor& kernel, std::span<const runtime::KernelImage> images,
                   const ArchSpec& spec) {
    constexpr Risc compute[] = {Risc::UNPACK, Risc::MATH, Risc::PACK};
    for (std::size_t i = 0; i < images.size(); ++i) {
        const Risc risc = is_compute(kernel) ? compute[i] : data_movement_risc(kernel);
        const std::uint32_t local = runtime::local_bytes(spec, risc);
        if (images[i].statics_bytes + runtime::kLeastStackBytes <= local) continue;
        fail(
            Code::KERNEL_LOCAL_MEMORY, fmt::format("{} on {}", file_of(kernel), runtime::name_of(risc)),
            format_counted(
                "its variables and constants take {} bytes, and there are {} of local memory on {}, of which "
                "the stack needs {} at least. Keep large arrays in L1.",
                images[i].statics_bytes, local, spec.name, runtime::kLeastStackBytes));
    }
}

runtime::Kernel make_kernel(const KernelDescriptor& descriptor,
                            std::span<const runtime::KernelImage> images) {
    runtime::Kernel kernel;
    kernel.name = name_of(descriptor);
    kernel.file = file_of(descriptor);
    kernel.label = label_of(descriptor);
    kernel.compute = is_compute(descriptor);
    if (kernel.compute) {
        const auto& config = std::get<ComputeConfigDescriptor>(descriptor.config);
        kernel.dst = dst_config(config);
    } else {
        kernel.risc = data_movement_risc(descriptor);
    }
    kernel.common_args = descriptor.common_runtime_args;
    std::ranges::copy(images, kernel.image);
    return kernel;
}

// With the data on the device, which is what a program can be about.
std::uint64_t default_max_steps(Device& device) {
    const BankAllocator& dram = device.allocator(BufferType::DRAM);
    const std::uint64_t bytes = (dram.total_bytes() - dram.free_bytes()) * device.spec().dram_banks;
    return runtime::kMaxSteps + runtime::kMaxStepsAByte * bytes;
}

}  // namespace

std::string_view label_of(const KernelDescriptor& kernel) {
    if (is_compute(kernel)) return "compute";
    return data_movement_risc(kernel) == Risc::NCRISC ? "reader" : "writer";
}

std::vector<std::uint32_t> ComputeConfigDescriptor::unpack_to_dest_fp32() const {
    std::vector<std::uint32_t> cbs;
    // ttnn's list has 64 entries.
    const std::size_t count = std::min<std::size_t>(unpack_to_dest_mode.size(), runtime::kNumCircularBuffers);
    for (std::uint32_t cb = 0; cb < count; ++cb)
        if (unpack_to_dest_mode[cb] == UnpackToDestMode::UnpackToDestFp32) cbs.push_back(cb);
    return cbs;
}

std::string name_of(const KernelDescriptor& kernel) {
    if (kernel.source_type == KernelDescriptor::SourceType::SOURCE_CODE) return "source";
    std::string name = kernel.kernel_source.substr(kernel.kernel_source.find_last_of('/') + 1);
    return name.substr(0, name.rfind('.'));
}

CbPlacement place_circular_buffers(const ProgramDescriptor& descriptor, const Device& device) {
    // An address for each buffer that is free on all of its cores, as tt-metal gives it: above all that any
    // of its cores already holds.
    const std::uint32_t base = device.spec().l1_unreserved_base;
    // In 64 bits: sizes are anybody's numbers, and their sum is compared with what there is at the end.
    std::map<CoreCoord, std::uint64_t> tops;
    CbPlacement placed;
    for (const CBDescriptor& cb : descriptor.cbs) {
        check_cores(cb.core_ranges, words_of(cb) + " is on", device);
        for (const CBFormatDescriptor& format : cb.format_descriptors) check_format(cb, format);
        const auto cores = corerange_to_cores(cb.core_ranges);
        std::uint64_t offset = base;
        for (const CoreCoord core : cores)
            if (const auto top = tops.find(core); top != tops.end()) offset = std::max(offset, top->second);
        for (const CoreCoord core : cores) {
            tops[core] = offset + (std::uint64_t{cb.total_size} + 15) / 16 * 16;
            std::vector<CbConfig>& mine = placed[core];
            for (const CBFormatDescriptor& format : cb.format_descriptors) {
                if (std::ranges::find(mine, format.buffer_index, &CbConfig::index) != mine.end())
                    fail(Code::CB_CONFIG, format.buffer_index, "described twice on core " + to_string(core));
                const TileDescriptor tile = format.tile.value_or(TileDescriptor{});
                mine.push_back({format.buffer_index, static_cast<std::uint32_t>(offset), cb.total_size,
                                format.page_size, format.data_format, tile.height, tile.width});
            }
        }
    }
    const std::uint32_t l1 = device.spec().l1_bytes;
    const std::uint32_t tensors = base + device.l1_bytes_for_circular_buffers();
    for (const auto& [core, top] : tops) {
        if (top > l1) fail(Code::CB_OUT_OF_L1, to_string(core), top - base, l1 - base, top - l1);
        if (top > tensors) fail(Code::CB_CLASH, to_string(core), top, tensors, top - tensors);
    }
    return placed;
}

void validate(const ProgramDescriptor& descriptor, const Device& device) {
    for (const KernelDescriptor& kernel : descriptor.kernels) check_kernel(kernel, device);
    check_riscs(descriptor);
    for (const SemaphoreDescriptor& semaphore : descriptor.semaphores) {
        if (semaphore.id >= runtime::kMaxSemaphores)
            fail(Code::SEMAPHORE_CONFIG, semaphore.id, runtime::kMaxSemaphores);
        check_cores(semaphore.core_ranges, fmt::format("Semaphore {} is on", semaphore.id), device);
    }
    place_circular_buffers(descriptor, device);
}

Program::Program(const ProgramDescriptor& descriptor, const Device& device, Images kind) {
    validate(descriptor, device);
    const CbPlacement placed = place_circular_buffers(descriptor, device);
    const auto cbs_of = [&](CoreCoord core) {
        const auto found = placed.find(core);
        return found == placed.end() ? std::vector<CbConfig>{} : found->second;
    };
    for (const CoreCoord core : cores_of(descriptor)) {
        runtime::CorePlan plan{core, cbs_of(core), {}, {}};
        for (std::uint32_t i = 0; i < descriptor.kernels.size(); ++i) {
            const KernelDescriptor& kernel = descriptor.kernels[i];
            if (!kernel.core_ranges.contains(core)) continue;
            const auto args =
                std::ranges::find(kernel.runtime_args, core, [](const auto& entry) { return entry.first; });
            plan.kernels.push_back(
                {i, args == kernel.runtime_args.end() ? std::vector<std::uint32_t>{} : args->second});
        }
        for (const SemaphoreDescriptor& semaphore : descriptor.semaphores)
            if (semaphore.core_ranges.contains(core))
                plan.semaphores.push_back({semaphore.id, semaphore.initial_value});
        plan_.cores.push_back(std::move(plan));
    }

    std::vector<runtime::KernelBuild> builds;
    std::vector<std::size_t> first;
    for (const KernelDescriptor& kernel : descriptor.kernels) {
        // Formats of circular buffers are constants of a kernel, so they must agree on all of its cores; the
        // first core's are taken.
        const auto cores = corerange_to_cores(kernel.core_ranges);
        first.push_back(builds.size());
        add_builds(kernel, cores.empty() ? std::vector<CbConfig>{} : cbs_of(cores.front()), builds);
    }
    first.push_back(builds.size());
    for (runtime::KernelBuild& build : builds) build.checked = kind == Images::checked;
    runtime::Inputs inputs;
    const std::vector<runtime::KernelImage> images = runtime::build_kernels(builds, &inputs);
    inputs_ = std::make_shared<runtime::WatchedInputs>(std::move(inputs));
    for (std::size_t i = 0; i < descriptor.kernels.size(); ++i) {
        const auto own = std::span(images).subspan(first[i], first[i + 1] - first[i]);
        check_statics(descriptor.kernels[i], own, device.spec());
        plan_.kernels.push_back(make_kernel(descriptor.kernels[i], own));
    }
}

bool Program::up_to_date() {
    return inputs_->unchanged();
}

std::size_t Program::num_images() const {
    std::size_t images = 0;
    for (const runtime::Kernel& kernel : plan_.kernels) images += kernel.compute ? 3 : 1;
    return images;
}

std::span<std::uint32_t> Program::runtime_args(std::size_t kernel, CoreCoord core) {
    const auto found = std::ranges::find(plan_.cores, core, &runtime::CorePlan::core);
    if (found == plan_.cores.end()) return {};
    for (runtime::KernelOnCore& on_core : found->kernels)
        if (on_core.kernel == kernel) return on_core.args;
    return {};
}

std::span<std::uint32_t> Program::common_runtime_args(std::size_t kernel) {
    return plan_.kernels[kernel].common_args;
}

runtime::LaunchReport enqueue(Device& device, const Program& program, const runtime::LaunchOptions& options) {
    const std::uint32_t tensors = device.spec().l1_unreserved_base + device.l1_bytes_for_circular_buffers();
    for (const runtime::CorePlan& core : program.plan().cores)
        for (const CbConfig& cb : core.cbs)
            if (const std::uint64_t end = cb.end(); end > tensors)
                fail(Code::CB_CLASH, to_string(core.core), end, tensors, end - tensors);
    runtime::LaunchOptions with_threads = options;
    if (with_threads.threads == 0) with_threads.threads = device.threads();
    if (with_threads.max_steps == 0) with_threads.max_steps = default_max_steps(device);
    with_threads.numerics = device.numerics();
    with_threads.dram_range = [&allocator = device.allocator(BufferType::DRAM)](std::uint64_t offset) {
        const auto [begin, end] = allocator.around(offset);
        return runtime::DramRange{begin, end};
    };
    return runtime::launch(device.chip(), program.plan(), with_threads);
}

}  // namespace loom
