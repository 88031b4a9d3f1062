// Tells what a program is, without compiling or running it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "program/program.hpp"
#include "program/program_notes.hpp"

namespace loom {

/// Everything about a program: circular buffers, the L1 map against its budget, the work split per core
/// group, each kernel's file and arguments. Keys: operation, arch, grid, factory, reason, circular_buffers,
/// l1, work, kernels. Sizes and addresses in bytes. A circular buffer that differs between cores is listed once
/// for each kind, with its cores. Throws what validate(descriptor, device) does.
nlohmann::json explain(const std::string& operation, const Device& device,
                       const ProgramDescriptor& descriptor, const ProgramNotes& notes);

/// The same for people: tables of at most 110 columns.
std::string explanation_text(const nlohmann::json& explanation);

/// A program's semaphores, as explain() tells those of a program that no factory made.
nlohmann::json semaphores_json(const ProgramDescriptor& descriptor);

}  // namespace loom
