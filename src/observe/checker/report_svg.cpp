// A hang as a picture: a row of kernels for each core, circular buffers above it, who waits for whom below it.
#include <algorithm>
#include <array>
#include <string_view>

#include "observe/checker/report.hpp"
#include "observe/checker/report_canvas.hpp"
#include "observe/checker/report_data.hpp"
#include "util/counted.hpp"

namespace loom {
namespace {

using runtime::HangBuffer;
using runtime::HangEdge;
using runtime::HangReport;
using runtime::HangThread;

constexpr std::size_t kMaxRows = 4;
constexpr std::size_t kColumns = 5;  // reader, UNPACK, MATH, PACK, writer
constexpr std::size_t kMinColumns = 3;

// What marks a thread or an arrow.
constexpr const char* kCycle = "#c62828";
constexpr const char* kNever = "#b45309";
constexpr const char* kWait = "#57606a";
constexpr const char* kFlow = "#0969da";

bool contains(const std::vector<std::size_t>& list, std::size_t value) {
    return std::ranges::find(list, value) != list.end();
}

class Picture {
public:
    Picture(const HangReport& hang, const std::map<std::uint32_t, std::string>& names)
        : hang_(hang), names_(names) {
        choose_rows();
        choose_columns();
    }

    std::string draw() {
        head();
        for (std::size_t row = 0; row < rows_.size(); ++row) draw_row(row);
        across();
        foot();
        return canvas_.finish(right_ + static_cast<double>(gutters_) * kGutter, y_);
    }

private:
    // At most four cores: those with a cycle or a wait that cannot be granted come first.
    void choose_rows() {
        std::vector<CoreCoord> all;
        std::vector<CoreCoord> at_fault;
        const auto add = [](std::vector<CoreCoord>& cores, CoreCoord core) {
            if (std::ranges::find(cores, core) == cores.end()) cores.push_back(core);
        };
        for (const auto& cycle : hang_.cycles)
            for (const std::size_t thread : cycle) add(at_fault, hang_.threads[thread].core);
        for (const std::size_t thread : hang_.never) add(at_fault, hang_.threads[thread].core);
        for (const HangThread& thread : hang_.threads) add(all, thread.core);
        cores_ = all.size();
        for (const CoreCoord core : all) add(at_fault, core);
        rows_.assign(at_fault.begin(),
                     at_fault.begin() + static_cast<std::ptrdiff_t>(std::min(kMaxRows, cores_)));
    }

    std::optional<std::size_t> row_of(std::size_t thread) const {
        const auto found = std::ranges::find(rows_, hang_.threads[thread].core);
        if (found == rows_.end()) return std::nullopt;
        return static_cast<std::size_t>(found - rows_.begin());
    }

    // Columns that no row needs are left out.
    void choose_columns() {
        std::array<bool, kColumns> used{};
        for (std::size_t i = 0; i < hang_.threads.size(); ++i)
            if (row_of(i)) used[role_of(hang_.threads[i])] = true;
        for (std::size_t role = 0; role < kColumns; ++role) {
            column_[role] = columns_;
            if (used[role]) ++columns_;
        }
        columns_ = std::max(columns_, kMinColumns);
        right_ = row_width(columns_);
        for (const HangEdge& edge : hang_.edges) {
            if (edge.guess || !row_of(edge.from) || row_of(edge.from) == row_of(edge.to)) continue;
            right_ = row_width(columns_) + kLabel;  // words on the arrows to other cores
        }
    }

    static std::size_t role_of(const HangThread& thread) {
        if (thread.thread == "UNPACK") return 1;
        if (thread.thread == "MATH") return 2;
        if (thread.thread == "PACK") return 3;
        return thread.kernel == "writer" ? 4 : 0;
    }
    std::size_t column_of(const HangThread& thread) const { return column_[role_of(thread)]; }
    std::size_t column_of(std::size_t thread) const { return column_of(hang_.threads[thread]); }

    // The gap beside a column on the side of another; of the column itself, on its right if it has one.
    double gap_beside(std::size_t column, std::size_t towards) const {
        const bool right = column == towards ? column + 1 < columns_ : towards > column;
        return right ? gap_after(column) : gap_before(column);
    }

