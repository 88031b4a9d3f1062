// The safetensors format: 8 bytes of header length, a JSON header, the tensors' bytes.
// Source: https://huggingface.co/docs/safetensors, "Format".
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "program/tensor_file_format.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"

namespace loom::tensor_file {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::uint64_t kDataAlignment = 8;
constexpr std::string_view kMetadata = "__metadata__";

[[noreturn]] void damaged(const std::string& path, const std::string& reason) {
    fail(Code::FILE_DAMAGED, path, "safetensors", reason);
}

// A file's text for a message: short, printable and valid UTF-8, whatever the file says.
std::string quoted(const std::string& text) {
    constexpr std::size_t kLongest = 64;
    const std::string cut =
        Json(text.substr(0, kLongest)).dump(-1, ' ', false, Json::error_handler_t::ignore);
    return text.size() > kLongest ? cut + "..." : cut;
}

// One tensor's row of the header. Dimensions stay wide: tensors of other dtypes may be larger than Loom's.
struct Entry {
    std::optional<std::string> dtype;
    std::optional<std::vector<std::uint64_t>> shape;
    std::optional<std::vector<std::uint64_t>> data_offsets;

    std::uint64_t begin() const { return data_offsets->at(0); }
    std::uint64_t end() const { return data_offsets->at(1); }
};

using Entries = std::map<std::string, Entry>;

// Takes the header's JSON token by token and throws FILE_DAMAGED at the first that is out of place. Not a
// document tree: that would drop duplicate keys, and grow to many times a hostile header.
class HeaderReader final : public nlohmann::json_sax<Json> {
public:
    explicit HeaderReader(const std::string& path) : path_(path) {}
    Entries take_entries() { return std::move(entries_); }

    bool null() override { misplaced(); }
    bool boolean(bool) override { misplaced(); }
    bool number_integer(number_integer_t) override { misplaced(); }  // only negative ones come here
    bool number_float(number_float_t, const string_t&) override { misplaced(); }
    bool binary(binary_t&) override { misplaced(); }
    bool number_unsigned(number_unsigned_t value) override {
        if (place_ != Place::numbers) misplaced();
        const std::size_t most = numbers_ == &entry_->second.shape ? kMaxRank : 2;
        if ((*numbers_)->size() == most) {
            damaged(path_, format_counted("{} of tensor {} has more than {} numbers", key_,
                                          quoted(entry_->first), most));
        }
        (*numbers_)->push_back(value);
        return true;
    }
    bool string(string_t& value) override {
        if (place_ == Place::metadata) return true;
        if (place_ != Place::tensor || key_ != "dtype") misplaced();
        entry_->second.dtype = value;
        return true;
    }
    bool start_object(std::size_t) override {
        if (place_ == Place::outside) {
            place_ = Place::header;
        } else if (place_ == Place::header) {
            place_ = key_ == kMetadata ? Place::metadata : Place::tensor;
        } else {
            misplaced();
        }
        return true;
    }
    bool end_object() override {
        if (place_ == Place::tensor) check_complete();
        place_ = place_ == Place::header ? Place::outside : Place::header;
        return true;
    }
    bool start_array(std::size_t) override {
        if (place_ != Place::tensor || key_ == "dtype") misplaced();
        numbers_ = key_ == "shape" ? &entry_->second.shape : &entry_->second.data_offsets;
        numbers_->emplace();
        place_ = Place::numbers;
        return true;
    }
    bool end_array() override {
        place_ = Place::tensor;
        return true;
    }
    bool key(string_t& name) override {
        if (place_ == Place::header) start_entry(name);
        if (place_ == Place::tensor) start_field(name);
        key_ = name;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        damaged(path_, fmt::format("its header is not JSON at character {}", position));
    }

private:
    enum class Place { outside, header, metadata, tensor, numbers };

