// A chain's steps by the chip's rules in their plain form.
#include "tile/silicon/chain_steps.hpp"

#include <bit>
#include <cstring>

namespace loom::tile::silicon {
namespace {

// A step's operand, a tile.
void read_operand(Mode mode, From from, const void* data, const Step& step, Word* out) {
    const auto offset = static_cast<std::uint32_t>(step.offset);
    switch (from) {
        case From::bfloat16:
        case From::bfloat16_sticks:
            read_source(mode, {data, DataFormat::Float16_b, from == From::bfloat16_sticks, offset}, out);
            return copy_source(mode, out);
        case From::float32:
        case From::float32_sticks:
            return read_whole({data, DataFormat::Float32, from == From::float32_sticks, offset}, out);
        case From::rows:
        case From::columns:
            for (std::uint32_t row = 0; row < kSide; ++row)
                for (std::uint32_t column = 0; column < kSide; ++column)
                    std::memcpy(out + face_index(row, column),
                                static_cast<const float*>(data) + (from == From::rows ? row : column), 4);
            return;
        case From::scalar:
            for (std::uint32_t i = 0; i < kElements; ++i) out[i] = std::bit_cast<std::uint32_t>(step.scalar);
    }
}

void run_step(Mode mode, const Step& step, Word* x) {
    const std::size_t number = step.kind.number();
    if (number >= StepKind::kUnaries)
        return unary(mode, static_cast<Unary>(number - StepKind::kUnaries), 0, x);
    alignas(64) std::uint32_t a[kElements];
    const auto act = static_cast<Act>(number / kFroms);
    read_operand(mode, static_cast<From>(number % kFroms), step.a, step, act == Act::load ? x : a);
    if (act == Act::add) binary_dst(mode, Binary::add, x, a, x);
    if (act == Act::sub) binary_dst(mode, Binary::sub, x, a, x);
    if (act == Act::rsub) binary_dst(mode, Binary::sub, a, x, x);
    if (act == Act::mul) binary_dst(mode, Binary::mul, x, a, x);
}

}  // namespace

void run_steps(Mode mode, const Step* steps, std::size_t count, Word* out) {
    alignas(64) std::uint32_t x[kElements];
    for (std::size_t i = 0; i < count; ++i) run_step(mode, steps[i], x);
    std::memcpy(out, x, sizeof x);
}

}  // namespace loom::tile::silicon
