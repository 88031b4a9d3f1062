// One line of text for one LayerNorm problem.
#include "support/shape_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <sstream>

namespace loom::testing {
namespace {

template <typename T>
struct Named {
    std::string_view name;
    T value;
};

constexpr std::array<Named<DataType>, 2> kDtypes{
    {{"bfloat16", DataType::BFLOAT16}, {"float32", DataType::FLOAT32}}};
constexpr std::array<Named<InputValues>, 5> kValues{{{"normal", InputValues::normal},
                                                     {"one-huge", InputValues::one_huge},
                                                     {"subnormal", InputValues::subnormal},
                                                     {"nan", InputValues::nan},
                                                     {"inf", InputValues::inf}}};
constexpr std::array<Named<Arch>, 2> kArchs{
    {{"wormhole", Arch::WORMHOLE_B0}, {"blackhole", Arch::BLACKHOLE}}};
constexpr std::array<Named<BufferType>, 2> kMemories{{{"DRAM", BufferType::DRAM}, {"L1", BufferType::L1}}};
constexpr std::array<Named<MathFidelity>, 4> kFidelities{{{"HiFi4", MathFidelity::HiFi4},
                                                          {"HiFi3", MathFidelity::HiFi3},
                                                          {"HiFi2", MathFidelity::HiFi2},
                                                          {"LoFi", MathFidelity::LoFi}}};
constexpr std::array<Named<bool>, 2> kDst{{{"fp32", true}, {"bf16", false}}};
constexpr std::array<Named<bool>, 2> kSync{{{"half", false}, {"full", true}}};

template <typename T, std::size_t N>
T value_in(const std::array<Named<T>, N>& table, std::string_view name) {
    for (const Named<T>& entry : table)
        if (entry.name == name) return entry.value;
    fail(Code::OPTION, fmt::format("Problem line: {} is none of the {} words for this; the first is {}.",
                                   name, N, table.front().name));
}

template <typename T, std::size_t N>
std::string_view name_in(const std::array<Named<T>, N>& table, T value) {
    for (const Named<T>& entry : table)
        if (entry.value == value) return entry.name;
    return "?";
}

template <typename T>
T number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        fail(Code::OPTION, fmt::format("Problem line: '{}' is no number.", text));
    return value;
}

std::vector<std::uint32_t> sizes(std::string_view text) {
    std::vector<std::uint32_t> all;
    for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
        end = text.find('x');
        all.push_back(number<std::uint32_t>(text.substr(0, end)));
        if (end == std::string_view::npos) break;
    }
    return all;
}

void set(LayernormProblem& problem, std::string_view key, std::string_view value) {
    if (key == "mean") {
        problem.mean = number<double>(value);
    } else if (key == "std") {
        problem.deviation = number<double>(value);
    } else if (key == "seed") {
        problem.seed = number<std::uint64_t>(value);
    } else if (key == "eps") {
        problem.epsilon = number<float>(value);
    } else if (key == "data") {
        problem.values = value_in(kValues, value);
    } else if (key == "gamma") {
        problem.gamma = value != "none";
        if (problem.gamma) problem.parameter_dtype = value_in(kDtypes, value);
    } else if (key == "beta") {
        problem.beta = value != "none";
        if (problem.beta) problem.beta_dtype = value_in(kDtypes, value);
    } else if (key == "arch") {
        problem.device.arch = value_in(kArchs, value);
    } else if (key == "grid") {
        const std::vector<std::uint32_t> grid = sizes(value);
        if (grid.size() != 2) fail(Code::OPTION, fmt::format("Problem line: '{}' is no grid.", value));
        problem.device.grid = {grid[0], grid[1]};
    } else if (key == "memory") {
        problem.memory.buffer_type = value_in(kMemories, value);
    } else if (key == "output") {
        problem.output_memory = MemoryConfig{.buffer_type = value_in(kMemories, value)};
    } else if (key == "fidelity") {
        problem.config.math_fidelity = value_in(kFidelities, value);
    } else if (key == "dst") {
        problem.config.fp32_dest_acc_en = value_in(kDst, value);
    } else if (key == "sync") {
        problem.config.dst_full_sync_en = value_in(kSync, value);
    } else {
        fail(Code::OPTION, fmt::format("Problem line: there is no key '{}'.", key));
    }
}

}  // namespace

