// Flags that several verbs share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_device_operation.hpp"
#include "program/loaded_program.hpp"
#include "program/tensor.hpp"

namespace loom::cli {

/// --arch, --grid, --threads, --numerics.
struct DeviceFlags {
    std::string arch = "wormhole";
    std::string grid;
    unsigned threads = 0;
    std::string numerics;  ///< empty: a program file's, else DeviceOptions' default

    void add_to(CLI::App& verb);
    /// Throws ARCH_UNKNOWN, OPTION.
    DeviceOptions options() const;
};

/// --max-steps; 0 when it is not given.
void add_max_steps(CLI::App& verb, std::uint64_t& steps);

/// What a verb's first word may be.
enum class FirstWord : std::uint8_t { operation, operation_or_program_file };
/// Adds the first word. What goes with one of its kinds only is checked by require and refuse.
void add_operation(CLI::App& verb, std::string& operation, FirstWord first = FirstWord::operation);
/// Whether a first word names a program file: it ends in .json.
bool is_program_file(const std::string& word);
/// Complains of the first of these options that was not given, as CLI11 does of a required one.
void require(const CLI::App& verb, std::initializer_list<const char*> options);
/// Complains of the first of these options that was given, since it goes with `what` only.
void refuse(const CLI::App& verb, std::initializer_list<const char*> options, const char* what);

/// The operation's name, --shape, --dtype, --epsilon and the compute configuration: a problem without files. Where a
/// program file may stand in its place, the verb itself requires --shape of an operation, and refuses all of these of a
/// program file (refuse_problem).
struct ProblemFlags {
    std::string operation;
    std::string shape;
    std::string dtype = "bfloat16";
    std::string gamma_dtype, beta_dtype;  ///< the input's when empty; "none": absent
    float epsilon = 1e-5f;
    ComputeKernelConfig compute;

    void add_to(CLI::App& verb, FirstWord first = FirstWord::operation);
    LayernormFusedRmParams params() const;
};

/// Complains of the first of ProblemFlags' options that was given, since a program file says all that itself.
void refuse_problem(const CLI::App& verb);

/// A device with the tensors of a problem on it: memory without values, or normal random values from a seed
/// (gamma around 1, the others around 0).
struct Problem {
    Problem(const DeviceFlags& device_flags, const ProblemFlags& problem);
    void fill(std::uint64_t seed);
    /// What fill(seed) writes into "input", "gamma" and "beta".
    static NormalValues values(std::string_view tensor, std::uint64_t seed);

    std::unique_ptr<Device> device;
    LayernormFusedRmInputs inputs;
};

/// The program of a file, its tensors not filled; kernels may come from its folder and from Loom's operations. Throws
/// what read_program_file and LoadedProgram do.
LoadedProgram load_program(const std::string& path, const DeviceFlags& device);

/// The kernels' files that --change reader=FILE and the like name.
std::vector<NamedFile> files_of_changes(const std::vector<std::string>& changes);

/// "4,512,768" or "4x512x768"; throws OPTION.
Shape parse_shape(const std::string& text);
/// "bfloat16" or "float32"; throws OPTION.
DataType parse_dtype(const std::string& text);

}  // namespace loom::cli
