// A compiled kernel as a loaded library.
#include "runtime/jit/image.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "runtime/jit/inputs.hpp"
#include "util/error.hpp"

namespace loom::runtime {
namespace fs = std::filesystem;
namespace {

Elf64_Ehdr header_of(std::string_view file) {
    Elf64_Ehdr header{};
    if (file.size() >= sizeof header) std::memcpy(&header, file.data(), sizeof header);
    return header;
}

// The section table is the last thing in the file: a file that was cut off lacks it, and mapping such a one
// would end in a fault, not in an error.
bool is_whole(std::string_view file) {
    const Elf64_Ehdr header = header_of(file);
    return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_shnum > 0 &&
           header.e_shoff + std::size_t{header.e_shnum} * sizeof(Elf64_Shdr) <= file.size();
}

// Whether a whole image has variables (.data, .bss and their like) beside the pointer to the engine, which
// has a section of its own.
bool has_variables(std::string_view file) {
    const Elf64_Ehdr header = header_of(file);
    const auto section = [&](std::size_t index) {
        Elf64_Shdr found{};
        std::memcpy(&found, file.data() + header.e_shoff + index * sizeof found, sizeof found);
        return found;
    };
    const std::size_t names = section(header.e_shstrndx).sh_offset;
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr found = section(i);
        if ((found.sh_flags & SHF_WRITE) == 0 || found.sh_size == 0 || names + found.sh_name >= file.size())
            continue;
        const std::string_view name = file.data() + names + found.sh_name;
        if (name.starts_with(".data.rel.ro")) continue;
        if (name.starts_with(".data") || name.starts_with(".bss") || name.starts_with(".t")) return true;
    }
    return false;
}

}  // namespace

std::string image_name(const std::string& key, std::string_view bytes) {
    return hash_of(key + hash_of(bytes));
}

KernelImage load_image(const fs::path& path, std::string file) {
    if (!is_whole(file)) return {};
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return {};
    KernelImage image;
    image.library = std::shared_ptr<const void>(
        handle, [](const void* library) { ::dlclose(const_cast<void*>(library)); });
    image.entry = reinterpret_cast<KernelEntry>(::dlsym(handle, "loom_kernel_entry"));
    if (has_variables(file)) image.file = std::make_shared<const std::string>(std::move(file));
    return image;
}

KernelImage with_own_globals(const KernelImage& image) {
    // The loader takes equal files for one library, so the copy is a file of its own, in memory.
    const int copy = ::memfd_create("loom_kernel", MFD_CLOEXEC);
    std::size_t written = 0;
    while (copy >= 0 && written < image.file->size()) {
        const ssize_t count = ::write(copy, image.file->data() + written, image.file->size() - written);
        if (count <= 0) break;
        written += static_cast<std::size_t>(count);
    }
    KernelImage own = load_image("/proc/self/fd/" + std::to_string(copy), *image.file);
    if (own.entry == nullptr) {
        if (copy >= 0) ::close(copy);
        fail(Code::KERNEL_LOAD, "A kernel with globals", "no copy of it could be loaded");
    }
    // It takes equal names for one library too: the descriptor stays open, and its number taken, while the
    // copy is loaded.
    own.library =
        std::shared_ptr<const void>(own.library.get(), [library = own.library, copy](const void*) mutable {
            library.reset();
            ::close(copy);
        });
    return own;
}

}  // namespace loom::runtime
