// The one loop: cores over host threads, each core's threads in turn, until all have ended or none can go on.
#include "runtime/launch.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/core/core.hpp"
#include "runtime/hang.hpp"
#include "runtime/sched/faults.hpp"
#include "tile/copy.hpp"
#include "util/stop.hpp"

namespace loom::runtime {
namespace {

/// Where idle host threads meet: the launch hangs when all are idle. A thread that changes what another may
/// wait for makes it busy again itself, so that one that has been woken and not yet run never counts as idle.
class Meeting {
public:
    Meeting(unsigned workers, std::atomic<std::uint64_t>& epoch) : busy_(workers), epoch_(epoch) {}

    /// Waits until another host thread may have granted something (true), or nothing ever will (false).
    /// `seen` is the epoch read before the caller last looked at its cores.
    bool wait_for_change(std::uint64_t seen) {
        std::unique_lock lock(mutex_);
        if (epoch_ != seen) return true;
        ++idle_;
        stop_working();
        const std::uint64_t call = calls_;
        changed_.wait(lock, [&] { return over_ || calls_ != call; });
        return calls_ != call;
    }
    /// Called after a step: wakes the idle when the epoch moved.
    void announce(std::uint64_t before) {
        if (epoch_.load(std::memory_order_acquire) == before) return;
        const std::lock_guard lock(mutex_);
        busy_ += std::exchange(idle_, 0);
        ++calls_;
        changed_.notify_all();
    }
    /// The caller has no more cores to run.
    void leave() {
        const std::lock_guard lock(mutex_);
        stop_working();
    }

private:
    // With the last one, nobody is left who could grant anything.
    void stop_working() {
        if (--busy_ != 0) return;
        over_ = true;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned busy_;
    unsigned idle_ = 0;
    std::uint64_t calls_ = 0;
    bool over_ = false;
    std::atomic<std::uint64_t>& epoch_;
};

/// One host thread's share of the cores.
class Worker {
public:
    Worker(const Chip& chip, const Plan& plan, const LaunchOptions& options, LaunchShared& shared,
           unsigned number, std::size_t first, std::size_t last)
        : chip_(chip),
          plan_(plan),
          options_(options),
          shared_(shared),
          number_(number),
          next_(first),
          last_(last) {
        if (options.seed != 0) order_.emplace(static_cast<std::uint32_t>(options.seed + first));
    }

    void run(Meeting& meeting) {
        try {
            const FaultStack stack;
            run_cores(meeting);
        } catch (...) {
            broken_ = std::current_exception();
            meeting.leave();
        }
    }

    /// What kept it from running cores at all (no memory for a stack, say).
    std::exception_ptr broken() const { return broken_; }

    /// What is left of it, for the report: cores that stopped with an error or cannot go on.
    std::vector<std::unique_ptr<Core>>& failed() { return failed_; }
    std::vector<std::unique_ptr<Core>>& live() { return live_; }
    std::vector<CoreRun>& finished() { return finished_; }

private:
    void run_cores(Meeting& meeting) {
        for (;;) {
            stop_if_asked();
            const std::uint64_t seen = shared_.epoch.load(std::memory_order_acquire);
            const bool moved = pass();
            const bool over = next_ == last_ && live_.empty();
            if ((over || !moved) && std::exchange(news_, false)) tell_news();
            meeting.announce(seen);
            if (over) {
                tile::finish_streams();
                return meeting.leave();
            }
            if (!moved && !meeting.wait_for_change(seen)) return;
        }
    }

    // Cores start one by one, each when those before it have ended or wait for others: so a program without
    // traffic between cores needs the stacks, DST and L1 of one core at a time.
    bool pass() {
        bool moved = false;
        if (order_) std::ranges::shuffle(live_, *order_);
        for (std::size_t i = 0; i < live_.size();) {
            moved |= advance(*live_[i]);
            if (settle(i)) continue;
            ++i;
        }
        if (!moved && next_ != last_) {
            const std::size_t together = order_ ? 3 : 1;  // with a seed, cores overlap in time too
            for (std::size_t i = 0; i < together && next_ != last_; ++i) live_.push_back(start(next_++));
            moved = true;
        }
        return moved || std::ranges::any_of(live_, [](const auto& core) { return core->polling(); });
    }

    std::unique_ptr<Core> start(std::size_t index) {
        std::unique_ptr<Core> core;
        if (idle_.empty()) {
            core = std::make_unique<Core>(chip_, shared_, written_);
        } else {
            core = std::move(idle_.back());
            idle_.pop_back();
        }
        if (options_.reverse_cores) index = plan_.cores.size() - 1 - index;
        core->start(plan_, plan_.cores[index], StackPool::shared(), options_.seed);
        if (options_.observer != nullptr) {
            core->begin = std::chrono::steady_clock::now();
            options_.observer->core_started(*core);
        }
        return core;
    }

    // Cores may poll words of DRAM, of which nobody is told when they are written.
    void tell_news() {
        if (plan_.cores.size() == 1) return;
        shared_.fresh.fetch_add(1, std::memory_order_acq_rel);
        shared_.epoch.fetch_add(1, std::memory_order_acq_rel);
    }

    bool advance(Core& core) {
        const std::uint64_t fresh = core.fresh;
        const bool moved = advance_quietly(core);
        news_ |= core.fresh != fresh;
        return moved;
    }

    bool advance_quietly(Core& core) const {
        if (order_) return core.step();
        bool moved = false;
        while (core.step()) {
            moved = true;
            stop_if_asked();
        }
        return moved;
    }

    void stop_if_asked() const {
        if (shared_.stop != nullptr && shared_.stop->load(std::memory_order_relaxed)) fail(Code::STOPPED);
    }

