// Odd numbers, odd texts and damage for files.
#include "draw_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loom::fuzz {
namespace {

constexpr const char* kNumbers[] = {"0",
                                    "1",
                                    "2",
                                    "16",
                                    "32",
                                    "-1",
                                    "2147483647",
                                    "2147483648",
                                    "4294967280",
                                    "4294967295",
                                    "4294967296",
                                    "9007199254740993",
                                    "9223372036854775808",
                                    "18446744073709551615",
                                    "18446744073709551616",
                                    "-9223372036854775808",
                                    "1e3",
                                    "1.0",
                                    "0.5",
                                    "-0",
                                    "1e308",
                                    "1e400",
                                    "01",
                                    "0x10",
                                    "1_000",
                                    "NaN",
                                    "Infinity"};

constexpr const char* kTexts[] = {"",
                                  "a",
                                  "F32",
                                  "BF16",
                                  "F64",
                                  "f32",
                                  "I8",
                                  "<f4",
                                  ">f4",
                                  "<f8",
                                  "|b1",
                                  "bfloat16",
                                  "float32",
                                  "tensor",
                                  "weight",
                                  "shape",
                                  "dtype",
                                  "data_offsets",
                                  "__metadata__",
                                  "descr",
                                  "\\u0000",
                                  "\\ud800",
                                  "\\n",
                                  "\\",
                                  "\xff\xfe",
                                  "\xc3",
                                  "\xed\xa0\x80",
                                  "../x",
                                  "a:b",
                                  "a.safetensors:b",
                                  "{}",
                                  "{0}",
                                  "%s%n",
                                  "\x1b[31m",
                                  "\x7f"};

}  // namespace

std::string draw_number(Draw& draw) {
    if (draw.one_in(4)) return fmt::to_string(draw.below(100));
    if (draw.one_in(4)) return fmt::to_string(draw.below(UINT64_MAX) >> draw.below(64));
    return draw.of(kNumbers);
}

std::string draw_text(Draw& draw) {
    if (draw.one_in(20)) return std::string(draw.below(1) + (std::size_t{1} << draw.below(17)), 'x');
    std::string text = draw.of(kTexts);
    if (draw.one_in(8)) text += draw.of(kTexts);
    return text;
}

std::string draw_value(Draw& draw) {
    switch (draw.below(10)) {
        case 0:
            return draw.of({"null", "true", "false", "True", "None", "nul", ""});
        case 1:
            return "\"" + draw_text(draw) + "\"";
        case 2:
            return draw.of(
                {"[]", "{}", "()", "[[]]", "[1,]", "[,]", "{\"a\":1}", "{\"a\"}", "[1 2]", "/**/1"});
        case 3: {
            // So deep that a reader that calls itself for each level would meet the end of its stack.
            const std::size_t depth = std::size_t{1} << draw.below(18);
            return std::string(depth, draw.one_in(2) ? '[' : '{') +
                   (draw.one_in(2) ? std::string(depth, ']') : "");
        }
        case 4: {
            std::string list = "[";
            for (std::uint64_t i = draw.one_in(8) ? 5000 : draw.below(80); i > 0; --i)
                list += draw.of({"0", "1", "2"}) + std::string(i > 1 ? "," : "");
            return list + "]";
        }
        default:
            return draw_number(draw);
    }
}

void damage(Draw& draw, std::string& bytes) {
    if (bytes.empty()) return;
    const auto at = static_cast<std::ptrdiff_t>(draw.below(bytes.size()));
    const auto most = static_cast<std::uint64_t>(std::ssize(bytes) - at);
    const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(
        draw.one_in(4) ? draw.below(most + 1) : draw.below(std::min<std::uint64_t>(most, 8) + 1));
    const auto begin = bytes.begin() + at;
    switch (draw.below(7)) {
        case 0:
            *begin = static_cast<char>(*begin ^ static_cast<char>(1u << draw.below(8)));
            break;
        case 1:
            *begin = static_cast<char>(draw.below(256));
            break;
        case 2:
            bytes.erase(begin, begin + count);
            break;
        case 3:
            bytes.insert(static_cast<std::size_t>(at), std::string(begin, begin + count));
            break;
        case 4: {  // other bytes of the file over these
            const std::string other = bytes.substr(draw.below(bytes.size()), static_cast<std::size_t>(count));
            bytes.replace(static_cast<std::size_t>(at), other.size(), other);
            break;
        }
        case 5:
            bytes.resize(static_cast<std::size_t>(at));
            break;
        default:
            bytes.append(draw.below(40), draw.of({'\0', ' ', '\xff'}));
    }
}

}  // namespace loom::fuzz
