// Small programs with one fault each, and their repaired twins, as the checker sees them.
#include "support/faulty_program.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <list>

#include "util/bfloat16.hpp"

namespace loom::testing {
namespace {

HostTensor filled(const Shape& shape, DataType dtype) {
    HostTensor host{shape, dtype, std::vector<std::byte>(volume(shape) * element_bytes(dtype))};
    for (std::uint64_t i = 0; i < volume(shape); ++i) {
        const auto value = static_cast<float>(1 + i % 7);
        const std::uint16_t bits = float_to_bfloat16(value);
        if (dtype == DataType::FLOAT32)
            std::memcpy(host.data.data() + i * 4, &value, 4);
        else
            std::memcpy(host.data.data() + i * 2, &bits, 2);
    }
    return host;
}

/// A program on a device of its own, with its tensors.
class Built {
public:
    Built(const FaultyProgram& program, Variant variant)
        : device_({.arch = program.arch,
                   .grid = {program.last_core.x + 1, program.last_core.y + 1},
                   .threads = 1}),
          cores_(CoreRange({0, 0}, program.last_core)) {
        add_tensors(program);
        for (const FaultyProgram::Cb& cb : program.cbs) {
            CBDescriptor described{cb.pages * cb.page_bytes, cores_, {}};
            described.format_descriptors.push_back({cb.index, cb.format, cb.page_bytes, std::nullopt});
            if (cb.alias)
                described.format_descriptors.push_back({*cb.alias, cb.format, cb.page_bytes, std::nullopt});
            descriptor_.cbs.push_back(described);
        }
        for (std::uint32_t id = 0; id < program.semaphores.size(); ++id)
            descriptor_.semaphores.push_back({id, cores_, program.semaphores[id]});
        add_kernel(program, program.reader, ReaderConfigDescriptor{}, variant);
        add_kernel(program, program.compute, program.config, variant);
        add_kernel(program, program.writer, WriterConfigDescriptor{}, variant);
    }

    CheckReport check(CheckOptions options) {
        options.thorough = true;
        options.tensors.insert(options.tensors.end(), checked_.begin(), checked_.end());
        return check_program(device_, descriptor_, options);
    }

private:
    void add_tensors(const FaultyProgram& program) {
        for (const FaultyProgram::NamedTensor& input : program.inputs) {
            tensors_.push_back(to_device(filled(input.shape, input.dtype), device_, {{}, input.memory}));
            name_tensor(input.name, true);
        }
        for (const FaultyProgram::NamedTensor& output : program.outputs) {
            tensors_.emplace_back(
                device_, TensorSpec{output.shape, output.dtype, Layout::ROW_MAJOR, {{}, output.memory}});
            name_tensor(output.name, false);
        }
    }

    void name_tensor(const std::string& name, bool holds_data) {
        checked_.push_back({name, &tensors_.back(), holds_data});
        const Buffer& buffer = tensors_.back().buffer();
        std::string capitals = name;
        std::ranges::transform(capitals, capitals.begin(), [](unsigned char c) { return std::toupper(c); });
        generators_.emplace_back(
            capitals, fmt::format("(InterleavedAddrGen<{}>{{{}, {}}})", buffer.type() == BufferType::DRAM,
                                  buffer.address(), buffer.page_size()));
    }

    void add_kernel(const FaultyProgram& program, const std::string& text,
                    KernelDescriptor::ConfigDescriptor config, Variant variant) {
        if (text.empty()) return;
        KernelDescriptor kernel;
        kernel.kernel_source = text;
        kernel.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
        kernel.core_ranges = cores_;
        kernel.config = config;
        // Kernels without a fault are the same image for both variants.
        if (text.find("FAULT(") != std::string::npos || text.find("REPAIR(") != std::string::npos) {
            const bool faulty = variant == Variant::faulty;
            kernel.defines.emplace_back("FAULT(...)", faulty ? "__VA_ARGS__" : "");
            kernel.defines.emplace_back("REPAIR(...)", faulty ? "" : "__VA_ARGS__");
        }
        if (!std::holds_alternative<ComputeConfigDescriptor>(config)) {
            kernel.defines.insert(kernel.defines.end(), generators_.begin(), generators_.end());
            const CoreCoord first = device_.chip().noc_of({0, 0});
            kernel.defines.emplace_back("NOC_X(x)", fmt::format("({}u + (x))", first.x));
            kernel.defines.emplace_back("NOC_Y(y)", fmt::format("({}u + (y))", first.y));
        }
        for (const CoreCoord core : corerange_to_cores(cores_))
            if (!program.args.empty()) kernel.runtime_args.emplace_back(core, program.args);
        descriptor_.kernels.push_back(std::move(kernel));
    }

