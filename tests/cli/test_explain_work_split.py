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
    counted = lambda count, unit: f"{count} {unit}{'' if count == 1 else 's'}"  # noqa: E731
    lines = [f"Work: {counted(tile_rows, 'unit')} of one tile row (32 sticks) on {counted(used, 'core')}"]
    lines += [f"  {counted(count, 'core')} with {each} each: {group['cores']}"
              for (count, each), group in zip(groups, work["groups"], strict=True)]
    assert "\n" + "\n".join(lines) + "\n\nKernels\n" in text


def test_every_stick_is_given_to_one_core_once(loom, choice):
    rows, width = choice.randint(1, 9600), choice.choice([1, 33, 64, 8192])
    print(f"{rows}x{width}")
    told = json.loads(loom("explain", "layernorm_fused_rm", "--shape", f"{rows},{width}", "--json").out)
    args = {kernel["label"]: kernel["runtime_args"] for kernel in told["kernels"]}
    assert args["reader"].keys() == args["compute"].keys() == args["writer"].keys()
    for kernel, count, first in (("reader", 3, 4), ("writer", 1, 2)):  # where number of sticks and first stick stand
        sticks = [(core[first], core[count]) for core in args[kernel].values()]
        assert sorted(stick for first, count in sticks for stick in range(first, first + count)) == list(range(rows))
        # Cores begin at tile rows, and compute has as many as the sticks fill.
        assert all(first % 32 == 0 for first, _ in sticks)
        assert [core[0] for core in args["compute"].values()] == [-(-count // 32) for _, count in sticks]
