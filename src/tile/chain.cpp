// Recording chains, and their scalar twin.
#include "tile/chain.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "tile/copy.hpp"
#include "tile/silicon/chain_steps.hpp"
#include "tile/silicon/float_flags.hpp"
#include "util/bfloat16.hpp"

namespace loom::tile {
namespace {

std::size_t index_of(DataFormat format) {
    return format == DataFormat::Float32 ? 0 : 1;
}

// Whether two steps do the same with the same operands.
bool same(const Step& x, const Step& y) {
    const std::size_t number = x.kind.number();
    if (x.kind != y.kind) return false;
    if (number >= StepKind::kUnaries) return true;
    if (number >= StepKind::kProducts) return x.a == y.a && x.b == y.b;
    switch (static_cast<From>(number % kFroms)) {
        case From::scalar:
            return std::bit_cast<std::uint32_t>(x.scalar) == std::bit_cast<std::uint32_t>(y.scalar);
        case From::bfloat16_sticks:
        case From::float32_sticks:
            return x.a == y.a && x.offset == y.offset;
        default:
            return x.a == y.a;
    }
}

// The tile that a chain's first step loads; its data is null where that loads none.
Operand loaded(const Step& step) {
    const auto offset = static_cast<std::uint32_t>(step.offset);
    for (const DataFormat format : {DataFormat::Float16_b, DataFormat::Float32}) {
        const bool wide = format == DataFormat::Float32;
        if (step.kind == StepKind(Act::load, wide ? From::float32 : From::bfloat16)) return {step.a, format};
        if (step.kind == StepKind(Act::load, wide ? From::float32_sticks : From::bfloat16_sticks))
            return {step.a, format, true, offset};
    }
    return {nullptr, DataFormat::Float32};
}

}  // namespace

void Chain::unary(Unary f, float scalar) {
    const auto with_scalar = [&](Act act) { append({act, From::scalar}).scalar = scalar; };
    switch (f) {
        case Unary::add_scalar:
            return with_scalar(Act::add);
        case Unary::sub_scalar:
            return with_scalar(Act::sub);
        case Unary::mul_scalar:
            return with_scalar(Act::mul);
        case Unary::rsub_scalar:
            return with_scalar(Act::rsub);
        case Unary::fill:
            count_ = 0;
            return with_scalar(Act::load);
        default:
            append(StepKind(f));
    }
}

Operand Chain::loaded_tile() const {
    return count_ == 1 ? loaded(steps_[0]) : Operand{nullptr, DataFormat::Float32};
}

const Sticks* Chain::sticks_if_all_else_is_vectors() const {
    const Operand x = count_ == 0 ? Operand{} : loaded(steps_[0]);
    const auto harmless = [](const Step& step) {
        return step.kind.reads_vector() || step.kind.reads_nothing();
    };
    return x.in_sticks && std::all_of(steps_.begin() + 1, steps_.begin() + count_, harmless) ? &x.sticks()
                                                                                             : nullptr;
}

bool Chain::repeats(const Step* steps, std::size_t count, const Sticks* sticks) const {
    if (count != count_ || steps_[0].kind != steps[0].kind || steps_[0].a != sticks) return false;
    for (std::size_t i = 1; i < count; ++i) {
        const StepKind kind = steps_[i].kind;
        if (kind != steps[i].kind) return false;
        if (!kind.reads_vector() && !(kind.reads_nothing() && same(steps_[i], steps[i]))) return false;
    }
    return true;
}

void Chain::fuse() {
    std::size_t begin = 0;  // of the sequence that one function does
    std::size_t state = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::size_t number = steps_[i].kind.number();
        steps_[i].run = functions_->single[number];
        const std::size_t longer = state == 0 ? 0 : functions_->next[state][number];
        if (longer == 0) begin = i;
        state = longer != 0 ? longer : functions_->next[0][number];
        if (longer != 0 && functions_->fused[longer] != nullptr)
            steps_[begin].run = functions_->fused[longer];
    }
    fused_ = count_;
    whole_state_ = begin == 0 ? state : 0;
}

void Chain::run(Step sink) {
    if (fused_ != count_) fuse();
    // Its kind stays that of a step which was there, if one was.
    steps_[count_].run = sink.run;
    steps_[count_].out = sink.out;
    steps_[count_].pitch_bytes = sink.pitch_bytes;
    functions_->start(steps_.data());
}

bool Chain::follows(const Chain& first, std::size_t number) const {
    if (count_ != first.count_) return false;
    const Operand before = loaded(first.steps_[0]);
    if (before.data == nullptr || loaded(steps_[0]) != before.after(number * before.next_bytes()))
        return false;
    for (std::size_t i = 1; i < count_; ++i)
        if (!same(steps_[i], first.steps_[i])) return false;
    return true;
}

