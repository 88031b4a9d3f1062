// Memory of a device, in pages spread over banks.
#include "program/buffer.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "program/device.hpp"
#include "util/error.hpp"

namespace loom {
namespace {

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
    return (value + step - 1) / step * step;
}
std::uint64_t round_down(std::uint64_t value, std::uint64_t step) {
    return value / step * step;
}

}  // namespace

BankAllocator::BankAllocator(std::uint64_t first, std::uint64_t end, std::uint32_t alignment, Grows grows,
                             GiveBack give_back, std::uint64_t keep_bytes)
    : first_(round_up(first, alignment)),
      end_(round_down(end, alignment)),
      alignment_(alignment),
      grows_(grows),
      give_back_(std::move(give_back)),
      keep_bytes_(keep_bytes) {}

void BankAllocator::take(std::uint64_t begin, std::uint64_t bytes) {
    used_[begin] = bytes;
    in_use_ += bytes;
    freed_ -= std::min(freed_, bytes);
}

std::optional<std::uint64_t> BankAllocator::allocate(std::uint64_t bytes) {
    if (bytes > total_bytes()) return std::nullopt;  // rounded up, it might be anything
    const std::uint64_t size = round_up(std::max<std::uint64_t>(bytes, 1), alignment_);
    const std::lock_guard lock(mutex_);
    if (grows_ == Grows::up) {
        std::uint64_t at = first_;
        for (const auto& [begin, used] : used_) {
            if (begin - at >= size) break;
            at = begin + used;
        }
        if (end_ - at < size) return std::nullopt;
        take(at, size);
        return at;
    }
    std::uint64_t below = end_;
    for (auto entry = used_.rbegin(); entry != used_.rend(); ++entry) {
        if (below - (entry->first + entry->second) >= size) break;
        below = entry->first;
    }
    if (below - first_ < size) return std::nullopt;
    take(below - size, size);
    return below - size;
}

void BankAllocator::free(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto place = used_.find(address);
    if (place == used_.end()) return;
    in_use_ -= place->second;
    freed_ += place->second;
    used_.erase(place);
    if (!give_back_ || freed_ <= std::max(keep_bytes_, in_use_)) return;
    // Under the lock: nobody takes a place while it is given back.
    std::uint64_t at = first_;
    for (const auto& [begin, bytes] : used_) {
        if (begin != at) give_back_(at, begin - at);
        at = begin + bytes;
    }
    if (end_ != at) give_back_(at, end_ - at);
    freed_ = 0;
}

std::pair<std::uint64_t, std::uint64_t> BankAllocator::around(std::uint64_t address) const {
    const std::lock_guard lock(mutex_);
    const auto after = used_.upper_bound(address);
    std::uint64_t begin = 0;
    if (after != used_.begin()) {
        const auto& [first, bytes] = *std::prev(after);
        if (address < first + bytes) return {first, first + bytes};
        begin = first + bytes;
    }
    return {begin, after == used_.end() ? ~std::uint64_t{0} : after->first};
}

std::uint64_t BankAllocator::free_bytes() const {
    const std::lock_guard lock(mutex_);
    return total_bytes() - in_use_;
}

std::uint64_t BankAllocator::largest_free_bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t largest = 0;
    std::uint64_t at = first_;
    for (const auto& [begin, used] : used_) {
        largest = std::max(largest, begin - at);
        at = begin + used;
    }
    return std::max(largest, end_ - at);
}

std::uint64_t BankAllocator::lowest() const {
    const std::lock_guard lock(mutex_);
    return used_.empty() ? end_ : used_.begin()->first;
}

Buffer::Buffer(Device& device, std::uint64_t size, std::uint64_t page_size, BufferType type)
    : device_(device), size_(size), type_(type) {
    if (size != 0 && (page_size == 0 || size % page_size != 0)) fail(Code::BUFFER_SIZE, size, page_size);
    const std::uint64_t pages = page_size == 0 ? 0 : size / page_size;
    const std::uint64_t banks = device.num_banks(type);
    const std::uint64_t rows = pages / banks + (pages % banks != 0 ? 1 : 0);
    // A page of all memory and more is rounded up to itself, which is refused as well.
    const std::uint64_t aligned = std::max(page_size, round_up(page_size, device.alignment(type)));
    std::uint64_t per_bank = 0;
    if (__builtin_mul_overflow(rows, aligned, &per_bank))
        per_bank = std::numeric_limits<std::uint64_t>::max();
    // No bank has 4 GiB, so what is given has 32-bit sizes; a buffer without pages is measured by the one it lacks.
    if (aligned > std::numeric_limits<std::uint32_t>::max()) per_bank = std::max(per_bank, aligned);
    BankAllocator& allocator = device.allocator(type);
    const auto place = allocator.allocate(per_bank);
    if (!place)
        fail(Code::OUT_OF_MEMORY, per_bank, banks, type == BufferType::DRAM ? "DRAM" : "L1",
             allocator.free_bytes(), allocator.total_bytes(), allocator.largest_free_bytes());
    page_size_ = static_cast<std::uint32_t>(page_size);
    aligned_page_size_ = static_cast<std::uint32_t>(aligned);
    address_ = static_cast<std::uint32_t>(*place);
}

Buffer::~Buffer() {
    device_.allocator(type_).free(address_);
}

std::byte* Buffer::page(std::uint64_t index) const {
    const std::uint64_t banks = device_.num_banks(type_);
    const auto bank = static_cast<std::uint32_t>(index % banks);
    const std::uint64_t offset = address_ + index / banks * aligned_page_size_;
    const runtime::Chip& chip = device_.chip();
    return (type_ == BufferType::DRAM ? chip.dram(bank) : chip.l1(chip.l1_bank_core(bank))) + offset;
}

}  // namespace loom
