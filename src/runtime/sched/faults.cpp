// The signal handler for what kernels do that the host's processor refuses.
#include "runtime/sched/faults.hpp"

#include <pthread.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <span>

#include "runtime/core/core.hpp"
#include "runtime/launch.hpp"
#include "runtime/sched/division.hpp"

namespace loom::runtime {
namespace {

// That by which interrupt() speaks: what nobody handles is ignored, so one that comes late does no harm.
constexpr int kInterrupt = SIGURG;
constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, kInterrupt};

struct Handlers {
    std::mutex mutex;
    unsigned users = 0;
    std::array<struct sigaction, kSignals.size()> before{};
};
Handlers& handlers() {
    static Handlers all;
    return all;
}

// The host thread's registers, as the signal found them.
class Registers {
public:
    explicit Registers(void* context) : context_(static_cast<ucontext_t*>(context)->uc_mcontext) {}

#if defined(__x86_64__)
    std::uintptr_t code() const {
        return value(REG_RIP);
    }
    /// After a call has gone astray: where it was to return to. `stack` holds it.
    static std::uintptr_t returns_to(const Registers& registers, const Fiber& fiber) {
        const auto* const top = reinterpret_cast<const std::uintptr_t*>(registers.value(REG_RSP));
        return fiber.owns(top) && !fiber.guards(top) ? *top : 0;
    }
    /// Whether a return led to code(): then the address lies just below the stack.
    bool returned(const Fiber& fiber) const {
        const auto* const below = reinterpret_cast<const std::uintptr_t*>(value(REG_RSP)) - 1;
        return fiber.owns(below) && !fiber.guards(below) && *below == code();
    }
    /// Goes on at `exit`, as if it had been called from nowhere.
    void go_to(const Fiber::Exit& exit, Fiber* fiber) {
        auto* const stack = reinterpret_cast<std::uintptr_t*>(exit.stack) - 1;
        *stack = 0;
        set(REG_RSP, reinterpret_cast<std::uintptr_t>(stack));
        set(REG_RBP, 0);
        set(REG_RDI, reinterpret_cast<std::uintptr_t>(fiber));
        set(REG_RIP, reinterpret_cast<std::uintptr_t>(exit.function));
        constexpr greg_t single_step = 0x100;
        constexpr greg_t direction = 0x400;  // clear in every function
        context_.gregs[REG_EFL] &= ~(single_step | direction);
    }

private:
    std::uintptr_t value(int name) const {
        return static_cast<std::uintptr_t>(context_.gregs[name]);
    }
    void set(int name, std::uintptr_t to) {
        context_.gregs[name] = static_cast<greg_t>(to);
    }
#elif defined(__aarch64__)
    std::uintptr_t code() const {
        return context_.pc;
    }
    static std::uintptr_t returns_to(const Registers& registers, const Fiber&) {
        return registers.context_.regs[30];
    }
    bool returned(const Fiber&) const {
        return context_.regs[30] == context_.pc;
    }
    void go_to(const Fiber::Exit& exit, Fiber* fiber) {
        context_.sp = reinterpret_cast<std::uintptr_t>(exit.stack);
        context_.regs[0] = reinterpret_cast<std::uintptr_t>(fiber);
        context_.regs[29] = context_.regs[30] = 0;
        context_.pc = reinterpret_cast<std::uintptr_t>(exit.function);
    }

private:
#endif
    mcontext_t& context_;
};

bool lies_in(std::uintptr_t address, std::span<const std::byte> memory) {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
    return address >= begin && address < begin + memory.size();
}

Fault::Kind kind_of(int signal, const void* address, const Fiber& fiber) {
    switch (signal) {
        case SIGILL:
        case SIGTRAP:
            return Fault::Kind::trap;
        case SIGFPE:
            return Fault::Kind::division;
        case kInterrupt:
            return Fault::Kind::interrupted;
        default:
            return fiber.guards(address) ? Fault::Kind::stack : Fault::Kind::access;
    }
}

// Whether a kernel's fault, or the wish to interrupt it, was what the signal is about; then all is arranged.
bool take(Thread& thread, int signal, const siginfo_t& info, void* context) {
    Fiber& fiber = *thread.fiber;
    Registers registers(context);
    const std::uintptr_t at = registers.code();
    const bool fault = info.si_code > 0;  // not sent by somebody
    if (signal == SIGTRAP && info.si_code == TRAP_TRACE && thread.unaligned.pending()) {
        thread.unaligned.step(context);
        return true;
    }
    Fault found{kind_of(signal, info.si_addr, fiber), reinterpret_cast<const void*>(at), info.si_addr};
    if (signal == kInterrupt) {
        if (!thread.core->shared.interrupt.load(std::memory_order_relaxed)) return false;
        if (!lies_in(at, thread.image.code)) return true;
    } else if (!fault) {
        return false;
    } else if (!lies_in(at, thread.image.code)) {
        // A jump out of the kernel, to where no code is. What faults in code of the engine's is the engine's fault.
        if ((signal != SIGSEGV && signal != SIGBUS) || info.si_addr != found.code) return false;
        const std::uintptr_t caller = Registers::returns_to(registers, fiber);
        if (lies_in(caller, thread.image.code))
            found.code = reinterpret_cast<const void*>(caller - 1);
        else if (registers.returned(fiber))
            found.code = nullptr;
        else
            return false;
        found.kind = Fault::Kind::jump;
    } else if (signal == SIGFPE && divide_as_riscv(context)) {
        return true;
    }
    thread.unaligned.drop();
    registers.go_to(fiber.abandon(found), &fiber);
    return true;
}

// To whoever handled the signal before.
void pass_on(int signal, siginfo_t* info, void* context) {
    const auto index =
        static_cast<std::size_t>(std::find(kSignals.begin(), kSignals.end(), signal) - kSignals.begin());
    const struct sigaction& before = handlers().before[index];
    if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(signal, info, context);
    if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
    const bool fault = info->si_code > 0;
    if (signal == kInterrupt || (!fault && before.sa_handler == SIG_IGN)) return;
    // It ends the process, as it does without us: at the instruction itself where that comes again.
    ::signal(signal, SIG_DFL);
    if (!fault || signal == SIGTRAP) ::raise(signal);
}

void handle(int signal, siginfo_t* info, void* context) {
    const int error = errno;
    Thread* const thread = running_thread;
    if (thread == nullptr || thread->fiber == nullptr || !take(*thread, signal, *info, context))
        pass_on(signal, info, context);
    errno = error;
}

}  // namespace

