// Work without the GIL that the end of the interpreter cannot break.
#include "released.hpp"

#include <nanobind/nanobind.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace loom::python {

namespace nb = nanobind;

namespace {

/// Who may take the GIL: everybody until Python ends, then only the thread that ends it.
class Gate {
public:
    void enter() {
        std::unique_lock lock(mutex_);
        if (closed_ && std::this_thread::get_id() != closer_) {
            lock.unlock();
            for (;;) ::pause();
        }
        ++passing_;
    }
    void leave() {
        const std::lock_guard lock(mutex_);
        --passing_;
        passed_.notify_all();
    }
    /// Waits, without the GIL, for those who wait for it.
    void close() {
        PyThreadState* const thread = PyEval_SaveThread();
        {
            std::unique_lock lock(mutex_);
            closed_ = true;
            closer_ = std::this_thread::get_id();
            passed_.wait(lock, [&] { return passing_ == 0; });
        }
        PyEval_RestoreThread(thread);
    }

private:
    std::mutex mutex_;
    std::condition_variable passed_;
    bool closed_ = false;
    std::thread::id closer_;
    int passing_ = 0;
};

Gate& gate() {
    static Gate& only = *new Gate;  // never destroyed: threads may come to it until the process is gone
    return only;
}

}  // namespace

Released::~Released() {
    gate().enter();
    PyEval_RestoreThread(thread_);
    gate().leave();
}

void watch_for_exit() {
    nb::module_::import_("atexit").attr("register")(nb::cpp_function([] { gate().close(); }));
}

}  // namespace loom::python
