// Draws a change of one word of a program.
#include <fmt/format.h>

#include <bit>
#include <functional>
#include <limits>
#include <vector>

#include "draw_program.hpp"

namespace loom::fuzz {
namespace {

std::uint32_t other_word(Draw& draw, std::uint32_t word) {
    constexpr std::uint32_t kEdges[] = {
        0,    1,     2,     15,         16,         31,         32,         33,         255,
        4096, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, 0x7f800000, 0x7fc00000};
    const std::uint32_t near[] = {word + 1, word - 1, word + 16,   word - 16,
                                  word * 2, word / 2, word + 2048, ~word};
    switch (draw.below(4)) {
        case 0:
            return draw.of(kEdges);
        case 1:
            return word ^ (1u << draw.below(32));
        case 2:
            return static_cast<std::uint32_t>(draw.below(UINT32_MAX) >> draw.below(32));
        default:
            return draw.of(near);
    }
}

/// A word that can be changed, by what it is.
struct Word {
    std::string what;
    std::function<std::string(Draw&)> change;  ///< "4 -> 5"
};

template <typename Number>
std::string change_number(Draw& draw, Number& number) {
    const Number old = number;
    number = static_cast<Number>(other_word(draw, static_cast<std::uint32_t>(number)));
    return fmt::format("{} -> {}", old, number);
}

template <typename Number>
Word word(std::string what, Number& number) {
    return {std::move(what), [&number](Draw& draw) { return change_number(draw, number); }};
}

template <typename Value>
Word one_of(std::string what, Value& value, Value other) {
    return {std::move(what), [&value, other](Draw&) {
                value = other;
                return std::string("another");
            }};
}

// One rectangle's corner elsewhere, by one or by far.
Word word(std::string what, CoreRangeSet& cores) {
    return {std::move(what), [&cores](Draw& draw) {
                std::vector<CoreRange> ranges = cores.ranges();
                if (ranges.empty()) return std::string("none");
                CoreRange& range = draw.among(ranges);
                CoreCoord start = range.start_coord;
                CoreCoord end = range.end_coord;
                CoreCoord& corner = draw.one_in(2) ? start : end;
                std::uint32_t& side = draw.one_in(2) ? corner.x : corner.y;
                side = draw.one_in(4) ? other_word(draw, side) : draw.between(0, 3);
                range = CoreRange(start, end);
                const std::string old = to_string(cores);
                cores = CoreRangeSet(ranges);
                return fmt::format("{} -> {}", old, to_string(cores));
            }};
}

std::vector<Word> runtime_words(ProgramDescriptor& program) {
    std::vector<Word> words;
    for (std::size_t k = 0; k < program.kernels.size(); ++k) {
        KernelDescriptor& kernel = program.kernels[k];
        for (auto& [core, args] : kernel.runtime_args)
            for (std::size_t i = 0; i < args.size(); ++i)
                words.push_back(word(
                    fmt::format("kernel {}, core {}, runtime argument {}", k, to_string(core), i), args[i]));
        for (std::size_t i = 0; i < kernel.common_runtime_args.size(); ++i)
            words.push_back(
                word(fmt::format("kernel {}, common argument {}", k, i), kernel.common_runtime_args[i]));
    }
    for (SemaphoreDescriptor& semaphore : program.semaphores)
        words.push_back(word(fmt::format("semaphore {}'s value", semaphore.id), semaphore.initial_value));
    return words;
}

void add_kernel_words(std::size_t number, KernelDescriptor& kernel, std::vector<Word>& words) {
    const std::string name = fmt::format("kernel {}, ", number);
    for (std::size_t i = 0; i < kernel.compile_time_args.size(); ++i)
        words.push_back(
            word(fmt::format("{}compile-time argument {}", name, i), kernel.compile_time_args[i]));
    for (auto& [arg, value] : kernel.named_compile_time_args) words.push_back(word(name + arg, value));
    for (auto& [define, text] : kernel.defines)
        words.push_back({name + define, [&text](Draw& draw) {
                             const std::string old = text;
                             text = fmt::to_string(other_word(draw, 1));
                             return fmt::format("{} -> {}", old, text);
                         }});
    words.push_back(word(name + "cores", kernel.core_ranges));
    if (auto* config = std::get_if<ComputeConfigDescriptor>(&kernel.config)) {
        words.push_back(
            one_of(name + "fp32_dest_acc_en", config->fp32_dest_acc_en, !config->fp32_dest_acc_en));
        words.push_back(
            one_of(name + "dst_full_sync_en", config->dst_full_sync_en, !config->dst_full_sync_en));
    }
}

void add_cb_words(CBDescriptor& cb, std::vector<Word>& words) {
    for (CBFormatDescriptor& format : cb.format_descriptors) {
        const std::string name = fmt::format("c_{}'s ", format.buffer_index);
        words.push_back(word(name + "total size", cb.total_size));
        words.push_back(word(name + "page size", format.page_size));
        words.push_back({name + "pages", [&cb, &format](Draw& draw) {
                             const std::uint32_t pages = draw.between(1, 40);
                             cb.total_size = pages * format.page_size;
                             return fmt::format("-> {}", pages);
                         }});
        words.push_back(word(name + "index", format.buffer_index));
        const bool wide = format.data_format == DataFormat::Float32;
        words.push_back(
            one_of(name + "format", format.data_format, wide ? DataFormat::Float16_b : DataFormat::Float32));
        words.push_back({name + "tile height", [&format](Draw& draw) {
                             format.tile = TileDescriptor{.height = draw.between(0, 40)};
                             return fmt::format("-> {}", format.tile->height);
                         }});
    }
    words.push_back(word("cores of a circular buffer", cb.core_ranges));
}

std::vector<Word> other_words(ProgramDescriptor& program) {
    std::vector<Word> words;
    for (std::size_t k = 0; k < program.kernels.size(); ++k) add_kernel_words(k, program.kernels[k], words);
    for (CBDescriptor& cb : program.cbs) add_cb_words(cb, words);
    for (SemaphoreDescriptor& semaphore : program.semaphores) {
        words.push_back(word("a semaphore's id", semaphore.id));
        words.push_back(word(fmt::format("cores of semaphore {}", semaphore.id), semaphore.core_ranges));
    }
    return words;
}

}  // namespace

std::string change_word(Draw& draw, ProgramDescriptor& program) {
    // Most need no compiler: a hundred of them run in the time of one that does.
    std::vector<Word> words = draw.one_in(8) ? other_words(program) : runtime_words(program);
    const Word& word = draw.among(words);
    const std::string change = word.change(draw);
    return word.what + ": " + change;
}

}  // namespace loom::fuzz