FaultHandlers::FaultHandlers() {
    Handlers& all = handlers();
    const std::lock_guard lock(all.mutex);
    if (all.users++ != 0) return;
    struct sigaction ours {};
    ours.sa_sigaction = handle;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigfillset(&ours.sa_mask);
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &ours, &all.before[i]);
}

FaultHandlers::~FaultHandlers() {
    Handlers& all = handlers();
    const std::lock_guard lock(all.mutex);
    if (--all.users != 0) return;
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
        struct sigaction now {};
        ::sigaction(kSignals[i], nullptr, &now);
        // Somebody else's by now: it calls ours, if anything, which passes on.
        if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == handle)
            ::sigaction(kSignals[i], &all.before[i], nullptr);
    }
}

FaultStack::FaultStack() {
    // Room for those to whom a signal is passed on, too.
    constexpr std::size_t bytes = 64 * 1024;
    memory_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
    stack_t stack{};
    stack.ss_sp = memory_.get();
    stack.ss_size = bytes;
    ::sigaltstack(&stack, &before_);
}

FaultStack::~FaultStack() {
    ::sigaltstack(&before_, nullptr);
}

void interrupt(pthread_t host_thread) {
    ::pthread_kill(host_thread, kInterrupt);
}

}  // namespace loom::runtime
