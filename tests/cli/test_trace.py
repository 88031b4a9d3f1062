"""loom trace: writes when each core ran, in Chrome's trace format, and nothing over a tensor's file."""
import json

import pytest

TRACE = ["trace", "layernorm_fused_rm", "--shape"]
PER_TILE_ROW = {"c_0": 32, "c_16": 32, "c_24": 2}  # pages pushed for W = 64
ONCE = {"c_2": 1, "c_3": 1, "c_4": 1, "c_5": 1, "c_6": 2, "c_7": 2}


def test_a_trace_has_one_span_a_core_with_what_it_pushed(loom, tmp_path, choice):
    tile_rows, threads = choice.randint(65, 128), choice.randint(1, 3)
    print(f"{tile_rows} tile rows, {threads} threads")
    ran = loom(*TRACE, f"{tile_rows * 32},64", "--threads", threads, "--output", "t.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (f"wrote t.json: 64 cores on {threads} host threads; open it in ui.perfetto.dev or "
                       "chrome://tracing\n")
    trace = json.loads((tmp_path / "t.json").read_text())
    assert set(trace) == {"traceEvents", "displayTimeUnit"}
    events = trace["traceEvents"]
    assert {event["name"] for event in events} == {f"core ({x},{y})" for x in range(8) for y in range(8)}
    assert len(events) == 64
    assert min(event["ts"] for event in events) == 0
    pushed = 0
    for event in events:
        assert set(event) == {"name", "ph", "pid", "tid", "ts", "dur", "args"}
        assert (event["ph"], event["pid"]) == ("X", 0) and event["tid"] in range(threads) and event["dur"] > 0
        pages = event["args"]["pages pushed"]
        units = pages["c_16"] // 32
        assert units in (tile_rows // 64, tile_rows // 64 + 1)
        assert {name: pages[name] for name in PER_TILE_ROW} == {name: n * units for name, n in PER_TILE_ROW.items()}
        assert {name: pages[name] for name in ONCE} == ONCE
        pushed += pages["c_16"]
    assert pushed == tile_rows * 32


@pytest.mark.parametrize("name, message", [
    ("missing/t.json", "Cannot write missing/t.json: No such file or directory."),
    ("y.safetensors", "A trace goes to a .json file, got y.safetensors."),
    ("", "loom trace: --output is empty; see loom trace --help."),
])
def test_an_output_that_cannot_be_is_refused(refuses, name, message):
    refuses(*TRACE, "32,64", "--output", name, message=message)


def test_a_program_that_is_refused_leaves_the_old_trace(loom, tmp_path):
    (tmp_path / "t.json").write_text("the old trace")
    ran = loom(*TRACE, "33,64", "--epsilon", "-1", "--output", "t.json")
    assert (ran.code, ran.out, ran.err) == (2, "", "epsilon must be finite and not negative, got -1.\n")
    assert (tmp_path / "t.json").read_text() == "the old trace"
