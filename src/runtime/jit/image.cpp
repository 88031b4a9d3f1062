// A compiled kernel as a loaded library.
#include "runtime/jit/image.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
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

// Bytes of a whole image's variables and constants, but for those of the kernel API; pointers with an initial value have
// half their size on the chip.
std::uint32_t bytes_of_statics(std::string_view file) {
    const Elf64_Ehdr header = header_of(file);
    const auto read = [&]<typename T>(T made, std::size_t at) {
        if (at + sizeof made <= file.size()) std::memcpy(&made, file.data() + at, sizeof made);
        return made;
    };
    const auto section = [&](std::size_t index) {
        return read(Elf64_Shdr{}, header.e_shoff + index * sizeof(Elf64_Shdr));
    };
    std::map<std::uint64_t, std::uint64_t> objects;  // end, begin
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr table = section(i);
        if (table.sh_type != SHT_SYMTAB) continue;
        const std::size_t names = section(table.sh_link).sh_offset;
        for (std::size_t at = table.sh_offset; at < table.sh_offset + table.sh_size;
             at += sizeof(Elf64_Sym)) {
            const Elf64_Sym symbol = read(Elf64_Sym{}, at);
            if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || names + symbol.st_name >= file.size())
                continue;
            const std::string_view name = file.data() + names + symbol.st_name;
            if (name.find("loom_") != std::string_view::npos) continue;
            if (objects.emplace(symbol.st_value + symbol.st_size, symbol.st_value).second)
                bytes += symbol.st_size;
        }
    }
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr table = section(i);
        if (table.sh_type != SHT_RELA) continue;
        for (std::size_t at = table.sh_offset; at < table.sh_offset + table.sh_size;
             at += sizeof(Elf64_Rela)) {
            const std::uint64_t place = read(Elf64_Rela{}, at).r_offset;
            const auto object = objects.upper_bound(place);
            if (object != objects.end() && object->second <= place) bytes -= sizeof(void*) / 2;
        }
    }
    return static_cast<std::uint32_t>(bytes);
}

// Where the loader has put a whole image, or its code alone.
std::span<const std::byte> segments(std::string_view file, const link_map& map, bool code_only) {
    const Elf64_Ehdr header = header_of(file);
    std::uint64_t begin = UINT64_MAX;
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        std::memcpy(&segment, file.data() + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type != PT_LOAD || (code_only && (segment.p_flags & PF_X) == 0)) continue;
        begin = std::min(begin, segment.p_vaddr);
        end = std::max(end, segment.p_vaddr + segment.p_memsz);
    }
    if (begin >= end) return {};
    return {reinterpret_cast<const std::byte*>(map.l_addr + begin), end - begin};
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
    image.path = path.string();
    image.statics_bytes = bytes_of_statics(file);
    if (link_map* map = nullptr; ::dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0) {
        image.memory = segments(file, *map, false);
        image.code = segments(file, *map, true);
    }
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
    own.path = image.path;
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
