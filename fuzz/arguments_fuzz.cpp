// Runs and checks small programs of which one word was changed: each must end, with a result or with an error that is not
// Loom's; and where a check finds nothing, the bytes must be the same whatever the schedule.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base_programs.hpp"
#include "bounded.hpp"
#include "draw_program.hpp"
#include "fuzzer.hpp"
#include "observe/checker/check.hpp"
#include "program/loaded_program.hpp"
#include "program/program.hpp"

namespace loom::fuzz {
namespace {

class Arguments final : public testing::Cases {
public:
    Arguments(std::uint64_t seed, const std::string& folder)
        : seed_(seed), folder_(folder), programs_(base_programs(folder)) {}

    std::string run(std::uint64_t number) override {
        Draw draw(seed_, number);
        LoadedProgram loaded(draw.among(programs_), 1);
        ProgramDescriptor descriptor = loaded.descriptor();
        const std::string changed = change_word(draw, descriptor);
        const bool checked = draw.one_in(3);
        const std::string path = write(loaded, descriptor);
        write_file(folder_ + "/case.txt", fmt::format("{} {}: {}", checked ? "check" : "run", path, changed));
        return checked ? check(draw, loaded, descriptor) : run(draw, loaded, descriptor);
    }

private:
    static std::string run(Draw& draw, LoadedProgram& loaded, const ProgramDescriptor& descriptor) {
        const Program program(descriptor, loaded.device());
        loaded.fill();
        auto options = bounded<runtime::LaunchOptions>();
        options.threads = draw.between(1, 3);
        options.seed = draw.one_in(2) ? 0 : draw.below(100);
        enqueue(loaded.device(), program, options);
        return "";
    }

    static std::string check(Draw& draw, LoadedProgram& loaded, const ProgramDescriptor& descriptor) {
        loaded.fill();
        auto options = bounded<CheckOptions>();
        options.seeds = draw.below(3);
        options.thorough = draw.one_in(4);
        for (const LoadedProgram::LoadedTensor& tensor : loaded.tensors())
            options.tensors.push_back({tensor.name, &tensor.tensor, tensor.has_contents});
        options.cb_names.insert(loaded.cb_names().begin(), loaded.cb_names().end());
        const CheckReport report = check_program(loaded.device(), descriptor, options);
        if (!report.clean()) throw Error(report.findings.front().code, report.findings.front().message);
        const Program program(descriptor, loaded.device());
        const auto result = [&](unsigned threads, std::uint64_t schedule) {
            loaded.fill();
            auto launch = bounded<runtime::LaunchOptions>();
            launch.threads = threads;
            launch.seed = schedule;
            enqueue(loaded.device(), program, launch);
            std::vector<std::vector<std::byte>> data;
            for (const auto& tensor : loaded.tensors()) data.push_back(to_host(tensor.tensor).data);
            return data;
        };
        const std::uint64_t schedule = 1 + draw.below(1000);
        if (result(1, 0) == result(draw.between(1, 3), schedule)) return "";
        return fmt::format("a check finds nothing, but schedule {} gives other bytes", schedule);
    }

    // What `loom run` and `loom check` take; returns its name in the folder.
    std::string write(const LoadedProgram& loaded, const ProgramDescriptor& descriptor) const {
        std::vector<NamedTensor> tensors;
        for (std::size_t i = 0; i < loaded.tensors().size(); ++i)
            tensors.push_back(
                {loaded.tensors()[i].name, loaded.tensors()[i].tensor, loaded.file().tensors[i].contents});
        ProgramFile program = program_file_of(loaded.device(), descriptor, {}, tensors);
        for (std::size_t k = 0; k < program.kernels.size(); ++k)
            program.kernels[k].descriptor.kernel_source = loaded.file().kernels[k].descriptor.kernel_source;
        const std::filesystem::path path =
            std::filesystem::path(loaded.file().path).parent_path() / "case.json";
        write_file(path.string(), program_text(program));
        return path.lexically_relative(folder_).string();
    }

    std::uint64_t seed_;
    std::string folder_;
    std::vector<ProgramFile> programs_;
};

}  // namespace
}  // namespace loom::fuzz

int main(int argc, char** argv) {
    const loom::fuzz::Fuzzer fuzzer{
        .name = "arguments",
        .description = "Runs and checks small programs of which one word was changed.",
        .make = [](std::uint64_t seed, const std::string& folder) {
            return std::make_unique<loom::fuzz::Arguments>(seed, folder);
        }};
    return run_fuzzer(fuzzer, argc, argv);
}
