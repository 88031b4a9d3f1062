"""loom explain: its circular buffers are the specification's 13, in JSON and in text."""
import json
from dataclasses import fields

import pytest
from spec_table import L1_BYTES, L1_ROOM_BYTES, CircularBuffer, circular_buffers, with_c_1

EXPLAIN = ["explain", "layernorm_fused_rm", "--dtype", "bfloat16", "--shape"]


def explained(loom, *words):
    ran = loom(*EXPLAIN, *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def as_spec(cb):
    return CircularBuffer(**{field.name: cb[field.name] for field in fields(CircularBuffer)})


@pytest.mark.parametrize("shape", ["1,1,64,1024", "4,512,768"])
def test_the_circular_buffers_are_those_of_the_specification(loom, shape):
    told = explained(loom, shape)["circular_buffers"]
    assert [as_spec(cb) for cb in told] == circular_buffers(int(shape.split(",")[-1]))
    assert [cb["name"] for cb in told] == [f"c_{cb['index']}" for cb in told]


def test_they_are_so_for_any_width_chip_and_grid(loom, choice):
    for _ in range(10):
        width, rows = 32 * choice.randint(1, 110), 32 * choice.randint(1, 200)
        arch, grid = choice.choice(list(L1_BYTES)), f"{choice.randint(1, 8)}x{choice.randint(1, 8)}"
        print(f"{rows}x{width} {arch} {grid}")
        told = explained(loom, f"{rows}x{width}", "--arch", arch, "--grid", grid)
        assert [as_spec(cb) for cb in told["circular_buffers"]] == circular_buffers(width, arch)


@pytest.mark.parametrize("arch, tile_rows", [("wormhole", 1), ("blackhole", 2)])
def test_c_1_holds_one_tile_row_only_where_l1_has_no_room_for_two(loom, arch, tile_rows):
    told = explained(loom, "32,3072", "--arch", arch)
    assert [as_spec(cb) for cb in told["circular_buffers"]] == with_c_1(tile_rows, 3072)
    assert ("c_1 single-buffered" in told["reason"]) == (tile_rows == 1)


@pytest.mark.parametrize("arch", L1_BYTES)
def test_they_lie_in_l1_side_by_side_and_the_l1_map_adds_up(loom, choice, arch):
    width = 32 * choice.randint(1, 110)
    told = explained(loom, f"64,{width}", "--arch", arch)
    l1, end = told["l1"], told["l1"]["reserved_bytes"]
    for cb in told["circular_buffers"]:
        assert cb["address"] == end
        end += cb["bytes"]
    assert l1["bytes"] == L1_BYTES[arch]
    assert l1["circular_buffer_bytes"] == sum(cb.bytes for cb in circular_buffers(width, arch))
    assert l1["available_bytes"] == L1_ROOM_BYTES[arch]
    assert end <= l1["bytes"]


def test_the_text_has_the_same_table(loom):
    text = loom(*EXPLAIN, "4,512,768").out
    rows = [line for line in text.splitlines() if line.startswith("c_")]
    for row, cb in zip(rows, circular_buffers(768), strict=True):
        assert row.split()[0] == f"c_{cb.index}"
        assert f" {cb.page_bytes} " in row and f" {cb.pages} " in row and f" {cb.bytes} " in row
        assert f"  {cb.producer} -> {cb.consumer}" in row and row.endswith(cb.lifetime)


def test_what_is_too_wide_to_run_is_refused_with_its_bytes(loom):
    ran = loom(*EXPLAIN, "32,32768")
    needed = sum(cb.bytes for cb in circular_buffers(32768))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (f"A row of 32768 elements needs {needed} bytes of L1 for its 13 circular buffers, and "
                       f"{L1_ROOM_BYTES['wormhole']} are there.\n")
