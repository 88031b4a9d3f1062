"""loom trace: one run in Chrome's trace format, as Perfetto needs it, or as a page; and nothing over a tensor's file."""
import collections
import json
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACE = ["trace", "layernorm_fused_rm", "--shape"]
THREADS = ["reader", "UNPACK", "MATH", "PACK", "writer"]
PAGE = (ROOT / "docs/trace.md").read_text()


def traced(loom, folder, *words):
    ran = loom(*TRACE, *words, "--output", "t.json")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"wrote t\.json: \d+ events of \d+ cores?(, trace cut after \d+ events)?; "
                        r"open it in ui\.perfetto\.dev or chrome://tracing\n", ran.out)
    return json.loads((folder / "t.json").read_text())


def of_phase(trace, phase):
    return [event for event in trace["traceEvents"] if event["ph"] == phase]


def tracks(trace):
    """The spans of each thread, as (begin, end, event) in nanoseconds, outer ones first."""
    found = collections.defaultdict(list)
    for event in of_phase(trace, "X"):
        begin = round(event["ts"] * 1000)
        found[event["pid"], event["tid"]].append((begin, begin + round(event["dur"] * 1000), event))
    return found


@pytest.fixture
def shape():
    return "160,96"


def test_each_core_is_a_process_with_its_threads_and_buffers(loom, tmp_path, shape):
    trace = traced(loom, tmp_path, shape, "--grid", "2x2")
    assert set(trace) == {"displayTimeUnit", "otherData", "traceEvents"}
    names = {(event["name"], event["pid"], event.get("tid")): event["args"] for event in of_phase(trace, "M")}
    cores = {pid: args["name"] for (name, pid, _), args in names.items() if name == "process_name"}
    assert sorted(cores.values()) == ["core (0,0)", "core (0,1)", "core (1,0)", "core (1,1)"]
    for pid in cores:
        assert [names["thread_name", pid, tid]["name"].split()[0] for tid in range(1, 6)] == THREADS
        counters = {event["name"] for event in of_phase(trace, "C") if event["pid"] == pid}
        assert len(counters) == 13 and {"c_1 input, tiled", "c_16 output sticks"} <= counters
    for event in trace["traceEvents"]:
        assert isinstance(event["pid"], int) and event["pid"] in cores
        assert event["ph"] == "M" or event["ts"] >= 0


def test_spans_nest(loom, tmp_path, shape):
    for spans in tracks(traced(loom, tmp_path, shape, "--grid", "1x2")).values():
        stack = []
        for begin, end, event in spans:  # in the file's order, as a viewer reads them
            while stack and stack[-1][1] <= begin and (stack[-1][1] < end or stack[-1][0] < begin):
                stack.pop()
            assert not stack or (stack[-1][0] <= begin and end <= stack[-1][1]), event
            stack.append((begin, end))
            assert event["dur"] >= 0
            assert event["cat"] == "runs" or re.fullmatch(r"[\w.]+\.(cpp|h):\d+", event["args"]["at"])
        calls = [event for _, _, event in spans if event["cat"] != "runs"]
        assert len(calls) > 3


def test_a_wait_says_what_ended_it(loom, tmp_path, shape):
    trace = traced(loom, tmp_path, shape, "--grid", "1x1")
    waits = [event for event in of_phase(trace, "X") if event["cat"] == "waits"]
    assert {"waits: cb_wait_front(c_16, 32)", "waits: tile_regs_acquire()"} <= {event["name"] for event in waits}
    for event in waits:
        assert event["args"]["granted after us"] <= event["dur"]
        if event["name"].startswith("waits: cb_wait_front(c_16"):
            assert event["args"]["granted by"].startswith("core (0,0) PACK cb_push_back(c_16, 32) ")


def test_transfers_are_arrows_from_a_call_to_its_barrier(loom, tmp_path, shape):
    trace = traced(loom, tmp_path, shape, "--grid", "1x1")
    starts = {event["id"]: event for event in of_phase(trace, "s")}
    ends = {event["id"]: event for event in of_phase(trace, "f")}
    assert len(starts) == len(of_phase(trace, "s")) and starts.keys() == ends.keys() and len(starts) > 4
    spans = tracks(trace)
    for number, start in starts.items():
        end = ends[number]
        assert (start["pid"], start["tid"], start["name"]) == (end["pid"], end["tid"], end["name"])
        assert start["ts"] <= end["ts"] and end["bp"] == "e"
        for event, call in ((start, "noc_async_"), (end, "_barrier()")):
            at = round(event["ts"] * 1000)
            assert any(begin <= at <= until and call in span["name"] for begin, until, span in spans[event["pid"], event["tid"]])


