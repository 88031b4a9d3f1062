// Finds and replaces jumps to themselves.
#include "runtime/jit/empty_loops.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace loom::runtime {
namespace {

// Without blanks around it and comments behind it.
std::string_view instruction_of(std::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(" \t") + 1 - first);
}

// A line between a label and the instruction that it names.
bool is_directive(std::string_view instruction) {
    return instruction.empty() || (instruction.front() == '.' && instruction.back() != ':');
}

}  // namespace

bool may_have_empty_loops([[maybe_unused]] const std::filesystem::path& image) {
#if defined(__x86_64__)
    std::ifstream stream(image, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    return bytes.starts_with(
               "\x7f"
               "ELF") &&
           bytes.find("\xeb\xfe") != std::string::npos;
#else
    return false;
#endif
}

std::string with_counted_loops(std::string_view assembly) {
    std::string made;
    std::string labels = " ";  // of the next instruction
    while (!assembly.empty()) {
        const std::size_t end = std::min(assembly.find('\n'), assembly.size() - 1) + 1;
        const std::string_view line = assembly.substr(0, end);
        assembly.remove_prefix(end);
        const std::string_view instruction = instruction_of(line.substr(0, line.find('\n')));
        if (!instruction.empty() && instruction.back() == ':') {
            labels.append(instruction.substr(0, instruction.size() - 1)).append(" ");
        } else if (!is_directive(instruction)) {
            constexpr std::string_view jump = "jmp";
            const std::string_view target =
                instruction.starts_with(jump) ? instruction_of(instruction.substr(jump.size())) : "";
            const bool self =
                !target.empty() && labels.find(" " + std::string(target) + " ") != std::string::npos;
            labels = " ";
            if (self) {
                made += "\tcall\tloom_empty_loop\n";
                continue;
            }
        }
        made += line;
    }
    return made;
}

}  // namespace loom::runtime
