// Built programs, by all that shaped them.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "program/program.hpp"

namespace loom {

/// A device's built programs. An operation looks its program up by a key that spells out its attributes and
/// tensor specs (whole, so that two never meet), and refreshes addresses and scalars on a hit.
///
/// A process may map some 65,000 pieces of files and memory, and an image is five: so a cache keeps programs of
/// kMostImages images, and drops those that were not used for the longest. Such a program's kernels are found compiled
/// when it comes again.
class ProgramCache {
public:
    static constexpr std::size_t kMostImages = 2048;

    Program* find(const std::string& key) {
        const auto found = places_.find(key);
        if (found == places_.end()) return nullptr;
        programs_.splice(programs_.begin(), programs_, found->second);
        return programs_.front().second.get();
    }
    /// In place of the one with this key, if there is one. The reference holds until the next insert.
    Program& insert(const std::string& key, std::unique_ptr<Program> program) {
        if (const auto old = places_.find(key); old != places_.end()) drop(old->second);
        images_ += program->num_images();
        programs_.emplace_front(key, std::move(program));
        places_.emplace(key, programs_.begin());
        while (images_ > kMostImages && programs_.size() > 1) drop(std::prev(programs_.end()));
        return *programs_.front().second;
    }
    std::size_t num_entries() const { return programs_.size(); }
    void clear() {
        places_.clear();
        programs_.clear();
        images_ = 0;
    }

private:
    using Programs = std::list<std::pair<std::string, std::unique_ptr<Program>>>;  // the last used first

    void drop(Programs::iterator program) {
        images_ -= program->second->num_images();
        places_.erase(program->first);
        programs_.erase(program);
    }

    Programs programs_;
    std::unordered_map<std::string, Programs::iterator> places_;
    std::size_t images_ = 0;
};

}  // namespace loom
