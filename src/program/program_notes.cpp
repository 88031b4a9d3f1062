// Names of lifetimes.
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

}  // namespace loom