def test_counters_stay_within_the_buffers(loom, tmp_path, shape):
    trace = traced(loom, tmp_path, shape, "--grid", "1x1")
    told = json.loads(loom("explain", *TRACE[1:], shape, "--grid", "1x1", "--json").out)
    pages = {f"{cb['name']} {cb['purpose']}": cb["pages"] for cb in told["circular_buffers"]}
    seen = collections.defaultdict(list)
    for event in of_phase(trace, "C"):
        seen[event["name"]].append(event["args"]["pages"])
    assert seen.keys() == pages.keys()
    for name, steps in seen.items():
        assert steps[0] == 0 and all(0 <= step <= pages[name] for step in steps) and max(steps) > 0
    assert (seen["c_16 output sticks"][-1], seen["c_2 reduce scaler"][-1]) == (0, 1)


def test_a_trace_is_cut_after_its_events(loom, tmp_path):
    trace = traced(loom, tmp_path, "64,64", "--events", "50")
    assert trace["otherData"]["note"] == "trace cut after 50 events"
    assert [event["name"] for event in of_phase(trace, "i")] == ["trace cut after 50 events"]
    assert 20 < len([event for event in of_phase(trace, "X") if event["cat"] != "runs"]) <= 60


def test_cores_are_chosen(loom, tmp_path, refuses):
    named = traced(loom, tmp_path, "128,64", "--core", "0,1", "--core", "1,1", "--grid", "2x2")
    assert {event["args"]["name"] for event in of_phase(named, "M") if event["name"] == "process_name"} == \
        {"core (0,1)", "core (1,1)"}
    first = traced(loom, tmp_path, "128,64", "--cores", "3", "--grid", "2x2")
    assert len([event for event in of_phase(first, "M") if event["name"] == "process_name"]) == 3
    (tmp_path / "t.json").unlink()
    refuses(*TRACE, "32,64", "--output", "t.json", "--core", "7,7", message="Core (7,7) runs no kernel of this program.")
    refuses(*TRACE, "32,64", "--output", "t.json", "--core", "7;7", message='A core reads X,Y, as 0,0, got "7;7".')


def test_a_hang_is_traced_up_to_its_end(loom, tmp_path):
    ran = loom(*TRACE, "64x32", "--grid", "1x1", "--change", "c_16=4", "--output", "t.json")
    assert ran.code == 1 and ran.err.startswith("HANG core (0,0): no kernel can run.\n")
    trace = json.loads((tmp_path / "t.json").read_text())
    assert trace["otherData"]["fault"] == ran.err.rstrip("\n")
    stuck = {event["name"] for event in of_phase(trace, "X") if event.get("args", {}).get("granted") == "never"}
    assert "waits: cb_reserve_back(c_16, 32)" in stuck and len(stuck) == 4


@pytest.mark.parametrize("name, message", [
    ("missing/t.json", "Cannot write missing/t.json: No such file or directory."),
    ("y.safetensors", "A trace goes to a .json or .html file, got y.safetensors."),
    ("", "loom trace: --output is empty; see loom trace --help."),
])
def test_an_output_that_cannot_be_is_refused(refuses, name, message):
    refuses(*TRACE, "32,64", "--output", name, message=message)


def test_a_program_that_is_refused_leaves_the_old_trace(loom, tmp_path):
    (tmp_path / "t.json").write_text("the old trace")
    ran = loom(*TRACE, "33,64", "--epsilon", "-1", "--output", "t.json")
    assert (ran.code, ran.out, ran.err) == (2, "", "epsilon must be finite and not negative, got -1.\n")
    assert (tmp_path / "t.json").read_text() == "the old trace"


def test_the_page_about_it_keeps_its_promises(loom, tmp_path):
    """Each command of docs/trace.md runs and writes its file."""
    lines = [line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
             for line in block.splitlines()]
    assert len(lines) >= 4
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "loom", line
        ran = loom(*words[1:])
        assert ran.code == (1 if "--change" in words else 0), f"{line}\n{ran.out}{ran.err}"
        assert (tmp_path / words[words.index("--output") + 1]).stat().st_size > 10_000
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert target.startswith("https://") or (ROOT / "docs" / target).exists(), target
