// Compiles kernels at run time, and keeps the results.
#include "runtime/jit/jit.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "runtime/jit/cache_dir.hpp"
#include "runtime/jit/code_place.hpp"
#include "runtime/jit/compiled_inputs.hpp"
#include "runtime/jit/compiler.hpp"
#include "runtime/jit/compiler_failure.hpp"
#include "runtime/jit/embedded_folders.hpp"
#include "runtime/jit/empty_loops.hpp"
#include "runtime/jit/image.hpp"
#include "runtime/jit/inputs.hpp"
#include "runtime/jit/manifest.hpp"
#include "runtime/jit/translation_unit.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

std::atomic<std::uint64_t> runs{0};

std::vector<std::string> compiler_arguments(const KernelBuild& build, const EmbeddedFolders& folders) {
    // Kernels are control code on thin headers, and the arithmetic is the engine's: -O1 without the standard
    // library costs 25 % less time than -O2 with it. Errors of the engine unwind through kernels by their
    // unwind tables.
    std::vector<std::string> arguments{
        "-std=c++20", fmt::format("-O{}", build.opt_level), "-g1",
        "-gdwarf-4",  // binutils 2.40 takes the first lines of an image in DWARF 5 for another file's
        "-w", "-fPIC", "-shared", "-nostdlib", "-fno-exceptions",
        "-fno-threadsafe-statics",  // a kernel's statics belong to one thread
        "-fasynchronous-unwind-tables", "-fvisibility=hidden", "-fdiagnostics-color=never", "-pipe",
        // Hooks at loads, stores and the beginnings of functions; copies as calls, which have them too.
        "-fsanitize=thread", "-fno-builtin", "-fsanitize-coverage=trace-pc",
        "-fno-finite-loops",  // loops are counted, and none is taken to end
        // What the hooks do not see: indices of arrays whose size is known trap, a large frame meets the guard below the
        // stack, and a store to address 0 is one.
        "-fsanitize=bounds,return,unreachable", "-fsanitize-undefined-trap-on-error",
        "-fstack-clash-protection", "-fno-delete-null-pointer-checks",
        // A name that nobody defines is not looked for in the process.
        "-Wl,--no-undefined"};
#if defined(__aarch64__)
    // Atomic operations in line: the functions that GCC calls for them are in libgcc.
    arguments.emplace_back("-mno-outline-atomics");
#endif
    arguments.insert(arguments.end(), {"-I", folders.api.string()});
    for (const fs::path& dir : folders.kernels) arguments.insert(arguments.end(), {"-I", dir.string()});
    if (!build.source.include_dir.empty()) {
        arguments.emplace_back("-iquote");
        arguments.push_back(build.source.include_dir);
    }
    arguments.insert(arguments.end(), {"-T", folders.hooks_script.string(), folders.hooks.string()});
    return arguments;
}

// What steers compilers beside their arguments.
std::string compiler_environment() {
    std::string all;
    for (const char* name : {"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH",
                             "GCC_EXEC_PREFIX", "SOURCE_DATE_EPOCH", "CCC_OVERRIDE_OPTIONS"})
        if (const char* value = std::getenv(name); value != nullptr)
            all.append(name).append("=").append(value) += '\0';
    return all;
}

/// What the builds of one call share.
struct Session {
    fs::path cache = cache_dir();
    EmbeddedFolders folders = embedded_folders(cache);
    std::string environment = compiler_identity() + '\0' + every_dialect() + '\0' + compiler_environment();
    Contents contents;

    /// Made when something must be compiled, with all that the compiler needs beside it.
    const WorkFolder& work() {
        const std::lock_guard lock(mutex_);
        if (!work_) {
            work_.emplace(cache);
            write_embedded_folders(cache, *work_);
        }
        return *work_;
    }

private:
    std::mutex mutex_;
    std::optional<WorkFolder> work_;
};

// How a compile ended that made no image.
[[noreturn]] void fail_to_compile(const KernelBuild& build, const CompilerResult& result, std::string said,
                                  const std::string& source, const WorkFolder& work) {
    stop_point();
    // The text that was compiled is the kernel's with a few lines around it.
    for (std::size_t at = 0; (at = said.find(source, at)) != std::string::npos;
         at += build.source.path.size())
        said.replace(at, source.size(), build.source.path);
    const int status = result.status;
    while (!said.empty() && said.back() == '\n') said.pop_back();
    if (status == 127) fail(Code::COMPILER_MISSING, said);
    constexpr const char* as[] = {"", " as UNPACK", " as MATH", " as PACK"};
    const char* role = as[static_cast<std::size_t>(build.kind)];
    if (result.limit)
        fail(Code::KERNEL_COMPILE_LIMIT, build.source.path, role, result.limit->amount,
             result.limit->variable, Lines{said.empty() ? "It said nothing." : said});
    if (const std::string reason = why_not_written(work, said); !reason.empty())
        fail(Code::CACHE_UNWRITABLE, work.path().parent_path().string(), reason);
    if (const std::string reason = why_compiler_failed(said, status); !reason.empty())
        fail(Code::COMPILER_FAILED, build.source.path, role, reason, Lines{said});
    fail(Code::KERNEL_COMPILE, build.source.path, role, Lines{said});
}

