// Who has had to do with a semaphore: what the report of a hang knows of the threads that could grant a wait.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "runtime/core/core_coord.hpp"
#include "runtime/plan.hpp"

namespace loom::runtime {

enum class SemaphoreAct : std::uint8_t {
    asked,      ///< get_semaphore, on the semaphore's own core: to wait for it, or to set it
    addressed,  ///< made a NoC address of it
    raised,     ///< noc_semaphore_inc
    set,        ///< any other write
};

/// A thread that has changed a semaphore, or could.
struct SemaphoreParty {
    CoreCoord core;
    Risc risc = Risc::NCRISC;
    const Kernel* kernel = nullptr;
    SemaphoreAct act = SemaphoreAct::asked;  ///< the last in the order above
};

/// All semaphores of a launch; any host thread may note. Words are known by their address in host memory.
class SemaphoreHistory {
public:
    void note(const void* word, const SemaphoreParty& party) {
        const std::lock_guard lock(mutex_);
        std::vector<SemaphoreParty>& known = parties_[word];
        const auto same = std::ranges::find_if(known, [&](const SemaphoreParty& other) {
            return other.core == party.core && other.risc == party.risc;
        });
        if (same == known.end())
            known.push_back(party);
        else
            same->act = std::max(same->act, party.act);
    }

    /// In the order of cores and processors, whatever the host threads did.
    std::vector<SemaphoreParty> of(const void* word) const {
        const std::lock_guard lock(mutex_);
        const auto found = parties_.find(word);
        if (found == parties_.end()) return {};
        std::vector<SemaphoreParty> known = found->second;
        std::ranges::sort(known, [](const SemaphoreParty& a, const SemaphoreParty& b) {
            return std::tie(a.core.y, a.core.x, a.risc) < std::tie(b.core.y, b.core.x, b.risc);
        });
        return known;
    }

private:
    mutable std::mutex mutex_;
    std::unordered_map<const void*, std::vector<SemaphoreParty>> parties_;
};

}  // namespace loom::runtime
