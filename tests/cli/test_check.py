"""loom check: a sound program is clean; a broken one is told at once, with the command that shows it again."""
import os
import shlex
import subprocess

import pytest

CHECK = ["check", "layernorm_fused_rm", "--shape"]


def test_a_sound_program_is_clean(loom, choice):
    tile_rows, seed = choice.randint(1, 5), choice.randint(1, 10**9)
    ran = loom(*CHECK, f"{tile_rows * 32},64", "--schedules", 7, "--seed", seed)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (f"clean: 3 kernels on {tile_rows} cores ended, and left the same bytes and balanced circular "
                       f"buffers, under the plain and 7 random schedules (seeds {seed} to {seed + 6})\n")


def again(cli, tmp_path, line):
    """Runs a line as a shell would, in which loom is the binary."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    if not (tmp_path / "bin" / "loom").exists():
        (tmp_path / "bin" / "loom").symlink_to(cli)
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(line, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)


def test_a_hang_ends_with_the_command_that_shows_it_again(loom, cli, tmp_path, choice):
    pages, tile_rows = choice.randint(1, 31), choice.randint(1, 5)
    words = [*CHECK, f"{tile_rows * 32},64", "--change", f"c_16={pages}"]
    ran = loom(*words)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("HANG core (0,0): no kernel can run.\n")
    advice, last = ran.err.splitlines()[-2:]
    assert advice == f"Give c_16 at least 32 pages, or reserve at most {pages}."
    assert last == f"Again: loom check layernorm_fused_rm --shape {tile_rows * 32},64 --change c_16={pages}"
    repeated = again(cli, tmp_path, last.removeprefix("Again: "))
    assert (repeated.returncode, repeated.stdout, repeated.stderr) == (1, "", ran.err)


@pytest.mark.parametrize("name", ["lazy.cpp", "it's a $(lazy) *.cpp"])
def test_so_it_does_with_a_kernel_whose_file_has_any_name(loom, cli, tmp_path, name):
    (tmp_path / name).write_text('#include "api/dataflow/dataflow_api.h"\nvoid kernel_main() {}\n')
    words = [*CHECK, "64,64", "--change", f"writer={name}", "--grid", "1x1"]
    ran = loom(*words)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("HANG core (0,0): no kernel can run.\n")
    last = ran.err.splitlines()[-1].removeprefix("Again: ")
    assert shlex.split(last) == ["loom", *words]
    repeated = again(cli, tmp_path, last)
    assert (repeated.returncode, repeated.stdout, repeated.stderr) == (1, "", ran.err)


@pytest.mark.parametrize("words, message", [
    (["--change", "c_99=4"], "This program has no circular buffer c_99."),
    (["--change", "c_16=-1"], "A change reads c_16=PAGES or writer=FILE, got c_16=-1."),
    (["--change", "c_16"], "A change reads c_16=PAGES or writer=FILE, got c_16."),
    (["--change", "packer=f.cpp"], "This program has no kernel packer; it has reader, compute and writer."),
    (["--change", "writer=missing.cpp"], "There is no kernel file missing.cpp."),
    (["--schedules", "0"], "loom check: --schedules: Value 0 not in range 1 to 1000000; see loom check --help."),
    (["--schedules", "-1"], "loom check: --schedules: Value -1 not in range 1 to 1000000; see loom check --help."),
    (["--seed", "0"], "loom check: --seed: Value 0 not in range 1 to 1000000000; see loom check --help."),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_what_cannot_be_is_refused(refuses, words, message):
    refuses(*CHECK, "32,64", *words, message=message)
