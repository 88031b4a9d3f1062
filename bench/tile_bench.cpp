// Each operation on tiles against memcpy of as many tiles, in turns: cycles a tile, cycles that memcpy takes, and their
// ratio; medians. The tiles are those of one tile row of W = 1024, in cache, and what an operation does to DST alone is
// set against a copy of DST's 4 KiB. Cycles are those of the time-stamp counter, which runs at the CPU's nominal speed
// whatever its clock; elsewhere than on x86-64 they are nanoseconds.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "tile/tile_ops.hpp"
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace loom {
namespace {

using tile::Binary, tile::Broadcast, tile::Operand;

constexpr std::size_t kTiles = 32;
constexpr std::size_t kDstTiles = 16;
constexpr std::size_t kDstBytes = 4 * tile::kElements;

std::uint64_t cycles() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

double median(std::vector<double>& values) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

/// Aligned as L1 and DST are, holding small numbers.
struct Tiles {
    struct alignas(64) Line {
        float values[16];
    };
    std::vector<Line> lines{kTiles * kDstBytes / sizeof(Line)};

    Tiles() {
        for (std::size_t i = 0; i < lines.size(); ++i)
            for (float& value : lines[i].values) value = 1.0f + static_cast<float>(i % 7) / 8.0f;
    }
    std::byte* bytes() { return reinterpret_cast<std::byte*>(lines.data()); }
    std::byte* l1(std::size_t tile, DataFormat format) { return bytes() + tile * tile_bytes(format); }
    float* dst(std::size_t tile) { return lines[(tile % kDstTiles) * (kDstBytes / sizeof(Line))].values; }
};

struct Memory {
    Tiles a, b, out, dst;
};

/// What an operation does to tile number `tile`.
struct TileOp {
    std::string name;
    std::size_t tile_bytes;
    std::function<void(Memory& memory, std::size_t tile)> run;
};

void measure(benchmark::State& state, const TileOp& op) {
    Memory memory;
    std::vector<double> ours, copies;
    for (auto _ : state) {
        const std::uint64_t begin = cycles();
        for (std::size_t tile = 0; tile < kTiles; ++tile) op.run(memory, tile);
        benchmark::ClobberMemory();
        const std::uint64_t middle = cycles();
        for (std::size_t tile = 0; tile < kTiles; ++tile)
            std::memcpy(memory.out.bytes() + tile * op.tile_bytes, memory.a.bytes() + tile * op.tile_bytes,
                        op.tile_bytes);
        benchmark::ClobberMemory();
        ours.push_back(static_cast<double>(middle - begin) / kTiles);
        copies.push_back(static_cast<double>(cycles() - middle) / kTiles);
    }
    state.counters["cycles"] = median(ours);
    state.counters["memcpy"] = median(copies);
    state.counters["ratio"] = median(ours) / median(copies);
}

std::vector<TileOp> ops(DataFormat format) {
    const std::size_t l1 = tile_bytes(format);
    constexpr std::size_t row = 32 * 32;  // a stick's pitch in elements, W = 1024
    const std::size_t pitch = row * element_bytes(format);
    const auto a = [format](Memory& m, std::size_t t) { return Operand{m.a.l1(t, format), format}; };
    const auto b = [format](Memory& m, std::size_t t) { return Operand{m.b.l1(t, format), format}; };
    std::vector<TileOp> list{
        {"tilize", l1,
         [=](Memory& m, std::size_t t) {
             tile::tilize(m.a.l1(0, format) + t * 32 * element_bytes(format), pitch, 32, format,
                          m.dst.dst(t));
         }},
        {"untilize", l1,
         [=](Memory& m, std::size_t t) {
             tile::untilize(m.dst.dst(t), format, m.out.l1(0, format) + t * 32 * element_bytes(format),
                            pitch);
         }},
        {"copy", l1, [=](Memory& m, std::size_t t) { tile::copy(a(m, t), m.dst.dst(t)); }},
        {"pack", l1,
         [=](Memory& m, std::size_t t) {
             tile::pack(m.dst.dst(t), tile::PackMask::all, false, format, m.out.l1(t, format));
         }},
        {"reduce_row", l1,
         [=](Memory& m, std::size_t t) {
             tile::reduce(tile::ReduceDim::row, a(m, t), b(m, 0), true, m.dst.dst(0));
         }},
    };
    const auto binary = [&](const char* name, Binary op, Broadcast broadcast) {
        list.push_back({name, l1, [=](Memory& m, std::size_t t) {
                            tile::binary(op, broadcast, a(m, t), b(m, t), false, m.dst.dst(t));
                        }});
    };
    binary("add", Binary::add, Broadcast::none);
    binary("sub", Binary::sub, Broadcast::none);
    binary("mul", Binary::mul, Broadcast::none);
    binary("sub_columns", Binary::sub, Broadcast::columns);
    binary("mul_columns", Binary::mul, Broadcast::columns);
    binary("mul_rows", Binary::mul, Broadcast::rows);
    binary("add_rows", Binary::add, Broadcast::rows);
    return list;
}

/// On DST alone: read and written, whatever the format of circular buffers.
std::vector<TileOp> dst_ops() {
    std::vector<TileOp> list{{"mul_dst", kDstBytes, [](Memory& m, std::size_t t) {
                                  tile::binary_dst(Binary::mul, m.a.dst(t), m.b.dst(t), m.dst.dst(t));
                              }}};
    const auto unary = [&](const char* name, tile::Unary f, float scalar) {
        list.push_back(
            {name, kDstBytes, [=](Memory& m, std::size_t t) { tile::unary(f, scalar, m.dst.dst(t)); }});
    };
    unary("add_scalar", tile::Unary::add_scalar, 0.0f);  // what it makes stays what it was: no infinities
    unary("mul_scalar", tile::Unary::mul_scalar, 1.0f);
    unary("absolute", tile::Unary::absolute, 0);
    unary("rsqrt", tile::Unary::rsqrt, 0);
    unary("sqrt", tile::Unary::sqrt, 0);
    unary("reciprocal", tile::Unary::reciprocal, 0);
    unary("round_bfloat16", tile::Unary::round_bfloat16, 0);
    return list;
}

void add(const std::vector<TileOp>& list, const std::string& suffix) {
    for (const TileOp& op : list)
        benchmark::RegisterBenchmark(("Tile/" + op.name + suffix).c_str(), [op](benchmark::State& state) {
            measure(state, op);
        })->Iterations(2001);
}

const bool registered = [] {
    add(ops(DataFormat::Float16_b), "/bfloat16");
    add(ops(DataFormat::Float32), "/float32");
    add(dst_ops(), "");
    return true;
}();

}  // namespace
}  // namespace loom
