// The names under which kernels include the API: tt-metal's of today, and the older spellings.
#pragma once

#include <array>
#include <string_view>

namespace loom::runtime {

/// Headers that all mean loom/dataflow.h.
inline constexpr std::array kDataflowHeaders{
    std::string_view{"dataflow_api.h"},
    std::string_view{"api/dataflow/dataflow_api.h"},
    std::string_view{"api/dataflow/circular_buffer.h"},
    std::string_view{"api/dataflow/dataflow_buffer.h"},
    std::string_view{"api/tensor/tensor_accessor.h"},
    std::string_view{"api/tensor/tensor_accessor_args.h"},
    std::string_view{"accessor/tensor_accessor.h"},
    std::string_view{"accessor/tensor_accessor_args.h"},
};

/// Headers that all mean loom/compute.h, in "api/compute/" and, as they were until 2026,
/// "compute_kernel_api/".
inline constexpr std::array kComputeHeaders{
    std::string_view{"common.h"},
    std::string_view{"common_globals.h"},
    std::string_view{"compute_kernel_api.h"},
    std::string_view{"compute_kernel_hw_startup.h"},
    std::string_view{"cb_api.h"},
    std::string_view{"reg_api.h"},
    std::string_view{"pack.h"},
    std::string_view{"tilize.h"},
    std::string_view{"pack_untilize.h"},
    std::string_view{"reduce.h"},
    std::string_view{"bcast.h"},
    std::string_view{"eltwise_binary.h"},
    std::string_view{"eltwise_binary_sfpu.h"},
    std::string_view{"sfpu_binary_bcast.h"},
    std::string_view{"tile_move_copy.h"},
    std::string_view{"copy_dest_values.h"},
    std::string_view{"reconfig_data_format.h"},
    std::string_view{"eltwise_unary/eltwise_unary.h"},
    std::string_view{"eltwise_unary/binop_with_scalar.h"},
    std::string_view{"eltwise_unary/rsqrt.h"},
    std::string_view{"eltwise_unary/sqrt.h"},
    std::string_view{"eltwise_unary/recip.h"},
    std::string_view{"eltwise_unary/fill.h"},
    std::string_view{"eltwise_unary/negative.h"},
    std::string_view{"eltwise_unary/typecast.h"},
};

/// Headers that mean loom/common.h.
inline constexpr std::array kCommonHeaders{
    std::string_view{"api/compile_time_args.h"},
    std::string_view{"api/named_compile_time_args.h"},
    std::string_view{"compile_time_args.h"},
    std::string_view{"hostdevcommon/kernel_structs.h"},
    std::string_view{"hostdevcommon/common_values.hpp"},
};

}  // namespace loom::runtime