LayernormProblem parse_shape_line(std::string_view line) {
    std::istringstream words{std::string(line)};
    std::string dtype, shape, word;
    if (!(words >> dtype >> shape))
        fail(Code::OPTION, fmt::format("Problem line: '{}' has no dtype and shape.", line));
    LayernormProblem problem{.shape = sizes(shape), .dtype = value_in(kDtypes, dtype)};
    problem.parameter_dtype = problem.dtype;
    problem.beta_dtype = problem.dtype;
    while (words >> word) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos)
            fail(Code::OPTION, fmt::format("Problem line: '{}' is not key=value.", word));
        set(problem, std::string_view(word).substr(0, equals), std::string_view(word).substr(equals + 1));
    }
    return problem;
}

std::string shape_line(const LayernormProblem& problem) {
    const LayernormProblem plain{};
    std::string line = fmt::format("{} {}", name_of(problem.dtype), fmt::join(problem.shape, "x"));
    const auto add = [&line](bool differs, std::string_view key, const auto& value) {
        if (differs) line += fmt::format(" {}={}", key, value);
    };
    const auto parameter = [&](std::string_view key, bool present, DataType dtype) {
        add(!present || dtype != problem.dtype, key, present ? name_of(dtype) : "none");
    };
    add(problem.values != plain.values, "data", name_in(kValues, problem.values));
    add(problem.mean != plain.mean, "mean", problem.mean);
    add(problem.deviation != plain.deviation, "std", problem.deviation);
    add(problem.epsilon != plain.epsilon, "eps", problem.epsilon);
    parameter("gamma", problem.gamma, problem.parameter_dtype);
    parameter("beta", problem.beta, problem.beta_dtype.value_or(problem.parameter_dtype));
    add(problem.device.arch != plain.device.arch, "arch", name_in(kArchs, problem.device.arch));
    const CoreCoord grid = problem.device.grid;
    add(grid.x != 0, "grid", fmt::format("{}x{}", grid.x, grid.y));
    const BufferType memory = problem.memory.buffer_type;
    add(memory != BufferType::DRAM, "memory", name_in(kMemories, memory));
    const BufferType output = problem.output_memory.value_or(problem.memory).buffer_type;
    add(output != memory, "output", name_in(kMemories, output));
    const ComputeKernelConfig& config = problem.config;
    add(config.math_fidelity != MathFidelity::HiFi4, "fidelity", name_in(kFidelities, config.math_fidelity));
    add(!config.fp32_dest_acc_en, "dst", "bf16");
    add(config.dst_full_sync_en, "sync", "full");
    add(problem.seed != plain.seed, "seed", problem.seed);
    return line;
}

std::string test_name(const LayernormProblem& problem) {
    std::string name;
    for (const char c : shape_line(problem))
        name += c == '-' ? 'm' : std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return name;
}

std::vector<LayernormProblem> read_shape_file(const std::string& path) {
    std::ifstream file(path);
    std::vector<LayernormProblem> problems;
    for (std::string line; std::getline(file, line);) {
        line.resize(std::min(line.size(), line.find('#')));
        if (line.find_first_not_of(" \t\r") != std::string::npos) problems.push_back(parse_shape_line(line));
    }
    if (problems.empty()) fail(Code::OPTION, fmt::format("{} holds no problem line.", path));
    return problems;
}

std::string rerun_command(const LayernormProblem& problem) {
    return fmt::format("./dev fuzz layernorm --problem '{}'", shape_line(problem));
}

std::string failure(const LayernormProblem& problem, const LayernormData& data, const HostTensor& output) {
    const auto wrong = [&](const std::string& what) {
        return fmt::format("{}\nAgain: {}", what, rerun_command(problem));
    };
    if (output.shape != problem.shape || output.dtype != problem.dtype)
        return wrong(fmt::format("the result is {} {}", name_of(output.dtype), to_string(output.shape)));
    const LayernormAccuracy got = accuracy(problem, data, output);
    if (got.within_bars()) return "";
    return wrong(fmt::format(
        "max error {:.3g} (bar {:.3g}), mean error {:.3g} (bar {:.3g}), {} elements finite in one only",
        got.max_error, got.max_bar, got.mean_error, got.mean_bar, got.wrong_nonfinite));
}

std::string failure(const LayernormProblem& problem) {
    const LayernormData data(problem);
    return failure(problem, data, run(problem, data));
}

std::string failure(const std::string& line) {
    return failure(parse_shape_line(line));
}

}  // namespace loom::testing
