// Names of lifetimes and of circular buffers.
#include "program/program_notes.hpp"

namespace loom {

std::string_view name_of(CbLifetime lifetime) {
    switch (lifetime) {
        case CbLifetime::start_up:
            return "start-up";
        case CbLifetime::unit:
            return "tile row";
        case CbLifetime::persistent:
            return "program";
    }
    return "";
}

std::map<std::uint32_t, std::string> ProgramNotes::cb_names() const {
    std::map<std::uint32_t, std::string> names;
    for (const CbTableRow& row : circular_buffers) names[row.index] = row.name;
    return names;
}

}  // namespace loom
