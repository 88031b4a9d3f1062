// What Python holds of devices and tensors, and how it waits for them.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <type_traits>

#include "program/program_cache.hpp"
#include "program/tensor.hpp"
#include "released.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

namespace loom::python {

namespace nb = nanobind;

struct DeviceTensor;

/// A device that its user may close while tensors still name it; their memory is given back then.
class OpenDevice {
public:
    OpenDevice(int id, const DeviceOptions& options) : id_(id), device_(std::make_unique<Device>(options)) {}

    int id() const { return id_; }
    bool is_open() const { return device_ != nullptr; }
    /// Throws DEVICE_CLOSED.
    Device& device() const {
        if (device_ == nullptr) fail(Code::DEVICE_CLOSED);
        return *device_;
    }
    /// With busy() held, and no Python thread running.
    void close();

    /// A device serves one host thread at a time. Taken without the GIL, or two threads wait for each other.
    std::timed_mutex& busy() { return busy_; }
    /// Whether programs are kept from call to call.
    bool caches = true;

private:
    friend struct DeviceTensor;
    int id_;
    std::unique_ptr<Device> device_;
    std::timed_mutex busy_;
    std::mutex tensors_mutex_;
    std::set<DeviceTensor*> tensors_;
};

/// The one owner of a tensor's memory: bare Tensors are copies for the time of a call, which holds this too, or
/// closing the device could not give the memory back.
struct DeviceTensor {
    DeviceTensor(std::shared_ptr<OpenDevice> on, Tensor made)
        : device(std::move(on)), tensor(std::move(made)) {
        const std::lock_guard lock(device->tensors_mutex_);
        device->tensors_.insert(this);
    }
    ~DeviceTensor() {
        // Under the lock, since another thread may be closing the device.
        const std::lock_guard lock(device->tensors_mutex_);
        device->tensors_.erase(this);
        tensor.deallocate();
    }
    DeviceTensor(const DeviceTensor&) = delete;
    DeviceTensor& operator=(const DeviceTensor&) = delete;

    std::shared_ptr<OpenDevice> device;
    Tensor tensor;
};
using SharedTensor = std::shared_ptr<DeviceTensor>;

/// Whether signals reach the calling Python thread.
bool is_main_thread();

/// Runs body(stop) with the device held and the GIL released, for as long as it takes. Python handles signals
/// only on its main thread and only while that asks for them, so the main thread lets another one work; when a
/// handler throws (Ctrl-C), `stop` is set, the end awaited, and the handler's exception raised. Starting that
/// thread costs as much as a small program runs, so a body that is brief, over before anybody could press Ctrl-C, runs
/// on the calling thread, if the device is free; brief() says so, with the device held and the GIL released.
template <typename Body, typename Brief>
auto interruptible(OpenDevice& device, const Body& body, const Brief& brief) {
    using Result = std::invoke_result_t<const Body&, const std::atomic<bool>&>;
    using namespace std::chrono_literals;
    std::atomic<bool> stop{false};
    {
        const Released release;
        if (const std::unique_lock lock(device.busy(), std::try_to_lock); lock) {
            device.device();  // closed meanwhile?
            if (brief()) return body(stop);
        }
    }
    const auto work = [&]() -> Result {
        const StopScope scope(&stop);
        std::unique_lock lock(device.busy(), std::defer_lock);
        // By the system's clock, which is the one that ThreadSanitizer can follow.
        while (!lock.try_lock_until(std::chrono::system_clock::now() + 20ms))
            if (stop) fail(Code::STOPPED);
        device.device();  // closed meanwhile?
        return body(stop);
    };
    if (!is_main_thread()) {
        const Released release;
        return work();
    }
    std::packaged_task<Result()> task(work);
    std::future<Result> done = task.get_future();
    std::exception_ptr signal;
    {
        const Released release;
        const std::jthread worker(std::move(task));
        while (!signal && done.wait_for(50ms) != std::future_status::ready) {
            const nb::gil_scoped_acquire acquire;
            if (PyErr_CheckSignals() == 0) continue;
            try {
                nb::raise_python_error();
            } catch (...) {
                signal = std::current_exception();
            }
            stop = true;
        }
    }
    if (signal) std::rethrow_exception(signal);
    return done.get();
}
template <typename Body>
auto interruptible(OpenDevice& device, const Body& body) {
    return interruptible(device, body, [] { return false; });
}

/// Runs body() with the device held and the GIL released: for work that, where brief() says so, takes milliseconds.
template <typename Body, typename Brief>
auto held(OpenDevice& device, const Body& body, const Brief& brief) {
    return interruptible(
        device, [&](const std::atomic<bool>&) { return body(); }, brief);
}
template <typename Body>
auto held(OpenDevice& device, const Body& body) {
    return held(device, body, [] { return true; });
}

/// One function a public header; each adds that header's names.
void bind_error(nb::module_& m);
void bind_core_coord(nb::module_& m);
void bind_work_split(nb::module_& m);
void bind_device(nb::module_& m);
void bind_tensor(nb::module_& m);
void bind_program_descriptor(nb::module_& m);
void bind_generic_op(nb::module_& m);
void bind_layernorm_fused_rm(nb::module_& m);
void bind_explain(nb::module_& m);
void bind_check(nb::module_& m);
void bind_trace(nb::module_& m);

}  // namespace loom::python
