// The .npy format: a magic word, a version, a Python dict as header, one array's bytes.
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "program/tensor_file_format.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"

namespace loom::tensor_file {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kVersionEnd = 8;              // magic word, major and minor version
constexpr std::uint64_t kMaxHeaderBytes = 1'000'000;  // far above any header of a named dtype
constexpr std::uint64_t kDataAlignment = 64;
constexpr std::string_view kSupported = "'<f4' in C order";

[[noreturn]] void damaged(const std::string& path, const std::string& reason) {
    fail(Code::FILE_DAMAGED, path, "npy", reason);
}

struct Header {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<Shape> shape;
};

// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } with its keys in any order, each once.
class HeaderParser {
public:
    HeaderParser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

    Header parse() {
        Header header;
        expect('{');
        while (!accept('}')) {
            read_item(header);
            if (!accept(',') && !next_is('}')) lacks("',' or '}'");
        }
        skip_spaces();
        if (at_ != text_.size()) lacks("its end");
        if (!header.descr || !header.fortran_order || !header.shape) {
            damaged(path_, fmt::format("its header has no '{}'", !header.descr           ? "descr"
                                                                 : !header.fortran_order ? "fortran_order"
                                                                                         : "shape"));
        }
        return header;
    }

private:
    void read_item(Header& header) {
        const std::string key = read_string();
        expect(':');
        if (key == "descr" && !header.descr) {
            // A list of fields, which numpy writes for records: a whole file, but of no dtype that has a
            // name.
            if (next_is('[')) fail(Code::FILE_DTYPE, path_, "record", "npy", kSupported);
            header.descr = read_string();
        } else if (key == "fortran_order" && !header.fortran_order) {
            header.fortran_order = read_boolean();
        } else if (key == "shape" && !header.shape) {
            header.shape = read_shape();
        } else {
            damaged(path_, fmt::format("its header has an unknown or second key '{}'", key));
        }
    }

    std::string read_string() {
        constexpr std::size_t kLongest = 64;  // dtypes and keys are far shorter
        const char quote = accept('"') ? '"' : '\'';
        if (quote == '\'') expect('\'');
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] != quote && at_ - begin < kLongest) {
            if (text_[at_] < ' ' || text_[at_] > '~' || text_[at_] == '\\') lacks("a plain character");
            ++at_;
        }
        const std::string_view inside = text_.substr(begin, at_ - begin);
        if (at_ == text_.size() || text_[at_] != quote) lacks("a closing quote");
        ++at_;
        return std::string(inside);
    }

    bool read_boolean() {
        skip_spaces();
        for (const std::string_view word : {"True", "False"}) {
            if (!text_.substr(at_).starts_with(word)) continue;
            at_ += word.size();
            return word == "True";
        }
        lacks("True or False");
    }

    Shape read_shape() {
        Shape shape;
        expect('(');
        while (!accept(')')) {
            if (shape.size() == kMaxRank)
                damaged(path_, format_counted("its shape has more than {} dimensions", kMaxRank));
            shape.push_back(read_dimension());
            // Python's tuple of one has a comma: (3) is a number.
            if (!accept(',') && (shape.size() == 1 || !next_is(')')))
                lacks(shape.size() == 1 ? "','" : "',' or ')'");
        }
        return shape;
    }

    std::uint32_t read_dimension() {
        skip_spaces();
        const std::size_t begin = at_;
        std::uint64_t value = 0;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
            if (at_ > begin && value == 0) lacks("a number without a leading 0");
            value = value * 10 + static_cast<std::uint64_t>(text_[at_] - '0');
            if (value > std::numeric_limits<std::uint32_t>::max()) {
                damaged(path_,
                        fmt::format("its header has a dimension over the limit of 2^32 - 1 at character {}",
                                    begin));
            }
        }
        if (at_ == begin) lacks("a dimension");
        return static_cast<std::uint32_t>(value);
    }

    void skip_spaces() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    }
    bool next_is(char wanted) {
        skip_spaces();
        return at_ < text_.size() && text_[at_] == wanted;
    }
    bool accept(char wanted) {
        const bool is_next = next_is(wanted);
        at_ += is_next ? 1 : 0;
        return is_next;
    }
    void expect(char wanted) {
        if (!accept(wanted)) lacks(fmt::format("'{}'", wanted));
    }
    [[noreturn]] void lacks(std::string_view what) const {
        damaged(path_, fmt::format("its header lacks {} at character {}", what, at_));
    }

    const std::string& path_;
    std::string_view text_;
    std::size_t at_ = 0;
};