    // Takes a core out of the live ones once it has ended, well or not.
    bool settle(std::size_t index) {
        Core& core = *live_[index];
        if (!core.error && !core.finished()) return false;
        core.end_lending();
        if (!core.error && options_.observer != nullptr)
            finished_.push_back(
                {core.coord, number_, core.begin, std::chrono::steady_clock::now(), core.cbs});
        (core.error ? failed_ : idle_).push_back(std::move(live_[index]));
        live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(index));
        return true;
    }

    const Chip& chip_;
    const Plan& plan_;
    const LaunchOptions& options_;
    LaunchShared& shared_;
    unsigned number_;
    std::size_t next_;
    std::size_t last_;
    std::uint64_t written_ = 0;  ///< bytes to DRAM
    std::vector<std::unique_ptr<Core>> live_;
    std::vector<std::unique_ptr<Core>> idle_;
    std::vector<std::unique_ptr<Core>> failed_;
    std::vector<CoreRun> finished_;
    std::exception_ptr broken_;
    std::optional<std::minstd_rand> order_;
    bool news_ = false;  ///< its cores have done something since it last told others
};

// Before any kernel runs: a core may raise the semaphore of another that has not begun.
void set_semaphores(const Chip& chip, const Plan& plan) {
    for (const CorePlan& core : plan.cores)
        for (const SemaphoreOnCore& semaphore : core.semaphores)
            std::memcpy(chip.l1(core.core) + kSemaphoreOffset + semaphore.id * kSemaphoreStride,
                        &semaphore.initial_value, 4);
}

std::size_t position(const Plan& plan, CoreCoord core) {
    return static_cast<std::size_t>(std::ranges::find(plan.cores, core, &CorePlan::core) -
                                    plan.cores.begin());
}

[[noreturn]] void rethrow(const std::exception_ptr& error, const Core& core, const std::string& again) {
    const std::string repeat = again.empty() ? "" : "\nAgain: " + again;
    try {
        std::rethrow_exception(error);
    } catch (const Error& known) {
        throw Error(known.code(), known.what() + repeat, known.places());
    } catch (const std::exception& thrown) {
        fail(Code::KERNEL_EXCEPTION, to_string(core.coord), Lines{thrown.what() + repeat});
    } catch (...) {
        fail(Code::KERNEL_EXCEPTION, to_string(core.coord),
             Lines{"something that is no std::exception" + repeat});
    }
}

// The same error whatever the host threads did: the failing core that comes first in the plan; a hang only if
// nothing failed, since a core that failed may well be what the others wait for.
void report_failures(const Plan& plan, std::vector<std::unique_ptr<Worker>>& workers,
                     const std::string& again) {
    std::vector<const Core*> failed;
    std::vector<const Core*> stuck;
    for (const auto& worker : workers) {
        if (worker->broken()) std::rethrow_exception(worker->broken());
        for (const auto& core : worker->failed()) failed.push_back(core.get());
        for (const auto& core : worker->live()) stuck.push_back(core.get());
    }
    const auto by_position = [&](const Core* core) { return position(plan, core->coord); };
    std::ranges::sort(failed, {}, by_position);
    std::ranges::sort(stuck, {}, by_position);
    if (!failed.empty()) rethrow(failed.front()->error, *failed.front(), again);
    if (!stuck.empty()) throw HangError(describe_hang(stuck, again));
}

}  // namespace

LaunchReport launch(const Chip& chip, const Plan& plan, const LaunchOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    LaunchShared shared;
    shared.bytes_written = options.bytes_written;
    shared.starved = options.starved;
    shared.favoured = options.favoured;
    shared.late_transfers = options.late_transfers;
    shared.max_steps = options.max_steps != 0 ? options.max_steps : kMaxSteps;
    shared.stop = options.stop != nullptr ? options.stop : stop_flag();
    shared.numerics = options.numerics;
    shared.engine = options.engine != nullptr ? options.engine : &engine_table();
    shared.observer = options.observer;
    // What tells when a transfer lands, or watches, needs the bytes there.
    shared.lending.start(options.seed == 0 && !options.late_transfers && options.observer == nullptr &&
                             shared.engine == &engine_table(),
                         options.dram_range, shared.epoch, plan.cores.size());
    set_semaphores(chip, plan);
    const unsigned wanted =
        options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
    const auto count = static_cast<unsigned>(std::clamp<std::size_t>(plan.cores.size(), 1, wanted));

    std::vector<std::unique_ptr<Worker>> workers;
    for (unsigned i = 0; i < count; ++i)
        workers.push_back(std::make_unique<Worker>(chip, plan, options, shared, i,
                                                   plan.cores.size() * i / count,
                                                   plan.cores.size() * (i + 1) / count));
    Meeting meeting(count, shared.epoch);
    {
        const FaultHandlers handlers;
        std::vector<std::jthread> helpers;
        for (unsigned i = 1; i < count; ++i)
            helpers.emplace_back([&meeting, worker = workers[i].get()] { worker->run(meeting); });
        workers[0]->run(meeting);
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    report_failures(plan, workers, options.again);
    if (options.observer != nullptr) {
        // Workers hold neighbouring cores, in order; only within one may cores end out of turn.
        for (const auto& worker : workers) {
            std::ranges::sort(worker->finished(), {},
                              [&](const CoreRun& run) { return position(plan, run.core); });
            for (const CoreRun& run : worker->finished()) options.observer->core_finished(run);
        }
    }
    return {static_cast<std::uint32_t>(plan.cores.size()), count, elapsed.count()};
}

}  // namespace loom::runtime
