// What Python says of arguments that no overload takes: nanobind's list of signatures as a sentence.
//
// nanobind has no way to word that error, so its call of PyErr_SetString comes here (--wrap in CMakeLists.txt).
#include <Python.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace {

using std::string_view;

constexpr string_view kMark =
    "(): incompatible function arguments. The following argument types are supported:\n";
constexpr string_view kGiven = "\nInvoked with types: ";

void replace_all(std::string& text, string_view old, string_view with) {
    for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += with.size())
        text.replace(at, old.size(), with);
}

// "name(self, x: int) -> str" without the name, the object itself and what comes back: "x: int".
std::string arguments_of(string_view signature) {
    const std::size_t open = signature.find('(');
    const std::size_t close = signature.rfind(") ->");
    if (open == string_view::npos || close == string_view::npos || close < open)
        return std::string(signature);
    std::string inside(signature.substr(open + 1, close - open - 1));
    if (inside == "self" || inside.starts_with("self, ")) inside.erase(0, inside == "self" ? 4 : 6);
    if (inside == "/" || inside.ends_with(", /")) inside.erase(inside.size() - (inside == "/" ? 1 : 3));
    return inside;
}

// "kwargs = { x: int }" after the others, as Python writes them.
std::string given_of(std::string given, bool method) {
    if (method)
        given.erase(0, std::min(given.find(", ") == std::string::npos ? given.size() : given.find(", ") + 2,
                                given.size()));
    replace_all(given, "kwargs = { ", "");
    replace_all(given, " }", "");
    return given.empty() ? "nothing" : "(" + given + ")";
}

std::string sentence(string_view text, std::size_t mark) {
    const string_view name = text.substr(0, mark);
    const std::size_t end = text.find(kGiven);
    string_view lines =
        text.substr(mark + kMark.size(), end == string_view::npos ? end : end - mark - kMark.size());
    const string_view given = end == string_view::npos ? string_view() : text.substr(end + kGiven.size());
    std::string taken;
    bool method = false;
    while (!lines.empty()) {
        const string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        const std::size_t dot = line.find(". ");
        if (dot == string_view::npos) continue;
        method |= line.find("(self") != string_view::npos;
        const std::string arguments = arguments_of(line.substr(dot + 2));
        taken += (taken.empty() ? "" : " or ") + (arguments.empty() ? "no arguments" : "(" + arguments + ")");
    }
    const std::string owner = method ? std::string(given.substr(0, given.find(", "))) : std::string();
    const std::string got = given_of(std::string(given), method);
    std::string whole = owner;
    if (name.empty())
        whole = "An attribute of " + owner;
    else if (name != "__init__")
        whole += (owner.empty() ? "" : ".") + std::string(name);
    whole = fmt::format("{} takes {}, and was given {}.", whole, taken, got);
    if (taken == "no arguments" && got == "nothing")
        whole = fmt::format("This {0} was never made: {0}.__new__ alone does not.", owner);
    replace_all(whole, "loom._core.", "loom.");
    replace_all(whole, "collections.abc.", "");
    replace_all(whole, "NoneType", "None");
    return whole;
}

}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names
void __real_PyErr_SetString(PyObject* type, const char* text);
void __wrap_PyErr_SetString(PyObject* type, const char* text);

void __wrap_PyErr_SetString(PyObject* type, const char* text) {
    const string_view all = text == nullptr ? string_view() : string_view(text);
    const std::size_t mark = type == PyExc_TypeError ? all.find(kMark) : string_view::npos;
    if (mark == string_view::npos) return __real_PyErr_SetString(type, text);
    __real_PyErr_SetString(type, sentence(all, mark).c_str());
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}
