"""Ratios are of medians, the floor is no rival, and what is written is what was measured."""

import pytest

import goals
import results
from results import Cell


def cell(threads=1, shape=(4096, 4096), **rounds):
    return Cell(shape, "bfloat16", threads, rounds)


def test_ratios_are_of_medians():
    one = cell(Loom=[1, 3, 100], PyTorch=[2, 2, 0.1], copy=[1, 1, 1])
    assert one.ns("Loom") == 3
    assert one.ratio("PyTorch") == 1.5
    assert one.ratio("oneDNN") is None


def test_the_floor_is_no_rival():
    one = cell(Loom=[3], PyTorch=[2], oneDNN=[1.5], copy=[1])
    assert one.fastest_rival == "oneDNN"
    assert cell(Loom=[3], copy=[1]).fastest_rival is None


def test_a_speed_up_is_to_the_same_cell_on_one_thread():
    one, other, two = cell(Loom=[4]), cell(Loom=[8], shape=(1, 4)), cell(threads=2, Loom=[2.5])
    assert results.speedup([one, other, two], two, "Loom") == 1.6
    assert results.speedup([one, other, two], one, "Loom") is None
    assert results.speedup([other, two], two, "Loom") is None


def test_json_holds_the_cells_and_comes_back(tmp_path):
    cells = [cell(Loom=[1, 2, 3], PyTorch=[4, 5, 6])]
    results.write_json(tmp_path / "a" / "b.json", cells, {"commit": "abc"})
    assert results.read_json(tmp_path / "a" / "b.json") == cells
    written = cells[0].as_json()
    assert written["ours_ns"] == 2
    assert written["peers_ns"] == {"PyTorch": 5}
    assert (written["shape"], written["dtype"], written["threads"]) == ([4096, 4096], "bfloat16", 1)


def test_the_table_has_a_line_a_cell_and_gaps_where_nothing_ran():
    lines = results.table([cell(Loom=[3], copy=[2]), cell(threads=2, Loom=[2])]).splitlines()
    assert len(lines) == 3
    assert lines[1].split() == ["4096x4096", "bfloat16", "1", "3.000", "2.000", "1.50", "-", "-", "-"]
    assert lines[2].split() == ["4096x4096", "bfloat16", "2", "2.000", "-", "-", "-", "1.50", "-"]


@pytest.mark.parametrize(
    ("shape", "ratio", "short"),
    [
        ((4096, 4096), 1.4, False),
        ((4096, 4096), 1.6, True),
        ((32768, 256), 1.9, False),
        ((32768, 256), 2.1, True),
        ((197, 768), 50, False),  # a matter of launching, and explained
    ],
)
def test_what_is_asked_depends_on_the_shape(shape, ratio, short):
    (verdict,) = goals.against_rivals([cell(shape=shape, Loom=[ratio], PyTorch=[1.0])])
    assert verdict.meets(verdict.least) is not short
    assert not verdict.meets(verdict.aim)


def test_two_threads_need_not_beat_the_memory():
    cells = [cell(Loom=[4], copy=[2]), cell(threads=2, Loom=[2.5], copy=[1.25])]
    (verdict,) = goals.on_two_threads(cells)
    assert verdict.meets(verdict.least)
    assert "1 of 1 cells there, 0 short" in goals.report(cells)
