// loom run on a program file.
#include "run_program.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "program/tensor_file.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"

namespace loom::cli {
namespace {

struct Output {
    std::string tensor;
    std::string file;
};

// All that could be wrong with the outputs, before anything runs.
std::vector<Output> checked_outputs(const RunProgramFlags& flags, const LoadedProgram& program) {
    std::vector<Output> outputs;
    for (const std::string& word : flags.outputs) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == word.size())
            fail(Code::OPTION, fmt::format("An output of a program reads TENSOR=FILE, got {}.", word));
        const Output output{word.substr(0, equals), word.substr(equals + 1)};
        const auto* tensor = program.find_tensor(output.tensor);
        if (tensor == nullptr)
            fail(Code::OPTION, fmt::format("{} has no tensor {}.", flags.path, output.tensor));
        check_writable(output.file, tensor->tensor.spec().dtype);
        check_apart(program.files_read(), {{"--output", output.file}});
        for (const Output& other : outputs)  // a second tensor would replace the first
            if (same_file(other.file, output.file))
                fail(Code::OPTION, fmt::format("{} cannot hold both {} and {}: give each a file of its own.",
                                               output.file, other.tensor, output.tensor));
        outputs.push_back(output);
    }
    return outputs;
}

void print(const nlohmann::json& result, const RunProgramFlags& flags, const std::vector<Output>& outputs) {
    if (flags.json) {
        // A file's name may be no UTF-8.
        fmt::print("{}\n", result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
        return;
    }
    fmt::print("{}", format_counted("{} on {}: {} cores, {} host threads, {:.3f} ms\n", printable(flags.path),
                                    result["arch"].get<std::string>(), result["cores"].get<int>(),
                                    result["host_threads"].get<int>(), result["milliseconds"].get<double>()));
    for (const auto& [tensor, file] : outputs)
        fmt::print("wrote {} to {}\n", printable(tensor), printable(file));
}

}  // namespace

int run_program(const RunProgramFlags& flags, const std::string& again) {
    LoadedProgram loaded = load_program(flags.path, flags.device);
    const std::vector<Output> outputs = checked_outputs(flags, loaded);
    const Program program(loaded.descriptor(), loaded.device());
    loaded.fill();
    runtime::LaunchOptions options;
    options.again = again;
    options.max_steps = flags.max_steps;
    const runtime::LaunchReport report = enqueue(loaded.device(), program, options);

    nlohmann::json written = nlohmann::json::object();
    for (const auto& [tensor, file] : outputs) {
        write_tensor(file, to_host(loaded.find_tensor(tensor)->tensor));
        written[tensor] = file;
    }
    print({{"program", flags.path},
           {"arch", loaded.device().spec().name},
           {"cores", report.cores},
           {"host_threads", report.threads},
           {"milliseconds", report.seconds * 1e3},
           {"outputs", written}},
          flags, outputs);
    return 0;
}

}  // namespace loom::cli
