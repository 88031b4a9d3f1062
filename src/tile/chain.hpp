// Chains: several element-wise steps on one tile, run in one pass from the first operand to where the result goes.
//
// A chain starts with a load and goes on step by step; run_to_...() then takes a few rows at a time through all of
// it, in vector registers, so that nothing between the steps is stored. The arithmetic is that of the functions of
// tile_ops.hpp one after another, to the bit. Operands are read when the chain runs; until then they stay the caller's.
//
// Each step is a function that ends by calling the next one with the vectors as arguments: threaded code. Frequent
// sequences exist as one function (chain_simd.cpp, make_step_functions).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tile/tile_ops.hpp"

namespace loom::tile {

/// Where a step finds its operand.
enum class From : std::uint8_t {
    bfloat16,         ///< a tile in L1
    float32,          ///< a tile in L1, or in DST
    bfloat16_sticks,  ///< a tile in sticks
    float32_sticks,
    rows,     ///< 32 floats, one a row, each replicated across it
    columns,  ///< 32 floats, one a column, each replicated down it
    scalar,   ///< one float
};
inline constexpr std::size_t kFroms = 7;

/// What a step does to x.
enum class Act : std::uint8_t {
    load,         ///< x = a
    add,          ///< x = x + a
    sub,          ///< x = x - a
    rsub,         ///< x = a - x
    mul,          ///< x = x * a
    add_product,  ///< x = x + a * b, the product rounded first; a is a tile
};
inline constexpr std::size_t kActs = 6;

/// Of StepKinds with one operand, a bit for each whose operand is this.
constexpr std::uint64_t step_kinds_from(From from) {
    std::uint64_t kinds = 0;
    for (std::size_t act = 0; act < kActs - 1; ++act)
        kinds |= std::uint64_t{1} << (act * kFroms + static_cast<std::size_t>(from));
    return kinds;
}
inline constexpr std::uint64_t kReadVectors = step_kinds_from(From::rows) | step_kinds_from(From::columns);
inline constexpr std::uint64_t kReadScalars = step_kinds_from(From::scalar);

/// Act and operands, or a Unary without scalar, as one number.
class StepKind {
public:
    constexpr StepKind() = default;
    constexpr StepKind(Act act, From a)
        : number_(static_cast<std::uint8_t>(static_cast<std::size_t>(act) * kFroms +
                                            static_cast<std::size_t>(a))) {}
    /// x + a * b.
    constexpr StepKind(From a, From b)
        : number_(static_cast<std::uint8_t>(kProducts + static_cast<std::size_t>(a) * kFroms +
                                            static_cast<std::size_t>(b))) {}
    explicit constexpr StepKind(Unary f)
        : number_(static_cast<std::uint8_t>(kUnaries + static_cast<std::size_t>(f))) {}
    /// The kind of no step.
    static constexpr StepKind none() {
        StepKind kind;
        kind.number_ = kCount;
        return kind;
    }
    constexpr std::size_t number() const { return number_; }
    /// Whether a step reads 32 floats by `a`, and nothing else.
    constexpr bool reads_vector() const { return is_among(kReadVectors); }
    /// Whether its operand is one float.
    constexpr bool reads_scalar() const { return is_among(kReadScalars); }
    /// Whether a step adds, subtracts or multiplies.
    constexpr bool computes() const {
        return (number_ >= kFroms && number_ < kUnaries) || *this == StepKind(Unary::square);
    }
    /// Whether a step has no operand in memory.
    constexpr bool reads_nothing() const { return number_ >= kUnaries || reads_scalar(); }
    constexpr bool operator==(const StepKind&) const = default;

    static constexpr std::size_t kProducts = (kActs - 1) * kFroms;
    static constexpr std::size_t kUnaries = kProducts + 2 * kFroms;
    static constexpr std::size_t kCount = kUnaries + 12;

private:
    constexpr bool is_among(std::uint64_t kinds) const { return (kinds >> number_ & 1) != 0; }
    static_assert(kCount < 64);

