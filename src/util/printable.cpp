// Text of unknown origin for messages, tables and shells.
#include "util/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace loom {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

/// The character at the start of the text and its bytes; 0 bytes where it is no UTF-8.
std::pair<std::uint32_t, std::size_t> first_character(std::string_view text) {
    const unsigned char lead = byte_at(text, 0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {0, 0};
    std::uint32_t character = lead & (0x7fu >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte_at(text, i) & 0xc0) != 0x80) return {0, 0};
        character = character << 6 | (byte_at(text, i) & 0x3fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = character >= 0xd800 && character < 0xe000;
    if (character < least[bytes] || character > 0x10ffff || surrogate) return {0, 0};
    return {character, bytes};
}

bool is_control(std::uint32_t character) {
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

/// What breaks a line, turns the direction of what follows it, or is no character at all.
bool moves_text(std::uint32_t character) {
    return (character & 0xfffe) == 0xfffe || character == 0x200e || character == 0x200f ||
           (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069) ||
           character == 0xfeff;
}

std::string escape_of(std::uint32_t character) {
    if (character == '\n') return "\\n";
    if (character == '\r') return "\\r";
    if (character == '\t') return "\\t";
    return character < 0x100 ? fmt::format("\\x{:02x}", character) : fmt::format("\\u{:04x}", character);
}

std::string printable(std::string_view text, std::string_view kept) {
    std::string made;
    while (!text.empty()) {
        const auto [character, bytes] = first_character(text);
        if (bytes == 0)
            made += escape_of(byte_at(text, 0));
        else if ((is_control(character) && kept.find(text[0]) == std::string_view::npos) ||
                 moves_text(character))
            made += escape_of(character);
        else
            made += text.substr(0, bytes);
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return made;
}

}  // namespace

std::string printable(std::string_view text) {
    return printable(text, "");
}

std::string printable_lines(std::string_view text) {
    return printable(text, "\n\t");
}

std::string shell_word(std::string_view word) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) return std::string(word);
    std::string made;
    if (printable(word) == word) {
        for (const char c : word) made += c == '\'' ? std::string("'\\''") : std::string(1, c);
        return "'" + made + "'";
    }
    // By bytes: that is what the shell makes of them again, whatever they mean. Three digits end an escape.
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f)
            made += fmt::format("\\{:03o}", byte);
        else
            made += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    }
    return "$'" + made + "'";
}

}  // namespace loom
