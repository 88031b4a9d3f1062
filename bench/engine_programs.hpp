// Programs that show what the engine itself costs: their kernels do nothing, or nothing but hand over pages.
#pragma once

#include <string>

#include "program/program.hpp"

namespace loom::bench {

inline KernelDescriptor kernel(const char* source, const CoreRangeSet& cores,
                               const KernelDescriptor::ConfigDescriptor& config) {
    KernelDescriptor made;
    made.kernel_source = source;
    made.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
    made.core_ranges = cores;
    made.config = config;
    return made;
}

/// Reader, compute and writer, each empty.
inline ProgramDescriptor empty_program(const CoreRangeSet& cores) {
    ProgramDescriptor program;
    constexpr const char* source = "void kernel_main() {}";
    program.kernels = {kernel(source, cores, ReaderConfigDescriptor{}),
                       kernel(source, cores, ComputeConfigDescriptor{}),
                       kernel(source, cores, WriterConfigDescriptor{})};
    return program;
}

/// `pages` pages, one at a time, from reader to writer on core (0,0), through a buffer that holds `capacity`.
inline ProgramDescriptor pages_program(std::uint32_t pages, std::uint32_t capacity) {
    constexpr std::uint32_t page_bytes = 2048;
    const CoreRangeSet core(CoreCoord{0, 0});
    ProgramDescriptor program;
    program.cbs = {{page_bytes * capacity, core, {{0, DataFormat::Float16_b, page_bytes, {}}}}};
    program.kernels = {kernel(R"(void kernel_main() {
                           for (uint32_t page = 0; page < get_compile_time_arg_val(0); ++page) {
                               cb_reserve_back(0, 1);
                               cb_push_back(0, 1);
                           }
                       })",
                              core, ReaderConfigDescriptor{}),
                       kernel(R"(void kernel_main() {
                           for (uint32_t page = 0; page < get_compile_time_arg_val(0); ++page) {
                               cb_wait_front(0, 1);
                               cb_pop_front(0, 1);
                           }
                       })",
                              core, WriterConfigDescriptor{})};
    for (KernelDescriptor& made : program.kernels) made.compile_time_args = {pages};
    return program;
}

}  // namespace loom::bench