    void start_entry(const std::string& name) {
        const bool is_new = name == kMetadata ? !std::exchange(has_metadata_, true) : add_entry(name);
        if (!is_new) damaged(path_, fmt::format("its header has {} twice", quoted(name)));
    }
    bool add_entry(const std::string& name) {
        const auto [entry, is_new] = entries_.try_emplace(name);
        entry_ = entry;
        return is_new;
    }
    void start_field(const std::string& name) const {
        const auto& [tensor, entry] = *entry_;
        const bool is_again = (name == "dtype" && entry.dtype) || (name == "shape" && entry.shape) ||
                              (name == "data_offsets" && entry.data_offsets);
        if (is_again) damaged(path_, fmt::format("tensor {} has {} twice", quoted(tensor), name));
        // Skipping a field could skip what the bytes mean (strides, say).
        if (name != "dtype" && name != "shape" && name != "data_offsets") {
            damaged(path_, fmt::format("tensor {} has an unknown field {}", quoted(tensor), quoted(name)));
        }
    }
    void check_complete() const {
        const auto& [tensor, entry] = *entry_;
        const char* lacks = !entry.dtype          ? "dtype"
                            : !entry.shape        ? "shape"
                            : !entry.data_offsets ? "data_offsets"
                                                  : nullptr;
        if (lacks != nullptr) damaged(path_, fmt::format("tensor {} has no {}", quoted(tensor), lacks));
        if (entry.data_offsets->size() != 2) {
            damaged(path_, fmt::format("data_offsets of tensor {} is not a pair", quoted(tensor)));
        }
    }
    [[noreturn]] void misplaced() const {
        switch (place_) {
            case Place::outside:
                damaged(path_, "its header is not a JSON object");
            case Place::header:
                damaged(path_, fmt::format("entry {} is not a JSON object", quoted(key_)));
            case Place::metadata:
                damaged(path_, fmt::format("metadata {} is not a string", quoted(key_)));
            case Place::tensor:
            case Place::numbers:
                break;
        }
        damaged(path_, fmt::format("{} of tensor {} is not {}", key_, quoted(entry_->first),
                                   key_ == "dtype" ? "a string" : "an array of whole numbers under 2^64"));
    }

    const std::string& path_;
    Place place_ = Place::outside;
    std::string key_;  // the last one read
    bool has_metadata_ = false;
    Entries entries_;
    Entries::iterator entry_;                                       // the tensor being read
    std::optional<std::vector<std::uint64_t>>* numbers_ = nullptr;  // its field being read
};

struct Header {
    Entries entries;
    std::uint64_t data_begin;
};

Header read_header(const InputFile& file) {
    const std::uint64_t size = file.size_bytes();
    if (size < kLengthBytes) {
        damaged(file.path(), format_counted("its {} bytes cannot hold the 8-byte header length", size));
    }
    const std::uint64_t length = little_endian(file.read_text(0, kLengthBytes));
    if (length > size - kLengthBytes) {
        damaged(file.path(),
                format_counted("its header of {} bytes goes beyond the file's {} bytes", length, size));
    }
    if (length > kMaxHeaderBytes) {
        damaged(file.path(),
                format_counted("its header of {} bytes is over the limit of {}", length, kMaxHeaderBytes));
    }
    const std::string text = file.read_text(kLengthBytes, length);
    // The JSON library skips a byte-order mark and takes a NUL for the end.
    if (!text.starts_with('{')) damaged(file.path(), "its header does not begin with {");
    if (text.find('\0') != std::string::npos) damaged(file.path(), "its header holds a NUL");
    HeaderReader reader(file.path());
    Json::sax_parse(text, &reader);
    return {reader.take_entries(), kLengthBytes + length};
}

// Of every tensor, asked for or not, so that a truncated file never passes for a whole one.
void check_ranges(const InputFile& file, const Header& header) {
    const std::uint64_t data_bytes = file.size_bytes() - header.data_begin;
    for (const auto& [name, entry] : header.entries) {
        if (entry.begin() > entry.end()) {
            damaged(file.path(),
                    fmt::format("tensor {} has data_offsets [{}, {}], which end before they begin",
                                quoted(name), entry.begin(), entry.end()));
        }
        if (entry.end() > data_bytes) {
            damaged(file.path(), format_counted("tensor {} has data_offsets [{}, {}] in {} bytes of data",
                                                quoted(name), entry.begin(), entry.end(), data_bytes));
        }
    }
}

std::string listed(const Entries& entries) {
    constexpr std::size_t kMost = 8;
    if (entries.empty()) return "none";
    std::string list;
    for (std::size_t i = 0; const auto& [name, entry] : entries) {
        if (i == kMost) return fmt::format("{} and {} more", list, entries.size() - kMost);
        list += (i++ == 0 ? "" : ", ") + quoted(name);
    }
    return list;
}

const Entries::value_type& choose(const std::string& path, const Entries& entries,
                                  const std::optional<std::string>& tensor_name) {
    if (tensor_name) {
        const auto found = entries.find(*tensor_name);
        if (found == entries.end())
            fail(Code::FILE_TENSOR_MISSING, path, quoted(*tensor_name), listed(entries));
        return *found;
    }
    if (entries.empty()) fail(Code::FILE_TENSOR_MISSING, path, "to read", listed(entries));
    if (entries.size() > 1) fail(Code::FILE_TENSOR_CHOICE, path, entries.size(), listed(entries));
    return *entries.begin();
}

DataType dtype_of(const std::string& path, const std::string& name, const std::string& dtype) {
    if (dtype == "BF16") return DataType::BFLOAT16;
    if (dtype == "F32") return DataType::FLOAT32;
    fail(Code::FILE_DTYPE, fmt::format("tensor {} of {}", quoted(name), path), quoted(dtype), "safetensors",
         "\"BF16\" and \"F32\"");
}

Shape shape_of(const std::string& path, const std::string& name, const Entry& entry, DataType dtype) {
    Shape shape;
    for (const std::uint64_t size : *entry.shape) {
        if (size > std::numeric_limits<std::uint32_t>::max()) {
            damaged(path, fmt::format("tensor {} has a dimension of {}, over the limit of 2^32 - 1",
                                      quoted(name), size));
        }
        shape.push_back(static_cast<std::uint32_t>(size));
    }
    const std::optional<std::uint64_t> bytes = dense_bytes(shape, dtype);
    if (bytes != entry.end() - entry.begin()) {
        damaged(path, format_counted("tensor {} has data_offsets [{}, {}], but {} in {} takes {} bytes",
                                     quoted(name), entry.begin(), entry.end(), to_string(shape),
                                     name_of(dtype), bytes ? fmt::to_string(*bytes) : "over 2^64"));
    }
    return shape;
}

}  // namespace

