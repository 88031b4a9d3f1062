// explain of a program file tells its tensors, semaphores and circular buffers, those that differ between cores too.
#include "program/explain.hpp"
#include "unit/program_file_testing.hpp"

namespace loom::testing {
namespace {

TEST(ProgramFileExplain, TensorsBuffersAndSemaphores) {
    const TemporaryFolder folder;
    const LoadedProgram loaded = load(folder, small_program_json());
    const nlohmann::json told = explain(loaded);
    EXPECT_EQ(told["tensors"][0]["contents"], nlohmann::json::parse(R"({"seed": 7})"));
    EXPECT_EQ(told["tensors"][1]["address"], loaded.find_tensor("y")->tensor.buffer().address());
    EXPECT_EQ(told["semaphores"][0]["cores"], "(0,0) (1,0)");
    EXPECT_EQ(told["circular_buffers"][0]["purpose"], "sticks");
    EXPECT_EQ(told["circular_buffers"][0]["cores"], "(0,0)-(1,0)");
    EXPECT_EQ(told["circular_buffers"][1]["address"], told["circular_buffers"][0]["address"]) << "aliased";
    const std::string text = explanation_text(told);
    for (const char* line :
         {"\nx                [4,32] ", " not written\n", "Semaphore 3, first 2, on (0,0) (1,0)\n",
          "           defines: A=1 F(i)=\n", "           named: count=4 scale=1056964608\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST(ProgramFileExplain, BuffersThatDifferBetweenCores) {
    Json program = small_program_json();
    program["circular_buffers"].push_back(program["circular_buffers"][0]);
    program["circular_buffers"][0]["cores"] = Json::parse("[[0, 0]]");
    program["circular_buffers"][1]["cores"] = Json::parse("[[1, 0], [2, 1]]");
    program["circular_buffers"][1]["total_size"] = 8192;
    const TemporaryFolder folder;
    const nlohmann::json told = explain(load(folder, program));
    ASSERT_EQ(told["circular_buffers"].size(), 4u);
    EXPECT_EQ(told["circular_buffers"][2]["bytes"], 8192);
    EXPECT_EQ(told["circular_buffers"][2]["cores"], "(1,0) (2,1)");
    EXPECT_EQ(told["l1"]["circular_buffer_bytes"], 8192);
}

}  // namespace
}  // namespace loom::testing
