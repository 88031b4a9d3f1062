// Rules of the NoC: barriers before use, pages that exist, nothing unwritten to a tensor, semaphores as edges of order.
#include <algorithm>

#include "observe/checker/rules.hpp"
#include "util/counted.hpp"

namespace loom::checker {
namespace {

using runtime::NocAddress;

/// Which bytes of which page of a tensor a NoC address means.
struct TensorBytes {
    std::size_t tensor = 0;
    std::uint64_t page = 0;
    std::uint64_t begin = 0;  ///< in the page
};

std::uint32_t bank_of(const runtime::Chip& chip, std::uint64_t address, bool dram) {
    if (dram) return NocAddress::x(address);
    std::uint32_t bank = 0;
    for (; bank < chip.num_l1_banks(); ++bank) {
        const CoreCoord at = chip.noc_of(chip.l1_bank_core(bank));
        if (at.x == NocAddress::x(address) && at.y == NocAddress::y(address)) break;
    }
    return bank;
}

// The page of a tensor that a NoC address lies in, against those that it has. Other cores' circular buffers and
// semaphores belong to no tensor; in DRAM everything does.
std::optional<TensorBytes> find_page(const ThreadState& state, std::uint64_t address, std::uint32_t bytes,
                                     const Spot& spot) {
    const Rules& rules = Rules::active();
    const bool dram = NocAddress::y(address) == NocAddress::kDramRow;
    const std::uint64_t offset = NocAddress::offset(address);
    const auto refuse = [&](const std::string& what) {
        fail(Code::NOC_PAGE, rules.place(state, spot), what);
    };
    std::optional<std::size_t> nearest;
    for (std::size_t i = 0; i < rules.tensors.size(); ++i) {
        const TensorExtent& tensor = rules.tensors[i];
        if (tensor.dram == dram && tensor.address <= offset &&
            (!nearest || tensor.address > rules.tensors[*nearest].address))
            nearest = i;
    }
    if (!nearest) {
        if (dram && !rules.tensors.empty())
            refuse(fmt::format("byte {} of DRAM bank {} lies before every tensor", offset,
                               NocAddress::x(address)));
        return std::nullopt;
    }
    const TensorExtent& tensor = rules.tensors[*nearest];
    const std::uint32_t banks = dram ? rules.chip.spec().dram_banks : rules.chip.num_l1_banks();
    const std::uint64_t alignment = dram ? rules.chip.spec().dram_alignment : rules.chip.spec().l1_alignment;
    const std::uint64_t pitch = (std::uint64_t{tensor.page_bytes} + alignment - 1) / alignment * alignment;
    if (pitch == 0) return std::nullopt;
    const std::uint64_t page = (offset - tensor.address) / pitch * banks + bank_of(rules.chip, address, dram);
    const std::uint64_t begin = (offset - tensor.address) % pitch;
    if (page >= tensor.num_pages)
        refuse(
            fmt::format("page {} of {}, which has {}", page, tensor.name, count_of_pages(tensor.num_pages)));
    if (begin + bytes > pitch)
        refuse(fmt::format(
            "bytes {} to {} of page {} of {}, whose pages have {}; the next page lies in another bank", begin,
            begin + bytes, page, tensor.name, tensor.page_bytes));
    return TensorBytes{*nearest, page, begin};
}

// Bytes that another thread has written, and not seen land.
void check_landed(const ThreadState& state, const Extent& extent, bool write, const Spot& spot) {
    const Rules& rules = Rules::active();
    for (const auto& core : rules.cores)
        for (const auto& other : core->threads) {
            if (other.get() == &state) continue;
            for (const InFlight& flying : other->landing)
                if (flying.destination.overlaps(extent))
                    fail(Code::RACE, rules.place(state, spot), write ? "writes" : "reads",
                         rules.place(*other, flying.spot), "writes",
                         "Call noc_async_write_barrier there before this thread is told.");
        }
}

// The page itself must be whole; what pads it to the memory's alignment need not.
void check_written(const ThreadState& state, const Extent& source, const TensorBytes& to, const Spot& spot) {
    Rules& rules = Rules::active();
    const Origin* const shadow = rules.shadow_of(source);
    if (shadow == nullptr) return;
    const TensorExtent& tensor = rules.tensors[to.tensor];
    const std::uint64_t bytes = std::min<std::uint64_t>(
        source.end - source.begin, tensor.page_bytes - std::min<std::uint64_t>(to.begin, tensor.page_bytes));
    const Origin* const end = shadow + bytes;
    const Origin* const first = std::find_if(shadow, end, [](Origin origin) { return origin != kWritten; });
    if (first == end) return;
    const Origin* const last = std::find(first, end, kWritten);
    fail(Code::UNWRITTEN, rules.place(state, spot), to.begin + static_cast<std::uint64_t>(first - shadow),
         to.begin + static_cast<std::uint64_t>(last - shadow),
         fmt::format("page {} of {}", to.page, tensor.name), rules.name_of(*first));
}

ThreadState& acting() {
    ThreadState& state = Rules::current();
    state.forget_loads();
    return state;
}

void noc_read(std::uint64_t source, std::uint32_t destination, std::uint32_t bytes, LoomSite site) {
    ThreadState& state = acting();
    const Spot spot(site, "noc_async_read");
    plain().noc_read(source, destination, bytes, site);  // refuses what does not exist, before the rules look
    Rules& rules = Rules::active();
    find_page(state, source, bytes, spot);
    for (const InFlight& write : state.landing)
        if (write.destination.overlaps(Rules::noc_extent(source, bytes)))
            fail(Code::NOC_WRITE_EARLY, rules.place(state, spot), rules.place(state, write.spot));
    const InFlight read{Rules::noc_extent(source, bytes), Rules::l1_extent(state, destination, bytes), spot};
    for (const InFlight& earlier : state.reads)
        if (earlier.destination.overlaps(read.source))
            fail(Code::NOC_READ_EARLY, rules.place(state, spot), rules.place(state, earlier.spot));
    check_landed(state, read.source, false, spot);
    rules.touch(state, read.source, false, spot);
    rules.touch_l1(state, read.destination, true, spot);
    rules.copy_shadow(read.source, read.destination);
    state.reads.push_back(read);
}

bool in_l1(const InFlight& transfer) {
    return transfer.destination.memory / 64 != NocAddress::kDramRow;
}

void note_write(ThreadState& state, std::uint32_t source, std::uint64_t destination, std::uint32_t bytes,
                Cast cast, const Spot& spot) {
    Rules& rules = Rules::active();
    const auto to = find_page(state, destination, bytes, spot);
    const InFlight write{Rules::l1_extent(state, source, bytes), Rules::noc_extent(destination, bytes), spot,
                         cast, state.clock.of(state.id)};
    rules.touch_l1(state, write.source, false, spot);
    check_landed(state, write.destination, true, spot);
    rules.require_owner(state, write.destination, spot);
    if (to) {
        check_written(state, write.source, *to, spot);
        rules.tensor_written[to->tensor] = true;
    }
    rules.touch(state, write.destination, true, spot);
    rules.copy_shadow(write.source, write.destination);
    state.writes.push_back(write);
    state.landing.push_back(write);
    if (in_l1(write)) ++rules.landing_in_l1;
}

// Writes of this thread have landed, those that `which` says.
template <typename Predicate>
void land(ThreadState& state, Predicate which) {
    std::uint32_t& count = Rules::active().landing_in_l1;
    std::erase_if(state.landing, [&](const InFlight& write) {
        if (!which(write)) return false;
        if (in_l1(write)) --count;
        return true;
    });
}

void noc_write(std::uint32_t source, std::uint64_t destination, std::uint32_t bytes, LoomSite site) {
    ThreadState& state = acting();
    plain().noc_write(source, destination, bytes, site);
    note_write(state, source, destination, bytes, Cast::one, {site, "noc_async_write"});
}

bool is_semaphore(const Extent& extent) {
    return extent.memory / 64 != NocAddress::kDramRow && extent.begin >= runtime::kSemaphoreOffset &&
           extent.begin < runtime::kSemaphoreOffset + runtime::kSemaphoreStride * runtime::kMaxSemaphores;
}

// The chip has sixteen semaphores, the program those that it describes: the other words hold what was left there.
std::uint32_t semaphore_address(std::uint32_t id, LoomSite site) {
    const ThreadState& state = acting();
    const auto& there = state.thread->core->plan->semaphores;
    if (std::ranges::find(there, id, &runtime::SemaphoreOnCore::id) == there.end())
        fail(Code::SEMAPHORE_MISSING, state.thread->where(site, fmt::format("get_semaphore({})", id)), id);
    return plain().semaphore_address(id, site);
}

// Tells whoever waits for this word that all of the thread's doings lie behind.
void release(ThreadState& state, const Extent& word) {
    Rules::active().semaphores[{word.memory, word.begin}].join(state.clock);
}

// Writes to the core that is told by the NoC arrive before it is, if they take the same virtual channel: there is
// one for writes to one core, atomic increments among them, and one for multicasts.
void release_by_noc(ThreadState& state, const Extent& word, Cast cast) {
    release(state, word);
    land(state, [&](const InFlight& write) {
        return write.cast == cast && write.destination.memory == word.memory;
    });
}

// A word to many cores is how semaphores are set there.
void noc_write_multicast(std::uint32_t source, std::uint64_t destination, std::uint32_t bytes,
                         std::uint32_t cores, bool with_own, LoomSite site) {
    ThreadState& state = acting();
    const Spot spot(site, "noc_async_write_multicast");
    plain().noc_write_multicast(source, destination, bytes, cores, with_own, site);
    const auto field = [&](int shift) { return static_cast<std::uint32_t>(destination >> shift & 63); };
    const CoreCoord own = state.thread->core->chip.noc_of(state.thread->core->coord);
    for (std::uint32_t y = field(54); y <= field(42); ++y)
        for (std::uint32_t x = field(48); x <= field(36); ++x) {
            if (!with_own && CoreCoord{x, y} == own) continue;
            const std::uint64_t at = NocAddress::make(x, y, NocAddress::offset(destination));
            const Extent extent = Rules::noc_extent(at, bytes);
            if (is_semaphore(extent))
                release_by_noc(state, extent, Cast::many);
            else
                note_write(state, source, at, bytes, Cast::many, spot);
        }
    state.clock.tick(state.id);
}

void read_barrier(LoomSite site) {
    plain().noc_read_barrier(site);
    acting().reads.clear();
}

void write_barrier(LoomSite site) {
    plain().noc_write_barrier(site);
    ThreadState& state = acting();
    state.writes.clear();
    // They may have landed as late as now: whoever was told before, and looks after, races with them.
    for (const InFlight& write : state.landing) {
        Rules::active().touch(state, write.destination, true, write.spot, write.called);
    }
    land(state, [](const InFlight&) { return true; });
}

void writes_flushed(LoomSite site) {
    plain().noc_writes_flushed(site);
    acting().writes.clear();
}

void semaphore_set(std::uint32_t l1_address, std::uint32_t value, LoomSite site) {
    ThreadState& state = acting();
    release(state, Rules::l1_extent(state, l1_address, 4));
    state.clock.tick(state.id);
    plain().semaphore_set(l1_address, value, site);
}

void semaphore_increment(std::uint64_t address, std::uint32_t value, LoomSite site) {
    ThreadState& state = acting();
    release_by_noc(state, Rules::noc_extent(address, 4), Cast::one);
    state.clock.tick(state.id);
    plain().semaphore_increment(address, value, site);
}

void semaphore_wait(std::uint32_t l1_address, std::uint32_t value, bool at_least, LoomSite site) {
    plain().semaphore_wait(l1_address, value, at_least, site);
    ThreadState& state = acting();
    const Extent word = Rules::l1_extent(state, l1_address, 4);
    state.clock.join(Rules::active().semaphores[{word.memory, word.begin}]);
}

}  // namespace

void end_of_transfers(const ThreadState& state) {
    const auto still_open = [&](const std::vector<InFlight>& transfers, const char* barrier) {
        if (transfers.empty()) return;
        fail(Code::NOC_LEFT_OPEN, Rules::active().place(state, transfers.front().spot), barrier);
    };
    still_open(state.reads, "noc_async_read_barrier");
    still_open(state.landing, "noc_async_write_barrier");
}

void wrap_noc_calls(LoomEngine& table) {
    table.noc_read = noc_read;
    table.noc_write = noc_write;
    table.noc_write_multicast = noc_write_multicast;
    table.noc_read_barrier = read_barrier;
    table.noc_write_barrier = write_barrier;
    table.noc_writes_flushed = writes_flushed;
    table.semaphore_address = semaphore_address;
    table.semaphore_set = semaphore_set;
    table.semaphore_increment = semaphore_increment;
    table.semaphore_wait = semaphore_wait;
}

}  // namespace loom::checker
