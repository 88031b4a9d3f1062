// Draws LayerNorm problems at random.
#include "draw_layernorm.hpp"

#include <algorithm>

namespace loom::fuzz {
namespace {

using testing::InputValues;
using testing::LayernormProblem;

// Most cases are small, so that thousands run in a minute.
constexpr std::uint32_t kManyElements = 1u << 14;

constexpr std::uint32_t kEdges[] = {1,  2,  15, 16,  17,  31,  32,  33,  63, 64,
                                    65, 96, 97, 127, 128, 129, 255, 256, 257};
constexpr std::uint32_t kPrimes[] = {3, 7, 61, 197, 509, 1021, 2053, 4099};
constexpr std::uint32_t kWide[] = {768,  1000, 1024, 2560,  2880,  3072, 4096,
                                   8191, 8192, 8193, 16384, 50257, 65537};

std::uint32_t draw_width(Draw& draw) {
    const std::uint64_t kind = draw.below(16);
    if (kind < 7) return draw.of(kEdges);
    if (kind < 9) return draw.of(kPrimes);
    if (kind < 12) return draw.between(1, 512);
    // Around the widths at which another factory, or less double-buffering, is selected.
    if (kind < 14) return draw.between(32, 256) * 32 + draw.between(0, 2) - 1;
    return draw.of(kWide);
}

std::uint32_t draw_rows(Draw& draw, std::uint32_t most) {
    const std::uint64_t kind = draw.below(8);
    std::uint32_t rows = draw.between(1, 100);
    if (kind < 4) rows = draw.of(kEdges);
    if (kind == 7) rows = draw.between(1, 4096);
    return std::min(rows, most);
}

/// `rows` rows, spread over as many leading dimensions as come out.
Shape draw_shape(Draw& draw, std::uint32_t rows, std::uint32_t width) {
    Shape shape;
    for (std::uint64_t rank = draw.below(4); rank > 0; --rank) {
        const std::uint32_t batch = draw.one_in(2) ? 1 : draw.between(1, std::min(rows, 7u));
        shape.push_back(batch);
        rows /= batch;
    }
    if (rows > 1 || !shape.empty() || draw.one_in(2)) shape.push_back(rows);
    shape.push_back(width);
    return shape;
}

void draw_values(Draw& draw, LayernormProblem& problem) {
    const bool wide = problem.dtype == DataType::FLOAT32;
    problem.deviation = draw.of({1e-3, 0.1, 1.0, 1.0, 1.0, 100.0});
    problem.mean = problem.deviation * draw.of({0.0, 0.0, 1.0, -10.0, 100.0, 1000.0, wide ? 1e6 : -1000.0});
    if (draw.one_in(12)) problem.deviation = 0;
    problem.epsilon = draw.of({1e-5f, 1e-5f, 1e-12f, 1e-8f, 1e-3f, 1.0f});
    if (draw.one_in(6))
        problem.values =
            draw.of({InputValues::one_huge, InputValues::subnormal, InputValues::nan, InputValues::inf});
}

MemoryConfig draw_memory(Draw& draw) {
    return draw.one_in(3) ? L1_MEMORY_CONFIG : DRAM_MEMORY_CONFIG;
}

}  // namespace

CoreCoord draw_grid(Draw& draw, Arch arch) {
    const CoreCoord chip = arch == Arch::WORMHOLE_B0 ? CoreCoord{8, 8} : CoreCoord{13, 10};
    if (draw.one_in(16)) return chip;
    if (draw.one_in(8)) return {draw.between(1, chip.x), draw.between(1, chip.y)};
    return {draw.between(1, 3), draw.between(1, 3)};
}

LayernormProblem draw_family(Draw& draw) {
    constexpr DataType kDtypes[] = {DataType::BFLOAT16, DataType::FLOAT32};
    LayernormProblem family{.shape = {draw_width(draw)}, .dtype = draw.of(kDtypes)};
    family.parameter_dtype = draw.of(kDtypes);
    family.beta_dtype = draw.of(kDtypes);
    family.gamma = !draw.one_in(4);
    family.beta = !draw.one_in(4);
    family.device.arch = draw.one_in(2) ? Arch::WORMHOLE_B0 : Arch::BLACKHOLE;
    family.memory = draw_memory(draw);
    family.output_memory = draw_memory(draw);
    family.config.dst_full_sync_en = draw.one_in(4);
    family.config.fp32_dest_acc_en = !draw.one_in(12);
    return family;
}

LayernormProblem draw_problem(Draw& draw, const LayernormProblem& family) {
    LayernormProblem problem = family;
    const std::uint32_t width = family.shape.back();
    const std::uint32_t elements = draw.one_in(16) ? 16 * kManyElements : kManyElements;
    problem.shape = draw_shape(draw, draw_rows(draw, std::max(elements / width, 1u)), width);
    if (draw.one_in(64)) problem.shape[draw.below(problem.shape.size())] = 0;
    problem.seed = draw.below(1u << 30);
    draw_values(draw, problem);
    return problem;
}

}  // namespace loom::fuzz