// Adds the terms one by one.
template <class Run>
void Chain::add_one_by_one(std::size_t count, float* sum, Run run_to_sum) {
    const Step first = steps_[0];
    binary(Binary::add, false, {sum, DataFormat::Float32});
    run_to_sum();
    for (std::size_t i = 1; i < count; ++i) {
        const Operand x = loaded(first);
        take(steps_[0], x.after(i * x.next_bytes()));
        run_to_sum();
    }
    steps_[0] = first;
    --count_;
}

void Chain::add_terms(std::size_t count, float* sum, const silicon::Mode* chip) {
    if (fused_ != count_) fuse();
    const auto all =
        functions_->start != nullptr && whole_state_ != 0 ? functions_->sum_terms[whole_state_] : nullptr;
    if (chip == nullptr) {
        if (all != nullptr) return all(steps_.data(), count, sum);
        return add_one_by_one(count, sum, [&] { run_to_dst(sum); });
    }
    // The first step's tile is at once added to the sum.
    if (all != nullptr && (count_ == 1 || tells_of_loads())) {
        alignas(64) float before[kElements];
        std::memcpy(before, sum, sizeof before);
        const silicon::FloatFlags flags;
        all(steps_.data(), count, sum);
        if (flags.clean() && silicon::all_plain(reinterpret_cast<const silicon::Word*>(sum))) return;
        std::memcpy(sum, before, sizeof before);
    }
    add_one_by_one(count, sum, [&] { run_to_dst(sum, chip); });
}

bool Chain::tells_of_loads() const {
    return functions_->start != nullptr && count_ > 1 && steps_[1].kind.computes();
}

bool Chain::reads_of(const void* out, std::size_t bytes) const {
    const auto* const begin = static_cast<const std::byte*>(out);
    return std::any_of(steps_.begin(), steps_.begin() + count_, [&](const Step& step) {
        const auto* const a = static_cast<const std::byte*>(step.a);
        return !step.kind.reads_nothing() && a < begin + bytes && begin < a + kElements * 4;
    });
}

bool Chain::run_watched(Step sink) {
    if (!tells_of_loads()) return false;
    const silicon::FloatFlags flags;
    run(sink);
    return flags.clean();
}

void Chain::run_to_dst(float* dst, const silicon::Mode* chip) {
    Step sink = sink_to(
        chip, [](const auto& sinks) { return sinks.to_dst; }, dst);
    if (chip != nullptr) {
        // What it reads stays, should it have to run again.
        alignas(64) float result[kElements];
        const bool in_place = reads_of(dst, sizeof result);
        if (in_place) sink.out = result;
        if (run_watched(sink)) {
            if (in_place) std::memcpy(dst, result, sizeof result);
            return;
        }
        return silicon::run_steps(*chip, steps_.data(), count_, reinterpret_cast<silicon::Word*>(dst));
    }
    if (functions_->start == nullptr) return scalar::run_steps(steps_.data(), count_, dst);
    run(sink);
}

void Chain::run_to_tile(DataFormat format, void* out, const silicon::Mode* chip) {
    const Step sink = sink_to(
        chip, [&](const auto& sinks) { return sinks.to_tile[index_of(format)]; }, out);
    if (chip != nullptr) {
        if (!reads_of(out, tile_bytes(format)) && run_watched(sink)) return;
        alignas(64) silicon::Word x[kElements];
        silicon::run_steps(*chip, steps_.data(), count_, x);
        return silicon::pack(*chip, x, PackMask::all, false, format, out);
    }
    if (functions_->start == nullptr) {
        alignas(64) float x[kElements];
        scalar::run_steps(steps_.data(), count_, x);
        return scalar::pack(x, PackMask::all, false, format, out);
    }
    run(sink);
}

void Chain::run_to_rows(DataFormat format, void* rows, std::size_t pitch_bytes, const silicon::Mode* chip) {
    Step sink = sink_to(
        chip, [&](const auto& sinks) { return sinks.to_rows[index_of(format)]; }, rows);
    sink.pitch_bytes = pitch_bytes;
    if (chip != nullptr) {
        if (!reads_of(rows, pitch_bytes * kSide) && run_watched(sink)) return;
        alignas(64) silicon::Word x[kElements];
        silicon::run_steps(*chip, steps_.data(), count_, x);
        return silicon::untilize(*chip, x, format, rows, pitch_bytes);
    }
    if (functions_->start == nullptr) {
        alignas(64) float x[kElements];
        scalar::run_steps(steps_.data(), count_, x);
        return scalar::untilize(x, format, rows, pitch_bytes);
    }
    run(sink);
}

