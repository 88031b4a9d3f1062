// Programs of a few lines for tests of kernel calls.
#include "support/small_program.hpp"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "util/bfloat16.hpp"

namespace loom::testing {
namespace {

constexpr std::uint8_t kReportCb = 31;
constexpr std::uint32_t kReportBytes = 256;
constexpr int kPoison = 0xff;  // reads as NaN in both formats

// Arguments: count of buffers, then for each its index, pages, page bytes and address in DRAM.
constexpr const char* kReader = R"(void kernel_main() {
    const uint32_t* arg = reinterpret_cast<const uint32_t*>(get_arg_addr(0));
    const uint32_t count = *arg++;
    for (uint32_t i = 0; i < count; ++i, arg += 4) {
        const InterleavedAddrGen<true> pages{arg[3], arg[2]};
        for (uint32_t page = 0; page < arg[1]; ++page) {
            cb_reserve_back(arg[0], 1);
            noc_async_read(get_noc_addr(page, pages), get_write_ptr(arg[0]), arg[2]);
            noc_async_read_barrier();
            cb_push_back(arg[0], 1);
        }
    }
})";

// Arguments: index, pages, page bytes, address in DRAM.
constexpr const char* kWriter = R"(void kernel_main() {
    const uint32_t cb = get_arg_val<uint32_t>(0);
    const uint32_t bytes = get_arg_val<uint32_t>(2);
    const InterleavedAddrGen<true> pages{get_arg_val<uint32_t>(3), bytes};
    for (uint32_t page = 0; page < get_arg_val<uint32_t>(1); ++page) {
        cb_wait_front(cb, 1);
        noc_async_write(get_read_ptr(cb), get_noc_addr(page, pages), bytes);
        noc_async_write_barrier();
        cb_pop_front(cb, 1);
    }
})";

void store(float value, DataFormat format, std::byte* to) {
    const std::uint16_t bits = float_to_bfloat16(value);
    if (format == DataFormat::Float32)
        std::memcpy(to, &value, 4);
    else
        std::memcpy(to, &bits, 2);
}

float load(DataFormat format, const std::byte* from) {
    float value = 0;
    std::uint16_t bits = 0;
    if (format == DataFormat::Float32) {
        std::memcpy(&value, from, 4);
        return value;
    }
    std::memcpy(&bits, from, 2);
    return bfloat16_to_float(bits);
}

}  // namespace

SmallProgram::SmallProgram(const DeviceOptions& options)
    : device(options), report_(device, kReportBytes, kReportBytes, BufferType::DRAM) {
    std::memset(report_.page(0), kPoison, kReportBytes);
}

void SmallProgram::cb(std::uint8_t index, std::uint32_t page_bytes, std::uint32_t pages, DataFormat format,
                      std::uint32_t tile_height) {
    CBFormatDescriptor description{index, format, page_bytes, std::nullopt};
    if (tile_height != tile::kSide) description.tile = TileDescriptor{tile_height, tile::kSide};
    descriptor.cbs.push_back({page_bytes * pages, cores, {description}});
}

KernelDescriptor& SmallProgram::add_kernel(const std::string& source,
                                           KernelDescriptor::ConfigDescriptor config) {
    KernelDescriptor kernel;
    kernel.kernel_source = source;
    kernel.source_type = KernelDescriptor::SourceType::SOURCE_CODE;
    kernel.core_ranges = cores;
    kernel.config = config;
    return descriptor.kernels.emplace_back(std::move(kernel));
}

KernelDescriptor& SmallProgram::reader(const std::string& source) {
    return add_kernel(source, ReaderConfigDescriptor{});
}
KernelDescriptor& SmallProgram::writer(const std::string& source) {
    return add_kernel(source, WriterConfigDescriptor{});
}
KernelDescriptor& SmallProgram::compute(const std::string& source) {
    return add_kernel(source, ComputeConfigDescriptor{.fp32_dest_acc_en = true});
}

