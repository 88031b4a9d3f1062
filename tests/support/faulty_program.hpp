// Small programs with one fault each, and their repaired twins, as the checker sees them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "observe/checker/check.hpp"

namespace loom::testing {

/// A program as data, built once with its fault and once repaired.
///
/// Kernels say FAULT(statements) where the fault is and REPAIR(statements) for what stands there in the twin; both
/// are one line, so that lines agree. Kernels that move data also find each tensor as an address generator of its
/// name in capitals: get_noc_addr(0, INPUT), and a core's NoC coordinates as NOC_X(x), NOC_Y(y).
struct FaultyProgram {
    struct Cb {
        std::uint8_t index = 0;
        std::uint32_t pages = 1;
        std::uint32_t page_bytes = 2048;
        DataFormat format = DataFormat::Float16_b;
        std::optional<std::uint8_t> alias{};  ///< another index of the same L1, with the same pages
    };
    struct NamedTensor {
        std::string name;
        Shape shape;  ///< its last dimension is a page
        DataType dtype = DataType::BFLOAT16;
        BufferType memory = BufferType::DRAM;
    };

    std::vector<Cb> cbs{};
    std::vector<NamedTensor> inputs{};   ///< hold 1, 2, .. 7, 1, ..
    std::vector<NamedTensor> outputs{};  ///< not written
    std::string reader{}, compute{}, writer{};
    ComputeConfigDescriptor config{.fp32_dest_acc_en = true};
    std::vector<std::uint32_t> semaphores{};  ///< initial values
    std::vector<std::uint32_t> args{};        ///< runtime arguments of every kernel
    CoreCoord last_core{0, 0};                ///< the kernels run on (0,0) to here
    Arch arch = Arch::WORMHOLE_B0;
};

enum class Variant : std::uint8_t { faulty, repaired };

/// Checks one variant of a program under every schedule of the default check.
CheckReport check(const FaultyProgram& program, Variant variant, CheckOptions options = {});

/// "CODE: message" of what a check finds, or "clean".
std::string found_in(const CheckReport& report);

/// That a check finds `message`, and nothing in the repaired twin.
void expect_fault(const FaultyProgram& program, const std::string& message);
/// That a check of a program without FAULT finds nothing.
void expect_clean(const FaultyProgram& program);

/// Statements of a reader: `pages` pages of a tensor, named as a generator, into a circular buffer, one by one.
std::string push_pages(std::uint32_t cb, const std::string& tensor, std::uint32_t pages, std::uint32_t bytes);
/// Statements of a writer: the reverse.
std::string pop_pages(std::uint32_t cb, const std::string& tensor, std::uint32_t pages, std::uint32_t bytes);

/// A reader's and a writer's statements, the first in line 2, around c_0, which holds four pages of 64 bytes; "input" has
/// 16 such pages with data, "output" 16 without. By default four pages go through.
FaultyProgram dataflow_program(const std::string& reader = push_pages(0, "INPUT", 4, 64),
                               const std::string& writer = pop_pages(0, "OUTPUT", 4, 64));

/// Around a compute kernel: pages are tiles.
struct TilesAround {
    std::uint32_t inputs = 1;   ///< tiles of c_0, which holds as many, read from "input"
    std::uint32_t others = 0;   ///< of c_1, from "other"
    std::uint32_t outputs = 1;  ///< of c_16, written to "output"
    DataFormat input_format = DataFormat::Float16_b;
    DataFormat other_format = DataFormat::Float16_b;
    DataFormat output_format = DataFormat::Float16_b;
};
/// A compute kernel of these statements, the first in line 2, between a reader and a writer without fault.
FaultyProgram compute_program(const std::string& statements, const TilesAround& around = {});
/// One that computes a tile of c_16 from two tiles of c_0 and one of c_1: `setup` is line 3, `math` line 5, between acquire
/// and commit, and `pack` line 7, between wait and release.
FaultyProgram one_tile_program(const std::string& setup, const std::string& math,
                               const std::string& pack = "pack_tile(0, 16);", TilesAround around = {2, 1, 1});

}  // namespace loom::testing
