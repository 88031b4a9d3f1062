// Names of shapes.
#include "program/host_tensor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace loom {

std::string to_string(const Shape& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace loom
