// Random numbers and choices, the same on every machine for the same seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace loom::fuzz {

class Draw {
public:
    explicit Draw(std::uint64_t seed) : generator_(seed) {}
    /// For a case that can be drawn again by its number alone.
    Draw(std::uint64_t seed, std::uint64_t number) : Draw(seed + 0x9e3779b97f4a7c15u * (number + 1)) {}
    /// From 0 to end - 1.
    std::uint64_t below(std::uint64_t end) { return generator_() % end; }
    /// From first to last.
    std::uint32_t between(std::uint32_t first, std::uint32_t last) {
        return first + static_cast<std::uint32_t>(below(std::uint64_t{last} - first + 1));
    }
    /// True once in `n` times.
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    template <typename T, std::size_t N>
    const T& of(const T (&values)[N]) {
        return values[below(N)];
    }
    /// One of a container's elements, of which there is at least one.
    template <typename Values>
    auto& among(Values& values) {
        return values[below(values.size())];
    }

private:
    std::mt19937_64 generator_;
};

}  // namespace loom::fuzz
