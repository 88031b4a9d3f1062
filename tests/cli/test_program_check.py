"""loom check on a program in a file: the same rules, the same reports, and the file in the command that repeats it."""
import json
import pathlib

import pytest

EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples/programs").glob("*/program.json"))


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_are_clean(loom, program):
    ran = loom("check", program, "--schedules", 2, "--thorough")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("clean: ")


@pytest.fixture
def ours(loom, tmp_path):
    """The program of layernorm_fused_rm in a file of its own."""
    path = tmp_path / "ours.json"
    assert loom("explain", "layernorm_fused_rm", "--shape", "64x64", "--grid", "1x1", "--program", path).code == 0
    return path


def test_the_operations_own_program_is_clean(loom, ours):
    ran = loom("check", ours)
    assert (ran.code, ran.err) == (0, "")


def test_a_fault_names_buffers_as_the_file_does_and_ends_with_the_command(loom, ours):
    program = json.loads(ours.read_text())
    for buffer in program["circular_buffers"]:
        if buffer["formats"][0]["index"] == 16:
            buffer["total_size"] = 4 * buffer["formats"][0]["page_size"]
    ours.write_text(json.dumps(program))
    ran = loom("check", ours)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("HANG core (0,0): no kernel can run.\n")
    assert "Give c_16 at least 32 pages, or reserve at most 4.\n" in ran.err
    assert "c_16 is output sticks: 4 pages of 128 bytes.\n" in ran.err
    assert ran.err.endswith(f"Again: loom check {ours}\n")


def test_a_missing_barrier_is_found_although_the_result_is_right(loom, ours):
    kernel = next(ours.parent.rglob("reader_layernorm_fused_rm.cpp"))
    kernel.write_text(kernel.read_text().replace("        noc_async_read_barrier();\n", ""))
    ran = loom("check", ours)
    assert (ran.code, ran.out) == (1, "")
    assert "reader_layernorm_fused_rm.cpp" in ran.err and "Call noc_async_read_barrier before the push." in ran.err


def test_flags_of_an_operation_are_refused(refuses, ours):
    refuses("check", ours, "--shape", "64x64",
            message="loom check: --shape: it goes with an operation only; see loom check --help.")
