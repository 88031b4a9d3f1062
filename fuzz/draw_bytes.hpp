// Odd numbers, odd texts and damage for files.
#pragma once

#include <string>
#include <vector>

#include "draw.hpp"

namespace loom::fuzz {

/// A JSON number, mostly at the edge of some type.
std::string draw_number(Draw& draw);
/// The inside of a JSON string: mostly short, some of it no UTF-8.
std::string draw_text(Draw& draw);
/// Any JSON value, or what looks like one.
std::string draw_value(Draw& draw);

/// Flips, removes, repeats, moves or cuts off bytes.
void damage(Draw& draw, std::string& bytes);

}  // namespace loom::fuzz
