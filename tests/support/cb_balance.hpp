// Counts what passes through each circular buffer, and finds those that a run leaves unbalanced.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "program/program_notes.hpp"
#include "runtime/observer.hpp"

namespace loom::testing {

class CbBalance : public runtime::Observer {
public:
    struct Pages {
        std::uint64_t pushed = 0;
        std::uint64_t popped = 0;
    };

    void core_finished(const runtime::CoreRun& run) override;

    /// Pages that passed through c_`index`, over all cores.
    Pages pages(std::uint32_t index) const { return pages_[index]; }
    /// One line for each buffer that is not persistent and whose pushes and pops differ; empty when all
    /// balance.
    std::string unbalanced(std::span<const CbTableRow> table) const;

private:
    std::array<Pages, runtime::kNumCircularBuffers> pages_{};
};

}  // namespace loom::testing
