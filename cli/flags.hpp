// Flags that several verbs share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_device_operation.hpp"
#include "program/tensor.hpp"

namespace loom::cli {

/// --arch, --grid, --threads.
struct DeviceFlags {
    std::string arch = "wormhole";
    std::string grid;
    unsigned threads = 0;

    void add_to(CLI::App& verb);
    /// Throws ARCH_UNKNOWN, OPTION.
    DeviceOptions options() const;
};

/// --shape, --dtype, --epsilon, and the operation's name: a problem without files.
struct ProblemFlags {
    std::string operation;
    std::string shape;
    std::string dtype = "bfloat16";
    float epsilon = 1e-5f;

    void add_to(CLI::App& verb);
    LayernormFusedRmParams params() const;
};

/// Adds the operation's name as the first word.
void add_operation(CLI::App& verb, std::string& operation);

/// A device with the tensors of a problem on it: memory without values, or normal random values from a seed
/// (gamma around 1, the others around 0).
struct Problem {
    Problem(const DeviceFlags& device_flags, const ProblemFlags& problem);
    void fill(std::uint64_t seed);

    std::unique_ptr<Device> device;
    LayernormFusedRmInputs inputs;
};

/// "4,512,768" or "4x512x768"; throws OPTION.
Shape parse_shape(const std::string& text);
/// "bfloat16" or "float32"; throws OPTION.
DataType parse_dtype(const std::string& text);

}  // namespace loom::cli
