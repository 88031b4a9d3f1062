"""explain, check and trace: the command line's text, data, and HTML for notebooks."""

import copy
import json
import os
import re
import subprocess
from html.parser import HTMLParser

import pytest
from conftest import refusal
from extras import torch
from programs import copy_program

import loom


class Tags(HTMLParser):
    """Counts elements, and holds that each that opens closes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def cli(*words):
    return subprocess.run([os.environ["LOOM_CLI"], *words], capture_output=True, text=True)


needs_cli = pytest.mark.skipif("LOOM_CLI" not in os.environ, reason="no command line to compare with")


@needs_cli
def test_explain_is_the_command_lines():
    told = loom.explain("layernorm_fused_rm", shape=(1, 1, 64, 1024))
    words = ("explain", "layernorm_fused_rm", "--shape", "1,1,64,1024")
    assert str(told) == cli(*words).stdout
    assert told.data == json.loads(cli(*words, "--json").stdout)
    assert len(told.circular_buffers) == 13


def test_explain_of_a_call_and_of_a_program(device):
    x = loom.from_torch(torch.randn(64, 96), device=device)
    told = loom.explain(loom.layernorm_fused_rm, x, epsilon=1e-3)
    assert [cb["name"] for cb in told.circular_buffers][:3] == ["c_0", "c_1", "c_2"]
    y = loom.empty(x.shape, x.dtype, x.layout, device)
    own = loom.explain([x, y], copy_program(x, y), cb_names={0: "a page"})
    assert [(cb["name"], cb["purpose"], cb["pages"]) for cb in own.circular_buffers] == [("c_0", "a page", 2)]
    assert own.circular_buffers[0]["cores"] == "(0,0)" and "a page" in own._repr_html_()
    assert str(loom.explain(copy_program(x, y), device=device)).startswith("generic_op on wormhole, 8x8 cores\n")
    assert refusal(loom.explain, copy_program(x, y))[1] == "TENSOR_PLACE"
    assert refusal(loom.explain, "layernorm_fused_rm", shape=(0, 4))[1] == "OPTION"


def test_explain_as_html():
    page = loom.explain("layernorm_fused_rm", shape=(64, 1024))._repr_html_()
    seen = Tags(page).seen
    assert seen.count("table") == 3 and seen.count("tr") == 1 + 13 + 1 + 1 + 1 + 3
    assert "<td>input sticks</td>" in page


@needs_cli
@pytest.mark.parametrize("change", [(), ("c_16=4",)], ids=str)
def test_check_is_the_command_lines(change):
    words = ["check", "layernorm_fused_rm", "--shape", "64x32", *(f"--change={edit}" for edit in change)]
    with loom.open_device() as device:
        report = loom.check("layernorm_fused_rm", shape=(64, 32), changes=change, device=device)
    done = cli(*words)
    told = (done.stderr if change else done.stdout).partition("\nAgain: ")[0]
    assert str(report).partition("\nAgain: ")[0] == told
    assert report.clean == (not change) and bool(report) == (not change)


def test_a_planted_hang(tmp_path):
    report = loom.check("layernorm_fused_rm", shape=(64, 32), changes=["c_16=4"])
    (finding,) = report.findings
    assert finding["code"] == "HANG" and finding["hang"]["threads"]
    assert finding["again"] == "loom check layernorm_fused_rm --shape 64x32 --change c_16=4"
    assert "Give c_16 at least 32 pages, or reserve at most 4." in str(report)
    assert repr(report) == "<loom.CheckReport: HANG>"
    assert report.sarif["version"] == "2.1.0" and report.svg.startswith("<svg")
    page = report._repr_html_()
    assert {"pre", "table", "svg"} <= set(Tags(page).seen)
    assert "c_16 holds 4 pages: can never be granted" in page


@needs_cli
def test_again_repeats_it():
    report = loom.check("layernorm_fused_rm", shape=(64, 32), changes=["c_16=4"])
    words = report.findings[0]["again"].split()
    assert words[0] == "loom" and cli(*words[1:]).stderr == str(report)


def test_check_of_a_call_and_of_a_program(device):
    x = loom.from_torch(torch.randn(40, 64), device=device)
    assert loom.check(loom.layernorm_fused_rm, x, schedules=1, thorough=True).clean
    y = loom.empty(x.shape, x.dtype, x.layout, device)
    program = copy_program(x, y)
    clean = loom.check([x, y], program, names=["x", "y"], schedules=2)
    assert clean and "clean: 2 kernels on 1 core" in str(clean)
    assert "Covered" in clean._repr_html_()
    broken = copy.copy(program)
    racy = broken.kernels[0]
    racy.kernel_source = racy.kernel_source.replace("noc_async_read_barrier();", "")
    found = loom.check([x, y], broken, cb_names={0: "a <page>"})
    assert found.findings[0]["code"] == "NOC_READ_OPEN"
    assert "a &lt;page&gt;" in found._repr_html_()
    assert loom.check([x, y], program, changes=["c_0=1"], schedules=0)
    assert program.cbs[0].total_size == 2 * 256, "the caller's own was changed"
    assert refusal(loom.check, [x, y], program, schedule="never")[1] == "OPTION"


def test_trace(device, tmp_path):
    made = loom.trace("layernorm_fused_rm", shape=(256, 64), cores=[(0, 0), (0, 1)])
    assert made.fault is None and made.num_events > 100
    assert repr(made) == f"<loom.Trace of layernorm_fused_rm 256x64: {made.num_events} events on 2 cores>"
    made.save(tmp_path / "trace.json")
    assert json.loads((tmp_path / "trace.json").read_text()) == made.data
    made.save(tmp_path / "trace.html")
    assert (tmp_path / "trace.html").read_text() == made.html and "layernorm_fused_rm 256x64" in made.html
    assert Tags(made._repr_html_()).seen == ["iframe"]
    assert refusal(made.save, tmp_path / "trace.txt")[1] == "OPTION"


def test_trace_of_a_call_and_of_a_program(device):
    x = loom.from_torch(torch.randn(8, 64), device=device)
    y = loom.empty(x.shape, x.dtype, x.layout, device)
    assert loom.trace([x, y], copy_program(x, y), cb_names={0: "a page"}).num_events > 8
    assert torch.equal(y.to_torch(), x.to_torch())
    assert loom.trace(loom.layernorm_fused_rm, x, max_events=50).num_events <= 50
    hung = loom.trace("layernorm_fused_rm", shape=(64, 32), changes=["c_16=4"])
    assert hung.fault.startswith("HANG") and "ended by HANG" in repr(hung)


def test_colours_are_the_pages():
    page = loom.explain("layernorm_fused_rm", shape=(64, 1024))._repr_html_()
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb\(|white;|black;", page), "a fixed colour is unreadable somewhere"
