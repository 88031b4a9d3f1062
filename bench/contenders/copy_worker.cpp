// The floor: a copy of the same bytes with non-temporal stores, which leave the output's old lines in DRAM unread.
// Compiled for the machine it is run on.
#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "contenders/worker.hpp"

namespace loom::bench {
namespace {

// `bytes` is a multiple of 64, both places are aligned to 64.
void stream(const std::byte* from, std::byte* to, std::size_t bytes) {
#if defined(__AVX512F__)
    for (std::size_t i = 0; i < bytes; i += 64)
        _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i), _mm512_load_si512(from + i));
    _mm_sfence();
#elif defined(__AVX__)
    for (std::size_t i = 0; i < bytes; i += 32)
        _mm256_stream_si256(reinterpret_cast<__m256i*>(to + i),
                            _mm256_load_si256(reinterpret_cast<const __m256i*>(from + i)));
    _mm_sfence();
#else
    std::memcpy(to, from, bytes);
#endif
}

class Copy : public Contender {
public:
    explicit Copy(int threads) : threads_(threads) {}
    std::string name() const override { return "copy, non-temporal stores"; }

    void open(const Problem& problem) override {
        input_ = {}, output_ = {};
        input_ = Elements(problem.elements(), problem.bfloat16, 0);
        output_ = Elements(problem.elements(), problem.bfloat16, 3);
        blocks_ = static_cast<std::ptrdiff_t>((problem.bytes() + kBlock - 1) / kBlock);
    }

    void run() override {
        // Whole blocks: Elements are whole huge pages.
#pragma omp parallel for num_threads(threads_) schedule(static)
        for (std::ptrdiff_t i = 0; i < blocks_; ++i)
            stream(input_.data() + i * kBlock, output_.data() + i * kBlock, kBlock);
    }

    float output(std::size_t index) const override {
        return output_[index];
    }

private:
    static constexpr std::ptrdiff_t kBlock = 4096;
    int threads_;
    Elements input_, output_;
    std::ptrdiff_t blocks_ = 0;
};

}  // namespace
}  // namespace loom::bench

int main(int, char** argv) {
    loom::bench::Copy copy(std::atoi(argv[1]));
    return loom::bench::serve(copy);
}
