// The program cache: an operation builds its program once per key, and refreshes arguments on each hit.
#include <gtest/gtest.h>

#include "program/device_operation.hpp"
#include "program/random_tensor.hpp"

namespace loom {
namespace {

// Copies a tensor, adding attribute `add` to the first word of each stick of 64 bytes.
struct CopyFactory {
    static ProgramDescriptor create_descriptor(std::uint32_t add, const Tensor& in, const Tensor& out);
    static void override_runtime_arguments(Program& program, std::uint32_t add, const Tensor& in,
                                           const Tensor& out) {
        const std::uint32_t fresh[] = {in.buffer().address(), out.buffer().address(), add};
        std::ranges::copy(fresh, program.runtime_args(0, {0, 0}).begin());
    }
};

ProgramDescriptor CopyFactory::create_descriptor(std::uint32_t add, const Tensor& in, const Tensor& out) {
    KernelDescriptor kernel;
    kernel.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
    kernel.kernel_source = R"(void kernel_main() {
        const InterleavedAddrGen<true> in{get_arg_val<uint32_t>(0), 64}, out{get_arg_val<uint32_t>(1), 64};
        for (uint32_t page = 0; page < get_compile_time_arg_val(0); ++page) {
            noc_async_read(in.get_noc_addr(page), get_write_ptr(0), 64);
            noc_async_read_barrier();
            *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) += get_arg_val<uint32_t>(2);
            noc_async_write(get_write_ptr(0), out.get_noc_addr(page), 64);
            noc_async_write_barrier();
        }
    })";
    kernel.core_ranges = CoreRangeSet(CoreCoord{0, 0});
    kernel.compile_time_args = {static_cast<std::uint32_t>(in.spec().rows())};
    kernel.runtime_args = {{{0, 0}, {in.buffer().address(), out.buffer().address(), add}}};
    kernel.config = ReaderConfigDescriptor{};
    ProgramDescriptor program;
    program.cbs = {{64, kernel.core_ranges, {{0, DataFormat::Float32, 64, std::nullopt}}}};
    program.kernels = {kernel};
    return program;
}

struct Copy {
    using operation_attributes_t = std::uint32_t;
    using tensor_args_t = Tensor;
    using program_factory_t = std::variant<CopyFactory>;
    static void validate(std::uint32_t, const Tensor&) {}
    static TensorSpec compute_output_specs(std::uint32_t, const Tensor& in) { return in.spec(); }
    static program_factory_t select_program_factory(std::uint32_t, const Tensor&) { return {}; }
    static std::string compute_program_key(std::uint32_t, const Tensor& in) {
        return to_string(in.spec().shape);
    }
    static Device& device(const Tensor& in) { return in.device(); }
};

std::uint32_t first_word(const Tensor& tensor, std::uint64_t row) {
    return *reinterpret_cast<const std::uint32_t*>(tensor.buffer().page(row));
}

TEST(ProgramCache, HitsOnTheSameSpecWithNewAddressesAndScalars) {
    Device device({.grid = {1, 1}, .threads = 1});
    std::vector<Tensor> kept;  // so that every call sees other addresses
    for (std::uint32_t call = 1; call <= 3; ++call) {
        const Tensor in = to_device(random_normal({5, 16}, DataType::FLOAT32, 0, 1, call), device);
        const Tensor out = device_operation::launch<Copy>(call, in);
        for (std::uint64_t row = 0; row < 5; ++row)
            EXPECT_EQ(first_word(out, row), first_word(in, row) + call);
        kept.insert(kept.end(), {in, out});
        EXPECT_EQ(device.program_cache().num_entries(), 1u);
    }
    device_operation::launch<Copy>(1, to_device(random_normal({6, 16}, DataType::FLOAT32, 0, 1, 1), device));
    EXPECT_EQ(device.program_cache().num_entries(), 2u);
    device.program_cache().clear();
    EXPECT_EQ(device.program_cache().num_entries(), 0u);
}

TEST(ProgramCache, AnEmptyTensorNeedsNoProgram) {
    Device device;
    const Tensor out = device_operation::launch<Copy>(
        1, Tensor(device, {{0, 16}, DataType::FLOAT32, Layout::ROW_MAJOR, {}}));
    EXPECT_EQ(out.spec().shape, (Shape{0, 16}));
    EXPECT_EQ(device.program_cache().num_entries(), 0u);
}

}  // namespace
}  // namespace loom
