// What the contenders' processes share: the line protocol that bench/layernorm.py speaks, and memory made as for
// measuring. A worker is started as `worker THREADS`, pinned, and answers
//     open SHAPE DTYPE   makes tensors, runs twice   -> "ready" and eight of the output's elements
//     run N              N calls in a row            -> nanoseconds a call
// after a first line that says what it is. It ends with its standard input.
#pragma once

#include <sys/mman.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "util/bfloat16.hpp"

namespace loom::bench {

struct Problem {
    std::vector<std::uint32_t> shape;
    bool bfloat16 = false;

    std::size_t width() const { return shape.back(); }
    std::size_t elements() const {
        std::size_t product = 1;
        for (const std::uint32_t size : shape) product *= size;
        return product;
    }
    std::size_t rows() const { return elements() / width(); }
    std::size_t bytes() const { return elements() * (bfloat16 ? 2 : 4); }
};

/// Element `index` of the tensor that all contenders normalise (seed 0), of gamma (1) or beta (2): in [-1, 1).
/// bench/layernorm.py has its twin, to know what the output has to be.
inline float noise(std::uint32_t index, std::uint32_t seed) {
    std::uint32_t bits = index * 0x9E3779B1u + seed * 0x85EBCA6Bu;
    bits = (bits ^ (bits >> 16)) * 0x7FEB352Du;
    bits = (bits ^ (bits >> 15)) * 0x846CA68Bu;
    return static_cast<float>((bits ^ (bits >> 16)) >> 8) / 8388608.0f - 1.0f;
}

/// Elements in memory of huge pages, as what a measured program would use; written, so that no call meets a page
/// for the first time.
class Elements {
public:
    Elements() = default;
    Elements(std::size_t count, bool bfloat16, std::uint32_t seed) : bfloat16_(bfloat16) {
        constexpr std::size_t huge = std::size_t{2} << 20;
        const std::size_t bytes = (count * (bfloat16 ? 2 : 4) + huge - 1) / huge * huge;
        memory_.reset(static_cast<std::byte*>(std::aligned_alloc(huge, bytes)));
        if (memory_ == nullptr) throw std::bad_alloc();
        ::madvise(memory_.get(), bytes, MADV_HUGEPAGE);
        for (std::size_t i = 0; i < count; ++i) set(i, noise(static_cast<std::uint32_t>(i), seed));
    }

    std::byte* data() const { return memory_.get(); }
    float operator[](std::size_t index) const {
        if (bfloat16_) return bfloat16_to_float(reinterpret_cast<const std::uint16_t*>(data())[index]);
        return reinterpret_cast<const float*>(data())[index];
    }

private:
    struct Free {
        void operator()(std::byte* memory) const { std::free(memory); }
    };

    void set(std::size_t index, float value) {
        if (bfloat16_)
            reinterpret_cast<std::uint16_t*>(data())[index] = float_to_bfloat16(value);
        else
            reinterpret_cast<float*>(data())[index] = value;
    }

    bool bfloat16_ = false;
    std::unique_ptr<std::byte, Free> memory_;
};

class Contender {
public:
    virtual ~Contender() = default;
    virtual std::string name() const = 0;
    virtual void open(const Problem& problem) = 0;
    /// One whole operation.
    virtual void run() = 0;
    /// An element of what the last run wrote.
    virtual float output(std::size_t index) const = 0;
};

inline Problem parse_problem(std::istream& words) {
    Problem problem;
    std::string sizes, dtype;
    words >> sizes >> dtype;
    problem.bfloat16 = dtype == "bfloat16";
    std::istringstream list(sizes);
    for (std::string size; std::getline(list, size, 'x');)
        problem.shape.push_back(static_cast<std::uint32_t>(std::stoul(size)));
    if (problem.shape.empty() || problem.elements() == 0) throw std::runtime_error("no shape: " + sizes);
    return problem;
}

inline void open(Contender& contender, const Problem& problem) {
    contender.open(problem);
    contender.run();
    contender.run();
    std::printf("ready");
    for (std::size_t i = 0; i < 8; ++i)
        std::printf(" %.9g", contender.output((problem.elements() - 1) * i / 7));
    std::printf("\n");
}

inline void run(Contender& contender, unsigned calls) {
    using Clock = std::chrono::steady_clock;
    contender.run();  // the process has slept: wakes its threads and fetches its code
    const auto begin = Clock::now();
    for (unsigned i = 0; i < calls; ++i) contender.run();
    const double taken = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    std::printf("%.1f\n", taken / calls);
}

inline int serve(Contender& contender) try {
    std::printf("%s\n", contender.name().c_str());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string verb;
        words >> verb;
        if (verb == "open") {
            open(contender, parse_problem(words));
        } else {
            unsigned calls = 1;
            words >> calls;
            run(contender, calls);
        }
        std::fflush(stdout);
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}

}  // namespace loom::bench
