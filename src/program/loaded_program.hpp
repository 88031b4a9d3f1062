// A program of a file on a device: tensors allocated, references resolved.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "program/files_apart.hpp"
#include "program/program_file.hpp"

namespace loom {

class LoadedProgram {
public:
    /// A tensor of the program, on the device.
    struct LoadedTensor {
        std::string name;
        Tensor tensor;
        bool has_contents;  ///< false: memory that nobody wrote, an output as a rule
    };

    /// Makes the device and allocates the tensors in the file's order; fills none. `threads` as in DeviceOptions;
    /// `numerics` in place of the file's.
    /// Throws GRID_OUTSIDE_CHIP, PROGRAM_FILE (a kernel's file is neither beside the program nor embedded),
    /// OUT_OF_MEMORY and TENSOR_TOO_LARGE.
    explicit LoadedProgram(ProgramFile file, unsigned threads = 0,
                           std::optional<Numerics> numerics = std::nullopt);

    Device& device() { return *device_; }
    const Device& device() const { return *device_; }
    /// As a factory would have made it. Not validated: validate() and Program do that.
    const ProgramDescriptor& descriptor() const { return descriptor_; }
    const ProgramFile& file() const { return file_; }
    const std::vector<LoadedTensor>& tensors() const { return tensors_; }
    /// By name; null when there is none.
    const LoadedTensor* find_tensor(const std::string& name) const;
    /// What a circular buffer holds, by index, where the file says it.
    const std::map<std::uint8_t, std::string>& cb_names() const { return file_.cb_names; }

    /// The program's file, its kernels' and its tensors': what check_apart keeps outputs from.
    std::vector<NamedFile> files_read() const;

    /// Writes the contents that the file gives into the tensors that have some; again after a run, the next one
    /// begins as the first. Throws PROGRAM_FILE (a tensor file of another shape) and what read_tensor throws.
    void fill();

private:
    ProgramFile file_;
    std::unique_ptr<Device> device_;
    std::vector<LoadedTensor> tensors_;
    ProgramDescriptor descriptor_;
};

/// What explain() tells of an operation, of a program file; and its tensors and semaphores. Compiles and runs
/// nothing, reads no tensor file. Throws what validate() does.
nlohmann::json explain(const LoadedProgram& program);

}  // namespace loom
