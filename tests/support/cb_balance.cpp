// Counts what passes through each circular buffer.
#include "support/cb_balance.hpp"

#include <fmt/format.h>

namespace loom::testing {

void CbBalance::core_finished(const runtime::CoreRun& run) {
    for (std::size_t i = 0; i < pages_.size(); ++i) {
        pages_[i].pushed += run.cbs[i].pushed_pages;
        pages_[i].popped += run.cbs[i].popped_pages;
    }
}

std::string CbBalance::unbalanced(std::span<const CbTableRow> table) const {
    std::string text;
    for (const CbTableRow& row : table) {
        const Pages& pages = pages_[row.index];
        if (row.lifetime == CbLifetime::persistent || pages.pushed == pages.popped) continue;
        text += fmt::format("c_{} ({}): {} pages pushed by {}, {} popped by {}.\n", row.index, row.name,
                            pages.pushed, row.producer, pages.popped, row.consumer);
    }
    return text;
}

}  // namespace loom::testing
