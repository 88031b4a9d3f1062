// A value inside a JSON file together with where it is.
#include "program/json_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "util/error.hpp"

namespace loom::program_file {
namespace {

constexpr std::size_t kMostShownBytes = 60;

// What a message says was found. Quoted text is escaped as in JSON, and cut where it is long.
std::string shown(const Json* value) {
    if (value == nullptr) return "nothing";
    switch (value->type()) {
        case Json::value_t::object:
            return "an object";
        case Json::value_t::array:
            return fmt::format("an array of {}", value->size());
        case Json::value_t::string:
            break;
        default:
            return value->dump();
    }
    std::string text = value->dump(-1, ' ', true);  // ASCII only, so it can be cut anywhere but in an escape
    if (text.size() <= kMostShownBytes) return text;
    text.resize(std::min(kMostShownBytes, text.find('\\', kMostShownBytes - 8)));
    return text + "...\"";
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
        text += Json(names[i]).dump();
    }
    return text;
}

void refuse(const std::string& file, const std::string& pointer, const std::string& expected,
            const std::string& got) {
    fail(Code::PROGRAM_FILE, file,
         fmt::format("{}{}expected {}, got {}", pointer, pointer.empty() ? "" : ": ", expected, got));
}

std::string pointer_step(const std::string& key) {
    const std::string quoted = Json(key).dump(-1, ' ', true);
    std::string step;
    for (const char c : quoted.substr(1, quoted.size() - 2))
        step += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    if (step.size() > kMostShownBytes) step = step.substr(0, kMostShownBytes) + "...";
    return "/" + step;
}

void JsonPlace::refuse(const std::string& expected) const {
    refuse(expected, shown(value_));
}

void JsonPlace::refuse(const std::string& expected, const std::string& got) const {
    program_file::refuse(*file_, pointer_, expected, got);
}

void JsonPlace::object(std::initializer_list<std::string_view> keys) const {
    const std::vector<std::string> known(keys.begin(), keys.end());
    if (!is_object()) refuse(fmt::format("an object with the keys {}", listed(known)));
    for (const auto& [key, value] : value_->items())
        if (std::ranges::find(known, key) == known.end())
            program_file::refuse(*file_, pointer_ + pointer_step(key), "no other key than " + listed(known),
                                 shown(&value));
}

JsonPlace JsonPlace::operator[](std::string_view key) const {
    const auto found = value_->find(key);
    return {found == value_->end() ? nullptr : &*found, file_, pointer_ + pointer_step(std::string(key))};
}

std::vector<JsonPlace> JsonPlace::array(const std::string& expected, std::size_t least,
                                        std::size_t most) const {
    if (!is_array()) refuse(expected);
    if (value_->size() < least) refuse(fmt::format("{}, at least {}", expected, least));
    if (value_->size() > most) refuse(fmt::format("{}, at most {}", expected, most));
    std::vector<JsonPlace> elements;
    for (std::size_t i = 0; i < value_->size(); ++i)
        elements.push_back({&(*value_)[i], file_, fmt::format("{}/{}", pointer_, i)});
    return elements;
}

std::vector<std::pair<std::string, JsonPlace>> JsonPlace::members(const std::string& expected) const {
    if (!is_object()) refuse(expected);
    std::vector<std::pair<std::string, JsonPlace>> all;
    for (const auto& [key, value] : value_->items())
        all.emplace_back(key, JsonPlace{&value, file_, pointer_ + pointer_step(key)});
    return all;
}

std::uint64_t JsonPlace::whole(std::uint64_t least, std::uint64_t most) const {
    std::optional<std::uint64_t> number;
    if (present() && value_->is_number_unsigned()) {
        number = value_->get<std::uint64_t>();
    } else if (is_number()) {
        // 64.0 is a whole number too, as JSON Schema has it, and -0 is 0. Beyond 2^53 a double cannot tell.
        constexpr double most_exact = 9007199254740992.0;
        const auto real = value_->get<double>();
        if (real >= 0 && real <= most_exact && real == std::floor(real))
            number = static_cast<std::uint64_t>(real);
    }
    if (!number || *number < least || *number > most)
        refuse(least == most ? fmt::format("{}", least)
                             : fmt::format("a whole number from {} to {}", least, most));
    return *number;
}

double JsonPlace::number() const {
    if (!is_number()) refuse("a number");
    const auto number = value_->get<double>();
    if (std::abs(number) > std::numeric_limits<float>::max()) refuse("a number that a float can hold");
    return number;
}

bool JsonPlace::boolean() const {
    if (!present() || !value_->is_boolean()) refuse("true or false");
    return value_->get<bool>();
}

std::string JsonPlace::text(const std::string& expected) const {
    std::string found = maybe_empty_text(expected);
    if (found.empty()) refuse(expected);
    return found;
}

std::string JsonPlace::maybe_empty_text(const std::string& expected) const {
    if (!present() || !value_->is_string()) refuse(expected);
    return value_->get<std::string>();
}

std::string JsonPlace::lines(const std::string& expected) const {
    if (!is_array()) return text(expected);
    std::string all;
    for (const JsonPlace& line : array(expected, 1, std::numeric_limits<std::size_t>::max())) {
        if (!line.value_->is_string()) line.refuse("a line of text");
        all += line.value_->get<std::string>() + "\n";
    }
    return all;
}

std::size_t JsonPlace::one_of(std::initializer_list<std::string_view> names) const {
    const auto found = std::ranges::find_if(names, [&](std::string_view name) {
        return present() && value_->is_string() && value_->get_ref<const std::string&>() == name;
    });
    if (found == names.end()) refuse(listed({names.begin(), names.end()}));
    return static_cast<std::size_t>(found - names.begin());
}

}  // namespace loom::program_file