HostTensor read_safetensors(const std::string& path, const std::optional<std::string>& tensor_name) {
    const InputFile file(path);
    const Header header = read_header(file);
    check_ranges(file, header);
    const auto& [name, entry] = choose(path, header.entries, tensor_name);
    HostTensor tensor;
    tensor.dtype = dtype_of(path, name, *entry.dtype);
    tensor.shape = shape_of(path, name, entry, tensor.dtype);
    tensor.data = file.read(header.data_begin + entry.begin(), entry.end() - entry.begin());
    return tensor;
}

void check_safetensors_name(const std::string& path, const std::string& name) {
    if (name == kMetadata) fail(Code::FILE_UNWRITABLE, path, "no tensor can have the name \"__metadata__\"");
    try {
        (void)Json(name).dump();
    } catch (const nlohmann::json::exception&) {  // the one thing that dump refuses
        fail(Code::FILE_UNWRITABLE, path, fmt::format("the tensor's name {} is not UTF-8", quoted(name)));
    }
}

void write_safetensors(const std::string& path, const NamedTensors& tensors) {
    Json rows = Json::object();
    std::vector<std::byte> data;  // of all tensors; one alone, the common case, is written from where it is
    std::size_t bytes = 0;
    for (const auto& [name, tensor] : tensors) {
        check_safetensors_name(path, name);
        const std::size_t begin = bytes;
        bytes += tensor->data.size();
        if (tensors.size() > 1) data.insert(data.end(), tensor->data.begin(), tensor->data.end());
        rows[name] = {{"dtype", tensor->dtype == DataType::BFLOAT16 ? "BF16" : "F32"},
                      {"shape", tensor->shape},
                      {"data_offsets", {begin, bytes}}};
    }
    std::string header = rows.dump();
    header.resize((header.size() + kDataAlignment - 1) / kDataAlignment * kDataAlignment, ' ');
    if (header.size() > kMaxHeaderBytes) fail(Code::FILE_UNWRITABLE, path, "the tensor's name is too long");
    std::string length;
    for (unsigned shift = 0; shift < 64; shift += 8)
        length += static_cast<char>(header.size() >> shift & 0xff);
    replace_file(path, length + header, tensors.size() == 1 ? tensors.front().second->data : data);
}

}  // namespace loom::tensor_file
