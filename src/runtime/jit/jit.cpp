// Compiles kernels at run time, and keeps the results.
#include "runtime/jit/jit.hpp"

#include <dlfcn.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "runtime/jit/cache_dir.hpp"
#include "runtime/jit/compiler.hpp"
#include "runtime/jit/header_aliases.hpp"
#include "runtime/jit/image.hpp"
#include "runtime/jit/translation_unit.hpp"
#include "util/error.hpp"

namespace loom {
std::span<const EmbeddedFile> embedded_kernel_api();
std::span<const EmbeddedFile> embedded_hooks();
}  // namespace loom

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

std::atomic<std::uint64_t> runs{0};

struct Embedded {
    std::mutex mutex;
    std::map<std::string, std::string_view, std::less<>> files;
};
Embedded& embedded() {
    static Embedded& table = *new Embedded;  // never destroyed, as below
    return table;
}

std::string hash_of(std::string_view text) {
    const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

using Files = std::map<std::string, std::string, std::less<>>;

// Embedded texts as files for the compiler: one folder a version, filled once, moved into place whole.
fs::path written_out(const fs::path& cache, const char* what, const Files& files) {
    std::string all;
    for (const auto& [path, text] : files) all.append(path).append(text);
    fs::path dir = cache / fmt::format("{}-{}", what, hash_of(all));
    if (fs::exists(dir)) return dir;

    const fs::path temporary = unique_beside(dir);
    fs::create_directory(temporary);
    for (const auto& [path, text] : files) {
        fs::create_directories((temporary / path).parent_path());
        write_cache_file(temporary / path, text);
    }
    std::error_code error;
    fs::rename(temporary, dir, error);
    if (error) {  // another process was faster
        fs::remove_all(temporary);
        if (!fs::exists(dir)) fail(Code::CACHE_UNWRITABLE, dir.string(), error.message());
    }
    return dir;
}

// The kernel API, under its own names and under those that kernels include it by.
fs::path api_dir(const fs::path& cache) {
    Files files;
    for (const EmbeddedFile& file : embedded_kernel_api()) files.emplace(file.path, file.text);
    const auto alias = [&](const std::string& name, const char* target) {
        files.emplace(name, fmt::format("#pragma once\n#include \"{}\"\n", target));
    };
    for (const auto name : kDataflowHeaders) alias(std::string(name), "loom/dataflow.h");
    for (const auto name : kCommonHeaders) alias(std::string(name), "loom/common.h");
    alias("compute_kernel_api.h", "loom/compute.h");
    for (const auto name : kComputeHeaders)
        for (const char* folder : {"api/compute/", "compute_kernel_api/"})
            alias(folder + std::string(name), "loom/compute.h");
    return written_out(cache, "api", files);
}

// What answers the hooks of all images (kernel_api/hooks.cpp).
fs::path hooks_file(const fs::path& cache) {
    const EmbeddedFile& file = embedded_hooks().front();
    return written_out(cache, "hooks", {{std::string(file.path), std::string(file.text)}}) / file.path;
}

// The folder of the embedded kernels and all folders in it: one may include what lies beside it, and so may a
// copy of it that somebody has put elsewhere.
std::vector<fs::path> kernel_dirs(const fs::path& cache) {
    Files files;
    const std::lock_guard lock(embedded().mutex);
    for (const auto& [path, text] : embedded().files) files.emplace(path, text);
    std::vector<fs::path> dirs{written_out(cache, "kernels", files)};
    for (const auto& [path, text] : files) {
        fs::path dir = (dirs.front() / path).parent_path();
        if (std::ranges::find(dirs, dir) == dirs.end()) dirs.push_back(std::move(dir));
    }
    return dirs;
}

/// What all builds share: where headers are looked up, and what images are linked with.
struct Surroundings {
    std::vector<fs::path> roots;
    fs::path hooks;
};

std::vector<std::string> compiler_arguments(const KernelBuild& build, const Surroundings& around) {
    // Kernels are control code on thin headers, and the arithmetic is the engine's: -O1 without the standard
    // library costs 25 % less time than -O2 with it. Errors of the engine unwind through kernels by their
    // unwind tables.
    std::vector<std::string> arguments{
        "-std=c++20", fmt::format("-O{}", build.opt_level), "-g1", "-w", "-fPIC", "-shared", "-nostdlib",
        "-fno-exceptions",
        "-fno-threadsafe-statics",  // a kernel's statics belong to one thread
        "-fasynchronous-unwind-tables", "-fvisibility=hidden", "-fdiagnostics-color=never", "-pipe",
        // Copies as calls, which have hooks as loads and stores have (hook_arguments).
        "-fno-builtin"};
#if defined(__aarch64__)
    // Atomic operations in line: the functions that GCC calls for them are in libgcc.
    arguments.emplace_back("-mno-outline-atomics");
#endif
    for (const fs::path& root : around.roots) arguments.insert(arguments.end(), {"-I", root.string()});
    if (!build.source.include_dir.empty()) {
        arguments.emplace_back("-iquote");
        arguments.push_back(build.source.include_dir);
    }
    arguments.push_back(around.hooks.string());
    return arguments;
}

void compile(const KernelBuild& build, const std::string& unit, const Surroundings& around,
             const fs::path& image) {
    const fs::path source = unique_beside(image).string() + ".cpp";
    const fs::path output = unique_beside(image);
    write_cache_file(source, unit);
    std::vector<std::string> arguments = compiler_arguments(build, around);
    for (const std::string& argument : hook_arguments()) arguments.push_back(argument);
    arguments.insert(arguments.end(), {"-o", output.string(), source.string()});
    ++runs;
    CompilerResult result = run_compiler(arguments);
    std::error_code ignored;
    fs::remove(source, ignored);
    if (result.status == 0 && fs::exists(output)) {
        fs::rename(output, image);
        return;
    }
    fs::remove(output, ignored);
    if (result.status == 127) fail(Code::COMPILER_MISSING, result.output);
    constexpr const char* as[] = {"", " as UNPACK", " as MATH", " as PACK"};
    while (!result.output.empty() && result.output.back() == '\n') result.output.pop_back();
    fail(Code::KERNEL_COMPILE, build.source.path, as[static_cast<std::size_t>(build.kind)],
         Lines{result.output});
}

/// Images of this process, by hash.
struct Loaded {
    std::mutex mutex;
    std::map<std::string, KernelImage> images;
};
Loaded& loaded() {
    // Never destroyed: a thread of the host may still run a kernel when the process exits.
    static Loaded& table = *new Loaded;
    return table;
}

KernelImage build_one(const KernelBuild& build, const fs::path& cache, const Surroundings& around) {
    const std::string unit = translation_unit(build);
    std::string key =
        unit + '\0' + own_includes(build.source) + '\0' + compiler_identity() + '\0' + every_hook_argument();
    for (const std::string& argument : compiler_arguments(build, around)) key += '\0' + argument;
    const std::string hash = hash_of(key);
    {
        const std::lock_guard lock(loaded().mutex);
        if (const auto found = loaded().images.find(hash); found != loaded().images.end())
            return found->second;
    }
    const fs::path path = cache / (hash + ".so");
    KernelImage image;
    if (fs::exists(path)) image = load_image(path);
    if (image.entry == nullptr) {  // not there, or not loadable (made for another machine, or damaged)
        compile(build, unit, around, path);
        image = load_image(path);
    }
    if (image.entry == nullptr) {
        const char* reason = ::dlerror();
        fail(Code::KERNEL_LOAD, build.source.path, reason != nullptr ? reason : "no entry in it");
    }
    const std::lock_guard lock(loaded().mutex);
    return loaded().images.emplace(hash, image).first->second;
}

}  // namespace

