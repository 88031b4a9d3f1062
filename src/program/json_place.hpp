// A value inside a JSON file together with where it is, for messages that say what was expected there. Private to
// program_file*.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace loom::program_file {

/// Keys stay in the order of the file: defines and arguments are written back as they were read.
using Json = nlohmann::ordered_json;

/// The document in a file of at most 16 MiB. Throws FILE_UNREADABLE; PROGRAM_FILE with line and column where it is
/// no JSON, and with the place inside it where a key occurs twice, an object has more than 1024 keys, or values are
/// nested more than 16 deep.
Json parse_file(const std::string& path);

/// Throws PROGRAM_FILE: "bug.json: /kernels/0/config/type: expected "reader" or "writer", got "reder"."
[[noreturn]] void refuse(const std::string& file, const std::string& pointer, const std::string& expected,
                         const std::string& got);

/// `key` as a step of a JSON pointer: "/" and "~" escaped, and nothing that a terminal would act on.
std::string pointer_step(const std::string& key);

/// A value of the document or the lack of one. Each reader throws PROGRAM_FILE when the value is not what it reads.
class JsonPlace {
public:
    /// The whole document of `file`; both must outlive the place.
    JsonPlace(const Json& document, const std::string& file) : value_(&document), file_(&file) {}

    bool present() const { return value_ != nullptr; }
    const std::string& file() const { return *file_; }
    const std::string& pointer() const { return pointer_; }

    /// Checks that this is an object with none but these keys.
    void object(std::initializer_list<std::string_view> keys) const;
    /// The value under a key, which may be missing.
    JsonPlace operator[](std::string_view key) const;
    /// The elements of an array of at most `most`; `expected` says what the array is.
    std::vector<JsonPlace> array(const std::string& expected, std::size_t least, std::size_t most) const;
    /// The values of an object, by key.
    std::vector<std::pair<std::string, JsonPlace>> members(const std::string& expected) const;

    std::uint64_t whole(std::uint64_t least, std::uint64_t most) const;
    std::uint32_t word() const { return static_cast<std::uint32_t>(whole(0, 0xffffffff)); }
    /// A number that a float can hold.
    double number() const;
    bool boolean() const;
    std::string text(const std::string& expected) const;  ///< not empty
    std::string maybe_empty_text(const std::string& expected) const;
    /// Text in one string or in an array of lines.
    std::string lines(const std::string& expected) const;
    /// The index of the text among `names`.
    std::size_t one_of(std::initializer_list<std::string_view> names) const;

    bool is_object() const { return present() && value_->is_object(); }
    bool is_array() const { return present() && value_->is_array(); }
    bool is_number() const { return present() && value_->is_number(); }
    bool has(std::string_view key) const { return is_object() && value_->contains(key); }

    [[noreturn]] void refuse(const std::string& expected) const;
    [[noreturn]] void refuse(const std::string& expected, const std::string& got) const;

private:
    JsonPlace(const Json* value, const std::string* file, std::string pointer)
        : value_(value), file_(file), pointer_(std::move(pointer)) {}

    const Json* value_;
    const std::string* file_;
    std::string pointer_;
};

/// Text of at most 110 columns where values allow it, without a line break at its end.
std::string pretty(const Json& value);

/// `"a", "b" or "c"`.
std::string listed(const std::vector<std::string>& names);

}  // namespace loom::program_file
