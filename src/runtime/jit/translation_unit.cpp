// Turns a kernel and its constants into one translation unit.
#include "runtime/jit/translation_unit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "runtime/kernel_api/loom/engine.h"

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

std::string constants(const KernelBuild& build) {
    std::array<std::uint32_t, kNumCircularBuffers> formats{};
    std::array<std::uint32_t, kNumCircularBuffers> bytes{};
    for (const CbConfig& cb : build.cbs) {
        formats[cb.index] = static_cast<std::uint32_t>(cb.format);
        bytes[cb.index] = cb.tile_height * cb.tile_width * element_bytes(cb.format);
    }
    std::string named;
    for (const auto& [name, value] : build.named_compile_time_args)
        named += fmt::format("{{\"{}\", {}u}}, ", name, value);
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

// As the inside of a C++ string literal.
std::string escaped(std::string_view text) {
    std::string all;
    for (const char c : text) {
        if (c == '"' || c == '\\') all += '\\';
        all += c;
    }
    return all;
}

void collect_includes(const fs::path& dir, std::string_view text, std::set<fs::path>& seen,
                      std::string& all) {
    for (const std::string_view name : quoted_includes(text)) {
        const fs::path file = (dir / name).lexically_normal();
        std::ifstream stream(file, std::ios::binary);
        if (!stream || !seen.insert(file).second) continue;
        const std::string included{std::istreambuf_iterator<char>(stream), {}};
        all += included;
        all += '\0';
        collect_includes(file.parent_path(), included, seen, all);
    }
}

}  // namespace

std::string translation_unit(const KernelBuild& build) {
    constexpr const char* role[] = {"", "#define TRISC_UNPACK 1\n", "#define TRISC_MATH 1\n",
                                    "#define TRISC_PACK 1\n"};
    const bool dataflow = build.kind == ImageKind::dataflow;
    std::string text(build.opt_level == 1 ? kPassesToSkip : "");
    text += constants(build);
    text += role[static_cast<std::size_t>(build.kind)];
    for (const auto& [name, value] : build.defines) text += fmt::format("#define {} {}\n", name, value);
    if (build.checked) text += "#define LOOM_CHECKED 1\n";
    text += dataflow ? "#include \"loom/dataflow.h\"\n" : "#include \"loom/compute.h\"\n";
    text += fmt::format("#line 1 \"{}\"\n", escaped(build.source.path));
    text += build.source.text;
    // The table is a constant that is filled before any code reads it, so the compiler must not see where it comes from.
    text += fmt::format(
        "\n#line 1 \"loom_kernel_entry\"\n"
        "asm(\".pushsection .loom_engine,\\\"aw\\\"\\n.balign 64\\n.globl loom_engine\\n.hidden "
        "loom_engine\\n\"\n"
        "    \"loom_engine: .zero {}\\n.popsection\");\n"
        "extern \"C\" __attribute__((visibility(\"default\"), no_sanitize(\"thread\")))\n"
        "void loom_kernel_entry(const LoomEngine* engine) {{\n"
        "    LoomEngine* own;\n"
        "    asm(\"\" : \"=r\"(own) : \"0\"(&loom_engine));\n"
        "    *own = *engine;\n"
        "    asm volatile(\"\" ::: \"memory\");\n"
        "    kernel_main();\n"
        "}}\n",
        sizeof(LoomEngine));
    return text;
}

std::vector<std::string_view> quoted_includes(std::string_view text) {
    std::vector<std::string_view> names;
    for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1))
        if (const std::string_view name = quoted_include(text, at); !name.empty()) names.push_back(name);
    return names;
}

std::string own_includes(const KernelSource& source) {
    std::string all;
    std::set<fs::path> seen;
    if (!source.include_dir.empty()) collect_includes(source.include_dir, source.text, seen, all);
    return all;
}

}  // namespace loom::runtime
