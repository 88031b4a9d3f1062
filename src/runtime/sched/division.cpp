// Integer division that the host's processor refuses, as RISC-V has it: x86-64's div and idiv, decoded. Other processors do
// not trap there.
#include "runtime/sched/division.hpp"

#include <ucontext.h>

#include <cstdint>
#include <cstring>

namespace loom::runtime {

#if defined(__x86_64__)
namespace {

constexpr int kRegisters[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

/// A div or idiv.
struct Division {
    unsigned bits = 32;
    bool is_signed = false;
    std::uint64_t divisor = 0;
    std::uint64_t bytes = 0;  ///< of the instruction
};

/// Reads one instruction, byte by byte, and the operand that it names.
class Decoder {
public:
    explicit Decoder(const greg_t* registers)
        : registers_(registers),
          begin_(reinterpret_cast<const std::uint8_t*>(registers[REG_RIP])),
          at_(begin_) {}

    bool decode(Division& found) {
        bool short_operand = false;
        for (;; ++at_) {
            if (*at_ == 0x66)
                short_operand = true;
            else if (*at_ != 0x2e && *at_ != 0x3e)  // hints without meaning
                break;
        }
        if ((*at_ & 0xf0) == 0x40) rex_ = *at_++;
        const std::uint8_t opcode = *at_++;
        if (opcode != 0xf6 && opcode != 0xf7) return false;
        const unsigned operation = *at_ >> 3 & 7;
        if (operation != 6 && operation != 7) return false;
        found.bits = opcode == 0xf6 ? 8 : (rex_ & 8) != 0 ? 64 : short_operand ? 16 : 32;
        found.is_signed = operation == 7;
        found.divisor = operand(found.bits);
        found.bytes = static_cast<std::uint64_t>(at_ - begin_);
        return true;
    }

private:
    std::uint64_t value(unsigned number) const {
        return static_cast<std::uint64_t>(registers_[kRegisters[number]]);
    }
    template <typename T>
    T take() {
        T taken;
        std::memcpy(&taken, at_, sizeof taken);
        at_ += sizeof taken;
        return taken;
    }

    std::uint64_t operand(unsigned bits) {
        const std::uint8_t modrm = take<std::uint8_t>();
        const unsigned low = modrm & 7u;
        if (modrm >> 6 == 3) {
            const bool high_byte = bits == 8 && rex_ == 0 && low >= 4;  // ah, ch, dh, bh
            return high_byte ? value(low - 4) >> 8 : value(low | (rex_ & 1u) << 3);
        }
        const std::uint64_t address = memory(modrm >> 6, low);
        std::uint64_t loaded = 0;
        std::memcpy(&loaded, reinterpret_cast<const void*>(address), bits / 8);
        return loaded;
    }

    std::uint64_t memory(unsigned mode, unsigned low) {
        if (mode == 0 &&
            low == 5) {  // relative to the next instruction, which begins behind the displacement
            const auto displacement = static_cast<std::uint64_t>(std::int64_t{take<std::int32_t>()});
            return reinterpret_cast<std::uint64_t>(at_) + displacement;
        }
        std::uint64_t address = 0;
        bool based = true;
        if (low == 4) {
            const std::uint8_t sib = take<std::uint8_t>();
            const unsigned index = (sib >> 3 & 7u) | (rex_ & 2u) << 2;
            if (index != 4) address += value(index) << (sib >> 6);
            low = sib & 7u;
            based = mode != 0 || low != 5;
        }
        if (based) address += value(low | (rex_ & 1u) << 3);
        if (mode == 1) return address + static_cast<std::uint64_t>(std::int64_t{take<std::int8_t>()});
        if (mode == 2 || !based)
            return address + static_cast<std::uint64_t>(std::int64_t{take<std::int32_t>()});
        return address;
    }

    const greg_t* registers_;
    const std::uint8_t* begin_;
    const std::uint8_t* at_;
    std::uint8_t rex_ = 0;
};

// A register's lower `bits`; those of 32 clear what is above, as everywhere on x86-64.
void set(greg_t& to, unsigned bits, std::uint64_t value) {
    const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    const std::uint64_t kept = bits >= 32 ? 0 : static_cast<std::uint64_t>(to) & ~mask;
    to = static_cast<greg_t>(kept | (value & mask));
}

}  // namespace

bool divide_as_riscv(void* context) {
    greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    Division division;
    if (!Decoder(registers).decode(division)) return false;
    const std::uint64_t mask =
        division.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << division.bits) - 1;
    const std::uint64_t dividend = static_cast<std::uint64_t>(registers[REG_RAX]) & mask;
    const bool by_zero = (division.divisor & mask) == 0;
    const bool overflow = division.is_signed && (division.divisor & mask) == mask && dividend == mask / 2 + 1;
    if (!by_zero && !overflow) return false;
    const std::uint64_t quotient = by_zero ? mask : dividend;
    const std::uint64_t remainder = by_zero ? dividend : 0;
    if (division.bits == 8) {  // of what ax holds, to al and ah
        set(registers[REG_RAX], 16, quotient | remainder << 8);
    } else {
        set(registers[REG_RAX], division.bits, quotient);
        set(registers[REG_RDX], division.bits, remainder);
    }
    registers[REG_RIP] += static_cast<greg_t>(division.bytes);
    return true;
}
#else
bool divide_as_riscv(void*) {
    return false;
}
#endif

}  // namespace loom::runtime