    bool in_cycle(const HangEdge& edge) const {
        for (const auto& cycle : hang_.cycles)
            for (std::size_t i = 0; i < cycle.size(); ++i)
                if (cycle[i] == edge.from && cycle[(i + 1) % cycle.size()] == edge.to) return true;
        return false;
    }
    bool in_cycle(std::size_t thread) const {
        return std::ranges::any_of(hang_.cycles, [&](const auto& cycle) { return contains(cycle, thread); });
    }

    void head() {
        y_ = kMargin + 16;
        canvas_.text(kMargin, y_, hang_.text.substr(0, hang_.text.find('\n')), {.size = 15, .bold = true});
        y_ += 14;
    }

    void draw_row(std::size_t row) {
        if (rows_.size() > 1 || cores_ > 1) {
            y_ += 22;
            canvas_.text(kMargin, y_, "core " + to_string(rows_[row]), {.size = 13, .bold = true});
        }
        ports_ = {};
        draw_buffers(rows_[row]);
        for (std::size_t i = 0; i < hang_.threads.size(); ++i)
            if (hang_.threads[i].core == rows_[row]) draw_thread(i);
        y_ += kBoxHeight;
        ports_ = {};
        draw_waits(row);
        y_ += 12;
    }

    // --- Buffers, above their kernels

    struct Pill {
        const HangBuffer* buffer;
        std::optional<std::size_t> producer;
        std::optional<std::size_t> consumer;
        double x = 0;  ///< of its middle
        Span span;
    };

    // Those that some thread waits for.
    std::vector<Pill> pills_of(CoreCoord core) const {
        std::vector<Pill> pills;
        for (const HangBuffer& buffer : hang_.buffers) {
            if (buffer.core != core) continue;
            Pill pill{&buffer, {}, {}, 0, {}};
            if (buffer.producer) pill.producer = column_of(*buffer.producer);
            if (buffer.consumer) pill.consumer = column_of(*buffer.consumer);
            bool waited_for = false;
            for (const HangThread& thread : hang_.threads) {
                if (thread.core != core || thread.finished || thread.cb != buffer.cb) continue;
                waited_for = true;
                const bool space = thread.call.find("reserv") != std::string::npos;
                (space ? pill.producer : pill.consumer) = column_of(thread);
            }
            if (waited_for) pills.push_back(pill);
        }
        return pills;
    }

    void draw_buffers(CoreCoord core) {
        std::vector<Pill> pills = pills_of(core);
        Lanes lanes;
        std::vector<std::size_t> lane_of;
        for (Pill& pill : pills) {
            const std::size_t from = pill.producer.value_or(pill.consumer.value_or(0));
            const std::size_t to = pill.consumer.value_or(from);
            pill.x = gap_beside(to, from);
            pill.span = {std::min({pill.x - kPill / 2, middle(from) - 40, middle(to) - 40}),
                         std::max({pill.x + kPill / 2, middle(from) + 40, middle(to) + 40})};
            lane_of.push_back(lanes.place(pill.span));
        }
        const double top = y_ + 14;
        const double box_top =
            top + static_cast<double>(lanes.count()) * kPillLane + (pills.empty() ? 4 : 16);
        for (std::size_t i = 0; i < pills.size(); ++i)
            draw_pill(pills[i], top + static_cast<double>(lane_of[i]) * kPillLane, box_top);
        y_ = box_top;
    }

    void draw_pill(const Pill& pill, double top, double box_top) {
        const HangBuffer& buffer = *pill.buffer;
        const double left = pill.x - kPill / 2;
        const double y = top + kPillHeight / 2;
        if (pill.producer) {
            const double x = port(*pill.producer);
            const double end = x < pill.x ? left : left + kPill;
            canvas_.path({{x, box_top}, {x, y}, {end, y}}, {.colour = kFlow, .arrow = true});
        }
        if (pill.consumer) {
            const double x = port(*pill.consumer);
            const double begin = x < pill.x ? left : left + kPill;
            canvas_.path({{begin, y}, {x, y}, {x, box_top}}, {.colour = kFlow, .arrow = true});
        }
        const double full =
            buffer.pages == 0 ? 0 : std::min(1.0, double{1} * buffer.available / buffer.pages);
        canvas_.pill({left, top, kPill, kPillHeight}, full);
        const auto name = names_.find(buffer.cb);
        const std::string label = fmt::format("c_{}{}{}", buffer.cb, name == names_.end() ? "" : " ",
                                              name == names_.end() ? "" : name->second);
        canvas_.text(pill.x, top + 16, shortened(label, kPill - 24, 11),
                     {.size = 11, .bold = true, .centred = true});
        const std::string fill = fmt::format("{} of {}", buffer.available, count_of_pages(buffer.pages));
        canvas_.text(pill.x, top + 31, fill, {.size = 11, .centred = true});
    }

