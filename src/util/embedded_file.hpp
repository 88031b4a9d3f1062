// A source file whose text lives inside the library (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace loom {

struct EmbeddedFile {
    std::string_view path;  ///< relative to the embedded folder, with forward slashes
    std::string_view text;  ///< its bytes, as of the build
};

}  // namespace loom
