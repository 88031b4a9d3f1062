// What the engine is told of a kernel's own loads and stores: all that fall into L1, and nothing else. And init calls, which
// only a checker hears of, leave nothing in a plain image.
#include <elf.h>

#include <cstring>

#include "jit_testing.hpp"
#include "runtime/core/core.hpp"
#include "runtime/jit/compiler.hpp"
#include "support/small_program.hpp"

namespace loom::runtime {
namespace {

// Init calls, a load, a store and a circular buffer.
constexpr const char* kKernel = R"(
    void kernel_main() {
        INIT(copy_tile_init(0);) INIT(rsqrt_tile_init();) INIT(reconfig_data_format(0, 0);)
        cb_wait_front(0, 1);
        volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_arg_val<uint32_t>(0));
        word[1] = word[0];
    })";

class InitCalls : public JitCache {
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

TEST_F(InitCalls, LeaveNoInstructionInAPlainImage) {
    const std::string with = code_of(image_of(false, "x"));
    const std::string without = code_of(image_of(false, " "));
    EXPECT_FALSE(with.empty());
    EXPECT_EQ(with, without);
    EXPECT_NE(code_of(image_of(true, "x")), code_of(image_of(true, " ")));
}

// --- Loads and stores

std::vector<std::string> accesses;

void note_access(const void* address, std::uint32_t bytes, bool write, const void* code) {
    accesses.push_back(fmt::format("{}{}", write ? "store " : "load ", bytes));
    engine_table().memory_access(address, bytes, write, code);
}
void note_range(const void* address, std::uint64_t bytes, bool write, const void* code) {
    accesses.push_back(fmt::format("{}{}", write ? "store " : "load ", bytes));
    engine_table().memory_range(address, bytes, write, code);
}

// What the engine is told while a reader of these lines runs.
std::vector<std::string> accesses_of(const std::string& lines) {
    accesses.clear();
    LoomEngine table = engine_table();
    table.memory_access = note_access;
    table.memory_range = note_range;
    testing::SmallProgram program;
    program.cb(0, 2048, 4);
    program.reader("void kernel_main() {\n" + lines + "\n}");
    LaunchOptions options;
    options.engine = &table;
    program.run(options);
    return accesses;
}

// By the compiler that Loom was built with, and by clang, which spells and places hooks its own way.
class Hooks : public JitCache, public ::testing::WithParamInterface<const char*> {
protected:
    void SetUp() override {
        JitCache::SetUp();
        if (*GetParam() != 0 && runtime::run_program(GetParam(), {"--version"}).status != 0)
            GTEST_SKIP() << "no " << GetParam() << " here: ./dev setup installs it";
        if (const char* before = std::getenv("LOOM_CXX"); before != nullptr) before_ = before;
        if (*GetParam() != 0) ::setenv("LOOM_CXX", GetParam(), 1);
    }
    void TearDown() override {
        before_.empty() ? ::unsetenv("LOOM_CXX") : ::setenv("LOOM_CXX", before_.c_str(), 1);
        JitCache::TearDown();
    }

private:
    std::string before_;
};
INSTANTIATE_TEST_SUITE_P(By, Hooks, ::testing::Values("", "clang++"),
                         [](const auto& compiler) { return *compiler.param == 0 ? "Default" : "Clang"; });

TEST_P(Hooks, AreAtEachLoadAndStoreOfL1) {
    using List = std::vector<std::string>;
    const auto with = [](const char* type, const char* rest) {
        return accesses_of(
            fmt::format("auto* p = reinterpret_cast<volatile {}*>(get_write_ptr(0)); {}", type, rest));
    };
    EXPECT_EQ(with("uint32_t", "p[1] = p[0];"), (List{"load 4", "store 4"}));
    EXPECT_EQ(with("uint8_t", "p[1] = p[0];"), (List{"load 1", "store 1"}));
    EXPECT_EQ(with("uint16_t", "p[3] = 7;"), List{"store 2"});
    EXPECT_EQ(with("uint64_t", "p[3] = 7;"), List{"store 8"});
    EXPECT_EQ(with("uint32_t", "p[3] += 7;"), (List{"load 4", "store 4"}));
    EXPECT_EQ(with("uint32_t", "__atomic_fetch_add(p, 1, __ATOMIC_RELAXED);"), List{"store 4"});
    EXPECT_EQ(with("uint32_t",
                   "uint32_t old = 5; __atomic_compare_exchange_n(p, &old, 6, false, 5, 5);"
                   "__atomic_thread_fence(5);"),
              List{"store 4"});
    EXPECT_EQ(with("char", "__builtin_memcpy((char*)p + 512, (char*)p, 300);"),
              (List{"load 300", "store 300"}));
    EXPECT_EQ(with("char", "__builtin_memset((char*)p, 1, 300);"), List{"store 300"});
    EXPECT_EQ(with("char", "struct Block { uint32_t word[8]; }; *(Block*)p = ((Block*)p)[1];").size(), 2u)
        << "a structure, as a whole";
}

TEST_P(Hooks, AreNotAtCallsLocalsAndConstants) {
    EXPECT_EQ(accesses_of(R"(
        static const uint32_t table[] = {3, 1, 2, 7, 5};
        uint32_t sum = 0, turns[8];
        for (uint32_t i = 0; i < 8; ++i) turns[i] = table[i % 5] + get_absolute_logical_x();
        cb_reserve_back(0, 1);
        noc_async_read(get_noc_addr(MEM_ZEROS_BASE), get_write_ptr(0), MEM_ZEROS_SIZE);
        noc_async_read_barrier();
        cb_push_back(0, 1);
        for (uint32_t i = 0; i < 8; ++i) sum += turns[turns[i] % 8];
        cb_wait_front(0, sum != 0);
        cb_pop_front(0, 1);)"),
              std::vector<std::string>{});
}

}  // namespace
}  // namespace loom::runtime
