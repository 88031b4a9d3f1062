// explain tells buffers with their addresses, the L1 budget, the split and the kernels, as JSON and as text.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program/device.hpp"
#include "program/explain.hpp"

namespace loom {
namespace {

using nlohmann::json;

json explanation() {
    const Device device({.grid = {2, 1}});
    const CoreRangeSet cores(CoreRange({0, 0}, {1, 0}));
    ProgramDescriptor program;
    program.cbs = {{4096, cores, {{0, DataFormat::Float16_b, 2048, std::nullopt}}},
                   {8192, cores, {{16, DataFormat::Float32, 4096, std::nullopt}}}};
    KernelDescriptor reader;
    reader.kernel_source = "kernels/r.cpp";
    reader.core_ranges = cores;
    reader.compile_time_args = {64, 2};
    reader.defines = {{"A", "1"}};
    reader.runtime_args = {{{0, 0}, {5, 6}}, {{1, 0}, {7, 8}}};
    reader.config = ReaderConfigDescriptor{};
    KernelDescriptor compute = reader;
    compute.config = ComputeConfigDescriptor{.math_fidelity = MathFidelity::HiFi2, .fp32_dest_acc_en = true};
    program.kernels = {reader, compute};
    ProgramNotes notes;
    notes.factory = "Factory";
    notes.reason = "it fits";
    notes.unit = "tile row";
    notes.units = 3;
    notes.circular_buffers = {{0, "input", 2048, 2, "reader", "compute", CbLifetime::persistent}};
    notes.groups = {{CoreRangeSet(CoreCoord{0, 0}), 2}, {CoreRangeSet(CoreCoord{1, 0}), 1}};
    return explain("op", device, program, notes);
}

TEST(ExplainJson, BuffersAndTheirPlace) {
    const json cb = explanation()["circular_buffers"];
    EXPECT_EQ(cb[0],
              json::parse(R"j({"index": 0, "name": "c_0", "purpose": "input", "page_bytes": 2048, "pages": 2,
        "bytes": 4096, "cores": "(0,0)-(1,0)", "format": "Float16_b", "producer": "reader", "consumer": "compute", "lifetime": "program",
        "address": 103424})j"));
    EXPECT_EQ(cb[1]["purpose"], "") << "the notes say nothing of it";
    EXPECT_EQ(cb[1]["address"], 103424 + 4096);
}

TEST(ExplainJson, BudgetAndWork) {
    EXPECT_EQ(explanation()["l1"], json::parse(R"j({"bytes": 1499136, "reserved_bytes": 103424,
        "circular_buffer_bytes": 12288, "available_bytes": 1395712})j"));
    EXPECT_EQ(explanation()["work"], json::parse(R"j({"unit": "tile row", "units": 3, "cores": 2, "groups": [
        {"cores": "(0,0)", "num_cores": 1, "units_per_core": 2},
        {"cores": "(1,0)", "num_cores": 1, "units_per_core": 1}]})j"));
}

TEST(ExplainJson, Kernels) {
    const json kernels = explanation()["kernels"];
    EXPECT_EQ(kernels[0], json::parse(R"j({"label": "reader", "file": "kernels/r.cpp", "cores": "(0,0)-(1,0)",
        "compile_time_args": [64, 2], "named_compile_time_args": {}, "defines": {"A": "1"}, "config": {}, "common_runtime_args": [],
        "runtime_args": {"(0,0)": [5, 6], "(1,0)": [7, 8]}})j"));
    EXPECT_EQ(kernels[1]["label"], "compute");
    EXPECT_EQ(kernels[1]["config"], json::parse(R"j({"math_fidelity": "HiFi2", "fp32_dest_acc_en": true,
        "dst_full_sync_en": false, "math_approx_mode": false, "unpack_to_dest_fp32": []})j"));
}

TEST(ExplainText, FitsATerminalAndNamesEverything) {
    const std::string text = explanation_text(explanation());
    for (const char* part :
         {"op on wormhole, 2x1 cores", "Factory: it fits", "c_16", "reader -> compute", "12288 of 1395712"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 110u) << line;
}

}  // namespace
}  // namespace loom
