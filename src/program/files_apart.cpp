// Keeps what a command writes apart from what it reads.
#include "program/files_apart.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <tuple>

#include "program/tensor_file.hpp"
#include "util/error.hpp"

namespace loom {
namespace {

/// Device and number of a file; of one that is not there yet, its folder's and its own name.
using Identity = std::tuple<::dev_t, ::ino_t, std::string>;

std::optional<Identity> identity_of(const std::string& name) {
    const std::filesystem::path path = tensor_file_path(name);
    struct ::stat status = {};
    if (::stat(path.c_str(), &status) == 0) return Identity(status.st_dev, status.st_ino, "");
    const std::filesystem::path folder = path.parent_path();
    if (::stat(folder.empty() ? "." : folder.c_str(), &status) != 0) return std::nullopt;
    return Identity(status.st_dev, status.st_ino, path.filename().string());
}

}  // namespace

bool same_file(const std::string& one, const std::string& other) {
    const std::optional<Identity> identity = identity_of(one);
    return identity && identity == identity_of(other);
}

void check_apart(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const NamedFile& output = outputs[i];
        for (const NamedFile& input : inputs)
            if (same_file(output.name, input.name))
                fail(Code::OPTION,
                     fmt::format(
                         "{} {} would replace the whole file of {} {}, which is read: name another file.",
                         output.what, output.name, input.what, input.name));
        for (std::size_t j = 0; j < i; ++j)
            if (same_file(output.name, outputs[j].name))
                fail(Code::OPTION, fmt::format("{} {} and {} {} are one file: give each a file of its own.",
                                               outputs[j].what, outputs[j].name, output.what, output.name));
    }
}

}  // namespace loom
