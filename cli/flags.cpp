// Flags that several verbs share.
#include "flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "ops/embedded_op_kernels.hpp"
#include "program/random_tensor.hpp"
#include "runtime/jit/jit.hpp"
#include "util/error.hpp"

namespace loom::cli {
namespace {

struct Fidelity {
    std::string_view name;
    MathFidelity value;
};
constexpr Fidelity kFidelities[] = {{"LoFi", MathFidelity::LoFi},
                                    {"HiFi2", MathFidelity::HiFi2},
                                    {"HiFi3", MathFidelity::HiFi3},
                                    {"HiFi4", MathFidelity::HiFi4}};
constexpr const char* kAbsent = "none";
constexpr const char* kParameterDtype = "bfloat16, float32 or none; the input's when absent";

// The whole numbers of "4,512,768" or "4x512x768"; false when it is no such list.
bool parse_numbers(std::string_view text, std::vector<std::uint32_t>& numbers) {
    while (true) {
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{}) return false;
        numbers.push_back(value);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty()) return true;
        if (text.front() != ',' && text.front() != 'x') return false;
        text.remove_prefix(1);
    }
}

LayernormFusedRmInputs empty_inputs(Device& device, const ProblemFlags& problem) {
    const Shape shape = parse_shape(problem.shape);
    const Shape row{shape.empty() ? 1 : shape.back()};
    const DataType dtype = parse_dtype(problem.dtype);
    const auto parameter = [&](const std::string& name) -> std::optional<Tensor> {
        if (name == kAbsent) return std::nullopt;
        return Tensor(device, {row, name.empty() ? dtype : parse_dtype(name), Layout::ROW_MAJOR, {}});
    };
    return {Tensor(device, {shape, dtype, Layout::ROW_MAJOR, {}}), parameter(problem.gamma_dtype),
            parameter(problem.beta_dtype)};
}

}  // namespace

Shape parse_shape(const std::string& text) {
    Shape shape;
    if (!parse_numbers(text, shape))
        fail(Code::OPTION, fmt::format("A shape reads 4,512,768 or 4x512x768, got \"{}\".", text));
    return shape;
}

DataType parse_dtype(const std::string& text) {
    if (text == "bfloat16") return DataType::BFLOAT16;
    if (text == "float32") return DataType::FLOAT32;
    fail(Code::OPTION, fmt::format("dtype is bfloat16 or float32, got \"{}\".", text));
}

void DeviceFlags::add_to(CLI::App& verb) {
    verb.add_option("--arch", arch, "wormhole or blackhole")->capture_default_str();
    verb.add_option("--grid", grid, "columns x rows of cores, as 8x8; the whole chip when absent");
    verb.add_option("--threads", threads, "host threads; 0: as many as there are CPUs")
        ->capture_default_str();
    verb.add_option(
        "--numerics", numerics,
        "silicon: the chip's arithmetic, bit for bit; exact: IEEE's (silicon when absent, or what a "
        "program file says)");
}

DeviceOptions DeviceFlags::options() const {
    DeviceOptions options{.arch = parse_arch(arch), .grid = {}, .threads = threads};
    if (!numerics.empty()) options.numerics = parse_numerics(numerics);
    if (grid.empty()) return options;
    std::vector<std::uint32_t> sides;
    if (!parse_numbers(grid, sides) || sides.size() != 2)
        fail(Code::OPTION, fmt::format("A grid reads 8x8, got \"{}\".", grid));
    options.grid = {sides[0], sides[1]};
    if (sides[0] == 0 && sides[1] == 0) fail(Code::OPTION, "A grid has at least one core, got 0x0.");
    return options;
}

void add_max_steps(CLI::App& verb, std::uint64_t& steps) {
    verb.add_option("--max-steps", steps,
                    "steps (calls, loads and stores, branches) that each thread may take before a kernel "
                    "that does not "
                    "end is a livelock; more than any that ends will need when absent")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 62));
}

void add_operation(CLI::App& verb, std::string& operation, FirstWord first) {
    const bool files = first == FirstWord::operation_or_program_file;
    CLI::Validator known = CLI::IsMember({"layernorm_fused_rm"});
    if (files)
        known = CLI::Validator(
            [member = known](const std::string& word) {
                return is_program_file(word) ? std::string() : member(word);
            },
            "{layernorm_fused_rm, FILE.json}");
    verb.add_option("operation", operation,
                    files ? "layernorm_fused_rm, or a program file, FILE.json" : "layernorm_fused_rm")
        ->required()
        ->check(known);
}