const CBFormatDescriptor& SmallProgram::format_of(std::uint8_t index) const {
    for (const CBDescriptor& cb : descriptor.cbs)
        for (const CBFormatDescriptor& format : cb.format_descriptors)
            if (format.buffer_index == index) return format;
    throw std::logic_error("describe the circular buffer first");
}

void SmallProgram::feed(std::uint8_t index, const std::vector<float>& values) {
    feeds_.push_back({index, values});
}

void SmallProgram::collect(std::uint8_t index, std::uint32_t pages) {
    const CBFormatDescriptor& format = format_of(index);
    output_format_ = format.data_format;
    output_ = std::make_unique<Buffer>(device, std::uint64_t{pages} * format.page_size, format.page_size,
                                       BufferType::DRAM);
    writer(kWriter).runtime_args = {
        {cores.ranges().front().start_coord, {index, pages, format.page_size, output_->address()}}};
}

// Built last, when all feeds are known.
void SmallProgram::add_reader() {
    KernelDescriptor::CoreRuntimeArgs args{static_cast<std::uint32_t>(feeds_.size())};
    for (const Feed& feed : feeds_) {
        const CBFormatDescriptor& format = format_of(feed.index);
        const std::uint32_t bytes = element_bytes(format.data_format);
        const std::uint32_t elements = format.page_size / bytes;
        const auto pages = static_cast<std::uint32_t>(feed.values.size() / elements);
        auto& buffer = *inputs_.emplace_back(std::make_unique<Buffer>(
            device, std::uint64_t{pages} * format.page_size, format.page_size, BufferType::DRAM));
        for (std::uint32_t i = 0; i < pages * elements; ++i)
            store(feed.values[i], format.data_format,
                  buffer.page(i / elements) + std::size_t{i % elements} * bytes);
        args.insert(args.end(), {feed.index, pages, format.page_size, buffer.address()});
    }
    reader(kReader).runtime_args = {{cores.ranges().front().start_coord, args}};
}

void SmallProgram::run(const runtime::LaunchOptions& options) {
    if (!feeds_.empty() && inputs_.empty()) add_reader();
    descriptor.cbs.push_back({kReportBytes, cores, {{kReportCb, DataFormat::Float32, kReportBytes, {}}}});
    const std::string report = fmt::format(
        "do {{ const uint32_t report_at = get_write_ptr({0}) + 4 * (i); "
        "*reinterpret_cast<volatile uint32_t*>(report_at) = (value); "
        "noc_async_write(report_at, InterleavedAddrGen<true>{{{1}, {2}}}.get_noc_addr(0, 4 * (i)), 4); "
        "noc_async_write_barrier(); }} while (0)",
        kReportCb, report_.address(), kReportBytes);
    for (KernelDescriptor& kernel : descriptor.kernels)
        if (!std::holds_alternative<ComputeConfigDescriptor>(kernel.config))
            kernel.defines.emplace_back("REPORT(i, value)", report);
    for (const CoreCoord core : corerange_to_cores(cores))
        std::memset(device.chip().l1(core) + device.spec().l1_unreserved_base, kPoison,
                    device.l1_bytes_for_circular_buffers());
    enqueue(device, Program(descriptor, device), options);
}

std::vector<float> SmallProgram::collected() const {
    std::vector<float> values;
    const std::uint32_t bytes = element_bytes(output_format_);
    for (std::uint64_t page = 0; page < output_->num_pages(); ++page)
        for (std::uint32_t at = 0; at < output_->page_size(); at += bytes)
            values.push_back(load(output_format_, output_->page(page) + at));
    return values;
}

std::uint32_t SmallProgram::reported(std::uint32_t i) const {
    std::uint32_t value = 0;
    std::memcpy(&value, report_.page(0) + std::size_t{i} * 4, 4);
    return value;
}

}  // namespace loom::testing
