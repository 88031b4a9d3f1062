// A program as data, in tt-metal's structs: kernels, circular buffers, semaphores, arguments per core.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "program/buffer.hpp"
#include "runtime/core/core_coord.hpp"
#include "util/data_format.hpp"
#include "util/numerics.hpp"

namespace loom {

/// The names c_0 .. c_31 of circular buffers are their indices.
namespace CBIndex {
enum : std::uint8_t { c_0 = 0, c_1, c_2, c_3, c_4, c_5, c_6, c_7, c_16 = 16, c_24 = 24, c_25, c_26, c_27 };
}  // namespace CBIndex

/// Rows and columns of a tile; fewer than 32 rows make tilize read as many sticks only.
struct TileDescriptor {
    std::uint32_t height = 32;
    std::uint32_t width = 32;
    bool transpose = false;
    bool operator==(const TileDescriptor&) const = default;
};

struct CBFormatDescriptor {
    std::uint8_t buffer_index = 0;
    DataFormat data_format = DataFormat::Float32;
    std::uint32_t page_size = 0;
    std::optional<TileDescriptor> tile;
};

/// One region of L1 on each of some cores. Several format descriptors alias it: one index each, with pages,
/// pointers and counters of its own.
struct CBDescriptor {
    std::uint32_t total_size = 0;
    CoreRangeSet core_ranges;
    std::vector<CBFormatDescriptor> format_descriptors;
};

struct SemaphoreDescriptor {
    std::uint32_t id = 0;
    CoreRangeSet core_ranges;
    std::uint32_t initial_value = 0;
};

enum class DataMovementProcessor : std::uint8_t { RISCV_0, RISCV_1 };

struct ReaderConfigDescriptor {};  ///< RISCV_1 (NCRISC)
struct WriterConfigDescriptor {};  ///< RISCV_0 (BRISC)
struct DataMovementConfigDescriptor {
    DataMovementProcessor processor = DataMovementProcessor::RISCV_0;
};
enum class UnpackToDestMode : std::uint8_t { Default, UnpackToDestFp32 };
struct ComputeConfigDescriptor {
    MathFidelity math_fidelity = MathFidelity::HiFi4;
    bool fp32_dest_acc_en = false;
    bool dst_full_sync_en = false;
    bool math_approx_mode = false;
    /// For each circular buffer, Default for those behind the last: UnpackToDestFp32 has float32 tiles reach DST past the
    /// source registers, which keep 10 bits of the fraction.
    std::vector<UnpackToDestMode> unpack_to_dest_mode = {};

    /// The circular buffers of that mode, in order.
    std::vector<std::uint32_t> unpack_to_dest_fp32() const;
};

struct KernelDescriptor {
    using CoreRuntimeArgs = std::vector<std::uint32_t>;
    using ConfigDescriptor = std::variant<ReaderConfigDescriptor, WriterConfigDescriptor,
                                          DataMovementConfigDescriptor, ComputeConfigDescriptor>;
    enum class SourceType : std::uint8_t { FILE_PATH, SOURCE_CODE };

    std::string kernel_source;
    SourceType source_type = SourceType::FILE_PATH;
    CoreRangeSet core_ranges;
    std::vector<std::uint32_t> compile_time_args;
    std::vector<std::pair<std::string, std::uint32_t>> named_compile_time_args;
    std::vector<std::pair<std::string, std::string>> defines;
    std::vector<std::pair<CoreCoord, CoreRuntimeArgs>> runtime_args;
    CoreRuntimeArgs common_runtime_args;
    ConfigDescriptor config;
};

struct ProgramDescriptor {
    std::vector<KernelDescriptor> kernels;
    std::vector<SemaphoreDescriptor> semaphores;
    std::vector<CBDescriptor> cbs;
    std::optional<std::uint64_t> custom_program_hash;
};

/// Runtime arguments a kernel may have on a core, unique and common together.
inline constexpr std::size_t kMaxRuntimeArgs = 341;

/// "reader", "writer" or "compute": what reports call a kernel.
std::string_view label_of(const KernelDescriptor& kernel);
/// The file's name without folders and ending; "source" for SOURCE_CODE.
std::string name_of(const KernelDescriptor& kernel);

/// Tells kernels where the pages of an interleaved tensor lie: words for TensorAccessorArgs<N> on the device.
class TensorAccessorArgs {
public:
    explicit TensorAccessorArgs(const Buffer& buffer)
        : TensorAccessorArgs(buffer.type(), buffer.aligned_page_size()) {}
    TensorAccessorArgs(BufferType type, std::uint32_t aligned_page_size)
        : words_{type == BufferType::DRAM ? 2u : 0u, aligned_page_size} {}
    void append_to(std::vector<std::uint32_t>& compile_time_args) const {
        compile_time_args.insert(compile_time_args.end(), words_.begin(), words_.end());
    }
    std::vector<std::uint32_t> get_compile_time_args() const { return words_; }

private:
    std::vector<std::uint32_t> words_;  ///< [configuration (bit 1: DRAM), aligned page size in bytes]
};

}  // namespace loom
