// Turns a kernel and its constants into one translation unit.
#include "runtime/jit/translation_unit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "runtime/kernel_api/loom/engine.h"

namespace loom::runtime {
namespace {

// As the inside of a C++ string literal of one line. Of an octal escape's three digits none can belong to what follows.
std::string escaped(std::string_view text) {
    std::string all;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || c == '?')
            all += fmt::format("\\{:03o}", byte);
        else
            all += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    }
    return all;
}

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

bool is_identifier(std::string_view name) {
    return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos &&
           (name.front() < '0' || name.front() > '9');
}

// Whether the '"' at `at` begins a raw string: R"..., or one with a prefix that says of what characters.
bool is_raw_string(std::string_view text, std::size_t at) {
    const std::size_t first = text.substr(0, at).find_last_not_of(kLetters) + 1;  // 0 where there is none
    const std::string_view prefix = text.substr(first, at - first);
    constexpr std::string_view kinds[] = {"R", "LR", "uR", "UR", "u8R"};
    return std::ranges::find(kinds, prefix) != std::end(kinds);
}

// Just past the literal that begins at `at`; the end of the text where it has none, or npos where it goes on in the
// next line.
std::size_t after_literal(std::string_view text, std::size_t at) {
    if (text[at] == '"' && is_raw_string(text, at)) {
        const std::size_t open = text.find('(', at);
        if (open == std::string_view::npos) return std::string_view::npos;
        const std::string end = fmt::format("){}\"", text.substr(at + 1, open - at - 1));
        const std::size_t close = text.find(end, open);
        return close == std::string_view::npos ? close : close + end.size();
    }
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != text[at]) end += text[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text.size());
}

// Whether a comment or a raw string that begins in this line goes on in the next.
bool goes_on(std::string_view line) {
    for (std::size_t at = 0; at < line.size();) {
        if (line.substr(at, 2) == "//") return false;
        if (line.substr(at, 2) == "/*") {
            at = line.find("*/", at + 2);
            if (at == std::string_view::npos) return true;
            at += 2;
        } else if (line[at] == '"' ||
                   (line[at] == '\'' && (at == 0 || kLetters.find(line[at - 1]) == kLetters.npos))) {
            at = after_literal(line, at);
            if (at == std::string_view::npos) return true;
        } else {
            ++at;
        }
    }
    return false;
}

std::string constants(const KernelBuild& build) {
    std::array<std::uint32_t, kNumCircularBuffers> formats{};
    std::array<std::uint32_t, kNumCircularBuffers> bytes{};
    for (const CbConfig& cb : build.cbs) {
        formats[cb.index] = static_cast<std::uint32_t>(cb.format);
        bytes[cb.index] = cb.tile_height * cb.tile_width * element_bytes(cb.format);
    }
    std::string named;
    for (const auto& [name, value] : build.named_compile_time_args)
        named += fmt::format("{{\"{}\", {}u}}, ", escaped(name), value);
    // A trailing zero each, so that an array without entries is still an array.
    return fmt::format(
        "#include <stdint.h>\n"
        "constexpr uint32_t loom_compile_time_arg_count = {};\n"
        "constexpr uint32_t loom_compile_time_args[] = {{{}{}0}};\n"
        "struct LoomNamedArg {{ const char* name; uint32_t value; }};\n"
        "constexpr LoomNamedArg loom_named_args[] = {{{}{{\"\", 0}}}};\n"
        "constexpr uint8_t loom_cb_format[] = {{{}}};\n"
        "constexpr uint32_t loom_cb_tile_bytes[] = {{{}}};\n"
        "#define DST_ACCUM_MODE {}\n"
        "#define DST_SYNC_FULL {}\n",
        build.compile_time_args.size(), fmt::join(build.compile_time_args, ", "),
        build.compile_time_args.empty() ? "" : ", ", named, fmt::join(formats, ", "), fmt::join(bytes, ", "),
        build.dst.fp32, build.dst.full_sync);
}

// Passes of GCC's -O1 that take three tenths of what it does for a compute kernel, and leave control code, every load and
// store of which calls a hook, as fast without them. In the text, since another compiler would refuse them as arguments.
constexpr std::string_view kPassesToSkip =
    "#if defined(__GNUC__) && !defined(__clang__)\n"
    "#pragma GCC optimize(\"no-tree-fre\", \"no-tree-pta\", \"no-tree-loop-optimize\", \"no-tree-dce\", "
    "\"no-tree-ccp\", \"no-guess-branch-probability\")\n"
    "#endif\n";

