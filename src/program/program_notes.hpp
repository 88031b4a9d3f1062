// What a program factory knows of its program beyond the descriptor; `explain` prints it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/core_coord.hpp"
#include "util/data_format.hpp"

namespace loom {

/// How long the pages of a circular buffer live.
enum class CbLifetime : std::uint8_t {
    start_up,    ///< produced and consumed once, before the first unit of work
    unit,        ///< balanced over each unit of work: as many pages popped as pushed
    persistent,  ///< pushed once and never popped
};
std::string_view name_of(CbLifetime lifetime);

/// One circular buffer as its factory describes it.
struct CbTableRow {
    std::uint8_t index = 0;
    std::string_view name;  ///< what it holds
    std::uint32_t page_bytes = 0;
    std::uint32_t pages = 0;
    std::string_view producer = {};  ///< "reader", "compute", "writer"
    std::string_view consumer = {};
    CbLifetime lifetime = CbLifetime::unit;
    DataFormat format = DataFormat::Float16_b;
    std::uint32_t tile_height = 32;

    std::uint64_t bytes() const { return std::uint64_t{page_bytes} * pages; }
};

/// Cores that do the same amount of work.
struct CoreGroup {
    CoreRangeSet cores;
    std::uint32_t units_per_core = 0;
};

/// Arguments that a factory takes from a tensor; a program file names the tensor in their place.
struct TensorArg {
    enum class Kind : std::uint8_t {
        address,   ///< runtime argument number `position`, on each core
        accessor,  ///< compile-time arguments from number `position`: TensorAccessorArgs
    };
    std::size_t kernel = 0;  ///< in the descriptor's order
    Kind kind = Kind::address;
    std::uint32_t position = 0;
    std::string_view tensor;
};

struct ProgramNotes {
    std::string factory;  ///< which factory made it
    std::string reason;   ///< and why it was selected
    std::string unit;     ///< what one unit of work is
    std::uint64_t units = 0;
    std::vector<CbTableRow> circular_buffers;
    std::vector<CoreGroup> groups;
    std::vector<TensorArg> tensor_args;

    /// What each circular buffer holds, by index.
    std::map<std::uint32_t, std::string> cb_names() const;
};

}  // namespace loom
