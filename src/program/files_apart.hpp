// Keeps what a command writes apart from what it reads.
#pragma once

#include <string>
#include <vector>

namespace loom {

/// A file as its user names it: what for ("--input", "contents of tensor x"), and its name, which may go on with
/// ":tensor" after ".safetensors".
struct NamedFile {
    std::string what;
    std::string name;
};

/// Whether two names lead to one file, however they spell it: by another path, a symbolic link or a hard link. A file
/// that is not there yet is its folder's entry of that name.
bool same_file(const std::string& one, const std::string& other);

/// Throws OPTION when an output is one of the inputs' files, or another output's: a file is written whole, so what it
/// held would be lost.
void check_apart(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs);

}  // namespace loom
