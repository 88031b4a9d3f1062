"""loom check: a sound program is clean; a broken one is told at once, with the command that shows it again."""
import json
import os
import pathlib
import shlex
import subprocess

import pytest

KERNELS = pathlib.Path(__file__).parents[2] / "src/ops/layernorm_fused_rm/device/kernels"
CHECK = ["check", "layernorm_fused_rm", "--shape"]


def test_a_sound_program_is_clean(loom, choice):
    tile_rows, seed = choice.randint(1, 5), choice.randint(1, 10**9)
    ran = loom(*CHECK, f"{tile_rows * 32},64", "--schedules", 3, "--seed", seed)
    assert (ran.code, ran.err) == (0, "")
    cores, schedules, reversed_ = ("1 core", 14, "") if tile_rows == 1 else (f"{tile_rows} cores", 15, "cores reversed, ")
    assert ran.out.startswith(f"clean: 3 kernels on {cores}, {schedules} schedules (plain, {reversed_}seeds {seed} to "
                              f"{seed + 2}, each processor starved and favoured): no hang, ")


@pytest.mark.parametrize("schedule", ["plain", "seed=77", "starve=PACK", "favour=BRISC"])
def test_one_schedule_can_be_chosen(loom, schedule):
    ran = loom(*CHECK, "32,64", "--schedule", schedule, "--json")
    assert (ran.code, ran.err) == (0, "")
    expected = ["plain"] if schedule == "plain" else ["plain", schedule]
    assert json.loads(ran.out)["covered"]["schedules"] == expected


def test_wrong_values_are_reported_although_no_rule_is_broken(loom, tmp_path):
    kernel = (KERNELS / "compute/layernorm_fused_rm.cpp").read_text()
    once = "for (uint32_t i = 0; i < block; ++i) multiply(i, column, i);"
    (tmp_path / "twice.cpp").write_text(kernel.replace(once, once + once))
    ran = loom(*CHECK, "32,64", "--change", f"compute={tmp_path / 'twice.cpp'}")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("No rule was broken, and the values are wrong: against the double reference ")


def test_a_report_goes_to_json_and_sarif_and_a_hang_becomes_a_picture(loom, tmp_path):
    sarif, svg = tmp_path / "out.sarif", tmp_path / "hang.svg"
    ran = loom(*CHECK, "64x32", "--change", "c_16=4", "--json", "--sarif", sarif, "--svg", svg)
    assert (ran.code, ran.err) == (1, "")
    finding = json.loads(ran.out)["findings"][0]
    assert (finding["code"], finding["schedule"]) == ("HANG", "plain")
    assert json.loads(sarif.read_text())["runs"][0]["results"][0]["ruleId"] == "HANG"
    assert "c_16 output sticks" in svg.read_text()


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
    lines = ran.err.splitlines()
    assert f"Give c_16 at least 32 pages, or reserve at most {pages}." in lines
    counted = "1 page" if pages == 1 else f"{pages} pages"
    assert f"c_16 is output sticks: {counted} of 128 bytes." in lines
    last = lines[-1]
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
    (["--schedules", "-1"], "loom check: --schedules: Value -1 not in range 0 to 1000000; see loom check --help."),
    (["--schedule", "fast"], "A schedule reads plain, reverse, seed=N, starve=RISC or favour=RISC (NCRISC, UNPACK, MATH, PACK, "
                             "BRISC), got \"fast\"."),
    (["--schedule", "seed=x"], "A schedule reads plain, reverse, seed=N, starve=RISC or favour=RISC (NCRISC, UNPACK, MATH, "
                               "PACK, BRISC), got \"seed=x\"."),
    (["--seed", "0"], "loom check: --seed: Value 0 not in range 1 to 1000000000; see loom check --help."),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_what_cannot_be_is_refused(refuses, words, message):
    refuses(*CHECK, "32,64", *words, message=message)
