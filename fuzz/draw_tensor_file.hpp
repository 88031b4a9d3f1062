// Draws .safetensors and .npy files: whole ones, and such as have something wrong with a header's fields or with bytes.
#pragma once

#include <optional>
#include <string>

#include "draw.hpp"
#include "program/host_tensor.hpp"

namespace loom::fuzz {

struct DrawnTensorFile {
    std::string bytes;
    std::string tensor;                  ///< the one to read; "": without a name
    std::optional<HostTensor> expected;  ///< what reading gives, when nothing is wrong with the file
};

HostTensor draw_host_tensor(Draw& draw);
DrawnTensorFile draw_safetensors(Draw& draw);
DrawnTensorFile draw_npy(Draw& draw);

}  // namespace loom::fuzz
