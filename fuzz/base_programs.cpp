// Small programs without fault, each in a folder of its own, for fuzzers to change.
#include "base_programs.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "fuzzer.hpp"
#include "support/layernorm_problem.hpp"

namespace loom::fuzz {
namespace {

namespace fs = std::filesystem;
using testing::LayernormProblem;
using testing::PlacedLayernorm;

constexpr const char* kFile = "program.json";

std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
    std::ranges::sort(entries);  // a case is drawn by a program's number
    return entries;
}

/// The program that a document shows.
std::string program_of(const fs::path& document) {
    std::ifstream file(document);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    constexpr std::string_view fence = "```json\n";
    const std::size_t begin = text.find(fence);
    if (begin == std::string::npos) throw std::runtime_error("no program in " + document.string());
    return text.substr(begin + fence.size(), text.find("```\n", begin + fence.size()) - begin - fence.size());
}

void write_layernorm(const LayernormProblem& problem, const std::string& path) {
    const PlacedLayernorm placed(problem);
    const auto values = [](std::uint64_t seed) { return NormalValues{.seed = seed}; };
    ProgramFile program = program_file_of(placed.device, placed.descriptor(), placed.notes(),
                                          {{"input", placed.inputs.input, values(1)},
                                           {"gamma", *placed.inputs.gamma, values(2)},
                                           {"beta", *placed.inputs.beta, values(3)},
                                           {"output", placed.output, Unwritten{}}});
    program.path = path;
    write_program_file(program);
}

}  // namespace

std::vector<ProgramFile> base_programs(const std::string& folder) {
    const fs::path root = LOOM_SOURCE_DIR;
    const fs::path to = folder;
    const auto make = [&](const std::string& name) {
        fs::create_directory(to / name);
        return (to / name / kFile).string();
    };
    for (const fs::path& entry : entries_of(root / "examples" / "programs"))
        fs::copy(entry, to / entry.filename(), fs::copy_options::recursive);
    for (const fs::path& entry : entries_of(root / "fuzz" / "programs"))
        fs::copy_file(entry, make(entry.stem().string()));
    write_file(make("double"), program_of(root / "docs" / "programs.md"));
    write_layernorm({.shape = {70, 64}, .device = {.grid = {2, 1}}}, make("layernorm_fused"));
    write_layernorm({.shape = {1, 4096}, .device = {.grid = {1, 1}}}, make("layernorm_streaming"));

    std::vector<ProgramFile> programs;
    for (const fs::path& entry : entries_of(to))
        programs.push_back(read_program_file((entry / kFile).string()));
    return programs;
}

}  // namespace loom::fuzz
