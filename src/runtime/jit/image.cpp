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
#include <optional>
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

// The parts of a whole image's file; what lies outside of it reads as zeros.
class ElfFile {
public:
    explicit ElfFile(std::string_view bytes) : bytes_(bytes), header_(header_of(bytes)) {}

    template <typename T>
    T read(std::size_t at) const {
        T made{};
        if (at + sizeof made <= bytes_.size()) std::memcpy(&made, bytes_.data() + at, sizeof made);
        return made;
    }
    Elf64_Shdr section(std::size_t index) const {
        return read<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr));
    }
    std::string_view name_of(const Elf64_Shdr& section_header) const {
        return text(header_.e_shstrndx, section_header.sh_name);
    }
    std::string_view text(std::size_t table, std::size_t at) const {
        const std::size_t from = section(table).sh_offset + at;
        if (from >= bytes_.size()) return {};
        const std::string_view rest = bytes_.substr(from);
        return rest.substr(0, rest.find('\0'));
    }
    /// Calls `each` with every entry, a T, of all sections of this type, and with the section.
    template <typename T>
    void for_each(std::uint32_t type, const auto& each) const {
        for (std::size_t i = 0; i < header_.e_shnum; ++i) {
            const Elf64_Shdr table = section(i);
            if (table.sh_type != type) continue;
            for (std::size_t at = table.sh_offset; at < table.sh_offset + table.sh_size; at += sizeof(T))
                each(read<T>(at), table);
        }
    }
    std::size_t sections() const { return header_.e_shnum; }

private:
    std::string_view bytes_;
    Elf64_Ehdr header_;
};

// Whether a whole image has variables (.data, .bss and their like) beside the pointer to the engine, which
// has a section of its own.
bool has_variables(std::string_view bytes) {
    const ElfFile file(bytes);
    for (std::size_t i = 0; i < file.sections(); ++i) {
        const Elf64_Shdr found = file.section(i);
        if ((found.sh_flags & SHF_WRITE) == 0 || found.sh_size == 0) continue;
        const std::string_view name = file.name_of(found);
        if (name.starts_with(".data.rel.ro")) continue;
        if (name.starts_with(".data") || name.starts_with(".bss") || name.starts_with(".t")) return true;
    }
    return false;
}

// Bytes of a whole image's variables and constants, but for those of the kernel API; pointers with an initial value have
// half their size on the chip.
std::uint32_t bytes_of_statics(std::string_view bytes) {
    const ElfFile file(bytes);
    std::map<std::uint64_t, std::uint64_t> objects;  // end, begin
    std::uint64_t sum = 0;
    file.for_each<Elf64_Sym>(SHT_SYMTAB, [&](const Elf64_Sym& symbol, const Elf64_Shdr& table) {
        if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT) return;
        if (file.text(table.sh_link, symbol.st_name).find("loom_") != std::string_view::npos) return;
        if (objects.emplace(symbol.st_value + symbol.st_size, symbol.st_value).second) sum += symbol.st_size;
    });
    file.for_each<Elf64_Rela>(SHT_RELA, [&](const Elf64_Rela& relocation, const Elf64_Shdr&) {
        const auto object = objects.upper_bound(relocation.r_offset);
        if (object != objects.end() && object->second <= relocation.r_offset) sum -= sizeof(void*) / 2;
    });
    return static_cast<std::uint32_t>(sum);
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

std::optional<CodePlace> code_beside_kernel_main(std::string_view bytes) {
    if (!is_whole(bytes)) return {};
    const ElfFile file(bytes);
    std::optional<CodePlace> found;
    const auto look_at = [&](const Elf64_Rela& relocation) {
        CodePlace code{static_cast<std::uint64_t>(relocation.r_addend), 1};
        bool of_hooks = false;  // the one function that their option adds, by the names GCC and clang give it
        file.for_each<Elf64_Sym>(SHT_SYMTAB, [&](const Elf64_Sym& symbol, const Elf64_Shdr& table) {
            if (symbol.st_value != code.begin) return;
            code.bytes = std::max<std::uint64_t>(code.bytes, symbol.st_size);
            const std::string_view name = file.text(table.sh_link, symbol.st_name);
            of_hooks |= name == "_sub_I_00099_0" || name == "tsan.module_ctor";
        });
        if (!of_hooks) found = code;
    };
    for (std::size_t i = 0; i < file.sections(); ++i) {
        const Elf64_Shdr array = file.section(i);
        if (array.sh_type != SHT_INIT_ARRAY && array.sh_type != SHT_FINI_ARRAY) continue;
        file.for_each<Elf64_Rela>(SHT_RELA, [&](const Elf64_Rela& relocation, const Elf64_Shdr&) {
            if (relocation.r_offset >= array.sh_addr && relocation.r_offset < array.sh_addr + array.sh_size)
                look_at(relocation);
        });
    }
    return found;
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
