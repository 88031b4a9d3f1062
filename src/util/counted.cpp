// Nouns of messages in the singular, where one is counted.
#include "util/counted.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace loom {
namespace {

// What messages count. A word of any other kind that ends in s is left as it is: a verb, or a noun that nobody counts.
constexpr std::string_view kNouns[] = {"arguments",  "banks",    "bytes",  "cases",     "causes",   "cores",
                                       "dimensions", "elements", "events", "findings",  "kernels",  "keys",
                                       "lines",      "numbers",  "pages",  "schedules", "sections", "sets",
                                       "tensors",    "threads",  "tiles",  "units",     "words"};
// What may stand between a number and its noun; so may a placeholder.
constexpr std::string_view kBetween[] = {"{} ", "host ", "kernel ", "more "};

// What may stand between a noun and its verb, and the verbs that change.
constexpr std::string_view kBeforeVerb[] = {" there", " of data", " of L1"};
constexpr std::pair<std::string_view, std::string_view> kVerbs[] = {{" do ", " does "}, {" are ", " is "}};

std::string_view noun_at(std::string_view text) {
    const std::string_view word = text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
    return std::ranges::find(kNouns, word) == std::end(kNouns) ? std::string_view{} : word;
}

// What follows a placeholder, whose number is 1: the noun and its verb, if any, in the singular.
std::string for_one(std::string rest) {
    if (!rest.starts_with(' ')) return rest;
    std::size_t at = 1;
    for (const std::string_view between : kBetween)
        if (rest.compare(1, between.size(), between) == 0) at = 1 + between.size();
    const std::string_view noun = noun_at(std::string_view(rest).substr(at));
    if (noun.empty()) return rest;
    at += noun.size() - 1;
    rest.erase(at, 1);
    for (const std::string_view between : kBeforeVerb)
        if (rest.compare(at, between.size(), between) == 0) at += between.size();
    for (const auto& [plural, singular] : kVerbs)
        if (rest.compare(at, plural.size(), plural) == 0) rest.replace(at, plural.size(), singular);
    return rest;
}

}  // namespace

std::string in_singular(std::string_view text, std::span<const bool> ones) {
    std::string result(text);
    std::size_t next = 0;        // the argument that a placeholder without a number takes
    bool one_before = true;      // of the placeholder before this one
    std::size_t end_before = 0;  // where in `result` that one ended
    for (std::size_t at = 0; (at = result.find_first_of("{}", at)) != std::string::npos;) {
        if (result[at] == '}' || result.compare(at, 2, "{{") == 0) {  // written twice: the sign itself
            at += 2;
            continue;
        }
        const std::size_t end = result.find('}', at) + 1;
        std::size_t index = 0;
        const char* const digits = result.data() + at + 1;
        if (std::from_chars(digits, result.data() + end, index).ptr == digits) index = next++;
        bool one = index < ones.size() && ones[index];
        // Of "{}x{} cores" there is one only if both are.
        if (end_before + 1 == at && result[end_before] == 'x') one = one && one_before;
        if (one) result.replace(end, std::string::npos, for_one(result.substr(end)));
        one_before = one;
        end_before = at = end;
    }
    return result;
}

}  // namespace loom
