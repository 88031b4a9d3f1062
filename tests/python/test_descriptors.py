"""A change of a descriptor, by whatever path, is a change of the program, or it raises: nothing is lost in silence."""

import copy
import pickle

import pytest
from extras import torch
from programs import copy_program

import loom
from loom.records import Descriptor, described

CORES = loom.CoreRangeSet([loom.CoreRange((0, 0), (1, 1))])


def whole_program():
    """Every class, and every field with something in it."""
    form = loom.CBFormatDescriptor(3, loom.bfloat16, 64, loom.TileDescriptor(16, 32, True))
    source = loom.KernelDescriptor.SourceType.SOURCE_CODE
    configs = [
        loom.ReaderConfigDescriptor(),
        loom.WriterConfigDescriptor(),
        loom.DataMovementConfigDescriptor(loom.DataMovementProcessor.RISCV_1),
        loom.ComputeConfigDescriptor(unpack_to_dest_mode=[loom.UnpackToDestMode.Default]),
    ]
    return loom.ProgramDescriptor(
        kernels=[
            loom.KernelDescriptor(
                "void kernel_main() {}",
                source,
                CORES,
                [1, 2],
                named_compile_time_args=[("n", 3)],
                defines=[("A", "1")],
                runtime_args=[(loom.CoreCoord(0, 1), [4, 5])],
                common_runtime_args=[6],
                config=config,
            )
            for config in configs
        ],
        semaphores=[loom.SemaphoreDescriptor(1, CORES, 7)],
        cbs=[loom.CBDescriptor(128, CORES, [form])],
        custom_program_hash=8,
    )


def seen(program):
    """What the engine has of it."""
    return repr(described(program._built()))


