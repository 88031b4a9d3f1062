// Line numbers of kernel sources.
#include "support/source_lines.hpp"

#include <fstream>

namespace loom::testing {

int line_of(const std::string& file, const std::string& text) {
    std::ifstream stream(std::string(LOOM_SOURCE_DIR) + "/" + file);
    std::string line;
    int found = 0;
    for (int number = 1; std::getline(stream, line); ++number) {
        if (line.find(text) == std::string::npos) continue;
        if (found != 0) return 0;
        found = number;
    }
    return found;
}

}  // namespace loom::testing