// What a compiler calls for 128-bit arithmetic and the like, and arithmetic that the chip's tools bring along.
constexpr std::array kLibraries{"-lgcc", "-Wl,--as-needed", "-lm"};

/// A compiled kernel in the work folder.
struct Compiled {
    fs::path image;
    Inputs inputs;
};

// Compiles once more, by way of assembly, since the compiler gives no hook to a loop with nothing in it.
CompilerResult compile_empty_loops(std::vector<std::string> arguments, const EmbeddedFolders& folders,
                                   const std::string& source, const std::string& image,
                                   const std::vector<std::string>& variables) {
    const std::string assembly = source + ".s";
    const std::string hooks = folders.hooks.string();
    std::erase(arguments, hooks);
    arguments.insert(arguments.end(), {"-S", "-o", assembly, source});
    CompilerResult result = run_compiler(arguments, variables);
    if (result.status != 0) return result;
    const std::string counted = source + ".counted.s";
    write_whole(counted, with_counted_loops(read_whole(assembly).value_or("")));
    std::vector<std::string> link{
        "-shared", "-nostdlib", "-Wl,--no-undefined", "-T", folders.hooks_script.string(), "-o", image,
        counted,   hooks};
    link.insert(link.end(), kLibraries.begin(), kLibraries.end());
    return run_compiler(link, variables);
}

Compiled compile(const KernelBuild& build, const std::string& unit, const Session& session,
                 const WorkFolder& work) {
    const fs::path made = work.fresh();
    const std::string source = made.string() + ".cpp";
    const std::string image = made.string() + ".so";
    CompilerRun run{unit, made.string() + ".d", {}, {}};
    write_whole(source, unit);
    std::vector<std::string> arguments = compiler_arguments(build, session.folders);
    const std::vector<std::string> variables{"TMPDIR=" + work.path().string()};
    for (const std::string& argument : compiler_dialect(variables)) arguments.push_back(argument);
    // The same image whichever process makes it: its name is a hash of its bytes.
    arguments.push_back("-ffile-prefix-map=" + made.string() + "=kernel");
    arguments.push_back("-ffile-prefix-map=" + source + "=" + build.source.path);
    std::vector<std::string> whole = arguments;
    for (const std::string& argument : arguments_that_tell_inputs(run.list)) whole.push_back(argument);
    whole.insert(whole.end(), {"-o", image, source});
    whole.insert(whole.end(), kLibraries.begin(), kLibraries.end());
    run.began = wait_for_file_clock();
    constexpr std::uint64_t between_trims = 256;
    if (runs++ % between_trims == 0) trim_cache(session.cache);
    CompilerResult result = run_compiler(whole, variables);
    run.searched = search_list(result.output);
    std::string said = run.searched.rest;
    if (result.status == 0 && may_have_empty_loops(image)) {
        result = compile_empty_loops(arguments, session.folders, source, image, variables);
        said = result.output;
    }
    std::error_code error;
    if (result.status != 0 || !fs::exists(image, error)) fail_to_compile(build, result, said, source, work);
    stop_point();
    return {image, inputs_of(run, [&](std::string_view path) { return session.folders.holds(path); })};
}

/// Images of this process, by their names in the cache: each goes when the last program that has it goes, and a while
/// later, for whoever builds its program anew with each call.
struct Loaded {
    struct Image {
        KernelImage all_but_library;
        std::weak_ptr<const void> library;
    };
    static constexpr std::size_t kRecent = 64;
    std::mutex mutex;
    std::map<std::string, Image, std::less<>> images;
    std::deque<KernelImage> recent;

    /// Without an entry when it is not loaded.
    KernelImage find(const std::string& name) {
        const std::lock_guard lock(mutex);
        const auto found = images.find(name);
        if (found == images.end()) return {};
        KernelImage image = found->second.all_but_library;
        image.library = found->second.library.lock();
        if (image.library == nullptr) return {};
        return image;
    }
    void add(const std::string& name, const KernelImage& image) {
        const std::lock_guard lock(mutex);
        if (images.size() > most_) {  // half of what the table then has may have gone since
            std::erase_if(images, [](const auto& entry) { return entry.second.library.expired(); });
            most_ = 2 * images.size() + kRecent;
        }
        Image& kept = images[name] = {image, image.library};
        kept.all_but_library.library = nullptr;
        recent.push_back(image);
        if (recent.size() > kRecent) recent.pop_front();
    }

private:
    std::size_t most_ = kRecent;
};
Loaded& loaded() {
    // Never destroyed: a thread of the host may still run a kernel when the process exits.
    static Loaded& table = *new Loaded;
    return table;
}

