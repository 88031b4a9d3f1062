// Numerics by their names.
#include "util/numerics.hpp"

#include "util/error.hpp"

namespace loom {

Numerics parse_numerics(std::string_view name) {
    for (const Numerics numerics : {Numerics::exact, Numerics::silicon})
        if (name == name_of(numerics)) return numerics;
    fail(Code::OPTION, fmt::format("numerics is silicon or exact, got \"{}\".", name));
}

}  // namespace loom
