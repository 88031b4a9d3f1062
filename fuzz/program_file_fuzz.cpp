// Reads random program files, most of them with something wrong: each is refused with a place in it, or explained and, if
// small, run; and what is written of it is read back.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base_programs.hpp"
#include "draw_program.hpp"
#include "fuzzer.hpp"
#include "program/explain.hpp"
#include "program/loaded_program.hpp"
#include "program_words.hpp"
#include "run_program.hpp"

namespace loom::fuzz {
namespace {

namespace fs = std::filesystem;

// Of a program that is run: what takes long for its size alone is no hang.
constexpr std::uint64_t kMostTensorBytes = 1u << 24;
constexpr std::size_t kMostKernels = 8;

class ProgramFiles final : public testing::Cases {
public:
    ProgramFiles(std::uint64_t seed, const std::string& folder)
        : seed_(seed), folder_(folder), programs_(base_programs(folder)) {
        for (const ProgramFile& program : programs_)
            json_.push_back(nlohmann::ordered_json::parse(std::ifstream(program.path)));
    }

    std::string run(std::uint64_t number) override {
        Draw draw(seed_, number);
        const std::size_t base = draw.below(programs_.size());
        const fs::path folder = fs::path(programs_[base].path).parent_path();
        const std::string path = (folder / "case.json").string();
        write_file(path, draw_program_text(draw, json_[base]));
        write_file(folder_ + "/case.txt", folder.filename().string() + "/case.json");
        const ProgramFile program = read(path);
        if (std::string wrong = written_and_read((folder / "again.json").string(), program); !wrong.empty())
            return wrong;
        LoadedProgram loaded(program, draw.between(1, 3));
        if (explanation_text(explain(loaded)).empty()) return "explain says nothing";
        if (!draw.one_in(4) || !is_small(program)) return "";
        return go(draw, draw_way(draw), loaded, loaded.descriptor());
    }

private:
    // Reading alone may fail in one way.
    static ProgramFile read(const std::string& path) try {
        return read_program_file(path);
    } catch (const Error& error) {
        if (error.code() != Code::PROGRAM_FILE || !is_plain_text(error.what()))
            fail(Code::INTERNAL, fmt::format("Reading threw {}: {}", name_of(error.code()), error.what()));
        throw;
    }
    static std::string written_and_read(const std::string& path, const ProgramFile& program) {
        write_file(path, program_text(program));
        const ProgramFile again = read_program_file(path);
        return all_of(again) == all_of(program) ? "" : "another program is read than was written";
    }
    static bool is_small(const ProgramFile& program) {
        std::uint64_t bytes = 0;
        for (const FileTensor& tensor : program.tensors)
            bytes += std::min(volume(tensor.spec.padded_shape()), kMostTensorBytes) * 4;
        return bytes <= kMostTensorBytes && program.kernels.size() <= kMostKernels;
    }

    std::uint64_t seed_;
    std::string folder_;
    std::vector<ProgramFile> programs_;
    std::vector<nlohmann::ordered_json> json_;
};

}  // namespace
}  // namespace loom::fuzz

int main(int argc, char** argv) {
    const loom::fuzz::Fuzzer fuzzer{.name = "program_file",
                                    .description =
                                        "Reads random program files, most of them with something wrong, "
                                        "explains and runs those that are read.",
                                    .make = [](std::uint64_t seed, const std::string& folder) {
                                        return std::make_unique<loom::fuzz::ProgramFiles>(seed, folder);
                                    }};
    return run_fuzzer(fuzzer, argc, argv);
}
