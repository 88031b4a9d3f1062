// Memory of a device, in pages spread over banks: the allocator and the buffers it gives out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace loom {

class Device;

enum class BufferType : std::uint8_t { DRAM, L1 };

/// Places of equal-sized allocations in all banks of one memory. First fit; DRAM from the bottom up, L1 from
/// the top down (circular buffers come from below). Safe on several threads: the last reference to a tensor may
/// go away on any.
class BankAllocator {
public:
    enum class Grows : std::uint8_t { up, down };
    /// Calls with a place's first byte and its size.
    using GiveBack = std::function<void(std::uint64_t, std::uint64_t)>;
    /// `give_back` is called with places that nobody has: when freed ones add up to more than `keep_bytes` and to more than
    /// what is in use. So a loop that frees what it allocates again gives nothing back.
    BankAllocator(std::uint64_t first, std::uint64_t end, std::uint32_t alignment, Grows grows,
                  GiveBack give_back = {}, std::uint64_t keep_bytes = 0);

    /// The first byte of `bytes` free bytes, or nothing.
    std::optional<std::uint64_t> allocate(std::uint64_t bytes);
    void free(std::uint64_t address);

    /// First and last byte, plus one, of the allocation that holds `address`, or of the gap.
    std::pair<std::uint64_t, std::uint64_t> around(std::uint64_t address) const;

    std::uint64_t total_bytes() const { return end_ - first_; }
    std::uint64_t free_bytes() const;
    std::uint64_t largest_free_bytes() const;
    /// The lowest byte in use, or the end.
    std::uint64_t lowest() const;

private:
    void take(std::uint64_t begin, std::uint64_t bytes);

    std::uint64_t first_;
    std::uint64_t end_;
    std::uint32_t alignment_;
    Grows grows_;
    GiveBack give_back_;
    std::uint64_t keep_bytes_;
    std::uint64_t in_use_ = 0;
    std::uint64_t freed_ =
        0;  ///< since it was last given back, and not taken again: about, since places differ
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::uint64_t> used_;  ///< first byte -> bytes
};

/// An interleaved buffer: page i lies in bank i % banks, at row i / banks, rows being aligned pages apart.
/// Gives its memory back when destroyed; must not outlive its device. What the next buffer there finds in it is what was
/// there, or zeros, as on the chip: it counts as memory that nobody wrote.
class Buffer {
public:
    /// `size` bytes in pages of `page_size`, of which it must be a multiple (BUFFER_SIZE). Throws
    /// OUT_OF_MEMORY.
    Buffer(Device& device, std::uint64_t size, std::uint64_t page_size, BufferType type);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    Device& device() const { return device_; }
    std::uint64_t size() const { return size_; }
    std::uint32_t page_size() const { return page_size_; }
    std::uint64_t num_pages() const { return page_size_ == 0 ? 0 : size_ / page_size_; }
    BufferType type() const { return type_; }
    /// The same offset in every bank.
    std::uint32_t address() const { return address_; }
    /// page_size rounded up to the memory's alignment: the distance of rows.
    std::uint32_t aligned_page_size() const { return aligned_page_size_; }
    /// Host memory of a page.
    std::byte* page(std::uint64_t index) const;

private:
    Device& device_;
    std::uint64_t size_;
    std::uint32_t page_size_ = 0;
    std::uint32_t aligned_page_size_ = 0;
    BufferType type_;
    std::uint32_t address_ = 0;
};

}  // namespace loom
