// Integer division that the host's processor refuses, as RISC-V has it.
#pragma once

namespace loom::runtime {

/// For a handler of SIGFPE, with its third argument: does the division at which the host thread stands as RISC-V does (by
/// zero: all ones, and the remainder is the dividend; the least number by -1: itself, remainder 0), and goes on behind it.
/// False, and nothing done, if there is no such instruction.
bool divide_as_riscv(void* context);

}  // namespace loom::runtime
