// What-if changes to a descriptor.
#include "program/program_edit.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "util/counted.hpp"
#include "util/error.hpp"

namespace loom {
namespace {

// Decimal digits and nothing else.
bool parse(std::string_view text, std::uint32_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

void set_cb_pages(ProgramDescriptor& program, std::uint32_t index, std::uint32_t pages) {
    for (CBDescriptor& cb : program.cbs)
        for (const CBFormatDescriptor& format : cb.format_descriptors)
            if (format.buffer_index == index) {
                if (pages == 0)
                    fail(Code::OPTION, fmt::format("c_{} needs at least one page, got 0.", index));
                const std::uint64_t bytes = std::uint64_t{pages} * format.page_size;
                if (bytes > std::numeric_limits<std::uint32_t>::max())
                    fail(Code::OPTION,
                         format_counted("{} pages of c_{} would take {} bytes, and L1 has 1.5 MB.", pages,
                                        index, bytes));
                cb.total_size = static_cast<std::uint32_t>(bytes);
                return;
            }
    fail(Code::OPTION, fmt::format("This program has no circular buffer c_{}.", index));
}

void replace_kernel(ProgramDescriptor& program, const std::string& label, const std::string& path) {
    for (KernelDescriptor& kernel : program.kernels)
        if (label_of(kernel) == label) {
            kernel.kernel_source = path;
            kernel.source_type = KernelDescriptor::SourceType::FILE_PATH;
            return;
        }
    fail(Code::OPTION,
         fmt::format("This program has no kernel {}; it has reader, compute and writer.", label));
}

void apply_edit(ProgramDescriptor& program, const std::string& edit) {
    const std::size_t equals = edit.find('=');
    const std::string name = edit.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : edit.substr(equals + 1);
    std::uint32_t index = 0;
    std::uint32_t pages = 0;
    if (name.starts_with("c_") && parse(std::string_view(name).substr(2), index) && parse(value, pages))
        return set_cb_pages(program, index, pages);
    if (value.empty() || name.starts_with("c_"))
        fail(Code::OPTION, fmt::format("A change reads c_16=PAGES or writer=FILE, got {}.", edit));
    replace_kernel(program, name, value);
}

}  // namespace loom
