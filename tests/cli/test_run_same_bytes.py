"""loom run: the chip, the grid and the number of host threads never change a byte."""
import itertools

import pytest
from layernorm import normal
from safetensors.numpy import save_file

FILES = ["--input", "in.safetensors:x", "--gamma", "in.safetensors:gamma", "--beta", "in.safetensors:beta"]


@pytest.fixture
def bytes_with(loom, tmp_path, rng):
    tile_rows = int(rng.integers(7, 100))  # fewer and more than there are cores
    print(f"{tile_rows} tile rows")
    save_file({"x": normal(rng, (tile_rows * 32, 64), 3), "gamma": normal(rng, 64, 1), "beta": normal(rng, 64)},
              tmp_path / "in.safetensors")
    number = itertools.count()

    def run(*words):
        name = f"y{next(number)}.safetensors"
        ran = loom("run", "layernorm_fused_rm", *FILES, "--output", name, *words)
        assert (ran.code, ran.err) == (0, "")
        return (tmp_path / name).read_bytes()

    return run


def test_the_chip_and_the_grid_change_no_byte(bytes_with):
    plain = bytes_with()
    for arch, grid in (("wormhole", "8x8"), ("wormhole", "3x2"), ("wormhole", "1x1"), ("blackhole", "13x10"),
                       ("blackhole", "3x2"), ("blackhole", "1x7")):
        assert bytes_with("--arch", arch, "--grid", grid) == plain, (arch, grid)
    assert bytes_with("--arch", "blackhole") == plain


def test_host_threads_change_no_byte(bytes_with):
    plain = bytes_with()
    for threads in (0, 1, 2, 3, 64, 1000):
        assert bytes_with("--threads", threads) == plain, threads


def test_twice_the_same_gives_the_same_bytes(bytes_with):
    assert bytes_with() == bytes_with()
