"""loom: help is an answer (0, on standard output); words that mean nothing are a usage error (2, one sentence)."""
import re

import pytest

VERBS = ["run", "explain", "check", "trace", "bench"]
OP = "layernorm_fused_rm"


def test_help_names_every_verb(loom):
    ran = loom("--help")
    assert (ran.code, ran.err) == (0, "")
    assert "Usage: loom [OPTIONS] SUBCOMMAND\n" in ran.out
    assert [verb for verb in VERBS if re.search(rf"^  {verb} +\w", ran.out, re.M)] == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_help_of_its_own(loom, verb):
    ran = loom(verb, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: loom {verb} [OPTIONS] operation\n" in ran.out and "--grid" in ran.out


def test_help_of_run_names_every_flag_of_the_issue(loom):
    flags = set(re.findall(r"--[a-z-]+", loom("run", "--help").out))
    assert flags == {"--help", "--input", "--gamma", "--beta", "--output", "--epsilon", "--arch", "--grid", "--threads",
                     "--max-steps", "--numerics", "--verify", "--json"}


def test_version_is_a_version(loom):
    ran = loom("--version")
    assert (ran.code, ran.err) == (0, "") and re.fullmatch(r"\d+\.\d+\.\d+\n", ran.out)


@pytest.mark.parametrize("words, message", [
    ([], "loom: A subcommand is required; see loom --help."),
    (["frobnicate"], "loom: frobnicate was not expected; see loom --help."),
    (["--frobnicate"], "loom: --frobnicate was not expected; see loom --help."),
    (["run"], "loom run: operation is required; see loom run --help."),
    (["run", "softmax"], "loom run: operation: softmax not in {layernorm_fused_rm}; see loom run --help."),
    (["run", OP], "loom run: --input is required; see loom run --help."),
    (["run", OP, "--input", "x.npy"], "loom run: --output is required; see loom run --help."),
    (["run", OP, "--inptu", "x.npy"], "loom run: --inptu was not expected; see loom run --help."),
    (["run", OP, "--input", "x.npy", "--output", "y.npy", "--fast"],
     "loom run: --fast was not expected; see loom run --help."),
    (["run", OP, "y.npy", "--input", "x.npy", "--output", "y.npy"],
     "loom run: y.npy was not expected; see loom run --help."),
    (["run", OP, "--output", "y.npy", "--input"], "loom run: --input: 1 required TEXT missing; see loom run --help."),
    (["run", OP, "--input", "x.npy", "--input", "z.npy", "--output", "y.npy"],
     "loom run: --input: At Most 1 required but received 2; see loom run --help."),
    (["explain", OP], "loom explain: --shape is required; see loom explain --help."),
    (["explain", OP, "--shape", "32,"], 'A shape reads 4,512,768 or 4x512x768, got "32,".'),
    (["explain", OP, "--shape", "32,-32"], 'A shape reads 4,512,768 or 4x512x768, got "32,-32".'),
    (["explain", OP, "--shape", "32,4294967296"], 'A shape reads 4,512,768 or 4x512x768, got "32,4294967296".'),
    (["explain", OP, "--shape", ""], "loom explain: --shape is empty; see loom explain --help."),
    (["explain", OP, "--shape", "32,32", "--dtype", "half"], 'dtype is bfloat16 or float32, got "half".'),
    (["trace", OP, "--shape", "32,32"], "loom trace: --output is required; see loom trace --help."),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_bad_words_get_one_sentence(refuses, words, message):
    refuses(*words, message=message)


def test_a_full_standard_output_is_a_failure(loom):
    for words in (["--help"], ["explain", OP, "--shape", "32,32"]):
        with open("/dev/full", "w") as full:
            ran = loom(*words, stdout=full)
        assert (ran.code, ran.err) == (1, "Cannot write standard output: No space left on device.\n")
