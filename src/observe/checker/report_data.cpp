// Rules in words, and text in XML.
#include "observe/checker/report_data.hpp"

#include <nlohmann/json.hpp>

#include "util/printable.hpp"

namespace loom {

std::string rule_help(Code code) {
    switch (code) {
        case Code::HANG:
            return "Kernels wait for what nothing will grant. Each waits for pages or room of a circular "
                   "buffer, for "
                   "DST or for a semaphore, and those who could grant it wait too, or have ended; the "
                   "message has the "
                   "table of who waits for what, and what to change.";
        case Code::LIVELOCK:
            return "Kernels poll, and nothing changes. What they ask for can no longer be granted by anyone; "
                   "the "
                   "message has the table of who waits for what, and what to change.";
        case Code::RESULT:
            return "The result is not what the operation should give. The kernels end, and the reference "
                   "differs by "
                   "more than the error bar.";
        case Code::KERNEL_COMPILE:
            return "A kernel does not compile. The message has the compiler's lines.";
        case Code::KERNEL_FAULT:
            return "The kernel's own code did what a processor refuses: a trap, a call of an address where "
                   "no "
                   "code is, an access where no memory is.";
        case Code::KERNEL_LOCAL_MEMORY:
            return "A kernel's stack and statics do not fit the local memory of its processor.";
        case Code::NOC_PAGE:
            return "A transfer reaches pages that its tensor does not have, or bytes beyond a page.";
        case Code::RACE:
            return "Two threads use the same bytes, one of them writes, and nothing orders the two. Let a "
                   "push and a "
                   "wait, a barrier or a semaphore lie between them.";
        default:
            break;
    }
    // The table's message, with what differs from finding to finding left out.
    std::string text(text_of(code));
    if (text.starts_with("{}: ")) text.erase(0, 4);
    for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos;) {
        text.replace(at, text.find('}', at) - at + 1, "\u2026");
        at += 3;  // bytes of the ellipsis
    }
    const bool name = text.find('_') < text.find(' ');  // of a call: as it is
    if (!name && !text.empty() && text[0] >= 'a' && text[0] <= 'z')
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

std::string whole_utf8(const std::string& text) {
    using nlohmann::json;
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

std::string escaped(const std::string& text) {
    std::string made;
    // XML has no way to write most control characters.
    for (const char c : printable(text)) {
        switch (c) {
            case '&':
                made += "&amp;";
                break;
            case '<':
                made += "&lt;";
                break;
            case '>':
                made += "&gt;";
                break;
            case '"':
                made += "&quot;";
                break;
            default:
                made += c;
        }
    }
    return made;
}

}  // namespace loom
