// Who touched which bytes last.
#include "observe/checker/access_history.hpp"

#include <algorithm>
#include <iterator>

namespace loom::checker {
namespace {

bool unordered(const Access& earlier, const Access& access, const Clock& now) {
    return earlier.thread != access.thread && earlier.time > now.of(earlier.thread);
}

bool same(const std::optional<Access>& a, const std::optional<Access>& b) {
    return a && b && a->thread == b->thread && a->time == b->time && a->spot.code == b->spot.code &&
           a->spot.line == b->spot.line && a->spot.file == b->spot.file;
}

}  // namespace

void AccessHistory::split(std::uint64_t at) {
    auto next = ranges_.upper_bound(at);
    if (next == ranges_.begin()) return;
    const auto range = std::prev(next);
    if (range->first == at || range->second.end <= at) return;
    Range tail = range->second;
    range->second.end = at;
    ranges_.emplace_hint(next, at, std::move(tail));
}

AccessHistory::Ranges::iterator AccessHistory::cover(std::uint64_t begin, std::uint64_t end) {
    const auto same = ranges_.find(begin);  // most accesses repeat the extent of an earlier one
    if (same != ranges_.end() && same->second.end == end) return same;
    split(begin);
    split(end);
    std::uint64_t at = begin;
    for (auto range = ranges_.lower_bound(begin); at < end; ++range) {
        if (range == ranges_.end() || range->first > at) {
            const std::uint64_t until = range == ranges_.end() ? end : std::min(end, range->first);
            range = ranges_.emplace_hint(range, at, Range{until, std::nullopt, {}});
        }
        at = range->second.end;
    }
    return ranges_.find(begin);
}

void AccessHistory::join(Ranges::iterator first, Ranges::iterator last, std::uint64_t end) {
    // One write, one range: what it covers need not stay apart.
    if (std::next(first) != last) {
        first->second.end = end;
        ranges_.erase(std::next(first), last);
    }
    // A loop of stores is one range too.
    if (first == ranges_.begin()) return;
    const auto before = std::prev(first);
    if (before->second.end != first->first || !before->second.reads.empty() ||
        !same(before->second.write, first->second.write))
        return;
    before->second.end = first->second.end;
    ranges_.erase(first);
}

std::optional<Access> AccessHistory::last_write(std::uint64_t at) const {
    auto range = ranges_.upper_bound(at);
    if (range == ranges_.begin()) return std::nullopt;
    --range;
    return range->second.end > at ? range->second.write : std::nullopt;
}

std::optional<Conflict> AccessHistory::note(std::uint64_t begin, std::uint64_t end, bool write,
                                            const Access& access, const Clock& now) {
    if (begin >= end) return std::nullopt;
    std::optional<Conflict> conflict;
    const auto compare = [&](const Access& earlier, bool wrote) {
        if (!conflict && unordered(earlier, access, now)) conflict = Conflict{earlier, wrote};
    };
    const auto first = cover(begin, end);
    auto range = first;
    for (; range != ranges_.end() && range->first < end; ++range) {
        auto& [range_end, last_write, reads] = range->second;
        if (last_write) compare(*last_write, true);
        if (write) {
            for (const Access& read : reads) compare(read, false);
            last_write = access;
            reads.clear();
            continue;
        }
        const auto mine = std::ranges::find(reads, access.thread, &Access::thread);
        if (mine == reads.end())
            reads.push_back(access);
        else
            *mine = access;
    }
    if (write) join(first, range, end);
    return conflict;
}

}  // namespace loom::checker
