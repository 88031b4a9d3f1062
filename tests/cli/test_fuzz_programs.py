"""What fuzzers begin with is without fault: else a case says nothing of the one word that it changes."""
import json

import pytest
from test_program_schema import ROOT, VALIDATOR

PROGRAMS = sorted((ROOT / "fuzz" / "programs").glob("*.json"))


def test_there_are_some():
    assert PROGRAMS


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_base_program_is_clean(loom, path):
    VALIDATOR.validate(json.loads(path.read_text()))
    checked = loom("check", str(path), "--thorough", "--schedules", "3")
    assert checked.code == 0 and checked.out.startswith("clean: "), checked.err
