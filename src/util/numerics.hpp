// Whose arithmetic a device computes in, and how many passes a multiplication makes.
#pragma once

#include <cstdint>
#include <string_view>

namespace loom {

/// silicon: what the chip gives, bit for bit; exact: IEEE in float32, for the answer itself.
enum class Numerics : std::uint8_t { exact, silicon };
/// What runs here is what the chip does, unless somebody asks for the answer itself.
inline constexpr Numerics kDefaultNumerics = Numerics::silicon;

/// "exact" or "silicon".
constexpr std::string_view name_of(Numerics numerics) {
    return numerics == Numerics::silicon ? "silicon" : "exact";
}

/// By name; throws OPTION.
Numerics parse_numerics(std::string_view name);

/// tt-metal's: how many of an operand's bits the matrix unit multiplies, in as many passes.
enum class MathFidelity : std::uint8_t { LoFi = 0, HiFi2 = 2, HiFi3 = 3, HiFi4 = 4 };

}  // namespace loom
