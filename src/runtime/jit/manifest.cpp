// Which images were made of what.
#include "runtime/jit/manifest.hpp"

#include <algorithm>

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

// A header that is edited to and fro finds its earlier images; more are forgotten.
constexpr std::size_t kMostImages = 8;

// A line each: "image NAME", then of its inputs "HASH PATH", "there PATH", "absent PATH".
std::string to_text(const std::vector<MadeOf>& all) {
    std::string text;
    for (const auto& [image, inputs] : all) {
        const auto line = [&](std::string_view what, std::string_view of) {
            text.append(what).append(" ").append(of).append("\n");
        };
        line("image", image);
        for (const auto& [path, hash] : inputs.files) line(hash, path);
        for (const auto& [path, there] : inputs.names) line(there ? "there" : "absent", path);
    }
    return text;
}

}  // namespace

std::vector<MadeOf> read_manifest(const fs::path& path) {
    std::vector<MadeOf> all;
    const auto text = read_whole(path);
    if (!text || text->find('\n') == std::string::npos) return all;
    // The first line is the hash of the others.
    std::string_view rest = *text;
    const std::string_view hash = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(hash.size() + 1);
    if (hash_of(rest) != hash) return all;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() + 1);
        const std::string_view word = line.substr(0, line.find(' '));
        std::string value(line.substr(word.size() + 1));
        if (word == "image")
            all.push_back({std::move(value), {}});
        else if (word == "there" || word == "absent")
            all.back().inputs.names.emplace_hint(all.back().inputs.names.end(), std::move(value),
                                                 word == "there");
        else
            all.back().inputs.files.emplace_hint(all.back().inputs.files.end(), std::move(value), word);
    }
    return all;
}

void add_to_manifest(const fs::path& cache, const WorkFolder& work, const fs::path& path, MadeOf made) {
    std::vector<MadeOf> all = read_manifest(path);
    std::erase_if(all, [&](const MadeOf& other) {
        return other.inputs.files == made.inputs.files && other.inputs.names == made.inputs.names;
    });
    all.insert(all.begin(), std::move(made));
    if (all.size() > kMostImages) all.resize(kMostImages);
    const std::string text = to_text(all);
    const fs::path whole = work.fresh();
    write_whole(whole, hash_of(text) + '\n' + text);
    put_in_place(cache, whole, path);
}

}  // namespace loom::runtime
