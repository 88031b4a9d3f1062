"""A run that grew by more than 3 % is found, one that the record does not know too, and nothing else."""

import pytest

import check_instructions


@pytest.mark.parametrize(("count", "found"), [(1029, False), (1031, True), (500, False)])
def test_more_than_3_percent_is_too_much(count, found):
    assert bool(check_instructions.grown({"run": count}, {"run": 1000})) is found


def test_a_run_without_a_record_is_too_much():
    assert check_instructions.grown({"new": 1}, {}) == {"new": float("inf")}


def test_the_total_is_read_from_what_callgrind_writes():
    assert check_instructions.total("events: Ir\nfn=(1) main\n12 7\n\ntotals: 2847182\n") == 2847182
    with pytest.raises(SystemExit, match="no total"):
        check_instructions.total("events: Ir\n")


def test_what_is_counted_is_what_is_recorded():
    import json

    record = json.loads(check_instructions.RECORD.read_text())
    assert list(record["instructions"]) == check_instructions.RUNS
    assert record["reason"]