bool is_program_file(const std::string& word) {
    return word.ends_with(".json");
}

void require(const CLI::App& verb, std::initializer_list<const char*> options) {
    for (const char* option : options)
        if (verb.count(option) == 0) throw CLI::RequiredError(option);
}

void refuse(const CLI::App& verb, std::initializer_list<const char*> options, const char* what) {
    for (const char* option : options)
        if (verb.count(option) != 0)
            throw CLI::ValidationError(option, fmt::format("it goes with {} only", what));
}

LoadedProgram load_program(const std::string& path, const DeviceFlags& device) {
    runtime::add_embedded_files(embedded_op_kernels());
    std::optional<Numerics> numerics;
    if (!device.numerics.empty()) numerics = parse_numerics(device.numerics);
    return LoadedProgram(read_program_file(path), device.threads, numerics);
}

std::vector<NamedFile> files_of_changes(const std::vector<std::string>& changes) {
    std::vector<NamedFile> files;
    for (const std::string& change : changes)
        if (!change.starts_with("c_")) files.push_back({"--change", change.substr(change.find('=') + 1)});
    return files;
}

void ProblemFlags::add_to(CLI::App& verb, FirstWord first) {
    add_operation(verb, operation, first);
    verb.add_option("--shape", shape, "of the input, as 4,512,768 or 4x512x768")
        ->required(first == FirstWord::operation);
    verb.add_option("--dtype", dtype, "bfloat16 or float32")->capture_default_str();
    verb.add_option("--gamma-dtype", gamma_dtype, kParameterDtype);
    verb.add_option("--beta-dtype", beta_dtype, kParameterDtype);
    verb.add_option("--epsilon", epsilon, "added to the variance")->capture_default_str();
    std::vector<std::string> names;
    for (const auto& [name, value] : kFidelities) names.emplace_back(name);
    verb.add_option_function<std::string>(
            "--math-fidelity",
            [this](const std::string& word) {
                compute.math_fidelity = std::ranges::find(kFidelities, word, &Fidelity::name)->value;
            },
            "how many bits of a factor the FPU multiplies; HiFi4 when absent")
        ->check(CLI::IsMember(names));
    verb.add_option("--fp32-dest-acc-en", compute.fp32_dest_acc_en, "true or false: DST of 32 bits")
        ->capture_default_str();
    verb.add_option("--dst-full-sync-en", compute.dst_full_sync_en,
                    "true or false: DST in one section, not two")
        ->capture_default_str();
}

void refuse_problem(const CLI::App& verb) {
    refuse(verb,
           {"--shape", "--dtype", "--gamma-dtype", "--beta-dtype", "--epsilon", "--math-fidelity",
            "--fp32-dest-acc-en", "--dst-full-sync-en"},
           "an operation");
}

LayernormFusedRmParams ProblemFlags::params() const {
    return {.epsilon = epsilon, .output_mem_config = {}, .compute_kernel_config = compute};
}

Problem::Problem(const DeviceFlags& device_flags, const ProblemFlags& problem)
    : device(std::make_unique<Device>(device_flags.options())), inputs(empty_inputs(*device, problem)) {
    const Shape& shape = inputs.input.spec().shape;
    if (volume(shape) == 0)
        fail(Code::OPTION,
             fmt::format("A tensor of shape {} is empty: there is no program for it.", to_string(shape)));
    LayernormFusedRmDeviceOperation::validate(problem.params(), inputs);
}

NormalValues Problem::values(std::string_view tensor, std::uint64_t seed) {
    if (tensor == "gamma") return {.seed = seed * 3 + 1, .mean = 1};
    return {.seed = seed * 3 + (tensor == "beta" ? 2 : 0)};
}

void Problem::fill(std::uint64_t seed) {
    const auto random = [&](const Tensor& like, std::string_view name) {
        const TensorSpec& spec = like.spec();
        const auto [stream, mean, deviation] = values(name, seed);
        return to_device(random_normal(spec.shape, spec.dtype, mean, deviation, stream), *device);
    };
    const auto parameter = [&](const std::optional<Tensor>& like, std::string_view name) {
        return like ? std::optional(random(*like, name)) : std::nullopt;
    };
    inputs = {random(inputs.input, "input"), parameter(inputs.gamma, "gamma"),
              parameter(inputs.beta, "beta")};
}

}  // namespace loom::cli