void add_embedded_files(std::span<const EmbeddedFile> files) {
    const std::lock_guard lock(embedded().mutex);
    for (const EmbeddedFile& file : files)
        embedded().files.insert_or_assign(std::string(file.path), file.text);
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

KernelSource find_kernel(const std::string& path) {
    // The system would take a name with a NUL for the shorter one that ends there.
    if (path.find('\0') != std::string::npos) fail(Code::KERNEL_FILE_MISSING, path);
    std::error_code error;
    if (fs::is_regular_file(path, error)) {
        std::ifstream stream(path, std::ios::binary);
        if (!stream) fail(Code::KERNEL_FILE_MISSING, path);
        return {path,
                {std::istreambuf_iterator<char>(stream), {}},
                fs::absolute(path).parent_path().string(),
                false};
    }
    const std::lock_guard lock(embedded().mutex);
    if (const auto found = embedded().files.find(path); found != embedded().files.end())
        return {path, std::string(found->second), "", true};
    fail(Code::KERNEL_FILE_MISSING, path);
}

std::vector<KernelImage> build_kernels(std::span<const KernelBuild> builds) try {
    const fs::path cache = cache_dir();
    Surroundings around{kernel_dirs(cache), hooks_file(cache)};
    const fs::path kernels = around.roots.front();
    around.roots.insert(around.roots.begin(), api_dir(cache));
    std::vector<KernelImage> images(builds.size());
    std::vector<std::exception_ptr> errors(builds.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < builds.size(); i = next++) {
            try {
                KernelBuild build = builds[i];
                if (build.source.embedded)
                    build.source.include_dir = (kernels / build.source.path).parent_path().string();
                images[i] = build_one(build, cache, around);
            } catch (...) {
                errors[i] = std::current_exception();
            }
        }
    };
    {
        const std::size_t width =
            std::min<std::size_t>(std::max(1u, std::thread::hardware_concurrency()), builds.size());
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < width; ++i) helpers.emplace_back(work);
        work();
    }
    for (const std::exception_ptr& error : errors)
        if (error) std::rethrow_exception(error);
    return images;
} catch (const fs::filesystem_error& error) {
    fail(Code::CACHE_UNWRITABLE, error.path1().string(), error.code().message());
}

std::uint64_t compiler_runs() {
    return runs;
}

}  // namespace loom::runtime
