// Shapes of a picture of a hang, as SVG.
#include "observe/checker/report_canvas.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "observe/checker/report_data.hpp"

namespace loom {
namespace {

// Advance of a fixed-width face, in ems: DejaVu Sans Mono, Menlo and Consolas stay within it.
constexpr double kAdvance = 0.603;
constexpr const char* kPaper = "#fbfbfc";

// Characters, not bytes.
std::size_t length(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::size_t fitting(double width, double size) {
    return static_cast<std::size_t>(width / (size * kAdvance));
}

}  // namespace

Span Span::with(const Span& other) const {
    return {std::min({a, b, other.a, other.b}), std::max({a, b, other.a, other.b})};
}

std::size_t Lanes::place(const Span& span) {
    const Span wanted = span.with(span);
    const auto meets = [&](const Span& other) { return wanted.a < other.b + 8 && other.a < wanted.b + 8; };
    std::size_t lane = 0;
    while (lane < lanes_.size() && std::ranges::any_of(lanes_[lane], meets)) ++lane;
    if (lane == lanes_.size()) lanes_.emplace_back();
    lanes_[lane].push_back(wanted);
    return lane;
}

double middle(std::size_t place) {
    return kMargin + kBox / 2 + static_cast<double>(place) * (kBox + kGap);
}
double gap_after(std::size_t place) {
    return middle(place) + (kBox + kGap) / 2;
}
double gap_before(std::size_t place) {
    return middle(place) - (kBox + kGap) / 2;
}
double row_width(std::size_t places) {
    return 2 * kMargin + static_cast<double>(places) * (kBox + kGap) - kGap;
}

double text_width(const std::string& text, double size) {
    return static_cast<double>(length(text)) * size * kAdvance;
}

std::string shortened(const std::string& text, double width, double size) {
    const std::size_t most = fitting(width, size);
    if (length(text) <= most || most == 0) return text;
    std::size_t bytes = 0;
    for (std::size_t seen = 0; bytes < text.size(); ++bytes)
        if ((static_cast<unsigned char>(text[bytes]) & 0xc0) != 0x80 && seen++ == most - 1) break;
    return text.substr(0, bytes) + "\u2026";
}

std::string shortened_left(const std::string& text, double width, double size) {
    const std::size_t most = fitting(width, size);
    if (length(text) <= most || most == 0) return text;
    std::size_t skip = length(text) - most + 1;
    std::size_t bytes = 0;
    for (; bytes < text.size(); ++bytes)
        if ((static_cast<unsigned char>(text[bytes]) & 0xc0) != 0x80 && skip-- == 0) break;
    return "\u2026" + text.substr(bytes);
}

std::vector<std::string> wrapped(const std::string& text, double width, double size, std::size_t most) {
    std::vector<std::string> lines;
    std::string rest = text;
    const std::size_t fits = fitting(width, size);
    while (length(rest) > fits && lines.size() + 1 < most) {
        std::size_t cut = std::min(fits, rest.size());
        const std::size_t space = rest.rfind(' ', cut);
        const std::size_t bracket = rest.rfind('(', cut - 1);
        const auto usable = [](std::size_t at) { return at != std::string::npos && at > 0; };
        if (usable(bracket) && rest.find(' ') > bracket)
            cut = bracket;
        else if (usable(space))
            cut = space;
        lines.push_back(rest.substr(0, cut));
        rest = rest.substr(rest[cut] == ' ' ? cut + 1 : cut);
    }
    lines.push_back(shortened(rest, width, size));
    return lines;
}

void Canvas::text(double x, double y, const std::string& text, const Style& style) {
    shapes_ += fmt::format(R"svg(<text x="{:.1f}" y="{:.1f}" font-size="{:g}" fill="{}"{}{}>{}</text>)svg", x,
                           y, style.size, style.colour, style.bold ? R"svg( font-weight="bold")svg" : "",
                           style.centred ? R"svg( text-anchor="middle")svg" : "", escaped(text)) +
               '\n';
}

void Canvas::label(double middle, double y, const std::string& text, const Style& style) {
    const double width = text_width(text, style.size) + 6;
    shapes_ += fmt::format(R"svg(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>)svg",
                           middle - width / 2, y - style.size + 1, width, style.size + 2, kPaper) +
               '\n';
    Style centred = style;
    centred.centred = true;
    this->text(middle, y, text, centred);
}

void Canvas::path(const std::vector<Point>& points, const Style& style) {
    std::string data;
    for (const Point& point : points)
        data += fmt::format("{}{:.1f} {:.1f}", data.empty() ? "M" : " L", point.x, point.y);
    lines_ +=
        fmt::format(
            R"svg(<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round"{}/>)svg",
            data, style.colour, style.strong ? "2.6" : "1.4",
            style.dashed ? R"svg( stroke-dasharray="5 4")svg" : "") +
        '\n';
    if (!style.arrow || points.size() < 2) return;
    const Point& tip = points.back();
    const Point& before = points[points.size() - 2];
    const double angle = tip.x > before.x ? 0 : tip.x < before.x ? 180 : tip.y > before.y ? 90 : 270;
    lines_ +=
        fmt::format(
            R"svg(<path d="M0 0 L-9 -4.5 L-9 4.5 Z" fill="{}" transform="translate({:.1f} {:.1f}) rotate({})"/>)svg",
            style.colour, tip.x, tip.y, angle) +
        '\n';
}

void Canvas::box(const Rect& rect, const char* fill, const char* edge, double edge_width, bool dashed) {
    shapes_ +=
        fmt::format(
            R"svg(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="8" fill="{}" stroke="{}" )svg"
            R"svg(stroke-width="{:g}"{}/>)svg",
            rect.x, rect.y, rect.width, rect.height, fill, edge, edge_width,
            dashed ? R"svg( stroke-dasharray="4 3")svg" : "") +
        '\n';
}

void Canvas::pill(const Rect& rect, double full) {
    const double radius = rect.height / 2;
    const std::string shape =
        fmt::format(R"svg(x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:.1f}")svg", rect.x,
                    rect.y, rect.width, rect.height, radius);
    const std::size_t number = pills_++;
    shapes_ += fmt::format(R"svg(<clipPath id="pill{}"><rect {}/></clipPath>)svg", number, shape) + '\n';
    shapes_ += fmt::format(R"svg(<rect {} fill="#ffffff"/>)svg", shape) + '\n';
    shapes_ +=
        fmt::format(R"svg(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="#b6d9ff" )svg"
                    R"svg(clip-path="url(#pill{})"/>)svg",
                    rect.x, rect.y, rect.width * full, rect.height, number) +
        '\n';
    shapes_ +=
        fmt::format(R"svg(<rect {} fill="none" stroke="#0969da" stroke-width="1.4"/>)svg", shape) + '\n';
}

std::string Canvas::finish(double width, double height) const {
    return fmt::format(
               R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" height="{1:.0f}" )svg"
               R"svg(font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">)svg"
               "\n"
               R"svg(<rect width="{0:.0f}" height="{1:.0f}" rx="10" fill="{2}"/>)svg"
               "\n",
               width, height, kPaper) +
           lines_ + shapes_ + "</svg>\n";
}

}  // namespace loom
