// The engine's side of the circular-buffer calls and of the arguments.
#include "runtime/core/core.hpp"
#include "runtime/core/steps.hpp"
#include "util/counted.hpp"

namespace loom::runtime {
namespace {

int index_of(const Thread& thread) {
    return static_cast<int>(&thread - thread.core->threads.data());
}

[[noreturn, gnu::cold, gnu::noinline]] void refuse_cb(const Thread& thread, std::uint32_t cb, LoomSite site,
                                                      const char* name) {
    fail_for_missing_cb(thread, cb, site, fmt::format("{}(c_{})", name, cb));
}

inline CircularBuffer& cb_of(Thread& thread, std::uint32_t cb, LoomSite site, const char* name) {
    if (cb >= kNumCircularBuffers || !thread.core->cbs[cb].exists) [[unlikely]]
        refuse_cb(thread, cb, site, name);
    return thread.core->cbs[cb];
}

void reserve_back(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    Thread& thread = current_thread();
    thread.core->maybe_yield(thread);
    CircularBuffer& cb = cb_of(thread, index, site, "cb_reserve_back");
    cb.producer = index_of(thread);
    if (cb.free_pages() < pages)
        thread.block({.kind = Wait::Kind::cb_space,
                      .call = "cb_reserve_back",
                      .site = site,
                      .cb = index,
                      .wanted = pages});
}

void push_back(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    Thread& thread = current_thread();
    CircularBuffer& cb = cb_of(thread, index, site, "cb_push_back");
    if (pages > cb.free_pages())
        fail(Code::CB_OVERRUN, thread.where(site, "cb_push_back", index, pages), cb.free_pages(),
             count_of_pages(cb.config.num_pages()), index);
    CbPointers& mine = thread.cb[index];
    if (!advance(mine.write, pages * cb.config.page_bytes, cb))
        fail(Code::CB_LAP, thread.where(site, "cb_push_back", index, pages),
             (mine.write - cb.base) / cb.config.page_bytes, cb.config.num_pages(), index);
    // Who is given pages may take them as a sign that operands are no longer needed.
    if (thread.risc == Risc::PACK && thread.core->dst.reads_l1()) thread.core->dst.settle();
    mine.pack_offset = 0;
    cb.producer = index_of(thread);
    cb.received = static_cast<std::uint16_t>(cb.received + pages);
    cb.pushed_pages += pages;
    thread.acts();
    thread.core->maybe_yield(thread);
}

void wait_front(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    Thread& thread = current_thread();
    thread.core->maybe_yield(thread);
    CircularBuffer& cb = cb_of(thread, index, site, "cb_wait_front");
    cb.consumer = index_of(thread);
    if (cb.available() < pages)
        thread.block({.kind = Wait::Kind::cb_pages,
                      .call = "cb_wait_front",
                      .site = site,
                      .cb = index,
                      .wanted = pages});
    if (thread.risc == Risc::UNPACK) thread.core->dst.forget_columns();
}

void pop_front(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    CircularBuffer& cb = cb_of(thread, index, site, "cb_pop_front");
    if (thread.risc == Risc::UNPACK) {
        if (thread.operations > core.math->operations)
            thread.block({.kind = Wait::Kind::math,
                          .call = "cb_pop_front",
                          .site = site,
                          .cb = index,
                          .wanted = pages,
                          .position = thread.operations});
        if (core.dst.reads_l1())
            thread.block({.kind = Wait::Kind::reads,
                          .call = "cb_pop_front",
                          .site = site,
                          .cb = index,
                          .wanted = pages});
        keep_operands(core);
        core.dst.forget_columns();
    }
    if (pages > cb.available())
        fail(Code::CB_UNDERRUN, thread.where(site, "cb_pop_front", index, pages), index,
             count_of_pages(cb.available()));
    CbPointers& mine = thread.cb[index];
    if (!advance(mine.read, pages * cb.config.page_bytes, cb))
        fail(Code::CB_LAP, thread.where(site, "cb_pop_front", index, pages),
             (mine.read - cb.base) / cb.config.page_bytes, cb.config.num_pages(), index);
    cb.consumer = index_of(thread);
    cb.acked = static_cast<std::uint16_t>(cb.acked + pages);
    cb.popped_pages += pages;
    thread.acts();
    core.maybe_yield(thread);
}

void follow_pop(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    Thread& thread = current_thread();
    CircularBuffer& cb = cb_of(thread, index, site, "cb_pop_front");
    // UNPACK reports a lap that does not close; MATH only stays where UNPACK is.
    advance(thread.cb[index].read, pages * cb.config.page_bytes, cb);
}

bool polled(Thread& thread, bool granted) {
    if (granted) thread.acts();
    return granted;
}

bool pages_reservable(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    Thread& thread = current_thread();
    const CircularBuffer& cb = cb_of(thread, index, site, "cb_pages_reservable_at_back");
    // A kernel that polls in vain must let the others run.
    if (cb.free_pages() < pages)
        thread.block({.kind = Wait::Kind::poll,
                      .call = "cb_pages_reservable_at_back",
                      .site = site,
                      .cb = index,
                      .wanted = pages});
    return polled(thread, cb.free_pages() >= pages);
}

bool pages_available(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    Thread& thread = current_thread();
    const CircularBuffer& cb = cb_of(thread, index, site, "cb_pages_available_at_front");
    if (cb.available() < pages)
        thread.block({.kind = Wait::Kind::poll,
                      .call = "cb_pages_available_at_front",
                      .site = site,
                      .cb = index,
                      .wanted = pages});
    return polled(thread, cb.available() >= pages);
}

std::uint32_t write_ptr(std::uint32_t index, LoomSite site) {
    Thread& thread = current_thread();
    cb_of(thread, index, site, "get_write_ptr");
    return thread.cb[index].write;
}

std::uint32_t read_ptr(std::uint32_t index, LoomSite site) {
    Thread& thread = current_thread();
    cb_of(thread, index, site, "get_read_ptr");
    return thread.cb[index].read;
}

const std::uint32_t* argument_address(std::uint32_t index, bool common, LoomSite site) {
    Thread& thread = current_thread();
    const auto& args = common ? thread.kernel->common_args : thread.on_core->args;
    if (index >= args.size()) {
        const char* call = common ? "get_common_arg_val" : "get_arg_val";
        fail(Code::ARG_OUT_OF_RANGE, thread.where(site, fmt::format("{}({})", call, index)), args.size(),
             common ? "common runtime" : "runtime");
    }
    return args.data() + index;
}

std::uint32_t argument(std::uint32_t index, bool common, LoomSite site) {
    return *argument_address(index, common, site);
}

std::uint32_t logical_coordinate(std::uint32_t axis) {
    const CoreCoord core = current_thread().core->coord;
    return axis == 0 ? core.x : core.y;
}

}  // namespace

void fill_cb_calls(LoomEngine& table) {
    table.argument = counted<"get_arg_val()", argument>;
    table.argument_address = counted<"get_arg_addr()", argument_address>;
    table.logical_coordinate = counted<"get_relative_logical_x() or _y()", logical_coordinate>;
    table.cb_reserve_back = counted<"cb_reserve_back()", reserve_back>;
    table.cb_push_back = counted<"cb_push_back()", push_back>;
    table.cb_wait_front = counted<"cb_wait_front()", wait_front>;
    table.cb_pop_front = counted<"cb_pop_front()", pop_front>;
    table.cb_follow_pop = counted<"cb_pop_front()", follow_pop>;
    table.cb_pages_reservable = counted<"cb_pages_reservable_at_back()", pages_reservable>;
    table.cb_pages_available = counted<"cb_pages_available_at_front()", pages_available>;
    table.cb_write_ptr = counted<"get_write_ptr()", write_ptr>;
    table.cb_read_ptr = counted<"get_read_ptr()", read_ptr>;
}

}  // namespace loom::runtime
