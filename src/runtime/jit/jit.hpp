// Compiles kernels at run time with the system's compiler, and keeps the results.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/circular_buffer.hpp"
#include "runtime/plan.hpp"
#include "util/embedded_file.hpp"

namespace loom::runtime {

struct Inputs;

/// Which of a kernel's images: data movement has one, compute three.
enum class ImageKind : std::uint8_t { dataflow, unpack, math, pack };

/// A kernel's text and where it came from.
struct KernelSource {
    std::string path;  ///< as messages and debuggers name it
    std::string text;
    std::string include_dir;  ///< where its own "..." includes are looked up; may be empty
    bool embedded = false;    ///< its includes lie beside it among the embedded files
};

/// All that decides what the compiler makes of a kernel.
struct KernelBuild {
    KernelSource source;
    ImageKind kind = ImageKind::dataflow;
    std::vector<std::uint32_t> compile_time_args;
    std::vector<std::pair<std::string, std::uint32_t>> named_compile_time_args;
    std::vector<std::pair<std::string, std::string>> defines;
    std::vector<CbConfig> cbs;  ///< their formats and tile shapes become constants
    DstConfig dst;
    int opt_level = 1;
    /// For a checker: init calls reach the engine too.
    bool checked = false;
};

/// Files that includes and kernel paths may name without being on disk; the later of two with one path wins.
void add_embedded_files(std::span<const EmbeddedFile> files);

/// A kernel by its path: on disk, absolute or from the working directory, or embedded (by the end of the
/// path). Throws KERNEL_FILE_MISSING.
KernelSource find_kernel(const std::string& path);

/// The embedded file of exactly this path with those that it includes by "..." from beside it, and they in turn,
/// each once; empty when no embedded file has this path.
std::vector<EmbeddedFile> embedded_with_includes(const std::string& path);

/// Compiles what the cache does not have, several at a time, and loads all. Images are kept by a hash of
/// source, arguments, the kernel API, the compiler and the variables that steer it, each with the contents of the files
/// that the compiler read for it, in $LOOM_CACHE_DIR, else
/// $XDG_CACHE_HOME/loom, else ~/.cache/loom: a folder private to the user, that any number of processes may
/// use at once. Adds to `inputs` what must stay as it is for the images to be what compiling again would make.
/// Throws KERNEL_COMPILE with the compiler's own lines, COMPILER_MISSING, COMPILER_FAILED, CACHE_NOT_PRIVATE,
/// CACHE_UNWRITABLE, KERNEL_LOAD.
std::vector<KernelImage> build_kernels(std::span<const KernelBuild> builds, Inputs* inputs = nullptr);

/// How often the compiler has been started by this process.
std::uint64_t compiler_runs();

}  // namespace loom::runtime
