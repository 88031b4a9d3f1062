// util/error.hpp: loom::Error as the exceptions of loom/errors.py.
#include "util/error.hpp"

#include <fmt/args.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>

#include "handles.hpp"

namespace loom::python {
namespace {

constexpr std::array kCodes{
#define LOOM_ERROR(name, blame, text) Code::name,
#include "util/error_codes.def"
#undef LOOM_ERROR
};

nb::str text(std::string_view bytes) {
    // A kernel file's name is bytes; a message must not fail for it.
    PyObject* decoded =
        PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "backslashreplace");
    if (decoded == nullptr) nb::raise_python_error();
    return nb::steal<nb::str>(decoded);
}

nb::object place_dict(const KernelPlace& place) {
    nb::dict made;
    made["core"] = text(place.core);
    made["kernel"] = text(place.kernel);
    made["thread"] = text(place.thread);
    made["file"] = text(place.file);
    made["line"] = place.line;
    made["call"] = text(place.call);
    made["cb"] = place.cb ? nb::object(nb::int_(*place.cb)) : nb::object(nb::none());
    return made;
}

void raise(const Error& error) {
    nb::list places;
    for (const KernelPlace& place : error.places()) places.append(place_dict(place));
    try {
        const nb::object made = nb::module_::import_("loom.errors")
                                    .attr("_make")(text(error.what()), text(name_of(error.code())),
                                                   text(name_of(error.blame())), places);
        PyErr_SetObject(made.type().ptr(), made.ptr());
    } catch (nb::python_error& failed) {
        failed.restore();
    }
}

// For the parts of the package that are in Python: the same table, the same texts.
void fail_as(const std::string& name, const std::vector<std::string>& args) {
    for (const Code code : kCodes) {
        if (name_of(code) != name) continue;
        fmt::dynamic_format_arg_store<fmt::format_context> store;
        for (const std::string& arg : args) store.push_back(printable(arg));
        throw Error(code, fmt::vformat(text_of(code), store));
    }
    fail(Code::INTERNAL, "There is no error code " + name);
}

}  // namespace

void bind_error(nb::module_& m) {
    nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
        try {
            std::rethrow_exception(thrown);
        } catch (const Error& error) {
            raise(error);
        }
    });
    m.def("fail", &fail_as, nb::arg("code"), nb::arg("args"),
          "Raises the error of this code, its text filled from `args`.");
    m.def(
        "error_codes",
        [] {
            nb::dict codes;
            for (const Code code : kCodes) codes[text(name_of(code))] = text(name_of(blame_of(code)));
            return codes;
        },
        "Each code, and whose fault an error of it is: usage, kernel, unsupported or internal.");
}

}  // namespace loom::python
