// Who waits for whom when cores cannot go on, and what is at the bottom of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "runtime/core/core.hpp"
#include "runtime/core/semaphore_history.hpp"

namespace loom::runtime {

/// What a thread waits for, sorted by who has to do it.
enum class WaitsFor : std::uint8_t {
    nothing,
    space,
    pages,
    unpack,
    math_use,
    math_commit,
    pack,
    semaphore,
    word
};
WaitsFor waits_for(const Wait& wait);

/// The semaphore of a wait: its number, if it is one of the core's sixteen.
std::optional<std::uint32_t> semaphore_of(const Core& core, const Wait& wait);
/// The value of the semaphore, now.
std::uint32_t semaphore_value(const Wait& wait);

/// Something that has to change before the hang can go away.
struct HangCause {
    enum class Kind : std::uint8_t {
        endless,    ///< it has taken its steps, and does not end
        size,       ///< more pages wanted than the buffer has
        ended,      ///< who should have granted it has ended
        overshoot,  ///< the semaphore is past the value waited for
        cycle,      ///< threads wait for each other
        nobody,     ///< nobody has ever done what would grant it
    };
    Kind kind = Kind::nobody;
    std::vector<std::size_t> threads;  ///< of a cycle, round; else the one that waits
};

/// The threads of all stuck cores. Indices are into `threads`.
class HangGraph {
public:
    struct Edge {
        std::size_t from = 0;
        std::size_t to = 0;
        bool guess = false;  ///< one of several that may have to
    };

    explicit HangGraph(std::span<const Core* const> stuck);

    const std::vector<const Thread*>& threads() const { return threads_; }
    const std::vector<Edge>& edges() const { return edges_; }
    const std::vector<HangCause>& causes() const { return causes_; }
    /// Of a wait that is granted by a thread that has ended: that thread, wherever it ran.
    const std::vector<SemaphoreParty>& ended(std::size_t thread) const { return nodes_[thread].ended; }
    std::size_t index_of(const Thread& thread) const;
    /// The thread of this core that is on the other side of a buffer, as far as calls have shown.
    const Thread* other_side(const Thread& thread) const;

private:
    enum class State : std::uint8_t { waits, endless, size, ended, overshoot, open };
    struct Node {
        State state = State::waits;
        std::vector<SemaphoreParty> ended;
    };
    using Reach = std::vector<std::vector<bool>>;

    void connect(std::size_t from);
    void connect_semaphore(std::size_t from);
    void connect_to(std::size_t from, const Thread* to);
    void guess_buffer(std::size_t from, const Reach& sure);
    void guess_semaphore(std::size_t from);
    Reach reach(bool guesses) const;
    void find_causes();
    std::vector<std::size_t> shortest_cycle(std::size_t start, const std::vector<bool>& inside) const;

    std::span<const Core* const> cores_;
    std::vector<const Thread*> threads_;
    std::vector<Node> nodes_;
    std::vector<Edge> edges_;
    std::vector<HangCause> causes_;
};

}  // namespace loom::runtime
