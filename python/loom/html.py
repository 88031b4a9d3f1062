"""Pieces of HTML for notebooks: escaped, with a little CSS of their own, in the colours of the page around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["document", "escape", "pre", "table"]

# Colours come from the page (currentColor), so that they fit light and dark ones alike.
CSS = """
.loom { font-size: 13px; line-height: 1.45; max-width: 100%; overflow-x: auto }
.loom table { border-collapse: collapse; margin: .4em 0 1em; background: none; color: inherit }
.loom caption { text-align: left; font-weight: 600; padding: .3em 0; color: inherit }
.loom th, .loom td { padding: .15em .8em .15em 0; text-align: left; border: 0; color: inherit; background: none;
  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); white-space: nowrap }
.loom td.number, .loom th.number { text-align: right; font-variant-numeric: tabular-nums }
.loom pre { white-space: pre; color: inherit; background: none; margin: .4em 0 1em; font-size: 12px }
.loom .bar { height: .7em; width: 20em; max-width: 100%; border: 1px solid currentColor; border-radius: 2px }
.loom .bar div { height: 100%; background: currentColor; opacity: .55 }
.loom .verdict { font-weight: 600 }
""".strip()


def document(*parts: str) -> str:
    return f'<div class="loom"><style>{CSS}</style>{"".join(parts)}</div>'


def paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def pre(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def bar(part: float) -> str:
    return f'<div class="bar"><div style="width: {min(max(part, 0), 1) * 100:.1f}%"></div></div>'


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Numbers are set right, with the column's head."""
    rows = [list(row) for row in rows]
    numeric = [bool(rows) and all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(columns))]

    def line(tag: str, cells: Iterable[object]) -> str:
        made = (
            f'<{tag} class="number">{escape(str(cell))}</{tag}>' if number else f"<{tag}>{escape(str(cell))}</{tag}>"
            for cell, number in zip(cells, numeric, strict=True)
        )
        return f"<tr>{''.join(made)}</tr>"

    head, body = line("th", columns), "".join(line("td", row) for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"
