// Tells what a program is.
#include "program/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "program/device.hpp"
#include "util/counted.hpp"
#include "util/printable.hpp"

namespace loom {
namespace {

using nlohmann::json;

// A circular buffer that is the same on some cores.
struct PlacedCb {
    runtime::CbConfig config;
    std::vector<CoreCoord> cores;
};

std::vector<PlacedCb> placed_cbs(const CbPlacement& placed) {
    std::vector<PlacedCb> all;
    for (const auto& [core, configs] : placed)
        for (const runtime::CbConfig& config : configs) {
            const auto same = std::ranges::find(all, config, &PlacedCb::config);
            if (same == all.end())
                all.push_back({config, {core}});
            else
                same->cores.push_back(core);
        }
    return all;
}

// Cores as rectangles where they make one, else one by one.
std::string cores_text(const std::vector<CoreCoord>& cores) {
    const auto [left, right] = std::ranges::minmax(cores, {}, &CoreCoord::x);
    const auto [top, bottom] = std::ranges::minmax(cores, {}, &CoreCoord::y);
    const CoreRange around({left.x, top.y}, {right.x, bottom.y});
    if (around.size() == cores.size()) return to_string(CoreRangeSet(around));
    std::string text;
    for (const CoreCoord core : cores) text += (text.empty() ? "" : " ") + to_string(core);
    return text;
}

// `row` is null where nobody has described the buffer.
json cb_json(const CbTableRow* row, const PlacedCb& cb) {
    const runtime::CbConfig& config = cb.config;
    json all{{"index", config.index},
             {"name", fmt::format("c_{}", config.index)},
             {"purpose", row == nullptr ? "" : row->name},
             {"page_bytes", config.page_bytes},
             {"pages", config.num_pages()},
             {"bytes", config.total_bytes},
             {"format", name_of(config.format)},
             {"cores", cores_text(cb.cores)},
             {"address", config.offset}};
    if (row == nullptr || row->producer.empty()) return all;
    all["producer"] = row->producer;
    all["consumer"] = row->consumer;
    all["lifetime"] = name_of(row->lifetime);
    return all;
}

json config_json(const KernelDescriptor& kernel) {
    const auto* compute = std::get_if<ComputeConfigDescriptor>(&kernel.config);
    if (compute == nullptr) return json::object();
    constexpr const char* fidelities[] = {"LoFi", "", "HiFi2", "HiFi3", "HiFi4"};
    return {{"math_fidelity", fidelities[static_cast<int>(compute->math_fidelity)]},
            {"fp32_dest_acc_en", compute->fp32_dest_acc_en},
            {"dst_full_sync_en", compute->dst_full_sync_en},
            {"math_approx_mode", compute->math_approx_mode},
            {"unpack_to_dest_fp32", compute->unpack_to_dest_fp32()}};
}

json kernel_json(const KernelDescriptor& kernel) {
    json args = json::object();
    for (const auto& [core, values] : kernel.runtime_args) args[to_string(core)] = values;
    json defines = json::object();
    for (const auto& [name, value] : kernel.defines) defines[name] = value;
    json named = json::object();
    for (const auto& [name, value] : kernel.named_compile_time_args) named[name] = value;
    const bool is_file = kernel.source_type == KernelDescriptor::SourceType::FILE_PATH;
    return {{"label", label_of(kernel)},
            {"file", is_file ? kernel.kernel_source : "(its text is in the program)"},
            {"cores", to_string(kernel.core_ranges)},
            {"compile_time_args", kernel.compile_time_args},
            {"named_compile_time_args", named},
            {"defines", defines},
            {"config", config_json(kernel)},
            {"common_runtime_args", kernel.common_runtime_args},
            {"runtime_args", args}};
}

json work_json(const ProgramNotes& notes) {
    json groups = json::array();
    std::uint32_t cores = 0;
    for (const CoreGroup& group : notes.groups) {
        groups.push_back({{"cores", to_string(group.cores)},
                          {"num_cores", group.cores.num_cores()},
                          {"units_per_core", group.units_per_core}});
        cores += group.cores.num_cores();
    }
    return {{"unit", notes.unit}, {"units", notes.units}, {"cores", cores}, {"groups", groups}};
}

// Text of a program: in tables a name takes one line, and no terminal acts on it.
std::string shown(const json& text) {
    return printable(text.get_ref<const std::string&>());
}

std::string cb_table(const json& buffers) {
    const bool described = !buffers.empty() && buffers[0].contains("producer");
    std::string text =
        fmt::format("{:<5} {:<26} {:>8} {:>6} {:>9} {:>9}  {}\n", "CB", "holds", "page B", "pages", "bytes",
                    "L1 at", described ? "producer -> consumer lifetime" : "cores");
    for (const json& cb : buffers) {
        const std::string last =
            described
                ? fmt::format("{:<20} {}",
                              fmt::format("{} -> {}", cb.value("producer", ""), cb.value("consumer", "")),
                              cb.value("lifetime", ""))
                : cb["cores"].get<std::string>();
        text += fmt::format("{:<5} {:<26} {:>8} {:>6} {:>9} {:>9}  {}\n", cb["name"].get<std::string>(),
                            shown(cb["purpose"]), cb["page_bytes"].get<std::uint64_t>(),
                            cb["pages"].get<std::uint64_t>(), cb["bytes"].get<std::uint64_t>(),
                            cb["address"].get<std::uint64_t>(), last);
    }
    return text;
}

std::string work_text(const json& work) {
    std::string text =
        format_counted("Work: {} units of one {} on {} cores\n", work["units"].get<std::uint64_t>(),
                       work["unit"].get<std::string>(), work["cores"].get<std::uint64_t>());
    for (const json& group : work["groups"])
        text +=
            format_counted("  {} cores with {} each: {}\n", group["num_cores"].get<std::uint64_t>(),
                           group["units_per_core"].get<std::uint64_t>(), group["cores"].get<std::string>());
    return text;
}

std::string tensors_text(const json& tensors) {
    std::string text = fmt::format("{:<16} {:<22} {:<9} {:<7} {:>12}  {}\n", "Tensor", "shape", "dtype",
                                   "memory", "at", "contents");
    for (const json& tensor : tensors)
        text +=
            fmt::format("{:<16} {:<22} {:<9} {:<7} {:>12}  {}\n", shown(tensor["name"]),
                        tensor["shape"].dump(), tensor["dtype"].get<std::string>(),
                        tensor["memory"].get<std::string>(), tensor["address"].get<std::uint64_t>(),
                        tensor.contains("contents") ? printable(tensor["contents"].dump()) : "not written");
    return text;
}

std::string semaphores_text(const json& semaphores) {
    std::string text;
    for (const json& semaphore : semaphores)
        text += fmt::format("Semaphore {}, first {}, on {}\n", semaphore["id"].get<std::uint64_t>(),
                            semaphore["initial_value"].get<std::uint64_t>(),
                            semaphore["cores"].get<std::string>());
    return text.empty() ? text : text + "\n";
}

std::string pairs_text(const char* what, const json& pairs) {
    std::string text;
    for (const auto& [name, value] : pairs.items())
        text += fmt::format(" {}={}", printable(name), value.is_string() ? shown(value) : value.dump());
    return text.empty() ? text : fmt::format("           {}:{}\n", what, text);
}

std::string kernels_text(const json& kernels) {
    std::string text = "Kernels\n";
    for (const json& kernel : kernels) {
        text += fmt::format("  {:<8} {}\n           compile-time args: {}\n",
                            kernel["label"].get<std::string>(), shown(kernel["file"]),
                            fmt::join(kernel["compile_time_args"].get<std::vector<std::uint32_t>>(), " "));
        text +=
            pairs_text("named", kernel["named_compile_time_args"]) + pairs_text("defines", kernel["defines"]);
        if (const json& common = kernel["common_runtime_args"]; !common.empty())
            text += fmt::format("           common runtime args: {}\n",
                                fmt::join(common.get<std::vector<std::uint32_t>>(), " "));
        const json& args = kernel["runtime_args"];
        if (!args.empty())
            text += fmt::format("           runtime args, core {}: {}\n", args.begin().key(),
                                fmt::join(args.begin().value().get<std::vector<std::uint32_t>>(), " "));
    }
    return text;
}

}  // namespace

json explain(const std::string& operation, const Device& device, const ProgramDescriptor& descriptor,
             const ProgramNotes& notes) {
    validate(descriptor, device);
    const CbPlacement placed = place_circular_buffers(descriptor, device);
    json buffers = json::array();
    std::uint64_t end = device.spec().l1_unreserved_base;
    for (const PlacedCb& cb : placed_cbs(placed)) {
        const auto row = std::ranges::find(notes.circular_buffers, cb.config.index, &CbTableRow::index);
        buffers.push_back(cb_json(row == notes.circular_buffers.end() ? nullptr : &*row, cb));
        end = std::max(end, cb.config.end());
    }
    const std::uint32_t base = device.spec().l1_unreserved_base;
    json kernels = json::array();
    for (const KernelDescriptor& kernel : descriptor.kernels) kernels.push_back(kernel_json(kernel));
    const CoreCoord grid = device.compute_with_storage_grid_size();
    return {{"operation", operation},
            {"arch", device.spec().name},
            {"grid", {grid.x, grid.y}},
            {"factory", notes.factory},
            {"reason", notes.reason},
            {"circular_buffers", buffers},
            {"l1",
             {{"bytes", device.spec().l1_bytes},
              {"reserved_bytes", base},
              {"circular_buffer_bytes", end - base},
              {"available_bytes", device.l1_bytes_for_circular_buffers()}}},
            {"work", work_json(notes)},
            {"kernels", kernels}};
}

json semaphores_json(const ProgramDescriptor& descriptor) {
    json semaphores = json::array();
    for (const SemaphoreDescriptor& semaphore : descriptor.semaphores)
        semaphores.push_back({{"id", semaphore.id},
                              {"cores", to_string(semaphore.core_ranges)},
                              {"initial_value", semaphore.initial_value}});
    return semaphores;
}

std::string explanation_text(const json& explanation) {
    const json& l1 = explanation["l1"];
    const auto used = l1["circular_buffer_bytes"].get<double>();
    const auto available = l1["available_bytes"].get<double>();
    std::string text = format_counted("{} on {}, {}x{} cores\n", shown(explanation["operation"]),
                                      explanation["arch"].get<std::string>(),
                                      explanation["grid"][0].get<int>(), explanation["grid"][1].get<int>());
    if (explanation.contains("factory"))
        text += fmt::format("{}: {}\n", explanation["factory"].get<std::string>(),
                            explanation["reason"].get<std::string>());
    if (explanation.contains("tensors")) text += "\n" + tensors_text(explanation["tensors"]);
    text += format_counted(
        "\n{}\nL1 of each core: {} bytes, {} reserved, {} of {} used by circular buffers ({:.1f} %)\n\n",
        cb_table(explanation["circular_buffers"]), l1["bytes"].get<std::uint64_t>(),
        l1["reserved_bytes"].get<std::uint64_t>(), l1["circular_buffer_bytes"].get<std::uint64_t>(),
        l1["available_bytes"].get<std::uint64_t>(), available > 0 ? 100 * used / available : 0);
    if (explanation.contains("work")) text += work_text(explanation["work"]) + "\n";
    if (explanation.contains("semaphores")) text += semaphores_text(explanation["semaphores"]);
    return text + kernels_text(explanation["kernels"]);
}

}  // namespace loom
