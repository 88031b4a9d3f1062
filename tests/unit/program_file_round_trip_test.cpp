// Written and read again, a program is the same: one of a file, and one of a program factory.
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_device_operation.hpp"
#include "program/explain.hpp"
#include "unit/program_file_testing.hpp"

namespace loom::testing {
namespace {

TEST(ProgramFileRoundTrip, AFile) {
    const TemporaryFolder folder;
    write_text(folder / "p.json", small_program_json().dump());
    const Json written = program_json(read_program_file(folder / "p.json"));
    write_text(folder / "p.json", written.dump());
    EXPECT_EQ(program_json(read_program_file(folder / "p.json")), written);
    EXPECT_EQ(written["kernels"][0]["compile_time_args"],
              small_program_json()["kernels"][0]["compile_time_args"]);
    EXPECT_EQ(written["kernels"][1], small_program_json()["kernels"][1]);
    EXPECT_EQ(written["circular_buffers"], small_program_json()["circular_buffers"]);
}

struct Case {
    std::uint32_t width;
    DataType dtype;
    bool gamma;
};

// Whatever the factory, the dtype and the tensors that are there, the loaded descriptor is the factory's, told by
// explain, which shows all of it.
TEST(ProgramFileRoundTrip, AFactorysProgram) {
    using Operation = LayernormFusedRmDeviceOperation;
    for (const auto& [width, dtype, has_gamma] :
         {Case{96, DataType::BFLOAT16, true}, Case{96, DataType::FLOAT32, false},
          Case{8192, DataType::BFLOAT16, false}, Case{4096, DataType::FLOAT32, true}}) {
        Device device({.grid = {2, 2}});
        const auto tensor = [&](const Shape& shape) {
            return Tensor(device, {shape, dtype, Layout::ROW_MAJOR, {}});
        };
        const LayernormFusedRmInputs inputs{
            tensor({100, width}), has_gamma ? std::optional(tensor({width})) : std::nullopt, tensor({width})};
        const Tensor output = tensor({100, width});
        std::vector<NamedTensor> tensors{{"input", inputs.input, Zeros{}}};
        if (has_gamma) tensors.push_back({"gamma", *inputs.gamma, Zeros{}});
        tensors.push_back({"beta", *inputs.beta, Zeros{}});
        tensors.push_back({"output", output, Unwritten{}});
        std::visit(
            [&, d = &device](const auto& factory) {
                const ProgramDescriptor descriptor = factory.create_descriptor({}, inputs, output);
                ProgramFile file = program_file_of(*d, descriptor, factory.notes({}, inputs), tensors);
                const TemporaryFolder folder;
                file.path = folder / "p.json";
                write_program_file(file);
                const LoadedProgram loaded(read_program_file(folder / "p.json"));
                auto expected = explain("", *d, descriptor, ProgramNotes{})["kernels"];
                for (auto& kernel : expected)
                    kernel["file"] = folder / kernel["file"].template get<std::string>();
                EXPECT_EQ(explain("", loaded.device(), loaded.descriptor(), ProgramNotes{})["kernels"],
                          expected);
                EXPECT_EQ(
                    explain("", loaded.device(), loaded.descriptor(), ProgramNotes{})["circular_buffers"],
                    explain("", *d, descriptor, ProgramNotes{})["circular_buffers"]);
                // No word is left that only holds where the tensors lay.
                EXPECT_NE(program_json(file).dump().find("{\"address\":\"output\"}"), std::string::npos);
            },
            Operation::select_program_factory({}, inputs));
    }
}

TEST(ProgramFileRoundTrip, NotesThatDoNotFitAreAFaultOfOurs) {
    Device device;
    const Tensor x(device, {{4, 32}, DataType::BFLOAT16, Layout::ROW_MAJOR, {}});
    KernelDescriptor kernel;
    kernel.core_ranges = CoreRangeSet(CoreCoord{0, 0});
    kernel.runtime_args = {{{0, 0}, {1}}};
    ProgramDescriptor program;
    program.kernels = {kernel};
    ProgramNotes notes;
    notes.tensor_args = {{0, TensorArg::Kind::address, 0, "x"}};
    EXPECT_EQ(error_text([&] {
                  program_file_of(device, program, notes, {{"x", x, Zeros{}}});
              }),
              "INTERNAL: Argument 0 is not what x gives. This is a fault of Loom's; please report it.");
}

}  // namespace
}  // namespace loom::testing