    std::uint8_t number_ = 0;
};

/// One step, or where the result goes.
struct Step {
    void (*run)() = nullptr;  ///< of the SIMD target; it knows its own signature
    union {
        const void* a = nullptr;
        void* out;
    };
    union {
        const void* b = nullptr;
        float scalar;
        std::size_t pitch_bytes;
        std::size_t offset;  ///< into sticks
    };
    StepKind kind = StepKind::none();
};

/// The functions of steps, by kind, for the SIMD target that runs here. Sequences that are one function are found step by
/// step: next[state][kind] is the state after that step, 0 where no such sequence goes on so; fused[state] the function
/// for the whole sequence, null for a mere prefix.
struct StepFunctions {
    using Function = void (*)();
    static constexpr std::size_t kStates = 64;

    /// Adds `count` terms to `sum`, 1024 floats: the sequence on the tile that its first step loads, and on those that
    /// follow it.
    using SumTerms = void (*)(const Step* steps, std::size_t count, float* sum);

    std::array<Function, StepKind::kCount> single{};
    std::array<Function, kStates> fused{};
    std::array<SumTerms, kStates> sum_terms{};  ///< by state, where there is one
    std::array<std::array<std::uint8_t, StepKind::kCount>, kStates> next{};
    /// Where results go.
    struct Sinks {
        Function to_dst = nullptr;
        Function to_tile[2] = {};  ///< by format: Float32, Float16_b
        Function to_rows[2] = {};
        Function to_sticks[2][2] = {};  ///< by format, and past the caches or not
    };
    Sinks exact;
    Sinks silicon;
    /// Runs from the first step on; null where the target has no SIMD, and the scalar twin runs.
    void (*start)(const Step* steps) = nullptr;
};
const StepFunctions& step_functions();

namespace silicon {
struct Mode;
}

/// With a chip's mode, what runs a chain computes as that chip's vector unit and packer do.
class Chain {
public:
    static constexpr std::size_t kMaxSteps = 16;

    Chain() : functions_(&step_functions()) {}
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;

    /// Starts anew with the steps of another.
    void begin_as(const Chain& other) {
        count_ = other.count_;
        fused_ = other.fused_ == other.count_ ? other.fused_ : 0;
        whole_state_ = other.whole_state_;
        for (std::size_t i = 0; i < count_; ++i) {
            // Word by word, as they have just been stored: two that are loaded as one wait for all stores before them.
            const Step& from = other.steps_[i];
            const void* a = from.a;
            const void* b = from.b;
            asm("" : "+r"(a), "+r"(b));
            steps_[i].run = from.run;
            steps_[i].a = a;
            steps_[i].b = b;
            steps_[i].kind = from.kind;
        }
    }
    /// The tile that it loads, if that is all it does; else one without data.
    Operand loaded_tile() const;
    /// The sticks of the tile that it loads, if all else that it reads are vectors; else null.
    const Sticks* sticks_if_all_else_is_vectors() const;
    std::size_t num_steps() const { return count_; }
    /// Its steps, where that holds, at the end of `steps`: on tiles of `sticks`, and each on the vectors that
    /// for_each_vector() is told. And one for where the result goes: run_to_sticks() is told.
    void copy_to(std::vector<Step>& steps, const Sticks& sticks) {
        if (fused_ != count_) fuse();
        const std::size_t first = steps.size();
        steps.insert(steps.end(), steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(count_ + 1));
        steps[first].a = &sticks;
    }
    /// Whether those `count` steps are its own too, but for the vectors and for which tile of `sticks` it loads.
    bool repeats(const Step* steps, std::size_t count, const Sticks* sticks) const;
    /// Which tile of its sticks it loads, in bytes from their start.
    std::size_t offset_in_sticks() const { return steps_[0].offset; }
    /// Calls use(number, values) for each of its vectors, in order.
    template <class Use>
    void for_each_vector(Use use) const {
        std::size_t number = 0;
        for (std::size_t i = 1; i < count_; ++i)
            if (steps_[i].kind.reads_vector()) use(number++, static_cast<const float*>(steps_[i].a));
    }

    /// Whether one more step has room.
    bool has_room() const { return count_ < kMaxSteps; }

