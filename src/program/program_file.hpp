// A program in a JSON file: a ProgramDescriptor with its tensors, which its arguments may name.
// docs/program.schema.json describes the form, docs/programs.md shows one.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "program/program_descriptor.hpp"
#include "program/program_notes.hpp"
#include "program/tensor.hpp"

namespace loom {

/// What a tensor holds before the program runs. Values are rounded to its dtype.
struct Unwritten {};  ///< memory that nobody wrote
struct Zeros {};
/// first, first + step, first + 2 * step, ... in row-major order.
struct ValueRange {
    double first = 0;
    double step = 1;
};
/// What random_normal(shape, dtype, mean, deviation, seed) gives.
struct NormalValues {
    std::uint64_t seed = 0;
    double mean = 0;
    double deviation = 1;
};
/// A tensor file of the same shape, by its name for read_tensor, from the program file's folder.
struct ValuesFromFile {
    std::string file;
};
using TensorContents = std::variant<Unwritten, Zeros, ValueRange, NormalValues, ValuesFromFile>;

/// A tensor of a program, by the name that its arguments and `loom run --output NAME=FILE` use.
struct FileTensor {
    std::string name;
    TensorSpec spec;
    TensorContents contents;
};

/// An argument: a number, or what stands for one until the tensors have their places.
struct FileArg {
    enum class Kind : std::uint8_t { number, real, address, accessor };
    Kind kind = Kind::number;
    std::uint32_t number = 0;  ///< of Kind::number
    double real = 0;           ///< the bits of this as float32
    std::string tensor = {};   ///< its address, or (several words) its TensorAccessorArgs

    bool operator==(const FileArg&) const = default;
};
using FileArgs = std::vector<FileArg>;

/// A kernel whose arguments are not resolved; those of `descriptor` stay empty.
struct FileKernel {
    KernelDescriptor descriptor;
    FileArgs compile_time_args;
    std::vector<std::pair<std::string, FileArg>> named_compile_time_args;
    std::vector<std::pair<CoreRangeSet, FileArgs>> runtime_args;
    FileArgs common_runtime_args;
};

struct ProgramFile {
    std::string path;  ///< the file's; files that it names are looked up in its folder first
    Arch arch = Arch::WORMHOLE_B0;
    Numerics numerics = kDefaultNumerics;
    CoreCoord grid;  ///< of the device; {0, 0}: all that the chip has
    std::vector<FileTensor> tensors;
    std::vector<CBDescriptor> cbs;
    std::map<std::uint8_t, std::string> cb_names;  ///< what a circular buffer holds, by index
    std::vector<SemaphoreDescriptor> semaphores;
    std::vector<FileKernel> kernels;
};

/// Reads a program file; runs and compiles nothing, and opens no file but this one. Throws FILE_UNREADABLE, and
/// PROGRAM_FILE with the place inside the JSON and what was expected there. What only the whole program shows
/// (two kernels on one processor, L1 too small) is left to validate().
ProgramFile read_program_file(const std::string& path);

/// The same program as JSON; read_program_file reads it back.
nlohmann::ordered_json program_json(const ProgramFile& program);
/// That JSON for people to read and edit, with a line break at its end.
std::string program_text(const ProgramFile& program);

/// A program of a factory in that form: `tensors` are those that `notes.tensor_args` names, in the order of their
/// allocation, with their contents. Throws INTERNAL when an argument is not what the notes say.
struct NamedTensor {
    std::string name;
    Tensor tensor;
    TensorContents contents;
};
ProgramFile program_file_of(const Device& device, const ProgramDescriptor& descriptor,
                            const ProgramNotes& notes, const std::vector<NamedTensor>& tensors);

/// Writes a program to `program.path`, and beside it the embedded kernels that it names, with what they include,
/// so that its folder is whole. The file appears whole or not at all. Throws FILE_UNWRITABLE, also when another
/// text than a kernel's lies where that kernel would go.
void write_program_file(const ProgramFile& program);

}  // namespace loom
