// What the compiler read and where it looked.
#include "runtime/jit/compiled_inputs.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "runtime/jit/cache_dir.hpp"

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

std::string without_last_slashes(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

// What is between the quotation marks of a line.
std::string quoted(std::string_view line) {
    const std::size_t first = std::min(line.find('"') + 1, line.size() - 1);
    return std::string(line.substr(first, line.size() - 1 - first));
}

// Lines that end in a backslash joined with the next, as the compiler reads them.
std::string with_whole_lines(std::string text) {
    for (std::size_t at = text.find("\\\n"); at != std::string::npos; at = text.find("\\\n", at))
        text.erase(at, 2);
    return text;
}

/// Gathers the inputs of one run.
class Gathered {
public:
    Gathered(const CompilerRun& run, const std::function<bool(std::string_view)>& fixed)
        : run_(run), fixed_(fixed) {}

    Inputs inputs() {
        const auto list = read_whole(run_.list);
        if (!list) return unknown();
        files_ = listed_files(*list);
        for (const std::string& dir : run_.searched.ignored) folders_.insert(without_last_slashes(dir));
        std::vector<std::string> texts{with_whole_lines(run_.unit)};
        for (const std::string& file : files_) texts.push_back(read(file));
        for (const std::string& text : texts) look_for_questions(text);
        for (const std::string& file : files_) note_names_in_front_of(file);
        return std::move(inputs_);
    }

private:
    static Inputs unknown() {
        Inputs inputs;
        inputs.known = false;
        return inputs;
    }

    std::string read(const std::string& file) {
        struct stat info {};
        const bool there = ::stat(file.c_str(), &info) == 0;
        std::optional<std::string> text = read_whole(file);
        // What has changed since may be what the compiler read, or not.
        inputs_.known &=
            there && text && changed_before(info, run_.began) && file.find('\n') == std::string::npos;
        if (!text) return {};
        if (fixed_(file)) return std::move(*text);
        inputs_.files[file] = hash_of(*text);
        *text = with_whole_lines(std::move(*text));
        // Nothing else says where a quoted name is looked up first: beside the file that names it.
        if (may_include_quoted(*text)) folders_.insert(fs::path(file).parent_path().string());
        return std::move(*text);
    }

    // Whether a line may include something else than <...>: by "..." or by a macro.
    static bool may_include_quoted(std::string_view text) {
        for (const std::string_view word : {"include", "import"})
            for (std::size_t at = text.find(word); at != std::string_view::npos;
                 at = text.find(word, at + 1)) {
                std::string_view rest = text.substr(at + word.size());
                if (rest.starts_with("_next")) rest.remove_prefix(5);
                const std::size_t named = rest.find_first_not_of(" \t");
                if (named != std::string_view::npos && rest[named] == '<') continue;
                const std::size_t line = text.rfind('\n', at) + 1;
                if (text.substr(line, at - line).find_first_of("#%") != std::string_view::npos) return true;
            }
        return false;
    }

    // A file of the same name in a folder that comes before the one where this was found would be taken instead.
    void note_names_in_front_of(const std::string& file) {
        const auto& dirs = run_.searched.dirs;
        for (std::size_t i = 0; i < dirs.size(); ++i) {
            const std::string dir = without_last_slashes(dirs[i]) + "/";
            if (!file.starts_with(dir)) continue;
            const std::string name = file.substr(dir.size());
            for (std::size_t k = 0; k < i; ++k) note_name(dirs[k], name, false);
            for (const std::string& folder : folders_) note_name(folder, name, false);
        }
    }

    // __has_include asks for a name; nothing lists it. And the assembler reads files that nothing lists.
    void look_for_questions(std::string_view text) {
        for (const char* reads : {".incbin", ".include"})
            if (text.find(reads) != std::string_view::npos) inputs_.known = false;
        constexpr std::string_view word = "__has_include";
        for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
            const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '('; };
            std::size_t before = at;
            while (before > 0 && is_blank(text[before - 1])) --before;
            const std::string_view ahead = text.substr(0, before);
            // Whether the compiler has the word, or a remark about it.
            if (ahead.ends_with("defined") || ahead.ends_with("ifdef") || ahead.ends_with("ifndef")) continue;
            std::string_view rest = text.substr(at + word.size());
            if (rest.starts_with("_next")) rest.remove_prefix(5);
            const std::size_t opened = rest.find_first_not_of(" \t(");
            char close = opened == std::string_view::npos ? '\0' : rest[opened];
            if (close == '<') close = '>';
            if (close == '>' || close == '"') {
                const std::string_view name =
                    rest.substr(opened + 1, rest.find(close, opened + 1) - opened - 1);
                note_question(std::string(name));
            } else if (rest.substr(0, std::min(opened, rest.size())).find('(') != std::string_view::npos ||
                       !in_remark(text, at)) {
                inputs_.known = false;  // a macro, say
            }
        }
    }

    static bool in_remark(std::string_view text, std::size_t at) {
        const std::size_t line = text.rfind('\n', at) + 1;
        const std::string_view ahead = text.substr(line, at - line);
        if (ahead.find("//") != std::string_view::npos) return true;
        const std::size_t opened = text.substr(0, at).rfind("/*");
        return opened != std::string_view::npos &&
               text.substr(opened, at - opened).find("*/") == std::string_view::npos;
    }

    void note_question(const std::string& name) {
        for (const std::string& dir : run_.searched.dirs) note_name(dir, name, true);
        for (const std::string& folder : folders_) note_name(folder, name, true);
    }

    // Of a path that is not there the first part that is missing: one name for all below it.
    void note_name(const std::string& folder, const std::string& name, bool asked) {
        const fs::path whole = fs::path(folder) / name;
        if (fixed_(whole.string()) || whole.native().find('\n') != std::string::npos) return;
        fs::path part;
        for (const fs::path& step : whole) {
            part /= step;
            if (contents_.exists(part.string())) continue;
            inputs_.names[part.string()] = false;
            return;
        }
        if (asked) inputs_.names[whole.string()] = true;
        // It was there and not taken; unless it has come since.
        struct stat info {};
        if (!inputs_.files.contains(whole.string()) && ::stat(whole.c_str(), &info) == 0)
            inputs_.known &= changed_before(info, run_.began);
    }

    const CompilerRun& run_;
    const std::function<bool(std::string_view)>& fixed_;
    Contents contents_;
    Inputs inputs_;
    std::vector<std::string> files_;
    std::set<std::string> folders_;  ///< where files may have been looked up before the list's first
};

}  // namespace

