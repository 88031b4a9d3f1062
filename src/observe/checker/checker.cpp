// Watches a run for what silicon would not forgive.
#include "observe/checker/checker.hpp"

#include <algorithm>

#include "observe/checker/rules.hpp"
#include "runtime/jit/code_place.hpp"

namespace loom::checker {
namespace {

thread_local Rules* watching = nullptr;

const LoomEngine& wrapped_table() {
    static const LoomEngine table = [] {
        LoomEngine wrapped = plain();
        wrap_cb_calls(wrapped);
        wrap_noc_calls(wrapped);
        wrap_compute_calls(wrapped);
        wrap_memory(wrapped);
        return wrapped;
    }();
    return table;
}

std::uint32_t memory_of_core(const runtime::Chip& chip, CoreCoord core) {
    const CoreCoord at = chip.noc_of(core);
    return at.y * 64 + at.x;
}

// Where byte `at` of a page lies.
Extent page_extent(const runtime::Chip& chip, const TensorExtent& tensor, std::uint64_t page,
                   std::uint64_t at) {
    const std::uint32_t banks = tensor.dram ? chip.spec().dram_banks : chip.num_l1_banks();
    const std::uint64_t alignment = tensor.dram ? chip.spec().dram_alignment : chip.spec().l1_alignment;
    const std::uint64_t pitch = (std::uint64_t{tensor.page_bytes} + alignment - 1) / alignment * alignment;
    const auto bank = static_cast<std::uint32_t>(page % banks);
    const std::uint64_t begin = tensor.address + page / banks * pitch + at;
    const std::uint32_t memory = tensor.dram ? runtime::NocAddress::kDramRow * 64 + bank
                                             : memory_of_core(chip, chip.l1_bank_core(bank));
    return {memory, begin, begin + 1};
}

// Regions of L1 that circular buffers lie in; those of aliases, which share one, together.
std::vector<CbRegion> regions_of(const runtime::Core& core) {
    std::vector<CbRegion> regions;
    for (const runtime::CircularBuffer& cb : core.cbs) {
        if (!cb.exists) continue;
        const std::uint64_t begin = cb.config.offset;
        const auto same = std::ranges::find(regions, begin, &CbRegion::begin);
        if (same == regions.end())
            regions.push_back({begin, begin + cb.config.total_bytes, {cb.config.index}});
        else
            same->cbs.push_back(cb.config.index);
    }
    return regions;
}

}  // namespace

const LoomEngine& plain() {
    return runtime::engine_table();
}

Rules& Rules::active() {
    return *watching;
}
void Rules::activate(Rules* rules) {
    watching = rules;
}

Rules::Rules(const runtime::Chip& its_chip, const runtime::Plan& plan, std::vector<TensorExtent> its_tensors)
    : chip(its_chip), tensors(std::move(its_tensors)), tensor_written(tensors.size()) {
    make_core_shadows(plan);
    make_tensor_shadows();
}

// All at once, before any core runs: a core may write to another that has not begun.
void Rules::make_core_shadows(const runtime::Plan& plan) {
    for (const runtime::CorePlan& core : plan.cores) {
        std::vector<Origin>& shadow = shadows_[memory_of_core(chip, core.core)];
        std::uint64_t end = chip.spec().l1_unreserved_base;
        for (const runtime::CbConfig& cb : core.cbs)
            end = std::max<std::uint64_t>(end, cb.offset + cb.total_bytes);
        shadow.assign(end, kL1Origin);
        std::fill_n(shadow.begin(), chip.spec().l1_unreserved_base,
                    kWritten);  // the engine's: semaphores, zeros
        for (const runtime::CbConfig& cb : core.cbs)
            std::fill_n(shadow.begin() + cb.offset, cb.total_bytes, origin_of_cb(cb.index));
    }
}

void Rules::make_tensor_shadows() {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const TensorExtent& tensor = tensors[i];
        if (tensor.page_bytes == 0) continue;
        const auto origin = static_cast<Origin>(std::min<std::size_t>(kTensorOrigin + i, 255));
        for (std::uint64_t page = 0; page < tensor.num_pages; ++page) {
            const Extent first = page_extent(chip, tensor, page, 0);
            const std::uint64_t end = first.begin + tensor.page_bytes;
            std::vector<Origin>& bytes = shadows_[first.memory];
            if (bytes.size() < end)
                bytes.resize(std::max<std::uint64_t>(end, bytes.size() * 3 / 2),
                             tensor.dram ? kDramOrigin : kL1Origin);
            std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(first.begin),
                      bytes.begin() + static_cast<std::ptrdiff_t>(end),
                      tensor.holds_data ? kWritten : origin);
        }
    }
}

