// The report of a hang: what each thread waits for, and what would have let it go on.
#include "runtime/hang.hpp"

#include <algorithm>

#include "runtime/core/core.hpp"

namespace loom::runtime {
namespace {

std::string_view file_name(std::string_view path) {
    return path.substr(path.find_last_of('/') + 1);
}

bool is_semaphore(const Wait& wait) {
    return wait.kind == Wait::Kind::semaphore || wait.kind == Wait::Kind::semaphore_min;
}

std::string thread_name(const Thread& thread) {
    return thread.kernel->compute ? fmt::format("{} ({})", thread.kernel->label, name_of(thread.risc))
                                  : thread.kernel->label;
}

// "cb_wait_front(c_16, 32)", "tile_regs_acquire()"
std::string call_of(const Wait& wait) {
    switch (wait.kind) {
        case Wait::Kind::cb_space:
        case Wait::Kind::cb_pages:
        case Wait::Kind::math:
        case Wait::Kind::poll:
            return fmt::format("{}(c_{}, {})", wait.call, wait.cb, wait.wanted);
        case Wait::Kind::semaphore:
        case Wait::Kind::semaphore_min:
            return fmt::format("{}({})", wait.call, wait.wanted);
        default:
            return fmt::format("{}()", wait.call);
    }
}

// What there is, against what is wanted.
std::string state_of(const Core& core, const Wait& wait) {
    const CircularBuffer& cb = core.cbs[wait.cb];
    switch (wait.kind) {
        case Wait::Kind::cb_space:
        case Wait::Kind::cb_pages:
            if (wait.wanted > cb.config.num_pages())
                return fmt::format("c_{} holds {} pages: can never be granted", wait.cb,
                                   cb.config.num_pages());
            if (wait.kind == Wait::Kind::cb_space)
                return fmt::format("{} of {} pages free", cb.free_pages(), wait.wanted);
            return fmt::format("{} of {} pages pushed", cb.available(), wait.wanted);
        case Wait::Kind::poll:
            return "polls, and nothing else can run";
        case Wait::Kind::operands:
            return "UNPACK has not come to this call";
        case Wait::Kind::math:
            return "MATH has not used what would be popped";
        case Wait::Kind::dst_section:
            return "PACK has not released a section of DST";
        case Wait::Kind::dst_data:
            return "MATH has committed no section of DST";
        case Wait::Kind::semaphore:
        case Wait::Kind::semaphore_min:
            return fmt::format("the semaphore is {}", *wait.word);
        case Wait::Kind::none:
            return "";
    }
    return "";
}

struct Line {
    std::string kernel, risc, call, place, state;
};

Line line_of(const Core& core, const Thread& thread) {
    Line line;
    line.kernel = thread.kernel->label;
    line.risc = thread.kernel->compute ? name_of(thread.risc) : "";
    if (thread.finished()) {
        line.call = "finished";
        return line;
    }
    line.call = call_of(thread.wait);
    line.place = fmt::format("{}:{}", file_name(thread.wait.site.file), thread.wait.site.line);
    line.state = state_of(core, thread.wait);
    return line;
}

// The threads of compute that ended share a line, after those that did not.
std::string finished_line(const Core& core) {
    std::string text;
    for (const Thread& thread : core.threads)
        if (thread.kernel->compute && thread.finished())
            text += fmt::format("{}{}  finished", text.empty() ? "" : "      ", name_of(thread.risc));
    return text;
}

std::vector<Line> lines_of(const Core& core) {
    std::vector<Line> lines;
    for (const Thread& thread : core.threads)
        if (!thread.kernel->compute && thread.risc == Risc::NCRISC) lines.push_back(line_of(core, thread));
    const std::size_t first = lines.size();
    for (const Thread& thread : core.threads)
        if (thread.kernel->compute && !thread.finished()) lines.push_back(line_of(core, thread));
    if (const Thread* unpack = core.thread_of(Risc::UNPACK); unpack != nullptr && lines.size() == first)
        lines.push_back({unpack->kernel->label, "", "finished", "", ""});
    else if (std::string ended = finished_line(core); !ended.empty())
        lines.push_back({unpack->kernel->label, std::move(ended), "", "", ""});
    for (const Thread& thread : core.threads)
        if (!thread.kernel->compute && thread.risc == Risc::BRISC) lines.push_back(line_of(core, thread));
    return lines;
}

std::string table_of(const Core& core) {
    const std::vector<Line> lines = lines_of(core);
    const auto width = [&](auto member, std::size_t most) {
        std::size_t widest = 0;
        for (const Line& line : lines)
            if ((line.*member).size() <= most) widest = std::max(widest, (line.*member).size());
        return widest;
    };
    const std::size_t kernel = width(&Line::kernel, 99);
    const std::size_t risc = width(&Line::risc, 6);
    const std::size_t call = width(&Line::call, 99);
    const std::size_t place = width(&Line::place, 99);
    std::string text;
    std::string_view last;
    for (const Line& line : lines) {
        const bool repeated = line.kernel == last;
        std::string row = fmt::format("  {:<{}}  ", repeated ? "" : line.kernel, kernel);
        if (risc != 0) row += fmt::format("{:<{}}  ", line.risc, risc);
        row += fmt::format("{:<{}}  {:<{}}  {}", line.call, call, line.place, place, line.state);
        row.erase(row.find_last_not_of(' ') + 1);
        text += row + '\n';
        last = line.kernel;
    }
    return text;
}

// --- What to change

// More pages are wanted than the buffer has: no schedule can help.
std::string advise_size(const Core& core) {
    for (const Thread& thread : core.threads) {
        const Wait& wait = thread.wait;
        if (thread.finished() || (wait.kind != Wait::Kind::cb_space && wait.kind != Wait::Kind::cb_pages))
            continue;
        const std::uint32_t pages = core.cbs[wait.cb].config.num_pages();
        if (wait.wanted > pages)
            return fmt::format("Give c_{} at least {} pages, or {} at most {}.", wait.cb, wait.wanted,
                               wait.kind == Wait::Kind::cb_space ? "reserve" : "wait for", pages);
    }
    return "";
}

const Thread* thread_at(const Core& core, int index) {
    return index < 0 ? nullptr : &core.threads[static_cast<std::size_t>(index)];
}

// A thread waits for one that has ended.
std::string advise_ended(const Core& core) {
    for (const Thread& thread : core.threads) {
        const Wait& wait = thread.wait;
        if (thread.finished()) continue;
        const CircularBuffer& cb = core.cbs[wait.cb];
        if (wait.kind == Wait::Kind::cb_pages) {
            const Thread* producer = thread_at(core, cb.producer);
            if (producer != nullptr && producer->finished())
                return fmt::format(
                    "{} ended after pushing {} pages of c_{} in all; {} waits for {} more: push as many "
                    "as are waited for.",
                    thread_name(*producer), cb.pushed_pages, wait.cb, thread_name(thread),
                    wait.wanted - cb.available());
        }
        if (wait.kind == Wait::Kind::cb_space) {
            const Thread* consumer = thread_at(core, cb.consumer);
            if (consumer != nullptr && consumer->finished())
                return fmt::format(
                    "{} ended after popping {} of the {} pages pushed to c_{}: let it pop each page "
                    "that it has used.",
                    thread_name(*consumer), cb.popped_pages, cb.pushed_pages, wait.cb);
        }
    }
    return "";
}

// A thread waits for one that nobody has seen.
std::string advise_nobody(const Core& core) {
    for (const Thread& thread : core.threads) {
        const Wait& wait = thread.wait;
        if (thread.finished()) continue;
        if (wait.kind == Wait::Kind::cb_pages && core.cbs[wait.cb].producer < 0)
            return fmt::format("No kernel has pushed c_{}: let one push the {} pages that {} waits for.",
                               wait.cb, wait.wanted, thread_name(thread));
        if (wait.kind == Wait::Kind::cb_space && core.cbs[wait.cb].consumer < 0)
            return fmt::format("No kernel has popped c_{}: let one pop what {} pushes.", wait.cb,
                               thread_name(thread));
        if (is_semaphore(wait))
            return fmt::format("Nothing sets the semaphore that {} waits for to {}{}.", thread_name(thread),
                               wait.kind == Wait::Kind::semaphore_min ? "at least " : "", wait.wanted);
    }
    return "";
}

// The threads that one waits for, at most one each: a walk along them must come back to where it was.
const Thread* waits_for(const Core& core, const Thread& thread) {
    const Wait& wait = thread.wait;
    switch (wait.kind) {
        case Wait::Kind::cb_space:
            return thread_at(core, core.cbs[wait.cb].consumer);
        case Wait::Kind::cb_pages:
            return thread_at(core, core.cbs[wait.cb].producer);
        case Wait::Kind::operands:
            return core.thread_of(Risc::UNPACK);
        case Wait::Kind::math:
        case Wait::Kind::dst_data:
            return core.thread_of(Risc::MATH);
        case Wait::Kind::dst_section:
            return core.thread_of(Risc::PACK);
        default:
            return nullptr;
    }
}

std::string what_it_wants(const Core& core, const Wait& wait) {
    const CircularBuffer& cb = core.cbs[wait.cb];
    if (wait.kind == Wait::Kind::cb_space)
        return fmt::format("to pop {} of c_{}", wait.wanted - cb.free_pages(), wait.cb);
    if (wait.kind == Wait::Kind::cb_pages)
        return fmt::format("to push {} more of c_{}", wait.wanted - cb.available(), wait.cb);
    return "to go on";
}

std::string describe_cycle(const Core& core, std::span<const Thread* const> cycle) {
    std::string text = "They wait for each other:";
    for (std::size_t i = 0; i < cycle.size(); ++i)
        text += fmt::format("{} {} needs {} {}", i == 0 ? "" : ",", thread_name(*cycle[i]),
                            thread_name(*cycle[(i + 1) % cycle.size()]), what_it_wants(core, cycle[i]->wait));
    return text + ".";
}

std::string advise_cycle(const Core& core) {
    for (const Thread& start : core.threads) {
        std::vector<const Thread*> path;
        const Thread* walker = &start;
        while (walker != nullptr && !walker->finished() && std::ranges::find(path, walker) == path.end()) {
            path.push_back(walker);
            walker = waits_for(core, *walker);
        }
        if (walker == nullptr || walker->finished()) continue;
        path.erase(path.begin(), std::ranges::find(path, walker));
        return describe_cycle(core, path);
    }
    return "";
}

}  // namespace

std::string describe_hang(std::span<const Core* const> stuck, const std::string& again) {
    // A core that waits for another by semaphore is seldom the one to mend; show one that is at fault itself.
    const auto self_made = std::ranges::find_if(stuck, [](const Core* core) {
        return std::ranges::none_of(core->threads, [](const Thread& thread) {
            return !thread.finished() && is_semaphore(thread.wait);
        });
    });
    const Core& core = **(self_made != stuck.end() ? self_made : stuck.begin());
    std::string text =
        fmt::format("HANG core {}: no kernel can run.\n{}", to_string(core.coord), table_of(core));
    if (stuck.size() > 1)
        text += fmt::format("{} more core{} cannot go on either.\n", stuck.size() - 1,
                            stuck.size() == 2 ? "" : "s");
    for (const auto advise : {advise_size, advise_ended, advise_cycle, advise_nobody}) {
        const std::string advice = advise(core);
        if (advice.empty()) continue;
        text += advice + '\n';
        break;
    }
    if (!again.empty()) text += "Again: " + again + '\n';
    text.pop_back();
    return text;
}

}  // namespace loom::runtime