def another(value):
    """A value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + " "
    if isinstance(value, tuple):
        return (value[0], another(value[1]))
    if isinstance(value, loom.CoreRangeSet):
        return loom.CoreRangeSet([loom.CoreRange((0, 0), (0, 1))])
    if isinstance(value, loom.TileDescriptor):
        return loom.TileDescriptor()
    if isinstance(value, Descriptor):
        kinds = (loom.ComputeConfigDescriptor, loom.ReaderConfigDescriptor)
        return next(kind() for kind in kinds if not isinstance(value, kind))
    return next(other for other in type(value) if other != value)


def changes(value, path=()):
    """(path, change) for each way to change what a program holds, given the program."""
    if isinstance(value, Descriptor):
        for name in value._core_fields:
            inner = getattr(value, name)
            if not isinstance(inner, (list, loom.RuntimeArgs)):
                new = another(inner) if inner is not None else 1
                yield (*path, name, "="), lambda at, name=name, new=new: setattr(at, name, new)
            for way, change in changes(inner, (*path, name)):
                yield way, lambda at, name=name, change=change: change(getattr(at, name))
    elif isinstance(value, loom.RuntimeArgs):
        yield (*path, "[][]="), lambda at: at[0].__setitem__(1, [9])
        yield (*path, "[][].append"), lambda at: at[0][1].append(9)
        yield (*path, "[].append"), lambda at: at[0].append(1, 9)
        yield (*path, "[].extend"), lambda at: at[0].extend(1, [9])
        yield (*path, "append"), lambda at: at.append(loom.CoreCoord(1, 1), [9])
        yield (*path, "get"), lambda at: at.get(0)[1].append(9)
        yield (*path, "iteration"), lambda at: [words.append(9) for _, words in at]
        yield (*path, "clear"), lambda at: at.clear()
    elif isinstance(value, list):
        yield (*path, "append"), lambda at: at.append(copy.copy(at[0]))
        yield (*path, "clear"), lambda at: at.clear()
        yield (*path, "del"), lambda at: at.__delitem__(0)
        if not isinstance(value[0], Descriptor):
            yield (*path, "[]="), lambda at: at.__setitem__(0, another(at[0]))
        for i, item in enumerate(value):
            for way, change in changes(item, (*path, i)):
                yield way, lambda at, i=i, change=change: change(at[i])


ALL = list(changes(whole_program()))


def test_there_are_as_many_ways_as_there_are_fields():
    classes = [cls for cls in Descriptor._of_core.values() if cls._core_fields]
    names = {name for path, _ in ALL for name in path if isinstance(name, str)}
    assert len(ALL) > 100 and {name for cls in classes for name in cls._core_fields} <= names


@pytest.mark.parametrize("path, change", ALL, ids=[".".join(map(str, path)) for path, _ in ALL])
def test_each_change_is_seen(path, change):
    program = whole_program()
    before = seen(program)
    change(program)
    assert seen(program) != before


def test_cores_cannot_be_changed_in_place():
    for change in (
        lambda: setattr(CORES.ranges()[0].start, "x", 1),
        lambda: setattr(CORES.ranges()[0], "end", loom.CoreCoord(0, 0)),
        lambda: CORES.ranges().append(CORES.ranges()[0]),
    ):
        with pytest.raises((AttributeError, TypeError)):
            change()


def test_an_unknown_attribute_is_refused():
    for part in (whole_program(), whole_program().kernels[3].config, whole_program().cbs[0]):
        with pytest.raises(AttributeError, match="has no attribute fp32; it has"):
            part.fp32 = True


@pytest.mark.parametrize("spoil, text", [
    (lambda p: p.kernels[0].compile_time_args.append(-1),
     "ProgramDescriptor.kernels[0].compile_time_args[2]: expected a whole number from 0 to 4294967295, got -1"),
    (lambda p: p.kernels[1].defines.append("AB"),
     "ProgramDescriptor.kernels[1].defines[1]: expected a list, got str"),
    (lambda p: p.cbs.append(3), "ProgramDescriptor.cbs[1]: expected loom.CBDescriptor, got int"),
    (lambda p: p.kernels[0].runtime_args[0][1].append("x"),
     "ProgramDescriptor.kernels[0].runtime_args[0][1][2]: expected a whole number from 0 to 4294967295, got str"),
])  # fmt: skip
def test_what_is_put_into_a_list_is_told_with_its_place(device, spoil, text):
    program = whole_program()
    spoil(program)
    for call in (lambda: loom.explain(program, device=device), lambda: seen(program)):
        with pytest.raises((TypeError, ValueError)) as raised:
            call()
        assert str(raised.value) == text


def test_what_was_given_stays_the_givers():
    kernel = loom.KernelDescriptor("k.cpp", core_ranges=CORES, config=loom.ComputeConfigDescriptor())
    program = loom.ProgramDescriptor(kernels=[kernel])
    kernel.defines.append(("A", "1"))
    assert program.kernels[0].defines == []
    for made in (copy.copy(program), copy.deepcopy(program), pickle.loads(pickle.dumps(program))):
        made.kernels[0].config.fp32_dest_acc_en = True
        assert not program.kernels[0].config.fp32_dest_acc_en


def test_explain_and_generic_op_see_changes(device):
    x = loom.from_torch(torch.randn(4, 64), device=device)
    y, z = (loom.from_torch(torch.zeros(4, 64), device=device) for _ in "yz")
    program = copy_program(x, y)
    loom.generic_op([x, y], program)
    assert torch.equal(y.to_torch(), x.to_torch())
    program.kernels[1].runtime_args[0][0][0] = z.buffer_address()
    program.kernels[0].defines.append(("NOTHING", "1"))
    program.cbs[0].total_size *= 2
    loom.generic_op([x, z], program)
    assert torch.equal(z.to_torch(), x.to_torch()) and device.num_program_cache_entries() == 2
    told = loom.explain(program, device=device).data
    assert told["kernels"][0]["defines"] == {"NOTHING": "1"}
    assert told["kernels"][1]["runtime_args"]["(0,0)"][0] == z.buffer_address()
    assert told["circular_buffers"][0]["pages"] == 4
    program.semaphores.append(loom.SemaphoreDescriptor(2, loom.CoreRangeSet(loom.CoreRange((0, 0), (0, 0))), 5))
    assert loom.explain(program, device=device).data["semaphores"] == [{"id": 2, "cores": "(0,0)", "initial_value": 5}]
    program.kernels.pop()
    assert len(loom.explain(program, device=device).data["kernels"]) == 1
