// generic_op runs a described program, returns the last tensor, and builds a program once.
#include "program/generic_op.hpp"

#include <gtest/gtest.h>

#include "program/program_cache.hpp"
#include "runtime/jit/jit.hpp"
#include "support/error_text.hpp"

namespace loom::testing {
namespace {

// Writes its second runtime argument to the first word of the tensor at the first.
ProgramDescriptor writes(const Tensor& tensor, std::uint32_t value) {
    KernelDescriptor kernel;
    kernel.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
    kernel.kernel_source = R"(void kernel_main() {
        const auto tensor = TensorAccessor(TensorAccessorArgs<0>(), get_arg_val<uint32_t>(0));
        *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) = get_arg_val<uint32_t>(1);
        noc_async_write_page(0, tensor, get_write_ptr(0));
        noc_async_write_barrier();
    })";
    kernel.core_ranges = CoreRangeSet(CoreCoord{0, 0});
    kernel.compile_time_args = TensorAccessorArgs(tensor.buffer()).get_compile_time_args();
    kernel.runtime_args = {{{0, 0}, {tensor.buffer().address(), value}}};
    kernel.config = WriterConfigDescriptor{};
    return {.kernels = {kernel},
            .semaphores = {},
            .cbs = {{64, kernel.core_ranges, {{0, DataFormat::Float32, 64, {}}}}},
            .custom_program_hash = {}};
}

class GenericOp : public ::testing::Test {
protected:
    Tensor tensor() { return Tensor(device_, {{1, 16}, DataType::FLOAT32, Layout::ROW_MAJOR, {}}); }
    static std::uint32_t word(const Tensor& tensor) {
        return *reinterpret_cast<const std::uint32_t*>(tensor.buffer().page(0));
    }
    Device device_;
};

TEST_F(GenericOp, ReturnsTheLastTensorWritten) {
    const std::vector io{tensor(), tensor()};
    const Tensor output = generic_op(io, writes(io[1], 41));
    EXPECT_EQ(output.buffer().address(), io[1].buffer().address());
    EXPECT_EQ(word(output), 41u);
}

TEST_F(GenericOp, ASecondCallBuildsNothingAndHasItsOwnArguments) {
    const std::vector first{tensor()};
    const std::vector second{tensor()};
    generic_op(first, writes(first[0], 1));
    const std::uint64_t compiled = runtime::compiler_runs();
    generic_op(second, writes(second[0], 2));
    EXPECT_EQ(runtime::compiler_runs(), compiled);
    EXPECT_EQ(device_.program_cache().num_entries(), 1u);
    EXPECT_EQ(word(first[0]), 1u);
    EXPECT_EQ(word(second[0]), 2u);
    ProgramDescriptor other = writes(second[0], 3);
    other.kernels[0].defines = {{"X", "1"}};
    generic_op(second, other);
    EXPECT_EQ(device_.program_cache().num_entries(), 2u);
}

TEST_F(GenericOp, ACustomHashIsTheKey) {
    const std::vector io{tensor()};
    ProgramDescriptor program = writes(io[0], 1);
    program.custom_program_hash = 5;
    generic_op(io, program);
    program.kernels[0].runtime_args[0].second.push_back(9);
    EXPECT_EQ(error_text([&] { generic_op(io, program); }),
              "RUNTIME_ARGS: source: 3 runtime arguments, and the cached program of this hash has 2.");
}

TEST_F(GenericOp, Refuses) {
    const std::vector io{tensor()};
    const ProgramDescriptor program = writes(io[0], 1);
    EXPECT_EQ(error_text([&] { generic_op({}, program); }),
              "TENSOR_PLACE: generic_op needs at least one tensor, the output.");
    Device other;
    const std::vector both{Tensor(other, io[0].spec()), io[0]};
    EXPECT_EQ(error_text([&] { generic_op(both, program); }),
              "TENSOR_PLACE: All tensors of generic_op must be on one device.");
}

}  // namespace
}  // namespace loom::testing
