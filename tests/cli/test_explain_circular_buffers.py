"""loom explain: its circular buffers are the specification's 13, in JSON and in text; a row too wide for them is
streamed."""
import json
from dataclasses import fields

import pytest
from spec_table import ELEMENT_BYTES, L1_BYTES, L1_ROOM_BYTES, TILE_BYTES, CircularBuffer, circular_buffers, with_c_1

EXPLAIN = ["explain", "layernorm_fused_rm", "--shape"]
WIDEST = {"bfloat16": 32 * 110, "float32": 32 * 55}  # what both chips have room for


def explained(loom, *words):
    ran = loom(*EXPLAIN, *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def as_spec(cb):
    return CircularBuffer(**{field.name: cb[field.name] for field in fields(CircularBuffer)})


@pytest.mark.parametrize("dtype", ELEMENT_BYTES)
@pytest.mark.parametrize("shape", ["1,1,64,1024", "4,512,768", "7,33", "1"])
def test_the_circular_buffers_are_those_of_the_specification(loom, shape, dtype):
    told = explained(loom, shape, "--dtype", dtype)
    buffers = told["circular_buffers"]
    assert told["factory"] == "LayernormFusedRmProgramFactory"
    assert [as_spec(cb) for cb in buffers] == circular_buffers(int(shape.split(",")[-1]), dtype=dtype)
    assert [cb["name"] for cb in buffers] == [f"c_{cb['index']}" for cb in buffers]


def test_bfloat16_is_the_default(loom):
    assert explained(loom, "64,96") == explained(loom, "64,96", "--dtype", "bfloat16")


def test_they_are_so_for_any_width_chip_and_grid(loom, choice):
    for _ in range(10):
        dtype = choice.choice(list(ELEMENT_BYTES))
        width, rows = choice.randint(1, WIDEST[dtype]), choice.randint(1, 6400)
        arch, grid = choice.choice(list(L1_BYTES)), f"{choice.randint(1, 8)}x{choice.randint(1, 8)}"
        print(f"{rows}x{width} {dtype} {arch} {grid}")
        told = explained(loom, f"{rows}x{width}", "--dtype", dtype, "--arch", arch, "--grid", grid)
        assert [as_spec(cb) for cb in told["circular_buffers"]] == circular_buffers(width, arch, dtype)


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


@pytest.mark.parametrize("dtype", ELEMENT_BYTES)
@pytest.mark.parametrize("arch", L1_BYTES)
@pytest.mark.parametrize("width", [8192, 8200, 65536])
def test_a_row_too_wide_for_l1_is_streamed_and_the_reason_is_in_bytes(loom, width, arch, dtype):
    told = explained(loom, f"32,{width}", "--arch", arch, "--dtype", dtype)
    buffers = {cb["name"]: cb for cb in told["circular_buffers"]}
    needed = sum(cb.bytes for cb in with_c_1(1, width, dtype))
    used = sum(cb["bytes"] for cb in buffers.values())
    chunk = buffers["c_6"]["pages"]
    stays = buffers["c_1"]["pages"] > chunk  # the row, once it is there
    tiles = -(-width // 32)
    assert told["factory"] == "LayernormFusedRmStreamingProgramFactory"
    assert told["reason"] == (f"a whole tile row would take {needed} bytes of L1 and {L1_ROOM_BYTES[arch]} are there; "
                              f"in chunks of {chunk} tiles{', with its own tiles kept in c_1,' if stays else ''} it takes {used}")
    assert buffers["c_1"]["pages"] == (-(-tiles // chunk) * chunk if stays else chunk)
    assert stays == (tiles * TILE_BYTES[dtype] < L1_ROOM_BYTES[arch])
    assert told["l1"]["circular_buffer_bytes"] == used <= L1_ROOM_BYTES[arch] < needed
    assert all(cb["bytes"] == cb["page_bytes"] * cb["pages"] for cb in buffers.values())
    for name, pages in (("c_0", 32), ("c_4", 1), ("c_5", 1), ("c_16", 32)):  # part of a stick
        assert (buffers[name]["page_bytes"], buffers[name]["pages"]) == (chunk * 32 * ELEMENT_BYTES[dtype], pages)
    for name in ("c_6", "c_7"):
        assert (buffers[name]["page_bytes"], buffers[name]["pages"]) == (TILE_BYTES[dtype], chunk)
    assert all(kernel["file"].endswith("layernorm_fused_rm_streaming.cpp") for kernel in told["kernels"])


def test_the_text_says_so_too(loom):
    told = explained(loom, "32,8192")
    assert f"\n{told['factory']}: {told['reason']}\n" in loom(*EXPLAIN, "32,8192").out


@pytest.mark.parametrize("arch", L1_BYTES)
def test_the_widest_row_that_fits_is_not_streamed(loom, arch):
    widest = max(width for width in range(32, 8192, 32)
                 if sum(cb.bytes for cb in circular_buffers(width, arch)) <= L1_ROOM_BYTES[arch])
    assert explained(loom, f"32,{widest}", "--arch", arch)["factory"] == "LayernormFusedRmProgramFactory"
    assert "Streaming" in explained(loom, f"32,{widest + 1}", "--arch", arch)["factory"]