    Device device_;
    CoreRangeSet cores_;
    std::list<Tensor> tensors_;
    std::vector<CheckedTensor> checked_;
    std::vector<std::pair<std::string, std::string>> generators_;
    ProgramDescriptor descriptor_;
};

DataType dtype_of(DataFormat format) {
    return format == DataFormat::Float32 ? DataType::FLOAT32 : DataType::BFLOAT16;
}

std::string kernel_of(const std::string& statements) {
    return "void kernel_main() {\n" + statements + "\n}\n";
}

}  // namespace

CheckReport check(const FaultyProgram& program, Variant variant, CheckOptions options) {
    return Built(program, variant).check(std::move(options));
}

std::string found_in(const CheckReport& report) {
    if (report.clean()) return "clean";
    const Finding& first = report.findings.front();
    return std::string(name_of(first.code)) + ": " + first.message;
}

void expect_fault(const FaultyProgram& program, const std::string& message) {
    EXPECT_EQ(found_in(check(program, Variant::faulty)), message);
    EXPECT_EQ(found_in(check(program, Variant::repaired)), "clean") << "in the repaired twin";
}

void expect_clean(const FaultyProgram& program) {
    EXPECT_EQ(found_in(check(program, Variant::repaired)), "clean");
}

std::string push_pages(std::uint32_t cb, const std::string& tensor, std::uint32_t pages,
                       std::uint32_t bytes) {
    return fmt::format(
        "for (uint32_t page = 0; page < {2}; ++page) {{\n"
        "    cb_reserve_back({0}, 1);\n"
        "    noc_async_read(get_noc_addr(page, {1}), get_write_ptr({0}), {3});\n"
        "    noc_async_read_barrier();\n"
        "    cb_push_back({0}, 1);\n"
        "}}\n",
        cb, tensor, pages, bytes);
}

std::string pop_pages(std::uint32_t cb, const std::string& tensor, std::uint32_t pages, std::uint32_t bytes) {
    return fmt::format(
        "for (uint32_t page = 0; page < {2}; ++page) {{\n"
        "    cb_wait_front({0}, 1);\n"
        "    noc_async_write(get_read_ptr({0}), get_noc_addr(page, {1}), {3});\n"
        "    noc_async_write_barrier();\n"
        "    cb_pop_front({0}, 1);\n"
        "}}\n",
        cb, tensor, pages, bytes);
}

FaultyProgram dataflow_program(const std::string& reader, const std::string& writer) {
    return {.cbs = {{.index = 0, .pages = 4, .page_bytes = 64}},
            .inputs = {{"input", {16, 32}}},
            .outputs = {{"output", {16, 32}}},
            .reader = reader.empty() ? "" : kernel_of(reader),
            .writer = writer.empty() ? "" : kernel_of(writer)};
}

FaultyProgram compute_program(const std::string& statements, const TilesAround& around) {
    FaultyProgram program;
    std::string reader;
    const auto input = [&](std::uint8_t cb, const std::string& name, std::uint32_t tiles, DataFormat format) {
        if (tiles == 0) return;
        std::string capitals = name == "input" ? "INPUT" : "OTHER";
        program.cbs.push_back({cb, tiles, tile_bytes(format), format});
        program.inputs.push_back({name, {tiles, 1024}, dtype_of(format)});
        reader += push_pages(cb, capitals, tiles, tile_bytes(format));
    };
    input(0, "input", around.inputs, around.input_format);
    input(1, "other", around.others, around.other_format);
    const std::uint32_t bytes = tile_bytes(around.output_format);
    if (around.outputs != 0) {
        program.cbs.push_back({16, around.outputs, bytes, around.output_format});
        program.outputs.push_back({"output", {around.outputs, 1024}, dtype_of(around.output_format)});
        program.writer = kernel_of(pop_pages(16, "OUTPUT", around.outputs, bytes));
    }
    if (!reader.empty()) program.reader = kernel_of(reader);
    program.compute = kernel_of(statements);
    return program;
}

FaultyProgram one_tile_program(const std::string& setup, const std::string& math, const std::string& pack,
                               TilesAround around) {
    return compute_program(
        fmt::format(
            "compute_kernel_hw_startup(0, 1, 16);\n{}\n"
            "cb_wait_front(0, 2), cb_wait_front(1, 1), cb_reserve_back(16, 1), tile_regs_acquire();\n{}\n"
            "tile_regs_commit(), tile_regs_wait();\n{}\n"
            "tile_regs_release(), cb_push_back(16, 1), cb_pop_front(0, 2), cb_pop_front(1, 1);",
            setup, math, pack),
        around);
}

}  // namespace loom::testing
