// loom run: an operation on tensors in files, or a program of a file.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "flags.hpp"
#include "ops/layernorm_fused_rm/accuracy.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"
#include "program/files_apart.hpp"
#include "program/tensor_file.hpp"
#include "progress.hpp"
#include "run_program.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"
#include "verbs.hpp"

namespace loom::cli {
namespace {

struct RunFlags {
    std::string operation, input, gamma, beta, output;
    float epsilon = 1e-5f;
    DeviceFlags device;
    std::uint64_t max_steps = 0;
    bool verify = false;
    bool json = false;
    std::vector<std::string> outputs;  ///< as given; an operation has one, `output`
};

std::optional<HostTensor> read_optional(const std::string& name) {
    if (name.empty()) return std::nullopt;
    return read_tensor(name);
}

nlohmann::json verify(const RunFlags& flags, Numerics numerics, const HostTensor& input,
                      const std::optional<HostTensor>& gamma, const std::optional<HostTensor>& beta,
                      const HostTensor& output) {
    const LayernormAccuracy accuracy = layernorm_accuracy(
        input, gamma ? &*gamma : nullptr, beta ? &*beta : nullptr, flags.epsilon, output, numerics);
    return {{"max_error", accuracy.max_error},
            {"max_error_bar", accuracy.max_bar},
            {"mean_error", accuracy.mean_error},
            {"mean_error_bar", accuracy.mean_bar},
            {"wrong_nonfinite", accuracy.wrong_nonfinite},
            {"within_bars", accuracy.within_bars()}};
}

// What the error figures cannot show.
std::string remarks(const nlohmann::json& verify) {
    const auto misplaced = verify["wrong_nonfinite"].get<std::uint64_t>();
    if (misplaced == 0) return "";
    return format_counted(", {} elements finite in one of the two only", misplaced);
}

void print(const nlohmann::json& result, const RunFlags& flags) {
    if (flags.json) {
        // A file's name may be no UTF-8.
        fmt::print("{}\n", result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
        return;
    }
    fmt::print("{}", format_counted("{} {} {} on {}: {} cores, {} host threads, {:.3f} ms, {:.2f} GB/s\n",
                                    result["operation"].get<std::string>(), result["shape"].dump(),
                                    result["dtype"].get<std::string>(), result["arch"].get<std::string>(),
                                    result["cores"].get<int>(), result["host_threads"].get<int>(),
                                    result["milliseconds"].get<double>(), result["gb_per_s"].get<double>()));
    if (result.contains("verify")) {
        const nlohmann::json& verify = result["verify"];
        fmt::print(
            "error against the double reference, in units of |gamma*n| + |beta|{}: max {:.3g} (bar {:.3g}), "
            "mean {:.3g} (bar {:.3g}): {}{}\n",
            result["dtype"] == "float32" ? " times max(1, |mean|/std)" : "",
            verify["max_error"].get<double>(), verify["max_error_bar"].get<double>(),
            verify["mean_error"].get<double>(), verify["mean_error_bar"].get<double>(),
            verify["within_bars"].get<bool>() ? "within the bars" : "OUTSIDE the bars", remarks(verify));
    }
    if (!result["output"].is_null()) fmt::print("wrote {}\n", printable(flags.output));
}

// Input and output by one name, without a tensor's, are meant: the file holds nothing but the input.
void check_apart(const RunFlags& flags) {
    std::vector<NamedFile> inputs;
    const bool meant = flags.input == flags.output && tensor_file_path(flags.input) == flags.input;
    if (!meant) inputs.push_back({"--input", flags.input});
    if (!flags.gamma.empty()) inputs.push_back({"--gamma", flags.gamma});
    if (!flags.beta.empty()) inputs.push_back({"--beta", flags.beta});
    loom::check_apart(inputs, {{"--output", flags.output}});
}

int run(const RunFlags& flags, const std::string& again) {
    const HostTensor input = read_tensor(flags.input);
    check_writable(flags.output, input.dtype);
    check_apart(flags);
    const std::optional<HostTensor> gamma = read_optional(flags.gamma);
    const std::optional<HostTensor> beta = read_optional(flags.beta);

    Device device(flags.device.options());
    const auto place = [&](const std::optional<HostTensor>& host) -> std::optional<Tensor> {
        if (!host) return std::nullopt;
        return to_device(*host, device);
    };
    std::atomic<std::uint64_t> bytes_written{0};
    runtime::LaunchOptions options;
    options.again = again;
    options.max_steps = flags.max_steps;
    options.bytes_written = &bytes_written;
    runtime::LaunchReport report;
    const HostTensor output = [&] {
        const Progress progress(bytes_written, input.data.size());
        return to_host(layernorm_fused_rm(to_device(input, device), place(gamma), place(beta), flags.epsilon,
                                          std::nullopt, std::nullopt, options, &report));
    }();

    const double gigabytes = static_cast<double>(input.data.size() + output.data.size()) * 1e-9;
    nlohmann::json result{{"operation", flags.operation},
                          {"shape", output.shape},
                          {"dtype", name_of(output.dtype)},
                          {"arch", device.spec().name},
                          {"cores", report.cores},
                          {"host_threads", report.threads},
                          {"milliseconds", report.seconds * 1e3},
                          {"gb_per_s", report.seconds > 0 ? gigabytes / report.seconds : 0},
                          {"output", flags.output}};
    if (flags.verify) result["verify"] = verify(flags, device.numerics(), input, gamma, beta, output);
    const bool good = !flags.verify || result["verify"]["within_bars"].get<bool>();
    if (good)
        write_tensor(flags.output, output);
    else
        result["output"] = nullptr;
    print(result, flags);
    if (good) return 0;
    std::fflush(stdout);  // the verdict comes before the sentence, also where both go to one file
    fmt::print(stderr, "The result is outside the error bars, so {} was not written.\n",
               printable(flags.output));
    return 1;
}

// What goes with one kind of first word only, and the action for it.
Action action_of(const CLI::App& verb, const std::shared_ptr<RunFlags>& flags, const std::string& again) {
    if (is_program_file(flags->operation)) {
        refuse(verb, {"--input", "--gamma", "--beta", "--epsilon", "--arch", "--grid", "--verify"},
               "an operation");
        return [flags, again] {
            return run_program(
                {flags->operation, flags->outputs, flags->device, flags->max_steps, flags->json}, again);
        };
    }
    require(verb, {"--input", "--output"});
    if (flags->outputs.size() > 1) throw CLI::ArgumentMismatch::AtMost("--output", 1, flags->outputs.size());
    flags->output = flags->outputs.front();
    return [flags, again] { return run(*flags, again); };
}

}  // namespace

void add_run(CLI::App& app, Action& action, const std::string& again) {
    CLI::App& verb = *app.add_subcommand("run", "Run an operation on tensors in files, or a program file");
    const auto flags = std::make_shared<RunFlags>();
    add_operation(verb, flags->operation, FirstWord::operation_or_program_file);
    constexpr const char* file = "a .safetensors file, or file:tensor to pick one of several; or a .npy file";
    verb.add_option("--input", flags->input, fmt::format("X: {}", file));
    verb.add_option("--gamma", flags->gamma, "[W] or [1,..,1,W]; all ones when absent");
    verb.add_option("--beta", flags->beta, "[W] or [1,..,1,W]; all zeros when absent");
    verb.add_option("--output", flags->outputs,
                    "where Y goes, whole or not at all; of a program, TENSOR=FILE, repeatable")
        ->allow_extra_args(false);
    verb.add_option("--epsilon", flags->epsilon, "added to the variance")->capture_default_str();
    flags->device.add_to(verb);
    add_max_steps(verb, flags->max_steps);
    verb.add_flag("--verify", flags->verify,
                  "add the error against the double reference; outside its bars, write nothing and exit 1");
    verb.add_flag("--json", flags->json, "print JSON");
    verb.callback([&action, &verb, flags, again] { action = action_of(verb, flags, again); });
}

}  // namespace loom::cli