    /// Starts anew with x = a tile.
    void load(Operand a) {
        count_ = 0;
        take(append({Act::load, from_tile(a)}), a);
    }
    /// Starts anew with x = 32 floats replicated across (rows) or down (columns).
    void load_vector(From form, const float* values) {
        count_ = 0;
        append({Act::load, form}).a = values;
    }
    /// x = x op a tile; with `reverse`, a op x.
    void binary(Binary op, bool reverse, Operand a) { take(append({act_of(op, reverse), from_tile(a)}), a); }
    /// The same with 32 floats.
    void binary_vector(Binary op, bool reverse, From form, const float* values) {
        append({act_of(op, reverse), form}).a = values;
    }
    /// x = x + a * b, tiles that are not in sticks.
    void add_product(Operand a, Operand b) {
        Step& step = append({from_tile(a), from_tile(b)});
        step.a = a.data;
        step.b = b.data;
    }
    void add_product_vector(Operand a, From form, const float* values) {
        Step& step = append({from_tile(a), form});
        step.a = a.data;
        step.b = values;
    }
    void unary(Unary f, float scalar);

    /// Whether this is what `first` does, on the tile `number` tiles behind the one that `first` loads.
    bool follows(const Chain& first, std::size_t number) const;
    /// sum = x + sum for an x of this chain, and of each of `count` in all that follow it; `sum` is 1024 floats.
    void add_terms(std::size_t count, float* sum, const silicon::Mode* chip = nullptr);

    /// Runs it; the result goes to a DST tile (which may be one that the chain reads),
    void run_to_dst(float* dst, const silicon::Mode* chip = nullptr);
    /// to a tile in L1, rounded as by pack() (it may be one that the chain reads, in the same format),
    void run_to_tile(DataFormat format, void* out, const silicon::Mode* chip = nullptr);
    /// or to 32 rows `pitch_bytes` apart, as by untilize().
    void run_to_rows(DataFormat format, void* rows, std::size_t pitch_bytes,
                     const silicon::Mode* chip = nullptr);

private:
    static constexpr From from_tile(Operand a) {
        if (a.format == DataFormat::Float32) return a.in_sticks ? From::float32_sticks : From::float32;
        return a.in_sticks ? From::bfloat16_sticks : From::bfloat16;
    }
    static void take(Step& step, const Operand& a) {
        step.a = a.data;
        if (a.in_sticks) step.offset = a.offset;
    }
    static constexpr Act act_of(Binary op, bool reverse) {
        if (op == Binary::sub) return reverse ? Act::rsub : Act::sub;
        return op == Binary::add ? Act::add : Act::mul;
    }
    // Chains repeat: a step of the same kind in the same place leaves the functions right that fuse() has found.
    Step& append(StepKind kind) {
        Step& step = steps_[count_++];
        if (step.kind != kind) {
            step.kind = kind;
            fused_ = 0;
        }
        return step;
    }
    /// Finds the functions of the steps.
    void fuse();
    void run(Step sink);
    template <class Choose>
    Step sink_to(const silicon::Mode* chip, Choose choose, void* out) const {
        Step sink;
        sink.run = choose(chip == nullptr ? functions_->exact : functions_->silicon);
        sink.out = out;
        return sink;
    }
    template <class Run>
    void add_one_by_one(std::size_t count, float* sum, Run run_to_sum);
    /// run() with a sink of silicon's that writes nothing that the chain reads, and whether all was in the chip's own
    /// arithmetic; if not, what it wrote is to be written again.
    bool run_watched(Step sink);
    bool reads_of(const void* out, std::size_t bytes) const;
    /// Whether its first step loads and the second one computes, so that flags tell of what is loaded.
    bool tells_of_loads() const;

    const StepFunctions* functions_;
    std::array<Step, kMaxSteps + 1> steps_;
    std::size_t count_ = 0;
    std::size_t fused_ = 0;        ///< steps that fuse() was last called for; 0 where they have changed since
    std::size_t whole_state_ = 0;  ///< of the sequence that is all of those steps; 0 where they are several
};

/// Runs `count` steps that copy_to() has made, and the one behind them, on the tile at `offset` of the sticks that it reads
/// and with these vectors; the result goes to sticks as by untilize(), wherever they lie, from byte `to` of each on;
/// `past_caches` as stream(), for sticks and a byte that are multiples of 64.
void run_to_sticks(Step* steps, std::size_t count, std::size_t offset, const float* const* vectors,
                   DataFormat format, const OutSticks& sticks, std::size_t to, bool past_caches,
                   const silicon::Mode* chip = nullptr);

namespace scalar {
/// The scalar twin of running a chain: x of the steps into `out`, 1024 floats in face order.
void run_steps(const Step* steps, std::size_t count, float* out);
}  // namespace scalar

}  // namespace loom::tile
