// loom: the command line. Parses, calls, prints; exits with 0, 1 (it failed), 2 (usage) or 130 (Ctrl-C).
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "interrupt.hpp"
#include "util/error.hpp"
#include "util/printable.hpp"
#include "util/stop.hpp"
#include "util/version.hpp"
#include "verbs.hpp"

namespace {

// The command line as it can be typed again.
std::string command_line(int argc, char** argv) {
    std::string line = "loom";
    for (int i = 1; i < argc; ++i) line += " " + loom::shell_word(argv[i]);
    return line;
}

int fail_with(int status, const std::string& message) {
    std::fprintf(stderr, "%s\n", message.c_str());
    return status;
}

// What is wrong with the words, in one sentence.
int refuse(const CLI::App& app, const std::string& complaint) {
    std::string name = "loom";
    for (const CLI::App* verb : app.get_subcommands()) name += ' ' + verb->get_name();
    return fail_with(2, fmt::format("{}: {}; see {} --help.", name, loom::printable(complaint), name));
}

int refuse(const CLI::App& app, const CLI::ParseError& error) {
    // A word that means nothing says more than the one that is missing because of it: --inptu, not --input.
    const std::vector<std::string> strangers = app.remaining(true);
    return refuse(app,
                  strangers.empty() ? error.what() : fmt::format("{} was not expected", strangers.front()));
}

// CLI11 lets an empty word stand for the default, so --gamma "$UNSET" would silently mean no gamma.
const CLI::Option* empty_option(const CLI::App& app) {
    for (const CLI::App* verb : app.get_subcommands())
        for (const CLI::Option* option : verb->get_options())
            if (std::ranges::find(option->results(), std::string()) != option->results().end()) return option;
    return nullptr;
}

// The output may be a full disk, and stdio tells only now.
int finish(int status) {
    if (std::fflush(stdout) == 0) return status;
    return fail_with(1, fmt::format("Cannot write standard output: {}.", std::strerror(errno)));
}

}  // namespace

int main(int argc, char** argv) {
    // A file over the size limit is an error like a full disk, and leaves as little behind.
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        CLI::App app{"Runs TT-Metalium operations on a CPU, and says why one hangs.", "loom"};
        app.set_version_flag("--version", loom::version());
        app.require_subcommand(1);
        const std::string again = command_line(argc, argv);
        loom::cli::Action action;
        loom::cli::add_run(app, action, again);
        loom::cli::add_explain(app, action);
        loom::cli::add_check(app, action, again);
        loom::cli::add_trace(app, action, again);
        loom::cli::add_bench(app, action);
        try {
            app.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            if (error.get_exit_code() != 0) return refuse(app, error);
            return finish(app.exit(error));  // --help, --version
        }
        if (const CLI::Option* option = empty_option(app))
            return refuse(app, option->get_name() + " is empty");
        const loom::StopScope scope(&loom::cli::heard_interrupt());
        return finish(action());
    } catch (const loom::Error& error) {
        if (error.code() == loom::Code::STOPPED) return fail_with(130, error.what());
        return fail_with(error.blame() == loom::Blame::usage ? 2 : 1, error.what());
    } catch (const std::bad_alloc&) {
        return fail_with(1, "The system gave no more memory; free some of it, or take smaller tensors.");
    } catch (const std::exception& error) {
        return fail_with(1, loom::printable(error.what()));
    }
}
