// Reservations of address space, for L1s (below 4 GiB) and DRAM banks.
#include "runtime/core/memory.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "util/error.hpp"

namespace loom::runtime {
namespace {

void* map_at(std::uintptr_t hint, std::size_t bytes, int flags) {
    return ::mmap(reinterpret_cast<void*>(hint), bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

// Kernels keep L1 addresses in 32 bits and cast them to pointers, so an L1 must lie below 4 GiB. MAP_32BIT
// would give 2 GiB only, and not on every CPU; asking for places in turn works everywhere.
void* map_below_4_gib(std::size_t bytes) {
    constexpr std::uintptr_t first = 0x1000'0000;
    constexpr std::uintptr_t limit = 0x1'0000'0000;
    constexpr std::uintptr_t step = 0x100'0000;
    for (std::uintptr_t hint = first; hint + bytes <= limit; hint += step) {
        void* place = map_at(hint, bytes, MAP_FIXED_NOREPLACE);
        if (place == MAP_FAILED) continue;
        if (reinterpret_cast<std::uintptr_t>(place) == hint) return place;
        ::munmap(place, bytes);  // a kernel before 4.17 takes the flag for a hint
    }
    return MAP_FAILED;
}

}  // namespace

Mapping::Mapping(std::size_t bytes, Where where) : bytes_(bytes) {
    void* place = where == Where::below_4_gib ? map_below_4_gib(bytes) : map_at(0, bytes, 0);
    if (place == MAP_FAILED)
        fail(Code::NO_ADDRESS_SPACE, bytes,
             where == Where::below_4_gib
                 ? " below 4 GiB, where the L1s of all open devices lie. Close those that are no "
                   "longer used"
                 : "");
    data_ = static_cast<std::byte*>(place);
    // Sticks of neighbouring rows lie in different banks: with small pages each would cost a walk of the page table.
    // Only advice: without huge pages it is slower and nothing else.
    if (where == Where::anywhere) ::madvise(place, bytes, MADV_HUGEPAGE);
}

Mapping::~Mapping() {
    if (data_ != nullptr) ::munmap(data_, bytes_);
}

void Mapping::guard(std::size_t offset, std::size_t bytes) {
    if (::mprotect(data_ + offset, bytes, PROT_NONE) != 0)
        fail(Code::NO_ADDRESS_SPACE, bytes, std::string(" for a guard page: ") + std::strerror(errno));
}

void Mapping::give_back(std::size_t offset, std::size_t bytes) {
    constexpr std::size_t page = 4096;
    const std::size_t first = (offset + page - 1) / page * page;
    const std::size_t end = (offset + bytes) / page * page;
    // Only a saving: where the system refuses it, the memory stays.
    if (first < end) ::madvise(data_ + first, end - first, MADV_DONTNEED);
}

}  // namespace loom::runtime
