// Waits and causes of a hang, in words.
#include "runtime/hang_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "runtime/jit/code_place.hpp"
#include "runtime/launch.hpp"
#include "util/counted.hpp"

namespace loom::runtime {
namespace {

constexpr std::size_t kMaxInCycle = 6;

bool equal(const Wait& wait) {
    return wait.kind == Wait::Kind::semaphore;
}

// "semaphore 0", "the word at byte 4096 of L1"
std::string word_name(const Core& core, const Wait& wait) {
    if (wait.word == nullptr) return "a word of L1";
    if (const auto id = semaphore_of(core, wait)) return fmt::format("semaphore {}", *id);
    return fmt::format("the word at byte {} of L1", reinterpret_cast<const std::byte*>(wait.word) - core.l1);
}

std::string capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

// A cause's threads by name; with their cores where there is more than one.
class Names {
public:
    Names(const HangGraph& graph, const HangCause& cause) {
        for (const std::size_t thread : cause.threads) {
            cores_.insert(graph.threads()[thread]->core->coord);
            for (const SemaphoreParty& party : graph.ended(thread)) cores_.insert(party.core);
        }
    }
    std::string operator()(const Kernel& kernel, Risc risc, CoreCoord core) const {
        std::string name = kernel.label;
        if (kernel.compute) name += fmt::format(" ({})", name_of(risc));
        if (cores_.size() > 1) name += " of core " + to_string(core);
        return name;
    }
    std::string operator()(const Thread& thread) const {
        return (*this)(*thread.kernel, thread.risc, thread.core->coord);
    }
    std::string operator()(const SemaphoreParty& party) const {
        return (*this)(*party.kernel, party.risc, party.core);
    }

private:
    std::set<CoreCoord> cores_;
};

std::string advise_size(const Core& core, const Wait& wait) {
    return fmt::format("Give c_{} at least {}, or {} at most {}.", wait.cb, count_of_pages(wait.wanted),
                       waits_for(wait) == WaitsFor::space ? "reserve" : "wait for",
                       core.cbs[wait.cb].config.num_pages());
}

std::string advise_ended_semaphore(const HangGraph& graph, const HangCause& cause, const Names& name) {
    const Thread& thread = *graph.threads()[cause.threads[0]];
    const Wait& wait = thread.wait;
    const std::vector<SemaphoreParty>& parties = graph.ended(cause.threads[0]);
    std::string who;
    for (const SemaphoreParty& party : parties) who += (who.empty() ? "" : " and ") + name(party);
    const bool acted = std::ranges::any_of(
        parties, [](const SemaphoreParty& party) { return party.act >= SemaphoreAct::raised; });
    const std::string what = word_name(*thread.core, wait);
    if (wait.kind == Wait::Kind::load)
        return fmt::format("{} polls {}, and {} ended: write what is polled for before that.", name(thread),
                           what, who);
    return fmt::format(
        "{} ended {} {}, which is {}; {} waits for {}{}: raise it as often as it is waited for.", who,
        acted ? "after the last change of" : "without raising", what, semaphore_value(wait), name(thread),
        equal(wait) ? "" : "at least ", wait.wanted);
}

std::string advise_ended(const HangGraph& graph, const HangCause& cause, const Names& name) {
    const Thread& thread = *graph.threads()[cause.threads[0]];
    const Wait& wait = thread.wait;
    const CircularBuffer& cb = thread.core->cbs[wait.cb];
    const WaitsFor what = waits_for(wait);
    if (what == WaitsFor::semaphore || what == WaitsFor::word)
        return advise_ended_semaphore(graph, cause, name);
    const std::string who = name(graph.ended(cause.threads[0]).front());
    switch (what) {
        case WaitsFor::pages:
            return fmt::format(
                "{} ended after pushing {} of c_{} in all; {} waits for {} more: push as many as are "
                "waited "
                "for.",
                who, count_of_pages(cb.pushed_pages), wait.cb, name(thread), wait.wanted - cb.available());
        case WaitsFor::space:
            return fmt::format(
                "{} ended after popping {} of the {} pushed to c_{}: let it pop each page that it has "
                "used.",
                who, cb.popped_pages, count_of_pages(cb.pushed_pages), wait.cb);
        case WaitsFor::math_commit:
            return fmt::format(
                "{} ended, and {} waits for one more section of DST: pair each tile_regs_wait with one "
                "tile_regs_commit.",
                who, name(thread));
        case WaitsFor::pack: {
            const std::uint32_t left = thread.core->dst.committed();
            return fmt::format(
                "{} ended without releasing {} section{} of DST that {} committed: pair each "
                "tile_regs_commit with "
                "one tile_regs_wait and one tile_regs_release.",
                who, left, left == 1 ? "" : "s", name(thread));
        }
        default:
            return fmt::format("{} ended, and {} needs it: let both make the same calls.", who, name(thread));
    }
}

std::string advise_overshoot(const Thread& thread, const Names& name) {
    const Wait& wait = thread.wait;
    return fmt::format(
        "{} is {}, past the {} that {} waits for, and increments only raise it: raise it {} less, or wait "
        "with "
        "noc_semaphore_wait_min.",
        capital(word_name(*thread.core, wait)), semaphore_value(wait), wait.wanted, name(thread),
        semaphore_value(wait) - wait.wanted);
}

std::string advise_nobody(const Thread& thread, const Names& name) {
    const Wait& wait = thread.wait;
    switch (waits_for(wait)) {
        case WaitsFor::pages:
            return fmt::format("No kernel has pushed c_{}: let one push the {} that {} waits for.", wait.cb,
                               count_of_pages(wait.wanted), name(thread));
        case WaitsFor::space:
            return fmt::format("No kernel has popped c_{}: let one pop what {} pushes.", wait.cb,
                               name(thread));
        case WaitsFor::semaphore:
            return fmt::format(
                "No kernel has raised or set {} of core {}, which is {}: let one do so before {} waits for "
                "{}{}.",
                word_name(*thread.core, wait), to_string(thread.core->coord), semaphore_value(wait),
                name(thread), equal(wait) ? "" : "at least ", wait.wanted);
        default:
            return fmt::format("{} polls {}, which nobody changes: let another kernel write it.",
                               name(thread), word_name(*thread.core, wait));
    }
}

// --- Cycles

// What would break a circle at this wait; "" where nothing but another order does.
std::string remedy_at(const Thread& waits, const Thread& other, const Names& name) {
    const CircularBuffer& cb = waits.core->cbs[waits.wait.cb];
    if (waits_for(waits.wait) == WaitsFor::space)
        return fmt::format("Give c_{} at least {}, or let {} pop c_{} before it waits.", waits.wait.cb,
                           count_of_pages(cb.available() + waits.wait.wanted), name(other), waits.wait.cb);
    return "";
}

// No call has shown that the other thread is the one to push: the wait may be for a wrong buffer.
bool nobody_pushed_yet(const Thread& thread) {
    return waits_for(thread.wait) == WaitsFor::pages && thread.core->cbs[thread.wait.cb].producer < 0;
}

std::string remedy_of(const std::vector<const Thread*>& round, const Names& name) {
    const auto next = [&](std::size_t i) -> const Thread& { return *round[(i + 1) % round.size()]; };
    // Two that differ over one buffer: the one pushes too little for the other to wait for.
    if (round.size() == 2 && round[0]->core == round[1]->core && round[0]->wait.cb == round[1]->wait.cb) {
        const bool first = waits_for(round[0]->wait) == WaitsFor::space;
        const Thread& producer = *round[first ? 0 : 1];
        const Thread& consumer = *round[first ? 1 : 0];
        if (waits_for(producer.wait) == WaitsFor::space && waits_for(consumer.wait) == WaitsFor::pages)
            return fmt::format("Let {} push {} of c_{} before it reserves more, or {} wait for fewer.",
                               name(producer), count_of_pages(consumer.wait.wanted), consumer.wait.cb,
                               name(consumer));
    }
    for (std::size_t i = 0; i < round.size(); ++i)
        if (nobody_pushed_yet(*round[i]))
            return fmt::format("Let {} push c_{} before it waits, if c_{} is what {} means.", name(next(i)),
                               round[i]->wait.cb, round[i]->wait.cb, name(*round[i]));
    for (std::size_t i = 0; i < round.size(); ++i)
        if (std::string remedy = remedy_at(*round[i], next(i), name); !remedy.empty()) return remedy;
    for (std::size_t i = 0; i < round.size(); ++i)
        if (waits_for(round[i]->wait) == WaitsFor::semaphore)
            return fmt::format("Let {} raise {} of core {} before it waits.", name(next(i)),
                               word_name(*round[i]->core, round[i]->wait), to_string(round[i]->core->coord));
    for (std::size_t i = 0; i < round.size(); ++i)
        if (waits_for(round[i]->wait) == WaitsFor::pages)
            return fmt::format("Let {} push c_{} before {} waits for it.", name(next(i)), round[i]->wait.cb,
                               name(*round[i]));
    return "Let one of them go first.";
}

std::string advise_cycle(const HangGraph& graph, const HangCause& cause, const Names& name) {
    std::vector<const Thread*> round;
    for (const std::size_t thread : cause.threads) round.push_back(graph.threads()[thread]);
    const auto wants = [&](const Thread& thread) { return what_it_wants(*thread.core, thread.wait); };
    if (round.size() == 1)
        return fmt::format("{} waits for itself {}: let it do that before it waits.", name(*round[0]),
                           wants(*round[0]));
    const std::size_t told = round.size() <= kMaxInCycle ? round.size() : kMaxInCycle / 2;
    std::string text = "They wait for each other:";
    for (std::size_t i = 0; i < told; ++i)
        text += fmt::format("{} {} needs {} {}", i == 0 ? "" : ",", name(*round[i]),
                            name(*round[(i + 1) % round.size()]), wants(*round[i]));
    if (told != round.size()) text += format_counted(", and so on, round {} threads", round.size());
    return text + ". " + remedy_of(round, name);
}

}  // namespace

LoomSite site_of(const Thread& thread) {
    if (thread.wait.site.file != nullptr) return thread.wait.site;
    return place_of_code(thread.code, thread.kernel->name.c_str());
}

std::string call_of(const Thread& thread) {
    const Core& core = *thread.core;
    const Wait& wait = thread.wait;
    switch (wait.kind) {
        case Wait::Kind::turn:
            return *wait.call != 0 ? wait.call : "a loop";
        case Wait::Kind::cb_space:
        case Wait::Kind::cb_pages:
        case Wait::Kind::math:
        case Wait::Kind::poll:
            return fmt::format("{}(c_{}, {})", wait.call, wait.cb, wait.wanted);
        case Wait::Kind::semaphore:
        case Wait::Kind::semaphore_min:
            return fmt::format("{}({}, {})", wait.call, word_name(core, wait), wait.wanted);
        case Wait::Kind::load:
            return fmt::format("loads {}", word_name(core, wait));
        default:
            return fmt::format("{}()", wait.call);
    }
}

std::string state_of(const Thread& thread) {
    const Core& core = *thread.core;
    const Wait& wait = thread.wait;
    if (thread.spent) return fmt::format("goes on after {} steps", core.shared.max_steps);
    const CircularBuffer& cb = core.cbs[wait.cb];
    switch (waits_for(wait)) {
        case WaitsFor::nothing:
            return "";
        case WaitsFor::space:
        case WaitsFor::pages:
            if (wait.wanted > cb.config.num_pages())
                return fmt::format("c_{} holds {}: can never be granted", wait.cb,
                                   count_of_pages(cb.config.num_pages()));
            if (waits_for(wait) == WaitsFor::space)
                return fmt::format("{} of {} free", cb.free_pages(), count_of_pages(wait.wanted));
            return fmt::format("{} of {} pushed", cb.available(), count_of_pages(wait.wanted));
        case WaitsFor::unpack:
            return "UNPACK has not come to this call";
        case WaitsFor::math_use:
            return "MATH has not used what would be popped";
        case WaitsFor::pack:
            return "PACK has not released a section of DST";
        case WaitsFor::math_commit:
            return "MATH has committed no section of DST";
        case WaitsFor::semaphore:
            return fmt::format("the semaphore is {}{}", semaphore_value(wait),
                               equal(wait) && semaphore_value(wait) > wait.wanted ? ", past it" : "");
        case WaitsFor::word:
            return wait.word == nullptr ? "polls, and nothing changes"
                                        : fmt::format("it stays {}", semaphore_value(wait));
    }
    return "";
}

std::string what_it_wants(const Core& core, const Wait& wait) {
    const CircularBuffer& cb = core.cbs[wait.cb];
    switch (waits_for(wait)) {
        case WaitsFor::space:
            return fmt::format("to pop {} of c_{}{}", wait.wanted - cb.free_pages(), wait.cb,
                               cb.consumer < 0 ? ", which nobody has popped yet" : "");
        case WaitsFor::pages:
            if (cb.producer < 0)
                return fmt::format("to push {} of c_{}, which nobody has pushed yet", wait.wanted, wait.cb);
            return fmt::format("to push {} more of c_{}", wait.wanted - cb.available(), wait.cb);
        case WaitsFor::unpack:
            return "to come to this call";
        case WaitsFor::math_use:
            return "to use its operands";
        case WaitsFor::math_commit:
            return "to commit a section of DST";
        case WaitsFor::pack:
            return "to release a section of DST";
        case WaitsFor::semaphore:
            return fmt::format("to bring {} from {} to {}", word_name(core, wait), semaphore_value(wait),
                               wait.wanted);
        case WaitsFor::word:
            return "to write " + word_name(core, wait);
        default:
            return "to go on";
    }
}

std::string advice_of(const HangGraph& graph, const HangCause& cause) {
    const Thread& thread = *graph.threads()[cause.threads[0]];
    const Names name(graph, cause);
    switch (cause.kind) {
        case HangCause::Kind::endless:
            return fmt::format(
                "{} does not end after {} steps: let its loop come to an end or, if it is only long, raise "
                "max_steps (--max-steps).",
                name(thread), thread.core->shared.max_steps);
        case HangCause::Kind::size:
            return advise_size(*thread.core, thread.wait);
        case HangCause::Kind::ended:
            return advise_ended(graph, cause, name);
        case HangCause::Kind::overshoot:
            return advise_overshoot(thread, name);
        case HangCause::Kind::cycle:
            return advise_cycle(graph, cause, name);
        case HangCause::Kind::nobody:
            return advise_nobody(thread, name);
    }
    return "";
}

}  // namespace loom::runtime
