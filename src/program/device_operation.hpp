// An operation in TTNN's sense, launched: validate, look the program up or build it, run it.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "program/program.hpp"
#include "program/program_cache.hpp"
#include "program/tensor.hpp"
#include "util/stop.hpp"

namespace loom::device_operation {

/// Runs operation `Op` and returns its output.
///
/// `Op` names `operation_attributes_t`, `tensor_args_t` and `program_factory_t` (a variant), and has
///   validate(attributes, args)                        throws what it refuses, before anything is allocated
///   compute_output_specs(attributes, args)            -> TensorSpec
///   select_program_factory(attributes, args)          -> program_factory_t
///   compute_program_key(attributes, args)             -> std::string, all that shapes the program
///   device(args)                                      -> Device&
/// and each factory
///   create_descriptor(attributes, args, output)       -> ProgramDescriptor
///   override_runtime_arguments(program, attributes, args, output)   addresses and scalars, on a cache hit
template <typename Op>
Tensor launch(const typename Op::operation_attributes_t& attributes, const typename Op::tensor_args_t& args,
              const runtime::LaunchOptions& options = {}, runtime::LaunchReport* report = nullptr) {
    Op::validate(attributes, args);
    Device& device = Op::device(args);
    Tensor output(device, Op::compute_output_specs(attributes, args));
    if (output.buffer().num_pages() == 0) return output;

    const StopScope scope(options.stop);
    const auto factory = Op::select_program_factory(attributes, args);
    const std::string key = Op::compute_program_key(attributes, args);
    Program* program = device.program_cache().find(key);
    std::visit(
        [&](const auto& chosen) {
            if (program != nullptr) {
                chosen.override_runtime_arguments(*program, attributes, args, output);
                return;
            }
            const ProgramDescriptor descriptor = chosen.create_descriptor(attributes, args, output);
            program = &device.program_cache().insert(key, std::make_unique<Program>(descriptor, device));
        },
        factory);
    const runtime::LaunchReport done = enqueue(device, *program, options);
    if (report != nullptr) *report = done;
    return output;
}

}  // namespace loom::device_operation
