// Draws changes of a program file's JSON.
#include <algorithm>
#include <iterator>
#include <vector>

#include "draw_bytes.hpp"
#include "draw_program.hpp"

namespace loom::fuzz {
namespace {

using Json = nlohmann::ordered_json;

/// A value inside a document: an element of an array, or an object's value under a key.
struct Place {
    Json* parent;
    std::size_t index;
    Json::iterator at() const { return std::next(parent->begin(), static_cast<std::ptrdiff_t>(index)); }
    Json& value() const { return *at(); }
};

void find_places(Json& value, std::vector<Place>& places) {
    for (std::size_t i = 0; value.is_structured() && i < value.size(); ++i) {
        places.push_back({&value, i});
        find_places(places.back().value(), places);
    }
}

// What JSON's library cannot hold (a key twice, a number of its own spelling, broken text) stands in a string between
// marks, which the text of the whole loses.
constexpr std::string_view kOpen = "@<";
constexpr std::string_view kClose = ">@";

Json raw(const std::string& text) {
    std::string hex;
    for (const char c : text) {
        hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return std::string(kOpen) + hex + std::string(kClose);
}

std::string without_marks(const std::string& text) {
    std::string plain;
    const std::string open = '"' + std::string(kOpen);
    const std::string close = std::string(kClose) + '"';
    std::size_t at = 0;
    for (std::size_t begin = text.find(open); begin != std::string::npos; begin = text.find(open, at)) {
        plain.append(text, at, begin - at);
        const std::size_t end = text.find(close, begin);
        for (std::size_t i = begin + open.size(); i < end; i += 2)
            plain += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
        at = end + close.size();
    }
    return plain.append(text, at);
}

// A number near the one that is there keeps the program valid more often than one at the edge of a type.
void change_number(Draw& draw, Json& value) {
    if (!value.is_number_integer() || draw.one_in(3)) {
        value = raw(draw_number(draw));
        return;
    }
    const auto number = value.get<std::int64_t>();
    const std::int64_t near[] = {0,          1,          number + 1,  number - 1,
                                 number * 2, number / 2, number + 16, number - 16};
    value = draw.of(near);
}

Json::iterator one_of(Draw& draw, Json& values) {
    return std::next(values.begin(), static_cast<std::ptrdiff_t>(draw.below(values.size())));
}

void change_list(Draw& draw, Json& list) {
    switch (draw.below(5)) {
        case 0:
            list = Json::array();
            break;
        case 1:
            for (std::uint64_t i = std::uint64_t{1} << draw.below(13); i > 0; --i) list.push_back(list[0]);
            break;
        case 2:
            if (!list.empty()) list.push_back(draw.among(list));
            break;
        case 3:
            std::ranges::reverse(list);
            break;
        default:
            if (!list.empty()) list.erase(one_of(draw, list));
    }
}

void change_object(Draw& draw, Json& object) {
    constexpr const char* kKeys[] = {"name", "cores",  "index", "tile", "type",
                                     "file", "source", "args",  "seed", "float"};
    if (draw.one_in(3) && !object.empty()) {
        object.erase(one_of(draw, object));
    } else if (draw.one_in(2) && !object.empty()) {
        const std::string key = one_of(draw, object).key();
        object[raw(Json(key).dump()).get<std::string>()] = object[key];  // the key twice
    } else {
        object[draw.one_in(2) ? draw.of(kKeys) : raw('"' + draw_text(draw) + '"').get<std::string>()] =
            raw(draw_value(draw));
    }
}

void change(Draw& draw, Json& program) {
    std::vector<Place> places;
    find_places(program, places);
    if (places.empty()) return;
    const Place place = draw.among(places);
    Json& value = place.value();
    switch (draw.below(8)) {
        case 0:
            value = raw(draw_value(draw));
            return;
        case 1: {
            const Json other = draw.among(places).value();
            value = other;
            return;
        }
        case 2:
            place.parent->erase(place.at());
            return;
        default:
            break;
    }
    if (value.is_number())
        change_number(draw, value);
    else if (value.is_array())
        change_list(draw, value);
    else if (value.is_object())
        change_object(draw, value);
    else if (value.is_boolean())
        value = !value.get<bool>();
    else
        value = raw('"' + draw_text(draw) + '"');
}

}  // namespace

std::string draw_program_text(Draw& draw, const Json& program) {
    Json changed = program;
    const std::uint64_t changes = draw.one_in(3) ? 2 + draw.below(2) : 1;
    for (std::uint64_t i = 0; i < changes; ++i) change(draw, changed);
    std::string text = without_marks(changed.dump());
    if (draw.one_in(12)) damage(draw, text);
    return text;
}

}  // namespace loom::fuzz
