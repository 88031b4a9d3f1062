// Text of unknown origin in messages and shells: nothing in it acts on a terminal, ends a line, or ends its quotes.
#include "util/printable.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <random>

#include "support/error_text.hpp"
#include "support/seed.hpp"

namespace loom::testing {
namespace {

std::string random_bytes(std::mt19937_64& random) {
    constexpr std::string_view likely = "\n\t\r\x1b[0m'\"\\$`!*? \x7f\xc2\x9b\xe2\x80\xae\xff</>&;|ab";
    std::string text(random() % 12, ' ');
    for (char& c : text)
        c = random() % 3 == 0 ? static_cast<char>(random() % 255 + 1) : likely[random() % likely.size()];
    return text;
}

TEST(Printable, PlainTextAndOtherScriptsStay) {
    for (const char* text :
         {"", "x y", "caf\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac", "\\n", "\xf0\x9f\x8e\x89", "a\"b'c"})
        EXPECT_EQ(printable(text), text);
}

TEST(Printable, WhatATerminalActsOnIsEscaped) {
    EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
    EXPECT_EQ(printable("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
    EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(printable("\xc2\x9b"
                        "1m"),
              "\\x9b1m")
        << "a control of one character";
    EXPECT_EQ(printable("\xe2\x80\xae"
                        "abc \xe2\x80\xa8"),
              "\\u202eabc \\u2028");
    EXPECT_EQ(printable("caf\xe9 \xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80 \xe2\x80"),
              "caf\\xe9 \\xc0\\xaf \\xed\\xa0\\x80 \\xf5\\x80\\x80\\x80 \\xe2\\x80");
    EXPECT_EQ(printable_lines("a\n\tb\x1b"), "a\n\tb\\x1b");
}

TEST(Printable, AnyBytesBecomeOneLineThatStaysAsItIs) {
    std::mt19937_64 random(seed());
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = random_bytes(random);
        const std::string shown = printable(text);
        for (const char c : shown) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << shown;
        ASSERT_EQ(printable(shown), shown) << shown;
    }
}

TEST(Printable, ErrorsShowNamesSo) {
    EXPECT_EQ(error_text([] { fail(Code::FILE_UNREADABLE, "a\nHANG core (0,0)\x1b[2J", "no"); }),
              "FILE_UNREADABLE: Cannot read a\\nHANG core (0,0)\\x1b[2J: no.");
    EXPECT_EQ(error_text([] { fail(Code::KERNEL_COMPILE, "k\n.cpp", "", Lines{"line 1\nline \x1b[31m2"}); }),
              "KERNEL_COMPILE: k\\n.cpp does not compile:\nline 1\nline \\x1b[31m2");
}

TEST(ShellWord, PlainWordsStay) {
    EXPECT_EQ(shell_word("--change=c_16=4"), "--change=c_16=4");
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
    EXPECT_EQ(shell_word("a\x1b[0m\n"), "$'a\\033[0m\\012'");
}

// bash says what it makes of each word.
TEST(ShellWord, AShellReadsAnyBytesBack) {
    std::mt19937_64 random(seed());
    for (int i = 0; i < 60; ++i) {
        const std::string text = random_bytes(random);
        const std::string word = shell_word(text);
        const std::string command = "exec bash -c \"$LOOM_COMMAND\"";
        ::setenv("LOOM_COMMAND", ("printf %s " + word).c_str(), 1);
        std::FILE* const out = ::popen(command.c_str(), "r");
        ASSERT_NE(out, nullptr);
        std::array<char, 256> read{};
        const std::size_t bytes = std::fread(read.data(), 1, read.size(), out);
        EXPECT_EQ(::pclose(out), 0);
        EXPECT_EQ(std::string(read.data(), bytes), text) << word;
    }
}

}  // namespace
}  // namespace loom::testing
