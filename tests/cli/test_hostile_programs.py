"""A program file of hostile numbers and names: refused or shown in plain lines, by explain, run and check alike."""
import json
import subprocess
import xml.etree.ElementTree

import pytest
from programs import example

# What a terminal acts on, what ends a line, a string, a tag, a script.
NAMES = ["a\nHANG core (0,0)", "\x1b[2J\x1b[31mred", "\u202egnp.exe", "</script><script>alert(1)</script>", "\"'`$(id)\\",
         "\u2028\x85\x9b", "-->]]>&amp;", "日本"]


@pytest.fixture
def write(tmp_path):
    def to_file(change, name="p.json"):
        made = example("copy")
        change(made)
        (tmp_path / name).write_text(json.dumps(made))
        return name

    return to_file


def is_plain(text):
    return all(c == "\n" or (c >= " " and c not in "\x7f\u2028\u2029\u202e" and not "\x80" <= c < "\xa0") for c in text)


@pytest.mark.parametrize("total, page", [(4294967280, 286331152), (4294967280, 65536 - 16), (2**32 - 2**20, 2**20),
                                         (1395728, 16 * 87233)])
@pytest.mark.parametrize("verb", ["explain", "run", "check"])
def test_sizes_that_wrap_are_refused(loom, write, verb, total, page):
    def change(made):
        total_size = total // page * page
        made["circular_buffers"][0] |= {"total_size": total_size}
        made["circular_buffers"][0]["formats"][0] |= {"page_size": page}

    ran = loom(verb, write(change))
    assert ran.code == 2 and ran.err.startswith(("Circular buffers of core (0,0) need ", "Circular buffer c_0: ")), ran


def test_random_sizes_never_end_the_process(loom, write, choice):
    for _ in range(12):
        def change(made):
            for side in range(choice.randint(1, 3)):
                made["tensors"][0]["shape"].insert(0, choice.choice([0, 1, 3, 2**16, 2**31, 2**32 - 1]))
            made["tensors"][0]["layout"] = choice.choice(["ROW_MAJOR", "TILE"])
            page = choice.choice([16, 64, 2048, 2**20, 2**31, 2**32 - 16])
            made["circular_buffers"] *= choice.randint(1, 3)
            for i, cb in enumerate(made["circular_buffers"]):
                pages = choice.randint(1, max(1, min(4, (2**32 - 1) // page)))
                made["circular_buffers"][i] = {"cores": [[0, 0]], "total_size": page * pages, "formats": [
                    {"index": i, "data_format": "Float32", "page_size": page}]}

        ran = loom("explain", write(change))
        assert ran.code in (0, 2) and (ran.code == 0 or ran.err.count("\n") == 1), ran


@pytest.mark.parametrize("verb", ["explain", "run", "check"])
@pytest.mark.parametrize("place", [("kernels", 0), ("kernels", 1), ("circular_buffers", 0), ("semaphores", 0)], ids=str)
def test_cores_outside_the_grid_are_refused(loom, write, verb, place):
    def change(made):
        made["grid"] = [1, 2]
        made["semaphores"] = [{"id": 0, "cores": [[0, 0]]}]
        made[place[0]][place[1]]["cores"] = [[1, 0]]

    ran = loom(verb, write(change))
    assert (ran.code, ran.err) == (2, f"p.json: /{place[0]}/{place[1]}/cores/0: expected a core [x, y] of the 1x2 of this "
                                      'file\'s "grid", got [1, 0].\n')


def named(name, faulty):
    """The copy program with this name wherever one can be; the faulty kernel goes on after the last stick."""

    def change(made):
        made["tensors"][0]["name"] = name
        reader, writer = made["kernels"]
        reader["compile_time_args"] = [{"accessor": name}]
        reader["runtime_args"] = [{"cores": [[0, 0]], "args": [{"address": name}]}]
        reader["defines"]["NOTE"] = json.dumps(name)
        (reader if faulty == "reader" else writer)["defines"]["STICKS"] = "9"
        made["circular_buffers"][0]["formats"][0]["name"] = name

    return change


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_are_shown_in_plain_lines(loom, write, tmp_path, name):
    file = write(named(name, "reader"))
    told = loom("explain", file)
    assert told.code == 0 and is_plain(told.out), told
    ran = loom("check", file, "--schedules", 0)
    assert ran.code == 1 and "NOC_PAGE" not in ran.err and "page 8 of " in ran.err and is_plain(ran.err), ran
    assert is_plain(loom("run", file, "--output", f"{name}x=y.npy").err)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_pictures_and_data_of_a_hang_hold_no_markup_of_names(loom, write, tmp_path, name):
    ran = loom("check", write(named(name, "writer")), "--schedules", 0, "--svg", "hang.svg", "--sarif", "hang.sarif")
    assert ran.code == 1 and ran.err.startswith("HANG core (0,0)") and is_plain(ran.err), ran
    picture = (tmp_path / "hang.svg").read_text()
    assert is_plain(picture) and "<script" not in picture
    xml.etree.ElementTree.fromstring(picture)
    json.loads((tmp_path / "hang.sarif").read_text())
    assert name in json.loads(loom("check", "p.json", "--schedules", 0, "--json").out)["circular_buffers"].values()


def test_the_line_that_repeats_a_run_is_one_a_shell_reads(cli, loom, tmp_path, write):
    """A folder's name with an escape sequence, a quote and a line break: pasted into bash, the line finds it again."""
    folder = tmp_path / "it's \x1b[31m\n$(id)"
    folder.mkdir()
    made = example("copy")
    made["kernels"][1]["defines"]["STICKS"] = "9"
    (folder / "p.json").write_text(json.dumps(made))
    first = loom("run", str(folder / "p.json"))
    assert first.code == 1 and is_plain(first.err)
    again = first.err.splitlines()[-1].removeprefix("Again: loom ")
    second = subprocess.run(["bash", "-c", f"exec '{cli}' {again}"], capture_output=True, text=True, cwd=tmp_path)
    assert (second.returncode, second.stderr) == (1, first.err)
