// Built programs, by all that shaped them.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "program/program.hpp"

namespace loom {

/// A device's built programs. An operation looks its program up by a key that spells out its attributes and
/// tensor specs (whole, so that two never meet), and refreshes addresses and scalars on a hit.
class ProgramCache {
public:
    Program* find(const std::string& key) {
        const auto found = programs_.find(key);
        return found == programs_.end() ? nullptr : found->second.get();
    }
    Program& insert(const std::string& key, std::unique_ptr<Program> program) {
        return *(programs_[key] = std::move(program));
    }
    std::size_t num_entries() const { return programs_.size(); }
    void clear() { programs_.clear(); }

private:
    std::unordered_map<std::string, std::unique_ptr<Program>> programs_;
};

}  // namespace loom
