// Reads a program file: its kernels and their arguments.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "program/program_file_parts.hpp"
#include "runtime/core/circular_buffer.hpp"
#include "runtime/jit/translation_unit.hpp"

namespace loom::program_file {
namespace {

constexpr std::size_t kMostKernels = 1024;
constexpr std::size_t kMostCompileTimeArgs = 1024;

std::string read_tensor_name(const JsonPlace& place, const ProgramFile& program) {
    std::string name = place.text("a tensor's name");
    const auto found = std::ranges::find(program.tensors, name, &FileTensor::name);
    if (found != program.tensors.end()) return name;
    std::vector<std::string> names;
    for (const FileTensor& tensor : program.tensors) names.push_back(tensor.name);
    if (names.empty()) place.refuse("a tensor's name, and \"tensors\" has none");
    place.refuse(listed(names));
}

FileArg read_arg(const JsonPlace& place, const ProgramFile& program) {
    constexpr const char* expected =
        R"(a whole number from 0 to 4294967295, {"address": tensor}, {"accessor": tensor} or {"float": number})";
    FileArg arg;
    if (!place.is_object()) {
        if (!place.is_number()) place.refuse(expected);
        arg.number = place.word();
        return arg;
    }
    const auto members = place.members(expected);
    if (members.size() != 1) place.refuse(expected);
    const auto& [key, value] = members.front();
    if (key == "float") {
        arg.kind = FileArg::Kind::real;
        arg.real = value.number();
    } else if (key == "address" || key == "accessor") {
        arg.kind = key == "address" ? FileArg::Kind::address : FileArg::Kind::accessor;
        arg.tensor = read_tensor_name(value, program);
    } else {
        place.refuse(expected, Json(key).dump(-1, ' ', true));
    }
    return arg;
}

FileArgs read_args(const JsonPlace& place, std::size_t most, const ProgramFile& program) {
    FileArgs args;
    if (!place.present()) return args;
    for (const JsonPlace& arg : place.array("an array of arguments", 0, most))
        args.push_back(read_arg(arg, program));
    return args;
}

bool is_identifier(std::string_view name) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return !name.empty() && name.find_first_not_of(letters) == std::string_view::npos &&
           (name.front() < '0' || name.front() > '9');
}

// They become text of the kernel, so what would end a line or a string there is refused with its place.
void read_named(const JsonPlace& place, FileKernel& kernel, const ProgramFile& program) {
    if (!place.present()) return;
    for (const auto& [name, value] : place.members("an object of named arguments")) {
        if (!is_identifier(name)) value.refuse("an identifier for a name", Json(name).dump(-1, ' ', true));
        const FileArg arg = read_arg(value, program);
        if (arg.kind == FileArg::Kind::accessor) value.refuse("one word, and an accessor is several");
        kernel.named_compile_time_args.emplace_back(name, arg);
    }
}

void read_defines(const JsonPlace& place, FileKernel& kernel) {
    if (!place.present()) return;
    for (const auto& [name, value] : place.members("an object of defines")) {
        if (!is_identifier(name.substr(0, name.find('('))) || name.find('\n') != std::string::npos)
            value.refuse("an identifier for a name", Json(name).dump(-1, ' ', true));
        const std::string text = value.maybe_empty_text("the text that the name stands for");
        if (text.find('\n') != std::string::npos) value.refuse("text in one line");
        if (const std::string wrong = runtime::wrong_define(name, text); !wrong.empty())
            value.refuse(fmt::format("a define of one line ({})", wrong));
        kernel.descriptor.defines.emplace_back(name, text);
    }
}

ComputeConfigDescriptor read_compute_config(const JsonPlace& place) {
    place.object({"type", "math_fidelity", "fp32_dest_acc_en", "dst_full_sync_en", "math_approx_mode",
                  "unpack_to_dest_fp32"});
    ComputeConfigDescriptor config;
    if (place.has("math_fidelity")) {
        constexpr MathFidelity fidelities[] = {MathFidelity::LoFi, MathFidelity::HiFi2, MathFidelity::HiFi3,
                                               MathFidelity::HiFi4};
        config.math_fidelity = fidelities[place["math_fidelity"].one_of({"LoFi", "HiFi2", "HiFi3", "HiFi4"})];
    }
    const auto flag = [&](const char* key, bool& value) {
        if (place.has(key)) value = place[key].boolean();
    };
    flag("fp32_dest_acc_en", config.fp32_dest_acc_en);
    flag("dst_full_sync_en", config.dst_full_sync_en);
    flag("math_approx_mode", config.math_approx_mode);
    if (place.has("unpack_to_dest_fp32"))
        for (const JsonPlace& cb : place["unpack_to_dest_fp32"].array("an array of circular buffers", 0,
                                                                      runtime::kNumCircularBuffers)) {
            const auto index = static_cast<std::size_t>(cb.whole(0, runtime::kNumCircularBuffers - 1));
            auto& modes = config.unpack_to_dest_mode;
            modes.resize(std::max(modes.size(), index + 1));
            modes[index] = UnpackToDestMode::UnpackToDestFp32;
        }
    return config;
}

KernelDescriptor::ConfigDescriptor read_config(const JsonPlace& place) {
    if (!place.is_object()) place.refuse("an object with the key \"type\"");
    switch (place["type"].one_of({"reader", "writer", "data_movement", "compute"})) {
        case 0:
            place.object({"type"});
            return ReaderConfigDescriptor{};
        case 1:
            place.object({"type"});
            return WriterConfigDescriptor{};
        case 2: {
            place.object({"type", "processor"});
            const bool first = place["processor"].one_of({"RISCV_0", "RISCV_1"}) == 0;
            return DataMovementConfigDescriptor{first ? DataMovementProcessor::RISCV_0
                                                      : DataMovementProcessor::RISCV_1};
        }
        default:
            return read_compute_config(place);
    }
}

// Where each core may have arguments once only, all entries together are no longer than the chip has cores.
void read_runtime_args(const JsonPlace& place, FileKernel& kernel, const ProgramFile& program) {
    if (!place.present()) return;
    const ArchSpec& spec = arch_spec(program.arch);
    std::set<CoreCoord> seen;
    for (const JsonPlace& entry :
         place.array("an array of arguments by core", 0, std::size_t{spec.grid.x} * spec.grid.y)) {
        entry.object({"cores", "args"});
        const CoreRangeSet cores = read_cores(entry["cores"], program);
        for (const CoreCoord core : corerange_to_cores(cores)) {
            if (!kernel.descriptor.core_ranges.contains(core))
                entry["cores"].refuse("cores that the kernel runs on", to_string(core));
            if (!seen.insert(core).second)
                entry["cores"].refuse("cores that have no arguments yet", to_string(core));
        }
        if (!entry["args"].present()) entry["args"].refuse("an array of arguments");
        kernel.runtime_args.emplace_back(cores, read_args(entry["args"], kMaxRuntimeArgs, program));
    }
}

FileKernel read_kernel(const JsonPlace& place, const ProgramFile& program) {
    place.object({"file", "source", "cores", "config", "compile_time_args", "named_compile_time_args",
                  "defines", "runtime_args", "common_runtime_args"});
    FileKernel kernel;
    KernelDescriptor& descriptor = kernel.descriptor;
    if (place.has("file") == place.has("source"))
        place.refuse(R"(either "file" or "source")", place.has("file") ? "both" : "neither");
    if (place.has("file")) {
        descriptor.kernel_source = place["file"].text("a kernel file's name");
    } else {
        descriptor.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
        descriptor.kernel_source = place["source"].lines("a kernel's text, or an array of its lines");
    }
    descriptor.core_ranges = read_cores(place["cores"], program);
    descriptor.config = read_config(place["config"]);
    kernel.compile_time_args = read_args(place["compile_time_args"], kMostCompileTimeArgs, program);
    read_named(place["named_compile_time_args"], kernel, program);
    read_defines(place["defines"], kernel);
    read_runtime_args(place["runtime_args"], kernel, program);
    kernel.common_runtime_args = read_args(place["common_runtime_args"], kMaxRuntimeArgs, program);
    return kernel;
}

}  // namespace

void read_kernels(const JsonPlace& place, ProgramFile& program) {
    for (const JsonPlace& kernel : place.array("an array of kernels", 1, kMostKernels))
        program.kernels.push_back(read_kernel(kernel, program));
}

}  // namespace loom::program_file
