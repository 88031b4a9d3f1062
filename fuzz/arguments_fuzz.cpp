// Runs, checks and traces small programs of which one word was changed: each must end, with a result or with an error that is not
// Loom's; and where a check finds nothing, the bytes must be the same whatever the schedule.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base_programs.hpp"
#include "draw_program.hpp"
#include "fuzzer.hpp"
#include "program/loaded_program.hpp"
#include "run_program.hpp"

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
        const Way way = draw_way(draw);
        const std::string path = write(loaded, descriptor);
        write_file(folder_ + "/case.txt", fmt::format("{} {}: {}", name_of(way), path, changed));
        return go(draw, way, loaded, descriptor);
    }

private:
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
        .description = "Runs, checks and traces small programs of which one word was changed.",
        .make = [](std::uint64_t seed, const std::string& folder) {
            return std::make_unique<loom::fuzz::Arguments>(seed, folder);
        }};
    return run_fuzzer(fuzzer, argc, argv);
}
