// Work without the GIL that the end of the interpreter cannot break.
#pragma once

#include <Python.h>

namespace loom::python {

/// While it lives, its thread does not hold the GIL. Once Python is ending, a daemon thread does not get past the end of
/// it: Python would end that thread by unwinding it, and C++ aborts a process for that. It sleeps until the process is
/// gone.
class Released {
public:
    Released() : thread_(PyEval_SaveThread()) {}
    ~Released();
    Released(const Released&) = delete;
    Released& operator=(const Released&) = delete;

private:
    PyThreadState* thread_;
};

/// Lets `Released` know when Python ends. Called once, as the module is made.
void watch_for_exit();

}  // namespace loom::python
