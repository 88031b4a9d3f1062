// oneDNN's layer_normalization_forward; compiled by bench/onednn.py against the library that it installs.
#include <oneapi/dnnl/dnnl.hpp>

#include "contenders/worker.hpp"

namespace loom::bench {
namespace {

using Flags = dnnl::normalization_flags;

class OneDnn : public Contender {
public:
    std::string name() const override {
        const dnnl::version_t* version = dnnl::version();
        std::ostringstream text;
        text << "oneDNN " << version->major << '.' << version->minor << '.' << version->patch;
        return text.str();
    }

    void open(const Problem& problem) override {
        using dnnl::memory;
        input_ = {}, output_ = {}, scale_ = {}, shift_ = {};
        input_ = Elements(problem.elements(), problem.bfloat16, 0);
        output_ = Elements(problem.elements(), problem.bfloat16, 3);
        scale_ = Elements(problem.width(), false, 1);  // oneDNN's own default: float32 for either dtype
        shift_ = Elements(problem.width(), false, 2);
        const auto dtype = problem.bfloat16 ? memory::data_type::bf16 : memory::data_type::f32;
        const memory::desc tensor(
            {static_cast<memory::dim>(problem.rows()), static_cast<memory::dim>(problem.width())}, dtype,
            memory::format_tag::ab);
        const memory::desc row({static_cast<memory::dim>(problem.width())}, memory::data_type::f32,
                               memory::format_tag::a);
        layer_norm_ = dnnl::layer_normalization_forward({engine_, dnnl::prop_kind::forward_inference, tensor,
                                                         tensor, 1e-5f, Flags::use_scale | Flags::use_shift});
        arguments_ = {{DNNL_ARG_SRC, {tensor, engine_, input_.data()}},
                      {DNNL_ARG_DST, {tensor, engine_, output_.data()}},
                      {DNNL_ARG_SCALE, {row, engine_, scale_.data()}},
                      {DNNL_ARG_SHIFT, {row, engine_, shift_.data()}}};
    }

    void run() override {
        layer_norm_.execute(stream_, arguments_);
        stream_.wait();
    }

    float output(std::size_t index) const override { return output_[index]; }

private:
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};
    dnnl::layer_normalization_forward layer_norm_;
    std::unordered_map<int, dnnl::memory> arguments_;
    Elements input_, output_, scale_, shift_;
};

}  // namespace
}  // namespace loom::bench

int main() {
    loom::bench::OneDnn onednn;
    return loom::bench::serve(onednn);
}