    // --- Kernels

    void draw_thread(std::size_t index) {
        const HangThread& thread = hang_.threads[index];
        const bool never = contains(hang_.never, index);
        const bool cycle = in_cycle(index);
        const char* edge = thread.finished ? "#afb8c1" : cycle ? kCycle : never ? kNever : kWait;
        const double left = middle(column_of(thread)) - kBox / 2;
        canvas_.box({left, y_, kBox, kBoxHeight}, thread.finished ? "#f0f1f3" : "#ffffff", edge,
                    cycle || never ? 2.5 : 1.2, thread.finished);
        const std::string name = thread.thread.empty() ? thread.kernel : thread.kernel + " " + thread.thread;
        const char* ink = thread.finished ? "#818b98" : "#1f2328";
        double y = y_ + 21;
        canvas_.text(left + 10, y, name, {.size = 13, .bold = true, .colour = ink});
        if (thread.finished) {
            canvas_.text(left + 10, y + 20, "finished", {.size = 11, .colour = ink});
            return;
        }
        const auto lines = [&](const std::string& text, const Style& style, std::size_t most) {
            for (const std::string& line : wrapped(text, kBox - 20, style.size, most)) {
                y += 16;
                canvas_.text(left + 10, y, line, style);
            }
        };
        lines(thread.call, {.size = 11, .colour = ink}, 2);
        const std::string file = thread.file.substr(thread.file.find_last_of('/') + 1);
        y += 16;
        canvas_.text(left + 10, y, shortened_left(fmt::format("{}:{}", file, thread.line), kBox - 20, 10),
                     {.size = 10, .colour = kWait});
        lines(thread.state, {.size = 11, .bold = never || cycle, .colour = edge}, 2);
    }

    // --- Who waits for whom, below the kernels

    std::string label_of(const HangEdge& edge) const {
        const HangThread& from = hang_.threads[edge.from];
        const bool pages = from.cb && from.call.find("pop_front") == std::string::npos;
        if (!pages) return edge.what;
        return fmt::format("c_{}: wants {}, {} {}", *from.cb, from.wanted, from.available,
                           from.call.find("reserv") != std::string::npos ? "free" : "there");
    }

    void draw_waits(std::size_t row) {
        Lanes lanes;
        const double top = y_ + 10;
        const auto level = [&](std::size_t lane) { return top + static_cast<double>(lane) * kWaitLane + 20; };
        for (const HangEdge& edge : hang_.edges) {
            const auto from = row_of(edge.from);
            if (from != row || (edge.guess && row_of(edge.to) != row)) continue;
            const Style style{
                .colour = in_cycle(edge) ? kCycle : kWait, .dashed = edge.guess, .strong = in_cycle(edge)};
            const std::size_t column = column_of(edge.from);
            const double x = port(column);
            if (row_of(edge.to) == row) {
                const double target = port(column_of(edge.to));
                const double at = gap_beside(column, column_of(edge.to));
                const double y = level(lanes.place(Span{x, target}.with({at - kLabel / 2, at + kLabel / 2})));
                canvas_.path({{x, y_}, {x, y}, {target, y}, {target, y_}}, style.with_arrow());
                label(at, y, label_of(edge), style);
            } else {
                leave(edge, x, lanes, top, style);
            }
        }
        for (const HangEdge& edge : hang_.edges)
            if (!edge.guess && row_of(edge.to) == row && row_of(edge.from) && row_of(edge.from) != row)
                enter(edge, lanes, top);
        y_ = top + static_cast<double>(lanes.count()) * kWaitLane + (lanes.count() == 0 ? 0 : 6);
    }

