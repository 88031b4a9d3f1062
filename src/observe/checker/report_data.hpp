// What the forms of a report share.
#pragma once

#include <string>

#include "util/error.hpp"

namespace loom {

/// What a rule asks of kernels, in a sentence or two, without the values of one finding.
std::string rule_help(Code code);
/// Text with what is no UTF-8 (in the name of a file, say) replaced; JSON and XML hold nothing else.
std::string whole_utf8(const std::string& text);
/// Text as part of XML.
std::string escaped(const std::string& text);

}  // namespace loom