struct Extent {
    std::uint64_t header_begin;
    std::uint64_t header_bytes;
    std::uint64_t data_begin() const { return header_begin + header_bytes; }
};

Extent read_extent(const InputFile& file) {
    const std::uint64_t size = file.size_bytes();
    const std::string start = file.read_text(0, std::min(size, kVersionEnd + 4));
    if (!start.starts_with(kMagic)) damaged(file.path(), "it does not begin with \\x93NUMPY");
    if (size < kVersionEnd) damaged(file.path(), format_counted("its {} bytes cannot hold a version", size));
    const int major = static_cast<unsigned char>(start[6]);
    const int minor = static_cast<unsigned char>(start[7]);
    if (major < 1 || major > 3 || minor != 0) {
        damaged(file.path(), fmt::format("its version {}.{} is not 1.0, 2.0 or 3.0", major, minor));
    }
    const std::uint64_t length_bytes = major == 1 ? 2 : 4;
    const std::uint64_t header_begin = kVersionEnd + length_bytes;
    if (size < header_begin)
        damaged(file.path(), format_counted("its {} bytes cannot hold a header length", size));
    const std::uint64_t length = little_endian(std::string_view(start).substr(kVersionEnd, length_bytes));
    if (length > size - header_begin) {
        damaged(file.path(),
                format_counted("its header of {} bytes goes beyond the file's {} bytes", length, size));
    }
    if (length > kMaxHeaderBytes) {
        damaged(file.path(),
                format_counted("its header of {} bytes is over the limit of {}", length, kMaxHeaderBytes));
    }
    return {header_begin, length};
}

}  // namespace

HostTensor read_npy(const std::string& path) {
    const InputFile file(path);
    const Extent extent = read_extent(file);
    const std::string text = file.read_text(extent.header_begin, extent.header_bytes);
    const Header header = HeaderParser(path, text).parse();
    if (*header.descr != "<f4" || *header.fortran_order) {
        fail(Code::FILE_DTYPE, path,
             fmt::format("'{}'{}", *header.descr, *header.fortran_order ? " in Fortran order" : ""), "npy",
             kSupported);
    }
    HostTensor tensor;
    tensor.dtype = DataType::FLOAT32;
    tensor.shape = *header.shape;
    const std::uint64_t data_bytes = file.size_bytes() - extent.data_begin();
    const std::optional<std::uint64_t> needed = dense_bytes(tensor.shape, tensor.dtype);
    if (needed != data_bytes) {
        damaged(path,
                format_counted("it has {} bytes of data, but {} in float32 takes {} bytes", data_bytes,
                               to_string(tensor.shape), needed ? fmt::to_string(*needed) : "over 2^64"));
    }
    tensor.data = file.read(extent.data_begin(), data_bytes);
    return tensor;
}

void check_npy_dtype(const std::string& path, DataType dtype) {
    if (dtype != DataType::FLOAT32) fail(Code::FILE_DTYPE, path, name_of(dtype), "npy", kSupported);
}

void write_npy(const std::string& path, const HostTensor& tensor) {
    check_npy_dtype(path, tensor.dtype);
    std::string sizes;
    for (const std::uint32_t size : tensor.shape) {
        sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", size);
    }
    if (tensor.shape.size() == 1) sizes += ',';
    std::string dict = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", sizes);
    const std::size_t start_bytes = kVersionEnd + 2;
    const std::size_t whole =
        (start_bytes + dict.size() + 1 + kDataAlignment - 1) / kDataAlignment * kDataAlignment;
    dict.resize(whole - start_bytes - 1, ' ');
    dict += '\n';
    // 64 dimensions of 10 digits stay far below the 65535 bytes of a version 1.0 header.
    std::string start(kMagic);
    start += {'\x01', '\x00', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
    replace_file(path, start + dict, tensor.data);
}

}  // namespace loom::tensor_file
