// The verbs of the command line, one a file.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace loom::cli {

/// What a verb does once the command line is read: prints, and returns the exit status.
using Action = std::function<int()>;

/// Each adds its subcommand and sets `action` when it is chosen. `again` is the command line that was given.
void add_run(CLI::App& app, Action& action, const std::string& again);
void add_explain(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action, const std::string& again);
void add_trace(CLI::App& app, Action& action, const std::string& again);
void add_bench(CLI::App& app, Action& action);

}  // namespace loom::cli
