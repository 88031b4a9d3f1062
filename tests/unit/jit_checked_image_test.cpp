// Watching costs nothing when it is off: a plain image has none of the checker's hooks, in name or in code.
#include <elf.h>

#include <cstring>

#include "jit_testing.hpp"

namespace loom::runtime {
namespace {

// Init calls, a load, a store and a circular buffer: all that a checked image reports to the engine.
constexpr const char* kKernel = R"(
    void kernel_main() {
        INIT(copy_tile_init(0);) INIT(rsqrt_tile_init();) INIT(reconfig_data_format(0, 0);)
        cb_wait_front(0, 1);
        volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_arg_val<uint32_t>(0));
        word[1] = word[0];
    })";

class CheckedImage : public JitCache {
protected:
    // The bytes of the only image that building this leaves in the cache.
    std::string image_of(bool checked, const std::string& init) {
        std::filesystem::remove_all(cache());
        KernelBuild build = build_of(kKernel);
        build.kind = ImageKind::math;
        build.cbs = {{.index = 0, .total_bytes = 2048, .page_bytes = 2048}};
        build.defines = {{"INIT(x)", init}};
        build.checked = checked;
        runs_for(build);
        EXPECT_EQ(images().size(), 1u);
        std::ifstream file(images().at(0), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

// The instructions of an image, without what says where they come from.
std::string code_of(const std::string& image) {
    Elf64_Ehdr header;
    std::memcpy(&header, image.data(), sizeof header);
    std::string code;
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        Elf64_Shdr section;
        std::memcpy(&section, image.data() + header.e_shoff + i * sizeof section, sizeof section);
        if ((section.sh_flags & SHF_EXECINSTR) != 0) code += image.substr(section.sh_offset, section.sh_size);
    }
    return code;
}

bool has(const std::string& image, const char* text) {
    return image.find(text) != std::string::npos;
}

TEST_F(CheckedImage, HasHooksAndThePlainOneHasNone) {
    const std::string checked = image_of(true, "x");
    EXPECT_TRUE(has(checked, "__tsan_read4"));
    EXPECT_TRUE(has(checked, "__tsan_write4"));
    EXPECT_FALSE(has(image_of(false, "x"), "tsan"));
}

TEST_F(CheckedImage, InitCallsLeaveNoInstructionInThePlainOne) {
    const std::string with = code_of(image_of(false, "x"));
    const std::string without = code_of(image_of(false, " "));
    EXPECT_FALSE(with.empty());
    EXPECT_EQ(with, without);
    EXPECT_NE(code_of(image_of(true, "x")), code_of(image_of(true, " ")));
}

}  // namespace
}  // namespace loom::runtime
