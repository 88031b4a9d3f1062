"""Traces as Perfetto imports them: the keys that Chrome's Trace Event Format asks of each phase, and its importer's way
to bind flows, in small, since the real one is a program of its own that would have to be downloaded."""
import collections
import json

import pytest

# phase: the keys that an event must have, beside name, ph and pid, and may have
KEYS = {
    "M": ({"args"}, {"tid"}),
    "X": ({"cat", "ts", "dur", "tid"}, {"args"}),
    "C": ({"ts", "args"}, set()),
    "s": ({"cat", "ts", "tid", "id"}, set()),
    "f": ({"cat", "ts", "tid", "id", "bp"}, set()),
    "i": ({"ts", "tid", "s"}, set()),
}
METADATA = {"process_name", "process_sort_index", "thread_name", "thread_sort_index"}


@pytest.fixture(params=["160,96 --grid 2x2", "64,64 --dtype float32 --arch blackhole", "32,30000 --grid 1x1",
                        "64x32 --grid 1x1 --change c_16=4", "128,96 --events 200"])
def trace(loom, tmp_path, request):
    loom("trace", "layernorm_fused_rm", "--shape", *request.param.split(), "--output", "t.json")
    return json.loads((tmp_path / "t.json").read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_each_event_has_what_its_phase_asks_for(trace):
    for event in trace["traceEvents"]:
        needed, allowed = KEYS[event["ph"]]
        keys = event.keys() - {"name", "ph", "pid"}
        assert needed <= keys <= needed | allowed and isinstance(event["name"], str) and event["name"], event
        assert all(type(event[key]) is int for key in ("pid", "tid", "id") if key in event), event
        assert all(type(event[key]) in (int, float) and event[key] >= 0 for key in ("ts", "dur") if key in event), event
        if event["ph"] == "M":
            assert event["name"] in METADATA
        if event["ph"] == "C":
            assert all(type(value) is int for value in event["args"].values()) and event["args"]
    assert sum(event["ph"] == "X" for event in trace["traceEvents"]) > 10


def test_threads_are_named_once(trace):
    named = collections.Counter((event["pid"], event["tid"]) for event in trace["traceEvents"]
                                if event["name"] == "thread_name")
    used = {(event["pid"], event["tid"]) for event in trace["traceEvents"] if event["ph"] in "Xsf"}
    assert set(named.values()) == {1} and used <= named.keys()


def imported(events):
    """Slices and flows as the importer makes them: events by time, those of one moment in the file's order; a slice is
    open until its end; a flow binds to the slice that is open and was opened last."""
    nanoseconds = lambda event, key: round(event[key] * 1000)  # noqa: E731
    open_slices, flows = collections.defaultdict(list), {}
    for event in sorted((event for event in events if event["ph"] in "Xsf"), key=lambda event: nanoseconds(event, "ts")):
        at, stack = nanoseconds(event, "ts"), open_slices[event["pid"], event["tid"]]
        while stack and stack[-1][0] <= at:
            stack.pop()
        if event["ph"] == "X":
            until = at + nanoseconds(event, "dur")
            assert not stack or until <= stack[-1][0], f"{event} ends after {stack[-1]}, which holds it"
            stack.append((until, event["name"]))
            continue
        assert stack, f"{event} binds to nothing"
        key = (event["cat"], event["name"], event["id"])
        if event["ph"] == "s":
            assert key not in flows, "two flows of one id"
            flows[key] = [stack[-1][1]]
        else:
            assert event["bp"] == "e" and len(flows[key]) == 1, "a flow ends once, after its start"
            flows[key].append(stack[-1][1])
    return flows


def test_flows_bind_to_a_transfer_and_its_barrier(trace):
    flows = imported(trace["traceEvents"])
    assert flows or trace["otherData"]["note"]
    for (_, name, _), ends in flows.items():
        kind = "read" if name == "NoC read" else "write"
        assert len(ends) == 2 and f"noc_async_{kind}" in ends[0] and ends[1].endswith(f"noc_async_{kind}_barrier()"), ends
