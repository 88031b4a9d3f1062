// What a picture of a hang is drawn with: a canvas of a few shapes, and the arithmetic that keeps them apart.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace loom {

// All in user units of the picture, which are pixels at its natural size.
inline constexpr double kMargin = 24;
inline constexpr double kBox = 220;
inline constexpr double kBoxHeight = 110;
inline constexpr double kGap = 52;
inline constexpr double kPill = 200;
inline constexpr double kPillHeight = 40;
inline constexpr double kPillLane = 50;
inline constexpr double kWaitLane = 24;
inline constexpr double kLabel = 208;  ///< room for the words on an arrow, between the arrows' ends
inline constexpr double kGutter = 18;

struct Point {
    double x = 0;
    double y = 0;
};
struct Rect {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
};
struct Style {
    double size = 12;
    bool bold = false;
    bool centred = false;
    const char* colour = "#1f2328";
    bool dashed = false;
    bool arrow = false;
    bool strong = false;
    Style with_arrow() const {
        Style style = *this;
        style.arrow = true;
        return style;
    }
};

/// A stretch from left to right, in either order.
struct Span {
    double a = 0;
    double b = 0;
    Span with(const Span& other) const;
};

/// Gives each span the first lane in which it meets no other.
class Lanes {
public:
    std::size_t place(const Span& span);
    std::size_t count() const { return lanes_.size(); }

private:
    std::vector<std::vector<Span>> lanes_;
};

/// The middle of a place for a kernel, counted from the left, and of the gap beside it on one side.
double middle(std::size_t place);
double gap_after(std::size_t place);
double gap_before(std::size_t place);
/// Of a row of so many places.
double row_width(std::size_t places);

/// All text is in a fixed-width face, so its width is known whatever the viewer has.
double text_width(const std::string& text, double size);
/// Cut to a width, with an ellipsis at its end or start.
std::string shortened(const std::string& text, double width, double size);
std::string shortened_left(const std::string& text, double width, double size);
/// In at most `most` lines, broken at spaces and before brackets.
std::vector<std::string> wrapped(const std::string& text, double width, double size, std::size_t most);

/// Collects shapes; arrows and lines lie below everything else.
class Canvas {
public:
    void text(double x, double y, const std::string& text, const Style& style);
    /// Text in the middle of an arrow, on a patch of background.
    void label(double middle, double y, const std::string& text, const Style& style);
    void path(const std::vector<Point>& points, const Style& style);
    void box(const Rect& rect, const char* fill, const char* edge, double edge_width, bool dashed);
    /// A buffer, filled from the left up to `full`, 0 to 1.
    void pill(const Rect& rect, double full);
    std::string finish(double width, double height) const;

private:
    std::string lines_;
    std::string shapes_;
    std::size_t pills_ = 0;
};

}  // namespace loom
