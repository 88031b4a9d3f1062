// JSON for people to read and edit: what fits a line stays in one.
#include "program/json_place.hpp"

namespace loom::program_file {
namespace {

constexpr std::size_t kLineColumns = 110;

std::string one_line(const Json& value) {
    if (!value.is_structured() || value.empty()) return value.dump();
    std::string text;
    for (const auto& [key, element] : value.items()) {
        if (!text.empty()) text += ", ";
        if (value.is_object()) text += Json(key).dump() + ": ";
        text += one_line(element);
    }
    return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

// `used` columns of the line are taken, `indent` of them by blanks.
std::string wrapped(const Json& value, std::size_t indent, std::size_t used) {
    std::string line = one_line(value);
    if (used + line.size() <= kLineColumns || !value.is_structured()) return line;
    const std::string blanks(indent + 2, ' ');
    std::string text;
    for (const auto& [key, element] : value.items()) {
        const std::string name = value.is_object() ? Json(key).dump() + ": " : "";
        text += text.empty() ? "\n" : ",\n";
        text += blanks;
        text += name;
        text += wrapped(element, indent + 2, indent + 2 + name.size() + 1);
    }
    text += "\n" + std::string(indent, ' ');
    return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

}  // namespace

std::string pretty(const Json& value) {
    return wrapped(value, 0, 0);
}

}  // namespace loom::program_file
