// The files that are part of the binary, as folders for the compiler.
#include "runtime/jit/embedded_folders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "runtime/jit/header_aliases.hpp"
#include "runtime/jit/inputs.hpp"
#include "runtime/jit/jit.hpp"
#include "runtime/jit/translation_unit.hpp"

namespace loom {
std::span<const EmbeddedFile> embedded_kernel_api();
std::span<const EmbeddedFile> embedded_hooks();
}  // namespace loom

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

/// One folder a version.
struct Folder {
    std::string name;
    Files files;
};

Folder folder_of(const char* what, Files files) {
    std::string all;
    for (const auto& [path, text] : files) all.append(path).append(1, '\0').append(text).append(1, '\0');
    return {fmt::format("{}-{}", what, hash_of(all)), std::move(files)};
}

// The kernel API, under its own names and under those that kernels include it by.
const Folder& api() {
    static const Folder folder = [] {
        Files files;
        for (const EmbeddedFile& file : embedded_kernel_api()) files.emplace(file.path, file.text);
        const auto alias = [&](const std::string& name, const char* target) {
            files.emplace(name, fmt::format("#pragma once\n#include \"{}\"\n", target));
        };
        for (const auto name : kDataflowHeaders) alias(std::string(name), "loom/dataflow.h");
        for (const auto name : kCommonHeaders) alias(std::string(name), "loom/common.h");
        alias("compute_kernel_api.h", "loom/compute.h");
        for (const auto name : kComputeHeaders)
            for (const char* prefix : {"api/compute/", "compute_kernel_api/"})
                alias(prefix + std::string(name), "loom/compute.h");
        return folder_of("api", std::move(files));
    }();
    return folder;
}

const Folder& hooks() {
    static const Folder folder = [] {
        Files files;
        for (const EmbeddedFile& file : embedded_hooks()) files.emplace(file.path, file.text);
        return folder_of("hooks", std::move(files));
    }();
    return folder;
}

struct Embedded {
    std::mutex mutex;
    std::map<std::string, std::string_view, std::less<>> files;
    std::optional<Folder> folder;  ///< of these files

    const Folder& kernels() {
        if (!folder) {
            Files texts;
            for (const auto& [path, text] : files) texts.emplace(path, text);
            folder = folder_of("kernels", std::move(texts));
        }
        return *folder;
    }
};
Embedded& embedded() {
    static Embedded& table =
        *new Embedded;  // never destroyed: a thread of the host may still run when the process exits
    return table;
}

void write_out(const fs::path& cache, const WorkFolder& work, const Folder& folder) {
    const fs::path dir = cache / folder.name;
    for (const auto& [path, text] : folder.files) {
        if (read_whole(dir / path) == text) continue;
        const fs::path made = work.fresh();
        write_whole(made, text);
        put_in_place(cache, made, dir / path);
    }
    note_use(dir);
}

}  // namespace

bool EmbeddedFolders::holds(std::string_view path) const {
    const auto in = [&](const fs::path& folder) {
        const std::string& name = folder.native();
        return path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '/');
    };
    return in(api) || in(kernels.front()) || in(hooks_dir);
}

EmbeddedFolders embedded_folders(const fs::path& cache) {
    const fs::path hooks_dir = cache / hooks().name;
    EmbeddedFolders all{cache / api().name, {}, hooks_dir, hooks_dir / "hooks.o", hooks_dir / "hooks.ld"};
    Embedded& table = embedded();
    const std::lock_guard lock(table.mutex);
    all.kernels.push_back(cache / table.kernels().name);
    for (const auto& [path, text] : table.files) {
        fs::path dir = (all.kernels.front() / path).parent_path();
        if (std::ranges::find(all.kernels, dir) == all.kernels.end()) all.kernels.push_back(std::move(dir));
    }
    return all;
}

void write_embedded_folders(const fs::path& cache, const WorkFolder& work) {
    write_out(cache, work, api());
    write_out(cache, work, hooks());
    const std::lock_guard lock(embedded().mutex);
    write_out(cache, work, embedded().kernels());
}

std::optional<std::string_view> embedded_text(const std::string& path) {
    const std::lock_guard lock(embedded().mutex);
    const auto found = embedded().files.find(path);
    return found == embedded().files.end() ? std::nullopt : std::optional(found->second);
}

void add_embedded_files(std::span<const EmbeddedFile> files) {
    const std::lock_guard lock(embedded().mutex);
    for (const EmbeddedFile& file : files) {
        std::string_view& text = embedded().files[std::string(file.path)];
        if (text != file.text) embedded().folder.reset();
        text = file.text;
    }
}

std::vector<EmbeddedFile> embedded_with_includes(const std::string& path) {
    const std::lock_guard lock(embedded().mutex);
    std::vector<EmbeddedFile> all;
    std::vector<std::string> wanted{path};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto found = embedded().files.find(wanted[i]);
        if (found == embedded().files.end()) continue;
        all.push_back({found->first, found->second});
        for (const std::string_view name : quoted_includes(found->second)) {
            std::string beside = (fs::path(found->first).parent_path() / name).lexically_normal().string();
            if (std::ranges::find(wanted, beside) == wanted.end()) wanted.push_back(std::move(beside));
        }
    }
    return all;
}

}  // namespace loom::runtime
