// Rows in which a mistake of layernorm_fused_rm shows.
#pragma once

#include "program/host_tensor.hpp"

namespace loom {

/// Changes the rows of a tensor x of shape [.., W], by turns: none; to 300 + 0.3 x, where the small parts of the mean
/// matter; to 1000.1, a constant, whose variance is 0; to 50 x, where 1/sqrt(var + epsilon) is far from 1.
void harden_rows(HostTensor& x);

}  // namespace loom