namespace {

// run_to_sticks() by the plain rules: the tile, untilized by `untilize`, to where it goes.
template <class Untilize>
void copy_to_sticks(DataFormat format, const OutSticks& sticks, std::size_t to, Untilize untilize) {
    alignas(64) std::byte rows[kElements * 4];
    const std::size_t bytes = kSide * element_bytes(format);
    untilize(rows, bytes);
    for (std::size_t r = 0; r < kSide; ++r) std::memcpy(sticks[r] + to, rows + r * bytes, bytes);
}

}  // namespace

void run_to_sticks(Step* steps, std::size_t count, std::size_t offset, const float* const* vectors,
                   DataFormat format, const OutSticks& sticks, std::size_t to, bool past_caches,
                   const silicon::Mode* chip) {
    const StepFunctions& functions = step_functions();
    steps[0].offset = offset;
    for (std::size_t i = 1; i < count; ++i)
        if (steps[i].kind.reads_vector()) steps[i].a = *vectors++;
    if (functions.start != nullptr && (chip == nullptr || (count > 1 && steps[1].kind.computes()))) {
        const StepFunctions::Sinks& sinks = chip == nullptr ? functions.exact : functions.silicon;
        steps[count].run = sinks.to_sticks[index_of(format)][past_caches ? 1 : 0];
        steps[count].a = &sticks;
        steps[count].offset = to;
        if (chip == nullptr) return functions.start(steps);
        const silicon::FloatFlags flags;
        functions.start(steps);
        if (flags.clean()) return;
        if (past_caches) finish_streams();
    }
    if (chip != nullptr) {
        alignas(64) silicon::Word x[kElements];
        silicon::run_steps(*chip, steps, count, x);
        return copy_to_sticks(format, sticks, to, [&](std::byte* rows, std::size_t bytes) {
            silicon::untilize(*chip, x, format, rows, bytes);
        });
    }
    alignas(64) float x[kElements];
    scalar::run_steps(steps, count, x);
    copy_to_sticks(format, sticks, to,
                   [&](std::byte* rows, std::size_t bytes) { scalar::untilize(x, format, rows, bytes); });
}

namespace scalar {
namespace {

float operand(From from, const void* data, const Step& step, std::uint32_t row, std::uint32_t column) {
    std::uint32_t index = face_index(row, column);
    if (from == From::bfloat16_sticks || from == From::float32_sticks) {
        data = (*static_cast<const Sticks*>(data))[row] + step.offset;
        index = column;
    }
    float value;
    std::uint16_t bits;
    switch (from) {
        case From::bfloat16:
        case From::bfloat16_sticks:
            std::memcpy(&bits, static_cast<const std::byte*>(data) + 2 * std::size_t{index}, sizeof bits);
            return bfloat16_to_float(bits);
        case From::float32:
        case From::float32_sticks:
            std::memcpy(&value, static_cast<const std::byte*>(data) + 4 * std::size_t{index}, sizeof value);
            return value;
        case From::rows:
            return static_cast<const float*>(data)[row];
        case From::columns:
            return static_cast<const float*>(data)[column];
        case From::scalar:
            return step.scalar;
    }
    return 0;
}

float apply(Act act, float x, float a) {
    switch (act) {
        case Act::load:
            return a;
        case Act::add:
        case Act::add_product:
            return x + a;
        case Act::sub:
            return x - a;
        case Act::rsub:
            return a - x;
        case Act::mul:
            return x * a;
    }
    return 0;
}

float apply(const Step& step, float x, std::uint32_t row, std::uint32_t column) {
    const std::size_t number = step.kind.number();
    if (number >= StepKind::kUnaries) {
        alignas(64) float tile[16] = {x};
        scalar::unary(static_cast<Unary>(number - StepKind::kUnaries), 0, tile, 16);
        return tile[0];
    }
    if (number >= StepKind::kProducts) {
        const auto a = static_cast<From>((number - StepKind::kProducts) / kFroms);
        const auto b = static_cast<From>((number - StepKind::kProducts) % kFroms);
        return x + operand(a, step.a, step, row, column) * operand(b, step.b, step, row, column);
    }
    const auto from = static_cast<From>(number % kFroms);
    return apply(static_cast<Act>(number / kFroms), x, operand(from, step.a, step, row, column));
}

}  // namespace

void run_steps(const Step* steps, std::size_t count, float* out) {
    for (std::uint32_t row = 0; row < kSide; ++row)
        for (std::uint32_t column = 0; column < kSide; ++column) {
            float x = 0;
            for (std::size_t i = 0; i < count; ++i) x = apply(steps[i], x, row, column);
            out[face_index(row, column)] = x;
        }
}

}  // namespace scalar
}  // namespace loom::tile
