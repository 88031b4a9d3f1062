// Non-temporal copies, and zeros, for each SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/copy.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "tile/copy.hpp"

HWY_BEFORE_NAMESPACE();
namespace loom::tile::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void stream(const void* from, void* to, std::size_t bytes) {
    constexpr std::size_t line = 64;
    const hn::ScalableTag<std::uint8_t> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto* in = static_cast<const std::uint8_t*>(from);
    auto* out = static_cast<std::uint8_t*>(to);
    // Whole lines of the destination; what is left at both ends goes through the caches.
    const std::size_t head = std::min(bytes, (line - reinterpret_cast<std::uintptr_t>(out) % line) % line);
    std::memcpy(out, in, head);
    in += head, out += head, bytes -= head;
    if (lanes <= line)
        for (; bytes >= line; in += line, out += line, bytes -= line)
            for (std::size_t i = 0; i < line; i += lanes) hn::Stream(hn::LoadU(d, in + i), d, out + i);
    std::memcpy(out, in, bytes);
}

void zero(void* to, std::size_t bytes) {
    const hn::CappedTag<std::uint8_t, 64> d;
    auto* const out = static_cast<std::uint8_t*>(to);
    for (std::size_t i = 0; i < bytes; i += hn::Lanes(d)) hn::StoreU(hn::Zero(d), d, out + i);
}

}  // namespace loom::tile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loom::tile {

HWY_EXPORT(stream);
HWY_EXPORT(zero);

void stream(const void* from, void* to, std::size_t bytes) {
    HWY_DYNAMIC_DISPATCH(stream)(from, to, bytes);
}

void zero(void* to, std::size_t bytes) {
    HWY_DYNAMIC_DISPATCH(zero)(to, bytes);
}

void finish_streams() {
    hwy::FlushStream();
}

}  // namespace loom::tile
#endif  // HWY_ONCE
