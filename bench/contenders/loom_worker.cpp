// Loom: a warm call of layernorm_fused_rm, device tensor to device tensor. The output of the call before is given
// back first, so the allocator, which takes the first place that fits, hands out the same memory each time: it is
// preallocated and touched, as the peers' is. The device has one core a host thread: the bytes are the same on any
// grid, and the L1s of a whole chip's cores do not fit a CPU's caches.
#include "contenders/worker.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"

namespace loom::bench {
namespace {

HostTensor host_tensor(const Shape& shape, bool bfloat16, std::uint32_t seed) {
    HostTensor host{.shape = shape, .dtype = bfloat16 ? DataType::BFLOAT16 : DataType::FLOAT32, .data = {}};
    const Elements elements(volume(shape), bfloat16, seed);
    host.data.assign(elements.data(), elements.data() + volume(shape) * element_bytes(host.dtype));
    return host;
}

class Loom : public Contender {
public:
    explicit Loom(unsigned threads)
        : device_({.grid = CoreCoord{threads, 1}, .threads = threads, .numerics = Numerics::exact}) {}
    std::string name() const override { return "Loom"; }

    void open(const Problem& problem) override {
        inputs_.reset(), output_.reset(), host_.reset();
        const auto width = static_cast<std::uint32_t>(problem.width());
        inputs_ = {to_device(host_tensor(problem.shape, problem.bfloat16, 0), device_),
                   to_device(host_tensor({width}, problem.bfloat16, 1), device_),
                   to_device(host_tensor({width}, problem.bfloat16, 2), device_)};
    }

    void run() override {
        output_.reset();
        host_.reset();
        output_ = layernorm_fused_rm(inputs_->input, inputs_->gamma, inputs_->beta);
    }

    float output(std::size_t index) const override {
        if (!host_) host_ = to_host(*output_);
        if (host_->dtype == DataType::BFLOAT16)
            return bfloat16_to_float(reinterpret_cast<const std::uint16_t*>(host_->data.data())[index]);
        return reinterpret_cast<const float*>(host_->data.data())[index];
    }

private:
    Device device_;
    std::optional<LayernormFusedRmInputs> inputs_;
    std::optional<Tensor> output_;
    mutable std::optional<HostTensor> host_;
};

}  // namespace
}  // namespace loom::bench

int main(int, char** argv) {
    loom::bench::Loom contender(static_cast<unsigned>(std::atoi(argv[1])));
    return loom::bench::serve(contender);
}
