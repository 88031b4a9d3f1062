// tilize reads num_rows rows of 32 elements and no byte more: the next one is in a page that cannot be read.
#include <sys/mman.h>
#include <unistd.h>

#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

// Readable bytes that end where an unreadable page begins.
class GuardedBytes {
public:
    GuardedBytes() : page_bytes_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
        readable_bytes_ = (kSide * 4 * 64 / page_bytes_ + 1) * page_bytes_;
        base_ = mmap(nullptr, readable_bytes_ + page_bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT_NE(base_, MAP_FAILED);
        EXPECT_EQ(mprotect(end(), page_bytes_, PROT_NONE), 0);
    }
    ~GuardedBytes() { munmap(base_, readable_bytes_ + page_bytes_); }
    GuardedBytes(const GuardedBytes&) = delete;
    GuardedBytes& operator=(const GuardedBytes&) = delete;

    std::byte* end() { return static_cast<std::byte*>(base_) + readable_bytes_; }

private:
    std::size_t page_bytes_;
    std::size_t readable_bytes_;
    void* base_;
};

// The first byte of num_rows rows, the last of which ends where reading must end.
void* last_rows(GuardedBytes& bytes, std::uint32_t num_rows, std::size_t pitch_bytes, DataFormat format) {
    return bytes.end() - (num_rows - 1) * pitch_bytes - kSide * element_bytes(format);
}

TEST(TileTilizeBounds, ReadsOnlyTheRowsItIsGiven) {
    GuardedBytes bytes;
    on_every_target([&] {
        for (const DataFormat format : kFormats) {
            const std::size_t pitch_bytes = 50 * element_bytes(format);
            for (std::uint32_t num_rows = 1; num_rows <= kSide; ++num_rows) {
                void* rows = last_rows(bytes, num_rows, pitch_bytes, format);
                DstTile expected, got;
                scalar::tilize(rows, pitch_bytes, num_rows, format, expected.values);
                tile::tilize(rows, pitch_bytes, num_rows, format, got.values);
                expect_same(expected, got, label("tilize", format, "rows", num_rows));
            }
        }
    });
}

TEST(TileTilizeBounds, UntilizeWritesOnlyTheRows) {
    GuardedBytes bytes;
    on_every_target([&] {
        for (const DataFormat format : kFormats) {
            const std::size_t pitch_bytes = 50 * element_bytes(format);
            DstTile dst;
            scalar::untilize(dst.values, format, last_rows(bytes, kSide, pitch_bytes, format), pitch_bytes);
            tile::untilize(dst.values, format, last_rows(bytes, kSide, pitch_bytes, format), pitch_bytes);
        }
    });
}

}  // namespace
}  // namespace loom::tile::testing
