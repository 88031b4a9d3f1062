// The command line of a fuzzer whose cases run in child processes.
#include "fuzzer.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <stdexcept>

namespace loom::fuzz {

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), std::ssize(bytes));
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

bool is_plain_text(const std::string& message) {
    constexpr std::size_t kLongest = 1u << 20;
    if (message.empty() || message.size() > kLongest) return false;
    if (std::ranges::any_of(message, [](unsigned char c) { return c < ' '; })) return false;
    // The JSON library refuses to write what is no UTF-8.
    return nlohmann::json(message).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore) ==
           nlohmann::json(message).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

int run_fuzzer(const Fuzzer& fuzzer, int argc, char** argv) {
    CLI::App app{fuzzer.description};
    testing::CaseOptions options{.case_seconds = fuzzer.case_seconds};
    std::uint64_t seed = std::random_device{}();
    std::optional<std::uint64_t> only;
    app.add_option("--seconds", options.seconds, "how long")->capture_default_str();
    app.add_option("--cases", options.cases, "how many at most; 0: no limit")->capture_default_str();
    app.add_option("--seed", seed, "what is drawn; random when absent");
    app.add_option("--case", only, "run the case of this number, and no other");
    app.add_option("--case-seconds", options.case_seconds, "a case that takes longer hangs")
        ->capture_default_str();
    app.add_option("--keep", options.keep, "copy the files of failing cases to this folder");
    CLI11_PARSE(app, argc, argv);
    if (only) {
        options.first = *only;
        options.cases = 1;
    }
    options.again = fmt::format("./dev fuzz {} --seed {} --case", fuzzer.name, seed);
    fmt::print("{}_fuzz --seed {}\n", fuzzer.name, seed);
    try {
        const testing::CaseTally tally =
            testing::run_cases(options, [&](const std::string& folder) { return fuzzer.make(seed, folder); });
        fmt::print("{}\n", to_string(tally));
        return tally.failed == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
}

}  // namespace loom::fuzz