std::vector<std::string> arguments_that_tell_inputs(const std::string& list) {
    return {"-MD", "-MT", "unit", "-MF", list, "-Wp,-v"};
}

SearchList search_list(std::string_view said) {
    SearchList list;
    const std::size_t heading = said.find("#include \"...\"");
    bool in_list = false, over = heading == std::string_view::npos;
    for (std::size_t at = 0; at < said.size();) {
        const std::size_t next = std::min(said.find('\n', at), said.size() - 1) + 1;
        const std::string_view whole = said.substr(at, next - at);
        const std::string_view line = whole.substr(0, whole.size() - (whole.back() == '\n'));
        // Its words are in the user's language; their order is not.
        if (!over && at == heading) {
            in_list = true;
        } else if (in_list && line.starts_with(' ')) {
            list.dirs.emplace_back(line.substr(1));
        } else if (in_list) {
            over = !line.starts_with("#include");
            in_list = !over;
        } else if (!over && line.ends_with('"')) {
            list.ignored.push_back(quoted(line));
        } else if (over || !line.starts_with("clang -cc1 ")) {
            list.rest += whole;
        }
        at = next;
    }
    return list;
}

std::vector<std::string> listed_files(std::string_view rule) {
    std::vector<std::string> files;
    std::string file;
    const auto end_file = [&] {
        if (!file.empty()) files.push_back(std::move(file));
        file.clear();
    };
    const std::size_t colon = rule.find(": ");
    for (std::size_t i = colon == std::string_view::npos ? rule.size() : colon + 1; i < rule.size(); ++i) {
        const char c = rule[i];
        const char next = i + 1 < rule.size() ? rule[i + 1] : '\0';
        if (c == '\n' && (i == 0 || rule[i - 1] != '\\')) break;  // the next rule
        if (c == '\\' && next == '\n') {
            end_file();
            ++i;
        } else if ((c == '\\' && (next == ' ' || next == '\t' || next == '#' || next == ':')) ||
                   (c == '$' && next == '$')) {
            file += next;
            ++i;
        } else if (c == ' ' || c == '\t') {
            end_file();
        } else {
            file += c;
        }
    }
    end_file();
    if (!files.empty()) files.erase(files.begin());
    return files;
}

Inputs inputs_of(const CompilerRun& run, const std::function<bool(std::string_view)>& fixed) {
    return Gathered(run, fixed).inputs();
}

}  // namespace loom::runtime
