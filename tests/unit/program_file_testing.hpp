// What the tests of program files share: a small program as JSON to change, and a folder to put it in.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "program/loaded_program.hpp"
#include "support/error_text.hpp"
#include "unit/tensor_file_testing.hpp"

namespace loom::testing {

using Json = nlohmann::ordered_json;
using tensor_file_testing::TemporaryFolder;

/// Two tensors, an aliased circular buffer, a semaphore, and a kernel of each kind on the cores (0,0) and (1,0).
inline Json small_program_json() {
    return Json::parse(R"j({
      "loom_program": 1, "arch": "wormhole", "grid": [4, 2],
      "tensors": [
        {"name": "x", "shape": [4, 32], "dtype": "bfloat16", "contents": {"seed": 7}},
        {"name": "y", "shape": [4, 32], "dtype": "float32", "memory": "L1"}],
      "circular_buffers": [
        {"cores": [[[0, 0], [1, 0]]], "total_size": 4096, "formats": [
          {"index": 0, "name": "sticks", "data_format": "Float16_b", "page_size": 64},
          {"index": 1, "data_format": "Float32", "page_size": 128, "tile": {"height": 1, "width": 32}}]}],
      "semaphores": [{"id": 3, "cores": [[0, 0], [1, 0]], "initial_value": 2}],
      "kernels": [
        {"source": "void kernel_main() {}", "cores": [[[0, 0], [1, 0]]], "config": {"type": "reader"},
         "compile_time_args": [5, {"accessor": "x"}, {"accessor": "y"}, 6],
         "runtime_args": [{"cores": [[0, 0]], "args": [{"address": "x"}, 1]},
                          {"cores": [[1, 0]], "args": [{"address": "y"}, 2]}]},
        {"source": ["void kernel_main() {", "}"], "cores": [[0, 0]],
         "config": {"type": "data_movement", "processor": "RISCV_0"}, "defines": {"A": "1", "F(i)": ""},
         "common_runtime_args": [{"float": 1.5}, {"address": "y"}]},
        {"source": "void kernel_main() {}", "cores": [[1, 0]],
         "config": {"type": "compute", "math_fidelity": "HiFi2", "fp32_dest_acc_en": true},
         "named_compile_time_args": {"scale": {"float": 0.5}, "count": 4}}]})j");
}

inline void write_text(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

/// What reading `text` as "<folder>/p.json" complains of, without the folder.
inline std::string complaint_about(const std::string& text) {
    static const TemporaryFolder folder;  // one for all: some tests read thousands of files
    write_text(folder / "p.json", text);
    std::string error = error_text([&] { read_program_file(folder / "p.json"); });
    if (const std::size_t at = error.find(folder / ""); at != std::string::npos)
        error.erase(at, (folder / "").size());
    return error;
}

/// The small program with the value at a JSON pointer replaced.
inline Json with(const std::string& pointer, const Json& value) {
    Json program = small_program_json();
    program[Json::json_pointer(pointer)] = value;
    return program;
}

/// The small program without the key or element at a JSON pointer.
inline Json without(const std::string& pointer) {
    Json program = small_program_json();
    const Json::json_pointer at(pointer);
    program[at.parent_pointer()].erase(at.back());
    return program;
}

/// As the program's file is in `folder`.
inline LoadedProgram load(const TemporaryFolder& folder, const Json& program) {
    write_text(folder / "p.json", program.dump());
    return LoadedProgram(read_program_file(folder / "p.json"));
}

}  // namespace loom::testing
