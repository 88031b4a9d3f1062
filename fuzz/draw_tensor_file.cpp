// Draws .safetensors and .npy files: whole ones, and such as have something wrong with a header's fields or with bytes.
#include "draw_tensor_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "draw_bytes.hpp"

namespace loom::fuzz {
namespace {

/// Keys and values as a header spells them.
using Fields = std::vector<std::pair<std::string, std::string>>;

// Something wrong with the names or the values of some fields, or with their number.
void spoil(Draw& draw, Fields& fields, std::string (*spell)(const std::string&)) {
    if (fields.empty()) return;
    auto& [key, value] = draw.among(fields);
    switch (draw.below(6)) {
        case 0:
            value = draw_value(draw);
            break;
        case 1: {  // one number, or one more
            const std::size_t digit =
                std::min(value.find_first_of("0123456789", draw.below(value.size() + 1)), value.size());
            const std::size_t end = std::min(value.find_first_not_of("0123456789", digit), value.size());
            const std::string number = value.substr(digit, end - digit);
            // One that is the same again once it is cut to 32 bits, or any.
            const bool wraps = !number.empty() && number.size() < 10 && draw.one_in(4);
            value.replace(
                digit, end - digit,
                wraps ? fmt::to_string(std::stoull(number) + (std::uint64_t{1} << 32)) : draw_number(draw));
            break;
        }
        case 2:
            key = spell(draw_text(draw));
            break;
        case 3:
            fields.push_back(draw.among(fields));
            break;
        case 4:
            fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(draw.below(fields.size())));
            break;
        default:
            value = draw.among(fields).second;
    }
}

void shuffle(Draw& draw, Fields& fields) {
    for (std::size_t i = fields.size(); i > 1; --i) std::swap(fields[i - 1], fields[draw.below(i)]);
}

std::string joined(const Fields& fields, const char* colon, const char* comma) {
    std::string text;
    for (const auto& [key, value] : fields) text += (text.empty() ? "" : comma) + key + colon + value;
    return text;
}

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}
std::string quoted_once(const std::string& text) {
    return '\'' + text + '\'';
}

// A header's length in its first bytes.
std::string little_endian(std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 0xff);
    return text;
}

std::uint64_t wrong_length(Draw& draw, std::uint64_t length) {
    const std::uint64_t near = length + draw.below(17) - 8;
    return draw.of({near, near, std::uint64_t{0}, std::uint64_t{100'000'000}, std::uint64_t{1} << 31,
                    std::uint64_t{UINT32_MAX}, std::uint64_t{1} << 63, UINT64_MAX, UINT64_MAX - 7});
}

std::string_view bytes_of(const HostTensor& tensor) {
    return {reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()};
}

}  // namespace

HostTensor draw_host_tensor(Draw& draw) {
    HostTensor tensor;
    tensor.dtype = draw.one_in(2) ? DataType::BFLOAT16 : DataType::FLOAT32;
    for (std::uint64_t rank = draw.one_in(30) ? draw.below(65) : draw.below(5); rank > 0; --rank)
        tensor.shape.push_back(rank > 5 ? 1 : draw.one_in(16) ? 0 : draw.between(1, 7));
    // An empty tensor may have dimensions of any size.
    if (volume(tensor.shape) == 0 && draw.one_in(2))
        draw.among(tensor.shape) = draw.one_in(2) ? 0 : UINT32_MAX;
    if (volume(tensor.shape) != 0 && std::ranges::find(tensor.shape, UINT32_MAX) != tensor.shape.end())
        tensor.shape.assign(1, 1);
    tensor.data.resize(volume(tensor.shape) * element_bytes(tensor.dtype));
    for (std::byte& byte : tensor.data) byte = static_cast<std::byte>(draw.below(256));
    return tensor;
}

