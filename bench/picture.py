"""The picture of a measured run: time an element against W, a line a contender; and a bar a shape."""

import matplotlib

matplotlib.use("Agg")  # a file, not a window
import matplotlib.pyplot as plt

from results import FLOOR, OURS

COLOURS = {OURS: "#c0392b", "PyTorch": "#2c6fbb", "oneDNN": "#7fb069", "oneDNN OpenMP": "#3d7a3a", FLOOR: "#8a8a8a"}


def _style(name):
    return {"color": COLOURS.get(name, "#b08bbb"), "label": name}


def _lines(axes, cells):
    """One point a width: the largest tensor that has it."""
    widest = {}
    for cell in sorted(cells, key=lambda cell: cell.elements):
        widest[cell.width] = cell
    widths = sorted(widest)
    for name in cells[0].names:
        times = [widest[width].ns(name) for width in widths]
        line = {"linestyle": "--"} if name == FLOOR else {"linewidth": 2.5 if name == OURS else 1.5}
        axes.plot(widths, times, marker="o", markersize=4, **line, **_style(name))
    axes.set_xscale("log", base=2)
    axes.set_xticks(widths, widths)
    axes.set_xlabel("W, elements of a row")


def _bars(axes, cells):
    names = cells[0].names
    for i, name in enumerate(names):
        places = [at + (i - (len(names) - 1) / 2) * 0.8 / len(names) for at in range(len(cells))]
        axes.bar(places, [cell.ns(name) for cell in cells], 0.8 / len(names), **_style(name))
    labels = ["x".join(map(str, cell.shape)) for cell in cells]
    axes.set_xticks(range(len(cells)), labels, rotation=20, ha="right", fontsize=8)


def draw(path, cells, title):
    """A row for each dtype and number of threads, whose lines and bars share one scale."""
    groups = {}
    for cell in cells:
        groups.setdefault((cell.dtype, cell.threads), []).append(cell)
    figure, rows = plt.subplots(len(groups), 2, figsize=(13, 3.6 * len(groups)), sharey="row", squeeze=False,
                                layout="constrained")  # fmt: skip
    for (lines, bars), ((dtype, threads), group) in zip(rows, groups.items(), strict=True):
        _lines(lines, group)
        _bars(bars, group)
        lines.set_ylabel(f"{dtype}, {threads} thread{'s' if threads > 1 else ''}\nns an element")
        for axes in (lines, bars):
            axes.set_ylim(bottom=0)
            axes.grid(axis="y", alpha=0.3)
            axes.set_axisbelow(True)
            axes.spines[["top", "right"]].set_visible(False)
    handles, labels = rows[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
