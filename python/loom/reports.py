"""What explain, check and trace return: text for a terminal, tables for a notebook, data for a program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import html
from .errors import _fail

__all__ = ["CheckReport", "Explanation", "Trace"]


def _counted(count: int, what: str, things: int | None = None) -> str:
    """ "1 page", "2 pages"; of `things` in all where the number is not theirs."""
    return f"{count} {what}" if (count if things is None else things) == 1 else f"{count} {what}s"


class Explanation:
    """What a program is. `str()` is what `loom explain` prints, `data` what `loom explain --json` does."""

    def __init__(self, data: str, text: str):
        self.data: dict[str, Any] = json.loads(data)
        self._text = text

    @property
    def circular_buffers(self) -> list[dict[str, Any]]:
        """One dictionary a buffer: index, name, purpose, page_bytes, pages, bytes, format, producer, consumer, ..."""
        return self.data["circular_buffers"]

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<loom.Explanation of {self._title()}>"

    def _title(self) -> str:
        width, height = self.data["grid"]
        return f"{self.data['operation']} on {self.data['arch']}, {width}x{_counted(height, 'core', width * height)}"

    def _repr_html_(self) -> str:
        data, l1 = self.data, self.data["l1"]
        used, available = l1["circular_buffer_bytes"], l1["available_bytes"]
        parts = [html.paragraph(self._title(), "verdict")]
        if "factory" in data:
            parts.append(html.paragraph(f"{data['factory']}: {data['reason']}"))
        parts += [
            html.table("Circular buffers", *self._buffers()),
            html.paragraph(f"L1 of each core: {used} of {_counted(available, 'byte')} used by circular buffers"),
            html.bar(used / available if available else 1),
        ]
        if "work" in data:
            work = data["work"]
            units, cores = _counted(work["units"], "unit"), _counted(work["cores"], "core")
            parts.append(
                html.table(
                    f"Work: {units} of one {work['unit']} on {cores}",
                    ["cores", "units each", "which"],
                    ([group["num_cores"], group["units_per_core"], group["cores"]] for group in work["groups"]),
                )
            )
        kernels = (
            [kernel["label"], kernel["file"], " ".join(map(str, kernel["compile_time_args"]))]
            for kernel in data["kernels"]
        )
        return html.document(*parts, html.table("Kernels", ["kernel", "file", "compile-time arguments"], kernels))

    def _buffers(self) -> tuple[list[str], list[list[object]]]:
        """Columns and rows; who produces and consumes is known of our own operations only."""
        sizes = ["name", "purpose", "page_bytes", "pages", "bytes", "address"]
        rows = [[cb[key] for key in sizes] for cb in self.circular_buffers]
        for row, cb in zip(rows, self.circular_buffers, strict=True):
            row += [f"{cb['producer']} → {cb['consumer']}", cb["lifetime"]] if "producer" in cb else [cb["cores"], ""]
        return ["CB", "holds", "page B", "pages", "bytes", "L1 at", "producer → consumer, or cores", "lifetime"], rows


class CheckReport:
    """What a check found. `str()` is what `loom check` prints, `data` what `loom check --json` does.

    True when it is clean, so that `assert loom.check(...)` does what it says.
    """

    def __init__(self, report: Any):
        self._report = report
        self.data: dict[str, Any] = json.loads(report.json())

    @property
    def clean(self) -> bool:
        return self.data["clean"]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """At most one dictionary: code, blame, message, places, schedule, again, and of a hang its wait-for graph."""
        return self.data["findings"]

    @property
    def sarif(self) -> dict[str, Any]:
        """The report as SARIF 2.1.0, for editors and CI."""
        return json.loads(self._report.sarif())

    @property
    def svg(self) -> str | None:
        """The wait-for graph of a hang as a picture; None when nothing hangs."""
        return self._report.svg() or None

    def __bool__(self) -> bool:
        return self.clean

    def __str__(self) -> str:
        return self._report.text()

    def __repr__(self) -> str:
        verdict = "clean" if self.clean else ", ".join(finding["code"] for finding in self.findings)
        return f"<loom.CheckReport: {verdict}>"

    def _repr_html_(self) -> str:
        if self.clean:
            covered = self.data["covered"]
            rows = [["kernels", covered["kernels"]], ["cores", covered["cores"]],
                    ["schedules", ", ".join(covered["schedules"])],
                    ["not covered", "; ".join(covered["not_covered"])]]  # fmt: skip
            return html.document(html.paragraph("clean", "verdict"), html.table("Covered", ["what", ""], rows))
        parts = []
        for finding in self.findings:
            parts += [html.paragraph(finding["code"], "verdict"), html.pre(finding["message"])]
            if finding["places"]:
                parts.append(
                    html.table(
                        "Places",
                        ["core", "kernel", "thread", "line", "call"],
                        ([place["core"], place["kernel"], place.get("thread", ""),
                          f"{Path(place['file']).name}:{place['line']}", place["call"]]
                         for place in finding["places"]),
                    )
                )  # fmt: skip
            if self.svg:
                parts.append(self.svg)
        return html.document(*parts)


class Trace:
    """One run, call by call. A notebook shows it as `loom trace --output trace.html` does."""

    def __init__(self, trace: Any):
        self._trace = trace

    @property
    def data(self) -> dict[str, Any]:
        """Chrome trace JSON, for ui.perfetto.dev and chrome://tracing; times in microseconds."""
        return json.loads(self._trace.chrome_json())

    @property
    def html(self) -> str:
        """A page of its own, which needs a browser and nothing else."""
        return self._trace.html()

    @property
    def fault(self) -> str | None:
        """The message of the error that ended the run: a hang, a broken rule; None when it ended well."""
        return self._trace.fault

    @property
    def num_events(self) -> int:
        """Spans, steps of circular buffers and transfers that were kept."""
        return self._trace.num_events

    def save(self, path: str | Path) -> None:
        """Writes a .html or .json file, which of them by its ending. Raises OPTION for another."""
        path = Path(path)
        if path.suffix not in (".html", ".json"):
            _fail("OPTION", f"A trace goes to a .json or .html file, got {path}.")
        text = self.html if path.suffix == ".html" else self._trace.chrome_json()
        path.write_text(text, encoding="utf-8")

    def __repr__(self) -> str:
        cut = self._trace.cut_note()
        ends = f", {cut}" if cut else ""
        if self.fault:
            ends += f", ended by {self.fault.split()[0]}"
        events, cores = _counted(self.num_events, "event"), _counted(self._trace.num_cores(), "core")
        return f"<loom.Trace of {self._trace.title}: {events} on {cores}{ends}>"

    def _repr_html_(self) -> str:
        # In a frame: the page has styles and a script of its own.
        return f'<iframe style="width: 100%; height: 40em; border: 0" srcdoc="{html.escape(self.html)}"></iframe>'
