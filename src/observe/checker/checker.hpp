// Watches a run for what silicon would not forgive: the rules of circular buffers, of the NoC and of the compute
// threads, memory that nobody wrote, and accesses that nothing orders.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/chip.hpp"
#include "runtime/launch.hpp"
#include "util/error.hpp"

namespace loom::checker {

/// A tensor that kernels may reach through the NoC.
struct TensorExtent {
    std::string name;  ///< for messages: "input"
    bool dram = true;
    std::uint32_t address = 0;
    std::uint32_t page_bytes = 0;
    std::uint64_t num_pages = 0;
    bool holds_data = true;  ///< before the run
};

class Rules;

/// Wraps the engine's table for one run of checked images on one host thread. The first broken rule ends the run
/// as an error of the kernel that broke it.
class Checker : public runtime::Observer {
public:
    Checker(const runtime::Chip& chip, const runtime::Plan& plan, std::vector<TensorExtent> tensors);
    ~Checker() override;
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    /// Sets what a launch needs to be watched: the table, the observer, one host thread, late transfers.
    void watch(runtime::LaunchOptions& options);

    void core_started(runtime::Core& core) override;
    void thread_finished(runtime::Thread& thread) override;

    /// Whether kernels wrote to a tensor.
    bool wrote(std::size_t tensor) const;
    /// Which bytes of a page were written, by kernels or before the run: not 0. As many as the page has.
    void written(std::size_t tensor, std::uint64_t page, std::span<std::uint8_t> bytes) const;
    /// Who last wrote there, if a kernel did.
    std::optional<KernelPlace> writer_of(std::size_t tensor, std::uint64_t page, std::uint64_t at) const;
    /// Whether some kernel loaded from L1 by code of its own: it may do so in a loop until another changes the word.
    bool loaded_l1() const;
    /// The first load, by a kernel's own code, of bytes that nobody wrote; and their place in words.
    std::optional<std::pair<KernelPlace, std::string>> blind_load() const;

private:
    std::unique_ptr<Rules> rules_;
};

}  // namespace loom::checker