void Rules::start(runtime::Core& core) {
    // A core object serves one core after another; ids of threads are never used twice.
    std::erase_if(cores, [&](const auto& state) { return state->core == &core; });
    auto state = std::make_unique<CoreState>();
    state->core = &core;
    state->memory = memory_of_core(chip, core.coord);
    state->regions = regions_of(core);
    std::vector<Origin>& shadow = shadows_[state->memory];
    state->shadow = shadow.data();
    state->shadow_bytes = shadow.size();
    core.watched = state.get();
    for (runtime::Thread& thread : core.threads) {
        auto mine = std::make_unique<ThreadState>();
        mine->thread = &thread;
        mine->core = state.get();
        mine->id = static_cast<std::uint32_t>(names_.size());
        mine->clock.tick(mine->id);
        thread.watched = mine.get();
        names_.push_back(thread.where({thread.kernel->file.c_str(), 0}, ""));
        state->threads.push_back(std::move(mine));
    }
    cores.push_back(std::move(state));
}

void Rules::finish(runtime::Thread& thread) {
    const ThreadState& state = *static_cast<ThreadState*>(thread.watched);
    end_of_transfers(state);
    end_of_setups(state);
    if (thread.core->finished()) end_of_buffers(*state.core);
}

Origin* Rules::shadow_of(const Extent& extent) {
    const auto found = shadows_.find(extent.memory);
    if (found == shadows_.end() || extent.end > found->second.size()) return nullptr;
    return found->second.data() + extent.begin;
}

void Rules::require_owner(const ThreadState& state, const Extent& extent, const Spot& spot) {
    if (extent.memory / 64 == runtime::NocAddress::kDramRow) return;
    const Origin* shadow = shadow_of(extent);
    const bool owned = shadow != nullptr && std::find(shadow, shadow + (extent.end - extent.begin),
                                                      kL1Origin) == shadow + (extent.end - extent.begin);
    if (owned) return;
    const CoreCoord origin = chip.spec().noc_origin;
    fail(Code::L1_UNOWNED, place(state, spot), extent.begin, extent.end,
         to_string(CoreCoord{extent.memory % 64 - origin.x, extent.memory / 64 - origin.y}));
}

void Rules::copy_shadow(const Extent& source, const Extent& destination) {
    Origin* const to = shadow_of(destination);
    if (to == nullptr) return;
    const Origin* const from = shadow_of(source);
    const std::uint64_t bytes = destination.end - destination.begin;
    if (from != nullptr)
        std::copy_n(from, bytes, to);
    else
        std::fill_n(to, bytes, source.memory / 64 == runtime::NocAddress::kDramRow ? kDramOrigin : kL1Origin);
}

std::string Rules::name_of(Origin origin) const {
    if (origin >= kTensorOrigin && origin - kTensorOrigin < static_cast<int>(tensors.size()))
        return tensors[origin - kTensorOrigin].name;
    if (origin == kDramOrigin) return "DRAM outside the tensors";
    if (origin == kL1Origin) return "L1 outside the circular buffers";
    return fmt::format("c_{}", origin - 1);
}

KernelPlace Rules::place(const ThreadState& state, const Spot& spot) const {
    return place(Access{state.id, 0, spot});
}

KernelPlace Rules::place(const Access& access) const {
    KernelPlace place = names_.at(access.thread);
    const LoomSite site = access.spot.code != nullptr
                              ? runtime::place_of_code(access.spot.code, place.file.c_str())
                              : LoomSite{access.spot.file, access.spot.line};
    place.file = site.file == nullptr ? "" : site.file;
    place.line = static_cast<std::uint32_t>(site.line);
    place.call = access.spot.call;
    return place;
}

Checker::Checker(const runtime::Chip& chip, const runtime::Plan& plan, std::vector<TensorExtent> tensors)
    : rules_(std::make_unique<Rules>(chip, plan, std::move(tensors))) {}
Checker::~Checker() = default;

void Checker::watch(runtime::LaunchOptions& options) {
    options.observer = this;
    options.engine = &wrapped_table();
    options.threads = 1;  // one order of events, the same each time
    options.late_transfers = true;
}

void Checker::core_started(runtime::Core& core) {
    Rules::activate(rules_.get());
    rules_->start(core);
}

void Checker::thread_finished(runtime::Thread& thread) {
    rules_->finish(thread);
}

bool Checker::wrote(std::size_t tensor) const {
    return rules_->tensor_written[tensor];
}

void Checker::written(std::size_t tensor, std::uint64_t page, std::span<std::uint8_t> bytes) const {
    const Extent first = page_extent(rules_->chip, rules_->tensors[tensor], page, 0);
    const Origin* shadow = rules_->shadow_of({first.memory, first.begin, first.begin + bytes.size()});
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = shadow[i] == kWritten;
}

std::optional<KernelPlace> Checker::writer_of(std::size_t tensor, std::uint64_t page,
                                              std::uint64_t at) const {
    const Extent extent = page_extent(rules_->chip, rules_->tensors[tensor], page, at);
    const auto history = rules_->histories.find(extent.memory);
    if (history == rules_->histories.end()) return std::nullopt;
    const auto access = history->second.last_write(extent.begin);
    if (!access) return std::nullopt;
    return rules_->place(*access);
}

bool Checker::loaded_l1() const {
    return rules_->loaded_l1;
}

std::optional<std::pair<KernelPlace, std::string>> Checker::blind_load() const {
    if (!rules_->blind_load) return std::nullopt;
    return std::pair(rules_->blind_load->place, rules_->name_of(rules_->blind_load->origin));
}

}  // namespace loom::checker