// The image of this name, if it is in the cache, and whole.
KernelImage cached_image(const std::string& key, const std::string& name, const fs::path& cache) {
    KernelImage image = loaded().find(name);
    if (image.entry != nullptr) return image;
    const fs::path path = cache / (name + ".so");
    auto bytes = read_whole(path);
    if (!bytes || image_name(key, *bytes) != name) return {};
    image = load_image(path, std::move(*bytes));
    if (image.entry == nullptr) return {};
    note_use(path);
    loaded().add(name, image);
    return image;
}

KernelImage compiled_image(const KernelBuild& build, const std::string& unit, const std::string& key,
                           Session& session, Inputs& inputs) {
    const WorkFolder& work = session.work();
    Compiled made = compile(build, unit, session, work);
    const auto bytes = read_whole(made.image);
    if (bytes)
        if (const auto place = code_beside_kernel_main(*bytes))
            fail(Code::KERNEL_LOAD, build.source.path,
                 fmt::format(
                     "{} is code that runs before or after kernel_main, as the constructor of a variable at "
                     "namespace scope does, and tt-metal loads no such kernel. Make the variable constexpr, "
                     "or "
                     "one of a function's",
                     place_in_image(made.image.string(), *place, build.source.path, kEntryFile)));
    const std::string name = image_name(key, bytes.value_or(""));
    const fs::path path = session.cache / (name + ".so");
    put_in_place(session.cache, made.image, path);
    KernelImage image = cached_image(key, name, session.cache);
    if (image.entry == nullptr) {
        std::error_code ignored;
        fs::remove(path, ignored);
        const char* reason = ::dlerror();
        fail(Code::KERNEL_LOAD, build.source.path, reason != nullptr ? reason : "no entry in it");
    }
    if (made.inputs.known)
        add_to_manifest(session.cache, work, session.cache / (key + ".inputs"), {name, made.inputs});
    inputs = std::move(made.inputs);
    return image;
}

KernelImage build_one(const KernelBuild& build, Session& session, Inputs& inputs) {
    const std::string unit = translation_unit(build);
    std::string all = unit + '\0' + session.environment;
    for (const std::string& argument : compiler_arguments(build, session.folders)) all += '\0' + argument;
    const std::string key = hash_of(all);
    const fs::path manifest = session.cache / (key + ".inputs");
    for (MadeOf& known : read_manifest(manifest)) {
        if (!session.contents.same(known.inputs)) continue;
        KernelImage image = cached_image(key, known.image, session.cache);
        if (image.entry == nullptr) continue;  // removed, damaged, or made for another machine
        note_use(manifest);
        inputs = std::move(known.inputs);
        return image;
    }
    return compiled_image(build, unit, key, session, inputs);
}

// Of a kernel itself: its file, or that there is none and it is embedded.
void add_source(const KernelSource& source, Inputs& inputs) {
    Inputs own;
    std::error_code error;
    if (!source.include_dir.empty()) own.files.emplace(source.path, hash_of(source.text));
    if (source.embedded && !fs::exists(source.path, error)) own.names.emplace(source.path, false);
    inputs.add(own);
}

}  // namespace

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
    if (const auto text = embedded_text(path)) return {path, std::string(*text), "", true};
    fail(Code::KERNEL_FILE_MISSING, path);
}

std::vector<KernelImage> build_kernels(std::span<const KernelBuild> builds, Inputs* inputs) try {
    Session session;
    std::vector<KernelImage> images(builds.size());
    std::vector<Inputs> made_of(builds.size());
    std::vector<std::exception_ptr> errors(builds.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&, stop = stop_flag()] {
        const StopScope scope(stop);
        for (std::size_t i = next++; i < builds.size(); i = next++) {
            try {
                KernelBuild build = builds[i];
                const fs::path& kernels = session.folders.kernels.front();
                if (build.source.embedded)
                    build.source.include_dir = (kernels / build.source.path).parent_path().string();
                images[i] = build_one(build, session, made_of[i]);
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
    for (std::size_t i = 0; inputs != nullptr && i < builds.size(); ++i) {
        inputs->add(made_of[i]);
        add_source(builds[i].source, *inputs);
    }
    return images;
} catch (const fs::filesystem_error& error) {
    fail(Code::CACHE_UNWRITABLE, error.path1().string(), error.code().message());
}

std::uint64_t compiler_runs() {
    return runs;
}

}  // namespace loom::runtime
