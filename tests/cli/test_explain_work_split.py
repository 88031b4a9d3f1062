"""loom explain: tile rows over cores, counted by hand here and told in JSON and in text there."""
import json
import re

import pytest

GRIDS = {1: ["1x1"], 3: ["1x3", "3x1"], 64: ["8x8"]}


def cores_of(ranges):
    """(0,0)-(0,7) or (2,3), several of them -> the set of their cores."""
    found = set()
    for x0, y0, x1, y1 in re.findall(r"\((\d+),(\d+)\)(?:-\((\d+),(\d+)\))?", ranges):
        for x in range(int(x0), int(x1 or x0) + 1):
            found |= {(x, y) for y in range(int(y0), int(y1 or y0) + 1)}
    return found


def split_by_hand(tile_rows, cores):
    """[(cores, tile rows each)]: the first ones get one more when it does not come out even."""
    used = min(tile_rows, cores)
    more = tile_rows % used
    groups = [(more, tile_rows // used + 1), (used - more, tile_rows // used)]
    return [group for group in groups if group[0] > 0]


@pytest.mark.parametrize("tile_rows", [1, 7, 64, 100])
@pytest.mark.parametrize("cores", GRIDS)
def test_tile_rows_are_split_evenly_and_the_first_cores_take_the_rest(loom, choice, cores, tile_rows):
    grid = choice.choice(GRIDS[cores])
    columns, rows = map(int, grid.split("x"))
    shape = f"1,1,{tile_rows * 32},{32 * choice.randint(1, 40)}"
    words = ["explain", "layernorm_fused_rm", "--shape", shape, "--grid", grid]
    print(words)
    work = json.loads(loom(*words, "--json").out)["work"]
    groups = split_by_hand(tile_rows, cores)
    used = sum(count for count, _ in groups)
    assert (work["units"], work["cores"]) == (tile_rows, used)
    assert [(group["num_cores"], group["units_per_core"]) for group in work["groups"]] == groups

    # Column after column, as tt-metal walks a grid.
    walk = [(i // rows, i % rows) for i in range(columns * rows)]
    first = 0
    for group in work["groups"]:
        assert cores_of(group["cores"]) == set(walk[first : first + group["num_cores"]])
        first += group["num_cores"]

    text = loom(*words).out
    lines = [f"Work: {tile_rows} units of one tile row (32 sticks) on {used} cores"]
    lines += [f"  {count} cores with {each} each: {group['cores']}"
              for (count, each), group in zip(groups, work["groups"], strict=True)]
    assert "\n" + "\n".join(lines) + "\n\nKernels\n" in text


def test_every_stick_is_given_to_one_core_once(loom, choice):
    tile_rows = choice.randint(65, 300)
    told = json.loads(loom("explain", "layernorm_fused_rm", "--shape", f"{tile_rows * 32},64", "--json").out)
    for kernel, count, first in (("reader", 3, 4), ("writer", 1, 2)):  # where tile rows and first stick stand
        args = next(k for k in told["kernels"] if k["label"] == kernel)["runtime_args"].values()
        sticks = sorted(stick for core in args for stick in range(core[first], core[first] + 32 * core[count]))
        assert sticks == list(range(tile_rows * 32))
