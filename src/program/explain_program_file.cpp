// Tells what the program of a file is.
#include <nlohmann/json.hpp>

#include "program/explain.hpp"
#include "program/loaded_program.hpp"

namespace loom {

nlohmann::json explain(const LoadedProgram& program) {
    using nlohmann::json;
    ProgramNotes notes;
    for (const auto& [index, name] : program.cb_names())
        notes.circular_buffers.push_back({.index = index, .name = name});
    json all = explain(program.file().path, program.device(), program.descriptor(), notes);
    // What only a factory knows of its program.
    for (const char* key : {"factory", "reason", "work"}) all.erase(key);

    const auto written = program_json(program.file());
    json tensors = json::array();
    for (std::size_t i = 0; i < program.tensors().size(); ++i) {
        json tensor = written["tensors"][i];
        tensor["address"] = program.tensors()[i].tensor.buffer().address();
        tensors.push_back(std::move(tensor));
    }
    all["tensors"] = tensors;
    all["semaphores"] = semaphores_json(program.descriptor());
    return all;
}

}  // namespace loom
