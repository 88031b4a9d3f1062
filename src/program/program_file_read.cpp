// Reads a program file: its tensors, circular buffers and semaphores.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "program/json_place.hpp"
#include "program/program_file.hpp"
#include "program/program_file_parts.hpp"
#include "runtime/core/circular_buffer.hpp"

namespace loom {
namespace program_file {
namespace {

constexpr std::size_t kMostTensors = 1024;
constexpr std::size_t kMostDescriptions = 4160;  // 32 circular buffers on each of Blackhole's 130 cores
constexpr std::size_t kMostRank = 16;

CoreCoord read_core(const JsonPlace& place, const ProgramFile& program) {
    const ArchSpec& spec = arch_spec(program.arch);
    const auto expected = fmt::format("a core [x, y] of {}'s {}x{}", spec.name, spec.grid.x, spec.grid.y);
    const auto sides = place.array(expected, 2, 2);
    const CoreCoord core{sides[0].word(), sides[1].word()};
    const auto within = [&](CoreCoord grid) { return core.x < grid.x && core.y < grid.y; };
    if (!within(spec.grid)) place.refuse(expected, fmt::format("[{}, {}]", core.x, core.y));
    if (program.grid != CoreCoord{0, 0} && !within(program.grid))
        place.refuse(
            fmt::format("a core [x, y] of the {}x{} of this file's \"grid\"", program.grid.x, program.grid.y),
            fmt::format("[{}, {}]", core.x, core.y));
    return core;
}

CoreRange read_range(const JsonPlace& place, const ProgramFile& program) {
    constexpr const char* expected = "a core [x, y], or two of them as the corners of a rectangle";
    const auto corners = place.array(expected, 2, 2);
    if (corners[0].is_number()) return CoreRange(read_core(place, program));
    const CoreCoord first = read_core(corners[0], program);
    const CoreCoord last = read_core(corners[1], program);
    if (last.x < first.x || last.y < first.y)
        place.refuse("the corner with the smallest x and y, then the one with the largest",
                     fmt::format("[{}, {}] and [{}, {}]", first.x, first.y, last.x, last.y));
    return {first, last};
}

Layout read_layout(const JsonPlace& place) {
    if (!place.present()) return Layout::ROW_MAJOR;
    return place.one_of({"ROW_MAJOR", "TILE"}) == 0 ? Layout::ROW_MAJOR : Layout::TILE;
}

TensorContents read_contents(const JsonPlace& place) {
    if (!place.present()) return Unwritten{};
    place.object({"zeros", "range", "seed", "mean", "deviation", "file"});
    int kinds = 0;
    for (const char* key : {"zeros", "range", "seed", "file"}) kinds += place.has(key) ? 1 : 0;
    if (kinds != 1)
        place.refuse(R"(exactly one of "zeros", "range", "seed" and "file")", fmt::format("{}", kinds));
    if (!place.has("seed"))
        for (const char* key : {"mean", "deviation"})
            if (place.has(key)) place[key].refuse(R"(this key beside "seed" only)");
    if (place.has("zeros")) {
        if (!place["zeros"].boolean()) place["zeros"].refuse("true");
        return Zeros{};
    }
    if (place.has("range")) {
        const auto numbers = place["range"].array("[first, step]", 2, 2);
        return ValueRange{numbers[0].number(), numbers[1].number()};
    }
    if (place.has("file")) return ValuesFromFile{place["file"].text("a tensor file's name")};
    NormalValues values{.seed = place["seed"].whole(0, UINT64_MAX)};
    if (place.has("mean")) values.mean = place["mean"].number();
    if (place.has("deviation")) values.deviation = place["deviation"].number();
    if (values.deviation < 0) place["deviation"].refuse("a number that is not negative");
    return values;
}

FileTensor read_tensor_entry(const JsonPlace& place) {
    place.object({"name", "shape", "dtype", "layout", "memory", "contents"});
    FileTensor tensor;
    tensor.name = place["name"].text("a name");
    if (tensor.name.find('=') != std::string::npos) place["name"].refuse("a name without \"=\"");
    for (const JsonPlace& side : place["shape"].array("an array of sizes", 0, kMostRank))
        tensor.spec.shape.push_back(side.word());
    tensor.spec.dtype =
        place["dtype"].one_of({"bfloat16", "float32"}) == 0 ? DataType::BFLOAT16 : DataType::FLOAT32;
    tensor.spec.layout = read_layout(place["layout"]);
    if (const JsonPlace memory = place["memory"]; memory.present())
        tensor.spec.memory_config.buffer_type =
            memory.one_of({"DRAM", "L1"}) == 0 ? BufferType::DRAM : BufferType::L1;
    tensor.contents = read_contents(place["contents"]);
    return tensor;
}

TileDescriptor read_tile(const JsonPlace& place) {
    place.object({"height", "width"});
    TileDescriptor tile;
    if (place.has("height")) tile.height = static_cast<std::uint32_t>(place["height"].whole(1, 32));
    if (place.has("width")) tile.width = static_cast<std::uint32_t>(place["width"].whole(32, 32));
    return tile;
}

CBFormatDescriptor read_format(const JsonPlace& place, std::uint32_t total_size, ProgramFile& program) {
    place.object({"index", "name", "data_format", "page_size", "tile"});
    CBFormatDescriptor format;
    format.buffer_index =
        static_cast<std::uint8_t>(place["index"].whole(0, runtime::kNumCircularBuffers - 1));
    if (place.has("name"))
        program.cb_names.emplace(format.buffer_index, place["name"].text("what the circular buffer holds"));
    format.data_format = place["data_format"].one_of({"Float16_b", "Float32"}) == 0 ? DataFormat::Float16_b
                                                                                    : DataFormat::Float32;
    format.page_size = static_cast<std::uint32_t>(place["page_size"].whole(1, UINT32_MAX));
    if (format.page_size % 16 != 0 || total_size % format.page_size != 0)
        place["page_size"].refuse(
            fmt::format("a multiple of 16 of which \"total_size\", {}, is a multiple", total_size));
    if (place.has("tile")) format.tile = read_tile(place["tile"]);
    return format;
}

CBDescriptor read_cb(const JsonPlace& place, ProgramFile& program) {
    place.object({"cores", "total_size", "formats"});
    CBDescriptor cb;
    cb.core_ranges = read_cores(place["cores"], program);
    cb.total_size = static_cast<std::uint32_t>(place["total_size"].whole(16, UINT32_MAX));
    for (const JsonPlace& format :
         place["formats"].array("an array of formats", 1, runtime::kNumCircularBuffers))
        cb.format_descriptors.push_back(read_format(format, cb.total_size, program));
    return cb;
}

SemaphoreDescriptor read_semaphore(const JsonPlace& place, const ProgramFile& program) {
    place.object({"id", "cores", "initial_value"});
    SemaphoreDescriptor semaphore;
    semaphore.id = static_cast<std::uint32_t>(place["id"].whole(0, runtime::kMaxSemaphores - 1));
    semaphore.core_ranges = read_cores(place["cores"], program);
    if (place.has("initial_value")) semaphore.initial_value = place["initial_value"].word();
    return semaphore;
}

void read_tensors(const JsonPlace& place, ProgramFile& program) {
    if (!place.present()) return;
    std::set<std::string> names;
    for (const JsonPlace& entry : place.array("an array of tensors", 0, kMostTensors)) {
        program.tensors.push_back(read_tensor_entry(entry));
        if (!names.insert(program.tensors.back().name).second)
            entry["name"].refuse("a name that no other tensor has");
    }
}

CoreCoord read_grid(const JsonPlace& place, const ArchSpec& spec) {
    if (!place.present()) return {0, 0};
    const auto sides = place.array("[columns, rows] of cores", 2, 2);
    return {static_cast<std::uint32_t>(sides[0].whole(1, spec.grid.x)),
            static_cast<std::uint32_t>(sides[1].whole(1, spec.grid.y))};
}

}  // namespace

CoreRangeSet read_cores(const JsonPlace& place, const ProgramFile& program) {
    const CoreCoord chip = arch_spec(program.arch).grid;
    std::vector<CoreRange> ranges;
    for (const JsonPlace& range :
         place.array("an array of cores or rectangles", 1, std::size_t{chip.x} * chip.y)) {
        const CoreRange read = read_range(range, program);
        for (const CoreRange& other : ranges)
            if (read.intersects(other))
                range.refuse("cores that are not in the set yet", to_string(CoreRangeSet(read)) + ", and " +
                                                                      to_string(CoreRangeSet(other)) + " is");
        ranges.push_back(read);
    }
    return CoreRangeSet(std::move(ranges));
}

}  // namespace program_file

ProgramFile read_program_file(const std::string& path) {
    using namespace program_file;
    ProgramFile program;
    program.path = path;
    const Json document = parse_file(path);
    const JsonPlace root(document, path);
    root.object({"$schema", "loom_program", "comment", "arch", "numerics", "grid", "tensors",
                 "circular_buffers", "semaphores", "kernels"});
    root["loom_program"].whole(1, 1);
    if (root.has("$schema")) root["$schema"].text("the address of the schema");
    if (root.has("comment")) root["comment"].lines("text or an array of lines");
    if (root.has("arch"))
        program.arch =
            root["arch"].one_of({"wormhole", "blackhole"}) == 0 ? Arch::WORMHOLE_B0 : Arch::BLACKHOLE;
    if (root.has("numerics"))
        program.numerics =
            root["numerics"].one_of({"silicon", "exact"}) == 0 ? Numerics::silicon : Numerics::exact;
    program.grid = read_grid(root["grid"], arch_spec(program.arch));
    read_tensors(root["tensors"], program);
    if (root.has("circular_buffers"))
        for (const JsonPlace& cb :
             root["circular_buffers"].array("an array of circular buffers", 0, kMostDescriptions))
            program.cbs.push_back(read_cb(cb, program));
    if (root.has("semaphores"))
        for (const JsonPlace& semaphore :
             root["semaphores"].array("an array of semaphores", 0, kMostDescriptions))
            program.semaphores.push_back(read_semaphore(semaphore, program));
    read_kernels(root["kernels"], program);
    return program;
}

}  // namespace loom
