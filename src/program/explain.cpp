// Tells what a program is.
#include "program/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "program/device.hpp"

namespace loom {
namespace {

using nlohmann::json;

json cb_json(const CbTableRow& row, const runtime::CbConfig& config) {
    return {{"index", row.index},
            {"name", fmt::format("c_{}", row.index)},
            {"purpose", row.name},
            {"page_bytes", config.page_bytes},
            {"pages", config.num_pages()},
            {"bytes", config.total_bytes},
            {"format", name_of(config.format)},
            {"producer", row.producer},
            {"consumer", row.consumer},
            {"lifetime", name_of(row.lifetime)},
            {"address", config.offset}};
}

json config_json(const KernelDescriptor& kernel) {
    const auto* compute = std::get_if<ComputeConfigDescriptor>(&kernel.config);
    if (compute == nullptr) return json::object();
    constexpr const char* fidelities[] = {"LoFi", "", "HiFi2", "HiFi3", "HiFi4"};
    return {{"math_fidelity", fidelities[static_cast<int>(compute->math_fidelity)]},
            {"fp32_dest_acc_en", compute->fp32_dest_acc_en},
            {"dst_full_sync_en", compute->dst_full_sync_en},
            {"math_approx_mode", compute->math_approx_mode}};
}

json kernel_json(const KernelDescriptor& kernel) {
    json args = json::object();
    for (const auto& [core, values] : kernel.runtime_args) args[to_string(core)] = values;
    json defines = json::object();
    for (const auto& [name, value] : kernel.defines) defines[name] = value;
    return {{"label", label_of(kernel)},
            {"file", kernel.kernel_source},
            {"cores", to_string(kernel.core_ranges)},
            {"compile_time_args", kernel.compile_time_args},
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

std::string cb_table(const json& buffers) {
    std::string text = fmt::format("{:<5} {:<26} {:>8} {:>6} {:>9} {:>9}  {:<20} {}\n", "CB", "holds",
                                   "page B", "pages", "bytes", "L1 at", "producer -> consumer", "lifetime");
    for (const json& cb : buffers)
        text += fmt::format(
            "{:<5} {:<26} {:>8} {:>6} {:>9} {:>9}  {:<20} {}\n", cb["name"].get<std::string>(),
            cb["purpose"].get<std::string>(), cb["page_bytes"].get<std::uint64_t>(),
            cb["pages"].get<std::uint64_t>(), cb["bytes"].get<std::uint64_t>(),
            cb["address"].get<std::uint64_t>(),
            fmt::format("{} -> {}", cb["producer"].get<std::string>(), cb["consumer"].get<std::string>()),
            cb["lifetime"].get<std::string>());
    return text;
}

std::string work_text(const json& work) {
    std::string text =
        fmt::format("Work: {} units of one {} on {} cores\n", work["units"].get<std::uint64_t>(),
                    work["unit"].get<std::string>(), work["cores"].get<std::uint64_t>());
    for (const json& group : work["groups"])
        text += fmt::format("  {} cores with {} each: {}\n", group["num_cores"].get<std::uint64_t>(),
                            group["units_per_core"].get<std::uint64_t>(), group["cores"].get<std::string>());
    return text;
}

std::string kernels_text(const json& kernels) {
    std::string text = "Kernels\n";
    for (const json& kernel : kernels) {
        text += fmt::format("  {:<8} {}\n           compile-time args: {}\n",
                            kernel["label"].get<std::string>(), kernel["file"].get<std::string>(),
                            fmt::join(kernel["compile_time_args"].get<std::vector<std::uint32_t>>(), " "));
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
    std::uint32_t end = device.spec().l1_unreserved_base;
    if (!placed.empty()) {
        for (const runtime::CbConfig& config : placed.begin()->second) {
            const auto row = std::ranges::find(notes.circular_buffers, config.index, &CbTableRow::index);
            const CbTableRow unnamed{
                static_cast<std::uint8_t>(config.index), "", 0, 0, "", "", CbLifetime::unit};
            buffers.push_back(cb_json(row == notes.circular_buffers.end() ? unnamed : *row, config));
            end = std::max(end, config.offset + config.total_bytes);
        }
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

std::string explanation_text(const json& explanation) {
    const json& l1 = explanation["l1"];
    const auto used = l1["circular_buffer_bytes"].get<double>();
    const auto available = l1["available_bytes"].get<double>();
    return fmt::format(
        "{} on {}, {}x{} cores\n{}: {}\n\n{}\nL1 of each core: {} bytes, {} reserved, {} of {} used by "
        "circular buffers ({:.1f} %)\n\n{}\n{}",
        explanation["operation"].get<std::string>(), explanation["arch"].get<std::string>(),
        explanation["grid"][0].get<int>(), explanation["grid"][1].get<int>(),
        explanation["factory"].get<std::string>(), explanation["reason"].get<std::string>(),
        cb_table(explanation["circular_buffers"]), l1["bytes"].get<std::uint64_t>(),
        l1["reserved_bytes"].get<std::uint64_t>(), l1["circular_buffer_bytes"].get<std::uint64_t>(),
        l1["available_bytes"].get<std::uint64_t>(), 100 * used / available, work_text(explanation["work"]),
        kernels_text(explanation["kernels"]));
}

}  // namespace loom