    void label(double middle, double y, const std::string& text, const Style& style) {
        canvas_.label(middle, y - 5, shortened(text, kLabel, 10), {.size = 10, .colour = style.colour});
    }

    // An arrow to another core goes to the right edge, where `across` joins its two ends.
    void leave(const HangEdge& edge, double x, Lanes& lanes, double top, const Style& style) {
        const double y = top + static_cast<double>(lanes.place({x, right_})) * kWaitLane + 20;
        canvas_.path({{x, y_}, {x, y}, {right_, y}}, style);
        const HangThread& to = hang_.threads[edge.to];
        label(right_ - kLabel / 2, y,
              row_of(edge.to) ? label_of(edge)
                              : fmt::format("waits for {} of core {}", to.kernel, to_string(to.core)),
              style);
        if (row_of(edge.to)) joins_.push_back({&edge, y, 0, style});
    }
    void enter(const HangEdge& edge, Lanes& lanes, double top) {
        const double x = port(column_of(edge.to));
        const double y = top + static_cast<double>(lanes.place({x, right_})) * kWaitLane + 20;
        const Style style{.colour = in_cycle(edge) ? kCycle : kWait, .strong = in_cycle(edge)};
        canvas_.path({{right_, y}, {x, y}, {x, y_}}, style.with_arrow());
        entries_.push_back({&edge, 0, y, style});
    }

    void across() {
        for (const Join& leaving : joins_) {
            const auto entering = std::ranges::find(entries_, leaving.edge, &Join::edge);
            if (entering == entries_.end()) continue;
            const double x = right_ + (static_cast<double>(gutters_) + 0.5) * kGutter;
            canvas_.path({{right_, leaving.out}, {x, leaving.out}, {x, entering->in}, {right_, entering->in}},
                         leaving.style);
            ++gutters_;
        }
    }

    // --- Below all

    void foot() {
        y_ += 8;
        if (cores_ > rows_.size()) {
            const std::size_t more = cores_ - rows_.size();
            line(fmt::format("and {} more core{} that cannot go on either", more, more == 1 ? "" : "s"),
                 {.size = 12});
        }
        for (const std::string& advice : hang_.advice)
            for (const std::string& text : wrapped(advice, right_ - 2 * kMargin, 12, 6))
                line(text, {.size = 12});
        y_ += 24;
        double x = kMargin;
        const auto entry = [&](const std::string& text, const Style& style) {
            canvas_.path({{x, y_ - 4}, {x + 30, y_ - 4}}, style.with_arrow());
            canvas_.text(x + 38, y_, text, {.size = 11});
            x += 38 + text_width(text, 11) + 28;
        };
        entry("pages go", {.colour = kFlow});
        entry("waits for", {.colour = kWait});
        if (std::ranges::any_of(hang_.edges, &HangEdge::guess))
            entry("one of these has to go on", {.colour = kWait, .dashed = true});
        if (!hang_.cycles.empty()) entry("wait for each other", {.colour = kCycle, .strong = true});
        y_ += kMargin;
    }
    void line(const std::string& text, const Style& style) {
        y_ += 18;
        canvas_.text(kMargin, y_, text, style);
    }

    // The next free place on a kernel's upper or lower edge; few enough that they stay apart.
    double port(std::size_t column) {
        constexpr std::array<double, 7> kOffsets{-8, 8, -22, 22, 0, -15, 15};
        return middle(column) + kOffsets[ports_[column]++ % kOffsets.size()];
    }

    struct Join {
        const HangEdge* edge;
        double out;
        double in;
        Style style;
    };

    const HangReport& hang_;
    const std::map<std::uint32_t, std::string>& names_;
    Canvas canvas_;
    std::vector<CoreCoord> rows_;
    std::array<std::size_t, kColumns> column_{};  ///< by role
    std::size_t columns_ = 0;
    double right_ = 0;  ///< edge of the rows; what joins them lies beyond
    std::array<std::size_t, kColumns> ports_{};
    std::vector<Join> joins_;
    std::vector<Join> entries_;
    std::size_t cores_ = 0;
    std::size_t gutters_ = 0;
    double y_ = 0;
};

}  // namespace

std::string hang_svg(const HangReport& hang, const std::map<std::uint32_t, std::string>& cb_names) {
    return Picture(hang, cb_names).draw();
}

}  // namespace loom
