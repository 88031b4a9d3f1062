"""tools/mutate_kernels.py: faults planted in the kernels are reported by loom check, or known to be none."""
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/mutate_kernels.py"
SAMPLE = 24  # of all: more takes longer than a test should


def mutate(cli, *words):
    return subprocess.run([sys.executable, "-B", SCRIPT, "--loom", cli, *map(str, words)], capture_output=True,
                          text=True, timeout=280)


def test_there_are_many_mutants_of_each_kernel_and_kind(cli):
    names = mutate(cli, "--list").stdout.splitlines()
    assert len(names) == len(set(names)) >= 80
    for part in ["reader_layernorm", "compute/", "writer_layernorm", ": drop ", ": count+1 ", ": swap ", ": bound-1 "]:
        assert sum(part in name for name in names) >= 10, part


def test_a_sample_is_reported_or_known_to_be_equivalent(cli, choice):
    seed = choice.randint(1, 10**6)
    done = mutate(cli, "--sample", SAMPLE, "--seed", seed)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}{done.stderr}"


def test_an_entry_that_names_no_mutant_fails(cli, tmp_path):
    stale = tmp_path / "equivalent_mutants.txt"
    stale.write_text("Nothing reads it.\n    compute/layernorm_fused_rm.cpp centre: drop gone();\n")
    done = mutate(cli, "--equivalents", stale, "--only", "push_stick: drop noc_async_read_barrier")
    assert done.returncode == 1
    assert "names no mutant: compute/layernorm_fused_rm.cpp centre: drop gone();" in done.stdout