// The file that the directive at `at`, a '#', includes by "..."; empty for any other directive.
std::string_view quoted_include(std::string_view text, std::size_t at) {
    const auto skip_blanks = [&](std::size_t from) {
        return text.substr(std::min(text.find_first_not_of(" \t", from), text.size()));
    };
    constexpr std::string_view directive = "include";
    text = skip_blanks(at + 1);
    if (!text.starts_with(directive)) return {};
    text = skip_blanks(directive.size());
    if (!text.starts_with('"')) return {};
    return text.substr(1, text.find('"', 1) - 1);
}

// In each stretch of code without a branch GCC calls this function (kernel_api/hooks.cpp). Its assembler is told to put the
// function's first half there instead: three instructions for eight. What a call leaves of registers and flags is known, so
// they may be used.
const std::string kStepsInLine = fmt::format(
    "#if defined(__x86_64__) && !defined(__clang__)\n"
    "asm(\".macro call callee:vararg\\n\"\n"
    "    \".ifc \\\\callee,__sanitizer_cov_trace_pc@PLT\\n\"\n"
    "    \"movq loom_engine+{}(%rip),%rax\\n subl $1,%fs:(%rax)\\n jne .Lstepped\\\\@\\n callq "
    "loom_no_step_left\\n.Lstepped\\\\@:\\n\"\n"
    "    \".else\\n callq \\\\callee\\n.endif\\n.endm\");\n"
    "#endif\n",
    offsetof(LoomEngine, steps_left));

}  // namespace

std::string translation_unit(const KernelBuild& build) {
    constexpr const char* role[] = {"", "#define TRISC_UNPACK 1\n", "#define TRISC_MATH 1\n",
                                    "#define TRISC_PACK 1\n"};
    const bool dataflow = build.kind == ImageKind::dataflow;
    std::string text(build.opt_level == 1 ? kPassesToSkip : "");
    text += kStepsInLine;
    text += constants(build);
    text += role[static_cast<std::size_t>(build.kind)];
    for (const auto& [name, value] : build.defines) text += fmt::format("#define {} {}\n", name, value);
    if (build.checked) text += "#define LOOM_CHECKED 1\n";
    text += dataflow ? "#include \"loom/dataflow.h\"\n" : "#include \"loom/compute.h\"\n";
    text += fmt::format("#line 1 \"{}\"\n", escaped(build.source.path));
    text += build.source.text;
    // The table is a constant that is filled before any code reads it, so the compiler must not see where it comes from.
    text += fmt::format(
        "\n#line 1 \"{}\"\n"
        "asm(\".pushsection .loom_engine,\\\"aw\\\"\\n.balign 64\\n.globl loom_engine\\n.hidden "
        "loom_engine\\n\"\n"
        "    \"loom_engine: .zero {}\\n.popsection\");\n"
        "extern \"C\" __attribute__((visibility(\"default\"), no_sanitize(\"thread\"), "
        "no_sanitize(\"coverage\"), no_sanitize_coverage))\n"
        "void loom_kernel_entry(const LoomEngine* engine) {{\n"
        "    LoomEngine* own;\n"
        "    asm(\"\" : \"=r\"(own) : \"0\"(&loom_engine));\n"
        "#ifdef __clang__\n"  // whose call of memcpy would have hooks, which look into the table
        "    __builtin_memcpy_inline(own, engine, sizeof *own);\n"
        "#else\n"
        "    *own = *engine;\n"
        "#endif\n"
        "    asm volatile(\"\" ::: \"memory\");\n"
        "    kernel_main();\n"
        "}}\n",
        kEntryFile, sizeof(LoomEngine));
    return text;
}

std::string wrong_define(std::string_view name, std::string_view value) {
    if (!is_identifier(name.substr(0, name.find('('))))
        return "its name must be an identifier, or one with parameters as F(a, b)";
    const std::string line = fmt::format("{} {}", name, value);
    if (line.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
        return "it must be in one line";
    if (const std::size_t last = line.find_last_not_of(" \t\v\f");
        last != std::string::npos && line[last] == '\\')
        return "a backslash at its end would take the next line in";
    if (goes_on(line)) return "a comment or a raw string in it has no end";
    return "";
}

std::vector<std::string_view> quoted_includes(std::string_view text) {
    std::vector<std::string_view> names;
    for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1))
        if (const std::string_view name = quoted_include(text, at); !name.empty()) names.push_back(name);
    return names;
}

}  // namespace loom::runtime