DrawnTensorFile draw_safetensors(Draw& draw) {
    DrawnTensorFile file;
    const int faults = draw.one_in(6) ? 0 : static_cast<int>(1 + draw.below(3));
    const std::uint64_t count = draw.one_in(20) ? draw.below(200) : 1 + draw.below(3);
    const std::uint64_t asked = draw.below(count + 1);  // the last one: none by name
    Fields entries;
    std::string data;
    std::vector<HostTensor> tensors;
    std::vector<Fields> headers;
    for (std::uint64_t i = 0; i < count; ++i) {
        const HostTensor& tensor = tensors.emplace_back(draw_host_tensor(draw));
        const std::size_t begin = data.size();
        data += bytes_of(tensor);
        headers.push_back({{"\"dtype\"", tensor.dtype == DataType::BFLOAT16 ? "\"BF16\"" : "\"F32\""},
                           {"\"shape\"", fmt::format("[{}]", fmt::join(tensor.shape, ","))},
                           {"\"data_offsets\"", fmt::format("[{},{}]", begin, data.size())}});
        shuffle(draw, headers.back());
    }
    bool spoilt = false;
    std::uint64_t of_bytes = 0;
    for (int i = 0; i < faults; ++i) {
        spoilt = true;
        if (count != 0 && !draw.one_in(3))
            spoil(draw, headers[draw.one_in(2) && asked < count ? asked : draw.below(count)], quoted);
        else
            ++of_bytes;
    }
    for (std::uint64_t i = 0; i < count; ++i)
        entries.emplace_back(quoted(fmt::format("t{}", i)), "{" + joined(headers[i], ":", ",") + "}");
    if (draw.one_in(4)) entries.emplace_back("\"__metadata__\"", R"({"format":"pt","a":"b"})");
    if (spoilt && draw.one_in(3)) spoil(draw, entries, quoted);
    shuffle(draw, entries);
    const std::string header = "{" + joined(entries, ":", ",") + "}" + std::string(draw.below(9), ' ');
    const bool wrong = spoilt && draw.one_in(8);
    file.bytes = little_endian(wrong ? wrong_length(draw, header.size()) : header.size(), 8) + header + data;
    for (; of_bytes > 0; --of_bytes) damage(draw, file.bytes);
    if (asked < count) file.tensor = fmt::format("t{}", asked);
    if (!spoilt && asked < count) file.expected = tensors[asked];
    if (!spoilt && count == 1) file.expected = tensors[0];
    if (spoilt && draw.one_in(12)) file.tensor = draw_text(draw);
    return file;
}

DrawnTensorFile draw_npy(Draw& draw) {
    DrawnTensorFile file;
    HostTensor tensor = draw_host_tensor(draw);
    tensor.dtype = DataType::FLOAT32;
    tensor.data.resize(volume(tensor.shape) * 4);
    std::string shape = fmt::format("{}", fmt::join(tensor.shape, ", "));
    if (tensor.shape.size() == 1) shape += ",";
    Fields fields{{"'descr'", "'<f4'"}, {"'fortran_order'", "False"}, {"'shape'", "(" + shape + ")"}};
    shuffle(draw, fields);
    const bool spoilt = !draw.one_in(6);
    std::uint64_t of_bytes = 0;
    for (std::uint64_t faults = spoilt ? 1 + draw.below(3) : 0; faults > 0; --faults) {
        if (draw.one_in(3))
            ++of_bytes;
        else
            spoil(draw, fields, quoted_once);
    }
    const std::string header = "{" + joined(fields, ": ", ", ") + (draw.one_in(2) ? ", }" : "}") +
                               std::string(draw.below(70), ' ') + "\n";
    const unsigned version = spoilt && draw.one_in(10) ? draw.between(0, 255) : draw.between(1, 3);
    const bool wrong = spoilt && draw.one_in(8);
    file.bytes =
        std::string("\x93NUMPY") + static_cast<char>(version) + '\0' +
        little_endian(wrong ? wrong_length(draw, header.size()) : header.size(), version == 1 ? 2 : 4) +
        header;
    file.bytes += bytes_of(tensor);
    for (; of_bytes > 0; --of_bytes) damage(draw, file.bytes);
    if (!spoilt) file.expected = std::move(tensor);
    return file;
}

}  // namespace loom::fuzz
