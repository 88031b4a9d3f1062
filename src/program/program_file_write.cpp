// Writes a program as JSON, with the kernels that it names beside it.
#include <fmt/format.h>

#include <filesystem>

#include "program/json_place.hpp"
#include "program/program_file.hpp"
#include "program/tensor_file_format.hpp"
#include "runtime/jit/jit.hpp"
#include "util/error.hpp"

namespace loom {
namespace fs = std::filesystem;
namespace {

using program_file::Json;

Json core_json(CoreCoord core) {
    return Json::array({core.x, core.y});
}

Json cores_json(const CoreRangeSet& cores) {
    Json all = Json::array();
    for (const CoreRange& range : cores.ranges()) {
        if (range.size() == 1)
            all.push_back(core_json(range.start_coord));
        else
            all.push_back(Json::array({core_json(range.start_coord), core_json(range.end_coord)}));
    }
    return all;
}

Json contents_json(const TensorContents& contents) {
    if (const auto* range = std::get_if<ValueRange>(&contents))
        return {{"range", Json::array({range->first, range->step})}};
    if (const auto* file = std::get_if<ValuesFromFile>(&contents)) return {{"file", file->file}};
    const auto* normal = std::get_if<NormalValues>(&contents);
    if (normal == nullptr) return {{"zeros", true}};
    Json json{{"seed", normal->seed}};
    if (normal->mean != 0) json["mean"] = normal->mean;
    if (normal->deviation != 1) json["deviation"] = normal->deviation;
    return json;
}

Json tensor_json(const FileTensor& tensor) {
    Json json{{"name", tensor.name},
              {"shape", tensor.spec.shape},
              {"dtype", name_of(tensor.spec.dtype)},
              {"layout", name_of(tensor.spec.layout)},
              {"memory", tensor.spec.memory_config.buffer_type == BufferType::DRAM ? "DRAM" : "L1"}};
    if (!std::holds_alternative<Unwritten>(tensor.contents))
        json["contents"] = contents_json(tensor.contents);
    return json;
}

Json cb_json(const CBDescriptor& cb, const std::map<std::uint8_t, std::string>& names) {
    Json formats = Json::array();
    for (const CBFormatDescriptor& format : cb.format_descriptors) {
        Json json{{"index", format.buffer_index}};
        if (const auto name = names.find(format.buffer_index); name != names.end())
            json["name"] = name->second;
        json["data_format"] = name_of(format.data_format);
        json["page_size"] = format.page_size;
        if (format.tile) json["tile"] = {{"height", format.tile->height}, {"width", format.tile->width}};
        formats.push_back(std::move(json));
    }
    return {{"cores", cores_json(cb.core_ranges)}, {"total_size", cb.total_size}, {"formats", formats}};
}

Json arg_json(const FileArg& arg) {
    switch (arg.kind) {
        case FileArg::Kind::real:
            return {{"float", arg.real}};
        case FileArg::Kind::address:
            return {{"address", arg.tensor}};
        case FileArg::Kind::accessor:
            return {{"accessor", arg.tensor}};
        default:
            return arg.number;
    }
}

Json args_json(const FileArgs& args) {
    Json all = Json::array();
    for (const FileArg& arg : args) all.push_back(arg_json(arg));
    return all;
}

Json config_json(const KernelDescriptor::ConfigDescriptor& config) {
    if (std::holds_alternative<ReaderConfigDescriptor>(config)) return {{"type", "reader"}};
    if (std::holds_alternative<WriterConfigDescriptor>(config)) return {{"type", "writer"}};
    if (const auto* moves = std::get_if<DataMovementConfigDescriptor>(&config))
        return {{"type", "data_movement"},
                {"processor", moves->processor == DataMovementProcessor::RISCV_0 ? "RISCV_0" : "RISCV_1"}};
    const auto& compute = std::get<ComputeConfigDescriptor>(config);
    constexpr const char* fidelities[] = {"LoFi", "", "HiFi2", "HiFi3", "HiFi4"};
    return {{"type", "compute"},
            {"math_fidelity", fidelities[static_cast<int>(compute.math_fidelity)]},
            {"fp32_dest_acc_en", compute.fp32_dest_acc_en},
            {"dst_full_sync_en", compute.dst_full_sync_en},
            {"math_approx_mode", compute.math_approx_mode},
            {"unpack_to_dest_fp32", compute.unpack_to_dest_fp32()}};
}

Json source_json(const std::string& text) {
    Json lines = Json::array();
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

Json kernel_json(const FileKernel& kernel) {
    const KernelDescriptor& descriptor = kernel.descriptor;
    Json json = Json::object();
    if (descriptor.source_type == KernelDescriptor::SourceType::FILE_PATH)
        json["file"] = descriptor.kernel_source;
    else if (descriptor.kernel_source.ends_with('\n'))
        json["source"] = source_json(descriptor.kernel_source);
    else
        json["source"] = descriptor.kernel_source;
    json["cores"] = cores_json(descriptor.core_ranges);
    json["config"] = config_json(descriptor.config);
    if (!kernel.compile_time_args.empty()) json["compile_time_args"] = args_json(kernel.compile_time_args);
    for (const auto& [name, arg] : kernel.named_compile_time_args)
        json["named_compile_time_args"][name] = arg_json(arg);
    for (const auto& [name, text] : descriptor.defines) json["defines"][name] = text;
    for (const auto& [cores, args] : kernel.runtime_args)
        json["runtime_args"].push_back({{"cores", cores_json(cores)}, {"args", args_json(args)}});
    if (!kernel.common_runtime_args.empty())
        json["common_runtime_args"] = args_json(kernel.common_runtime_args);
    return json;
}

// The files that the program's kernels are made of, where they go, and what is in them.
std::vector<std::pair<fs::path, std::string_view>> kernel_files(const ProgramFile& program) {
    std::vector<std::pair<fs::path, std::string_view>> files;
    for (const FileKernel& kernel : program.kernels)
        if (kernel.descriptor.source_type == KernelDescriptor::SourceType::FILE_PATH)
            for (const EmbeddedFile& file : runtime::embedded_with_includes(kernel.descriptor.kernel_source))
                files.emplace_back(fs::path(program.path).parent_path() / file.path, file.text);
    return files;
}

bool holds_other_text(const fs::path& path, std::string_view text) {
    if (!fs::exists(path)) return false;
    const tensor_file::InputFile file(path.string());
    return file.size_bytes() != text.size() || file.read_text(0, file.size_bytes()) != text;
}

}  // namespace

Json program_json(const ProgramFile& program) {
    const ArchSpec& spec = arch_spec(program.arch);
    const CoreCoord grid = program.grid == CoreCoord{0, 0} ? spec.grid : program.grid;
    Json json{{"loom_program", 1},
              {"arch", spec.name},
              {"numerics", name_of(program.numerics)},
              {"grid", core_json(grid)}};
    for (const FileTensor& tensor : program.tensors) json["tensors"].push_back(tensor_json(tensor));
    for (const CBDescriptor& cb : program.cbs)
        json["circular_buffers"].push_back(cb_json(cb, program.cb_names));
    for (const SemaphoreDescriptor& semaphore : program.semaphores)
        json["semaphores"].push_back({{"id", semaphore.id},
                                      {"cores", cores_json(semaphore.core_ranges)},
                                      {"initial_value", semaphore.initial_value}});
    for (const FileKernel& kernel : program.kernels) json["kernels"].push_back(kernel_json(kernel));
    return json;
}

std::string program_text(const ProgramFile& program) {
    return program_file::pretty(program_json(program)) + "\n";
}

void write_program_file(const ProgramFile& program) try {
    const auto files = kernel_files(program);
    for (const auto& [path, text] : files)
        if (holds_other_text(path, text))
            fail(Code::FILE_UNWRITABLE, path.string(),
                 "a file with another text is there, and the program's kernel belongs there; name another "
                 "folder");
    if (const fs::path folder = fs::path(program.path).parent_path(); !folder.empty())
        fs::create_directories(folder);
    for (const auto& [path, text] : files) {
        fs::create_directories(path.parent_path());
        tensor_file::replace_file(path.string(), text, {});
    }
    tensor_file::replace_file(program.path, program_text(program), {});
} catch (const fs::filesystem_error& error) {
    fail(Code::FILE_UNWRITABLE, error.path1().string(), error.code().message());
}

}  // namespace loom
