// A reservation of address space: pages cost nothing until touched, and read as zero.
#pragma once

#include <cstddef>
#include <utility>

namespace loom::runtime {

class Mapping {
public:
    enum class Where { anywhere, below_4_gib };

    Mapping() = default;
    /// Throws NO_ADDRESS_SPACE.
    Mapping(std::size_t bytes, Where where);
    ~Mapping();
    Mapping(Mapping&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }

    std::byte* data() const { return data_; }
    std::size_t bytes() const { return bytes_; }

    /// Makes [offset, offset + bytes) fault on any access; page-aligned.
    void guard(std::size_t offset, std::size_t bytes);

    /// Whole pages of [offset, offset + bytes) go back to the system, and read as zero again.
    void give_back(std::size_t offset, std::size_t bytes);

private:
    std::byte* data_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace loom::runtime
