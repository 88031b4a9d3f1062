// Reads random .safetensors and .npy files, most of them damaged: each must be read, or refused as the caller's fault, in
// memory in proportion to the file; and what is written must be read back.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>

#include "draw_bytes.hpp"
#include "draw_tensor_file.hpp"
#include "fuzzer.hpp"
#include "program/tensor_file.hpp"
#include "util/counted.hpp"

namespace {

// Bytes on the heap, now and at most: what `new` gives, also when the system gives it lazily or not at all.
std::atomic<std::size_t> heap_bytes{0};
std::atomic<std::size_t> heap_peak{0};

void count(std::size_t bytes) {
    const std::size_t now = heap_bytes += bytes;
    if (now > heap_peak) heap_peak = now;
}

}  // namespace

void* operator new(std::size_t bytes) {
    count(bytes);
    void* memory = std::malloc(bytes);
    heap_bytes -= bytes;
    if (memory == nullptr) throw std::bad_alloc();
    count(::malloc_usable_size(memory));
    return memory;
}
void operator delete(void* memory) noexcept {
    heap_bytes -= ::malloc_usable_size(memory);
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}

namespace loom::fuzz {
namespace {

constexpr std::size_t kBytesOfItself = 1u << 16;  ///< that reading takes whatever the file
constexpr std::size_t kBytesForEachOfAFile = 40;  ///< entries of a header take some more than their text

bool equal(const HostTensor& a, const HostTensor& b) {
    return a.dtype == b.dtype && a.shape == b.shape && a.data == b.data;
}

std::string_view text_of(const std::vector<std::byte>& data) {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

/// How another reader of the header contradicts the tensor that was read; "" when it does not.
std::string contradicted(const DrawnTensorFile& file, const HostTensor& tensor) {
    using Json = nlohmann::json;
    std::uint64_t length = 0;
    std::memcpy(&length, file.bytes.data(), 8);
    const Json header = Json::parse(file.bytes.substr(8, length), nullptr, false);
    if (!header.is_object()) return "its header is no JSON object";
    Json entry = header.value(file.tensor, Json());
    for (const auto& [name, value] : header.items())
        if (file.tensor.empty() && name != "__metadata__") entry = value;
    if (!entry.is_object()) return "its header has no such tensor";
    if (entry.value("shape", Json()) != Json(tensor.shape)) return "its header gives another shape";
    if (entry.value("dtype", "") != (tensor.dtype == DataType::BFLOAT16 ? "BF16" : "F32"))
        return "its header gives another dtype";
    const auto begin = entry["data_offsets"][0].get<std::uint64_t>();
    const auto end = entry["data_offsets"][1].get<std::uint64_t>();
    if (std::string_view(file.bytes).substr(8 + length + begin, end - begin) != text_of(tensor.data))
        return "its header points to other data";
    return "";
}

std::string contradicted_npy(const DrawnTensorFile& file, const HostTensor& tensor) {
    if (tensor.dtype != DataType::FLOAT32) return "it is no float32";
    if (!file.bytes.ends_with(text_of(tensor.data))) return "the data is not the file's end";
    constexpr std::size_t length_ends = 12;  // at the latest, and a length may have a parenthesis for a byte
    const std::size_t begin = file.bytes.find('(', length_ends);
    std::string shape;  // of digits and commas
    for (const char c : file.bytes.substr(begin, file.bytes.find(')', begin) - begin))
        if ((c >= '0' && c <= '9') || c == ',') shape += c;
    if (shape.ends_with(',')) shape.pop_back();
    return shape == fmt::format("{}", fmt::join(tensor.shape, ",")) ? "" : "its header gives another shape";
}

class TensorFiles final : public testing::Cases {
public:
    TensorFiles(std::uint64_t seed, std::string folder) : seed_(seed), folder_(std::move(folder)) {}

    bool allows(const Error& error) const override { return error.blame() == Blame::usage; }

    std::string run(std::uint64_t number) override {
        Draw draw(seed_, number);
        if (draw.one_in(6)) return write_and_read(draw);
        const bool npy = draw.one_in(3);
        return npy ? read("/x.npy", draw_npy(draw)) : read("/x.safetensors", draw_safetensors(draw));
    }

private:
    std::string read(const std::string& name, const DrawnTensorFile& file) const {
        write_file(folder_ + name, file.bytes);
        const std::string path = folder_ + name + (file.tensor.empty() ? "" : ":" + file.tensor);
        std::optional<HostTensor> tensor;
        std::optional<Error> error;
        const std::size_t before = heap_bytes;
        heap_peak = before;
        try {
            tensor = read_tensor(path);
        } catch (const Error& refusal) {
            error = refusal;
        }
        if (const std::size_t taken = heap_peak - before; taken > most_bytes(path, file))
            return format_counted("reading {} bytes takes {} bytes of memory", file.bytes.size(), taken);
        if (error && file.expected) return fmt::format("a whole file is refused: {}", error->what());
        if (error && !is_plain_text(error->what()))
            return fmt::format("its message is no line of text: {}", error->what());
        if (error) throw Error(*error);
        if (file.expected && !equal(*tensor, *file.expected)) return "reading gives another tensor";
        const std::string wrong =
            name == "/x.npy" ? contradicted_npy(file, *tensor) : contradicted(file, *tensor);
        return wrong.empty() ? same_again("/y.safetensors", *tensor) : wrong;
    }
    static std::size_t most_bytes(const std::string& path, const DrawnTensorFile& file) {
        return kBytesOfItself + kBytesForEachOfAFile * (path.size() + file.bytes.size());
    }

    // A tensor goes through a file; or is refused, if it is none, or has a name that none can have.
    std::string write_and_read(Draw& draw) const {
        HostTensor tensor = draw_host_tensor(draw);
        if (draw.one_in(8)) tensor.data.resize(draw.below(2 * tensor.data.size() + 2));
        if (draw.one_in(3)) return same_again("/y.npy", tensor);
        if (draw.one_in(3)) return same_again("/y.safetensors:" + draw_text(draw), tensor);
        std::vector<std::pair<std::string, HostTensor>> tensors;
        for (std::uint64_t i = draw.below(5); i > 0; --i)
            tensors.emplace_back(draw_text(draw) + fmt::to_string(i), draw_host_tensor(draw));
        const std::string path = folder_ + "/y.safetensors";
        write_tensors(path, tensors);
        for (const auto& [name, written] : tensors)
            if (!equal(read_tensor(path + ":" + name), written))
                return "another tensor is read than was written";
        return "";
    }
    std::string same_again(const std::string& name, const HostTensor& tensor) const {
        write_tensor(folder_ + name, tensor);
        return equal(read_tensor(folder_ + name), tensor) ? "" : "another tensor is read than was written";
    }

    std::uint64_t seed_;
    std::string folder_;
};

}  // namespace
}  // namespace loom::fuzz

int main(int argc, char** argv) {
    const loom::fuzz::Fuzzer fuzzer{
        .name = "tensor_file",
        .description = "Reads random tensor files, most of them damaged, and checks what comes of it.",
        .make = [](std::uint64_t seed, const std::string& folder) {
            return std::make_unique<loom::fuzz::TensorFiles>(seed, folder);
        }};
    return run_fuzzer(fuzzer, argc, argv);
}
