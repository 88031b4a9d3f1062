// Reads a JSON file, with the bounds that keep a hostile one cheap, and finds what the parser lets pass.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "program/json_place.hpp"
#include "program/tensor_file_format.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"

namespace loom::program_file {
namespace {

constexpr std::uint64_t kMostFileBytes = 16u << 20;
constexpr std::size_t kMostDepth = 16;
constexpr std::size_t kMostKeys = 1024;  // of one object: finding a key is linear in them

// Follows the parser, to know where it is. Of two equal keys the parser would silently take the last.
class Watch {
public:
    explicit Watch(const std::string& file) : file_(file) {}

    void see(Json::parse_event_t event, const Json& parsed) {
        using Event = Json::parse_event_t;
        if (event == Event::key) return see_key(parsed.get<std::string>());
        if (event == Event::object_end || event == Event::array_end) {
            levels_.pop_back();
            return finish_value();
        }
        if (event == Event::value) return finish_value();
        if (levels_.size() == kMostDepth)
            fail(Code::PROGRAM_FILE, file_,
                 fmt::format("{}: values are nested more than {} deep", pointer(), kMostDepth));
        levels_.push_back({.array = event == Event::array_start, .index = 0, .step = "", .keys = {}});
    }

private:
    struct Level {
        bool array = false;
        std::size_t index = 0;
        std::string step;
        std::set<std::string> keys;
    };

    void see_key(const std::string& name) {
        Level& level = levels_.back();
        level.step = pointer_step(name);
        if (!level.keys.insert(name).second)
            fail(Code::PROGRAM_FILE, file_,
                 fmt::format("{}: expected this key once, got it twice", pointer()));
        if (level.keys.size() > kMostKeys)
            fail(Code::PROGRAM_FILE, file_,
                 format_counted("{}: expected at most {} keys in an object, got more", pointer(), kMostKeys));
    }
    void finish_value() {
        if (!levels_.empty() && levels_.back().array) ++levels_.back().index;
    }
    std::string pointer() const {
        std::string all;
        for (const Level& level : levels_) all += level.array ? fmt::format("/{}", level.index) : level.step;
        return all;
    }

    const std::string& file_;
    std::vector<Level> levels_;
};

// The library's message without its number, and without what it read last when that is long or no text.
std::string complaint(const Json::exception& error) {
    std::string text = error.what();
    text = text.substr(text.find("] ") + 2);
    constexpr std::string_view at = "parse error at ";
    if (text.starts_with(at)) text = text.substr(at.size());
    std::string clean;
    for (const char c : text) clean += c >= ' ' && c != 0x7f ? c : ' ';
    return clean.size() <= 300 ? clean : clean.substr(0, 300) + "...";
}

}  // namespace

Json parse_file(const std::string& path) {
    const tensor_file::InputFile file(path);
    if (file.size_bytes() > kMostFileBytes)
        fail(Code::PROGRAM_FILE, path,
             format_counted("expected at most {} bytes, got {}", kMostFileBytes, file.size_bytes()));
    const std::string text = file.read_text(0, file.size_bytes());
    Watch watch(path);
    try {
        return Json::parse(text, [&](int, Json::parse_event_t event, const Json& parsed) {
            watch.see(event, parsed);
            return true;
        });
    } catch (const Json::exception& error) {
        fail(Code::PROGRAM_FILE, path, complaint(error));
    }
}

}  // namespace loom::program_file
