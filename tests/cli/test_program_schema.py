"""docs/program.schema.json says of program files what loom does: the same keys, the same refusals."""
import copy
import json
import re

import pytest
from jsonschema import Draft202012Validator
from programs import NAMES, ROOT, everything, example, program

SCHEMA = json.loads((ROOT / "docs" / "program.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def places(value, pointer=()):
    yield pointer, value
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*pointer, key))


def replaced(made, pointer, value):
    made = copy.deepcopy(made)
    *way, last = pointer
    inner = made
    for key in way:
        inner = inner[key]
    inner[last] = value
    return made


@pytest.fixture
def accepts(loom, tmp_path):
    def check(made):
        (tmp_path / "p.json").write_text(json.dumps(made))
        (tmp_path / "compute.cpp").write_text("void kernel_main() {}")
        ran = loom("explain", "p.json")
        assert ran.code in (0, 2) and (ran.code == 0 or ran.err.startswith("p.json: ")), ran.err
        return ran.code == 0

    return check


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_conform_and_say_where_it_is(name):
    VALIDATOR.validate(example(name))
    assert (ROOT / "examples/programs" / name / example(name)["$schema"]).resolve() == ROOT / "docs/program.schema.json"


def test_what_loom_writes_conforms(loom, tmp_path):
    assert loom("explain", "layernorm_fused_rm", "--shape", "200x96", "--program", "p.json").code == 0
    VALIDATOR.validate(json.loads((tmp_path / "p.json").read_text()))


def test_every_key_of_the_schema_is_in_a_file_that_both_accept(accepts):
    made = everything()
    VALIDATOR.validate(made)
    assert accepts(made)
    used = {key for _, value in places(made) if isinstance(value, dict) for key in value}
    listed = {key for _, value in places(SCHEMA) if isinstance(value, dict)
              for key in value.get("properties", {}) if isinstance(value["properties"], dict)}
    assert len(listed) > 40 and listed <= used


def test_an_unknown_key_is_refused_by_both_wherever_it_is(accepts):
    made = everything()
    objects = [pointer for pointer, value in places(made) if isinstance(value, dict)]
    assert len(objects) > 20
    for pointer in objects:
        if pointer and pointer[-1] in ("defines", "named_compile_time_args"):
            continue  # their keys are the program's
        stranger = replaced(made, (*pointer, "stranger"), 1)
        assert not VALIDATOR.is_valid(stranger), pointer
        assert not accepts(stranger), pointer


def test_reader_and_schema_name_the_same_keys(loom, tmp_path):
    """Where the message lists the keys of an object, they are those of the schema."""
    made = everything()
    for pointer, definition in [((), SCHEMA), (("tensors", 0), "tensor"), (("tensors", 0, "contents"), "contents"),
                                (("circular_buffers", 0), "circular_buffer"),
                                (("circular_buffers", 0, "formats", 0), "format"), (("semaphores", 0), "semaphore"),
                                (("kernels", 0), "kernel"), (("kernels", 0, "runtime_args", 0), "runtime_args")]:
        (tmp_path / "p.json").write_text(json.dumps(replaced(made, (*pointer, "stranger"), 1)))
        message = loom("explain", "p.json").err
        known = re.findall(r'"([^"]+)"', message[message.index("no other key than"):])
        definition = SCHEMA["$defs"][definition] if isinstance(definition, str) else definition
        assert set(known) == set(definition["properties"]), pointer


@pytest.mark.parametrize("value", [None, True, -1, 2**64, 1.5, "", "x", [], {}, [[]]], ids=repr)
def test_a_value_of_the_wrong_kind_is_refused_by_both(accepts, value):
    """What the schema refuses, loom does; loom refuses more: names of no tensor, cores of no chip."""
    made, refused = everything(), 0
    for pointer, _ in places(made):
        if pointer and not VALIDATOR.is_valid(wrong := replaced(made, pointer, value)):
            refused += 1
            if refused % 3 == 0:  # each third: one process each
                assert not accepts(wrong), (pointer, value)
    assert refused > 30


def test_a_missing_key_is_refused_by_both(accepts):
    made = everything()
    for pointer, value in places(made):
        if not isinstance(value, dict):
            continue
        for key in value:
            less = replaced(made, pointer, {k: v for k, v in value.items() if k != key}) if pointer else {
                k: v for k, v in value.items() if k != key}
            if not VALIDATOR.is_valid(less):
                assert not accepts(less), (pointer, key)
