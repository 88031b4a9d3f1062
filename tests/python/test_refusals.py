"""Whatever is given to whatever is public, what is raised is a sentence of Python's or Loom's, and nothing aborts."""

import inspect
import math

import numpy as np
import pytest
from conftest import refusal
from extras import torch

import loom

# Words of nanobind and of C++ that no message may have.
FOREIGN = ("incompatible function", "argument types are supported", "Invoked with", "std::", "nanobind", "bad_cast",
           "basic_string", "unable to convert", "CoreRuntimeArgs", "ndarray[")  # fmt: skip


class Raises:
    """An object each of whose methods raises."""

    def __getattribute__(self, name):
        if name.startswith("__") and name not in ("__iter__", "__len__", "__array__", "__dlpack__", "__index__"):
            return object.__getattribute__(self, name)
        raise RuntimeError("as told")

    def fail(self, *args):
        raise RuntimeError("as told")

    __iter__ = __len__ = __getitem__ = __index__ = __float__ = __array__ = __dlpack__ = __dlpack_device__ = fail
    __fspath__ = __bool__ = __eq__ = __contains__ = fail
    __hash__ = object.__hash__


def hostile(device, closed):
    freed = loom.from_numpy(np.ones((2, 32), np.float32), device=device)
    freed.deallocate()
    array = np.arange(64, dtype=np.float32).reshape(2, 32)
    return [
        None, True, -1, 0, 3, 2**31, 2**32, 2**64, -(2**63), 10**400, 1.5, math.nan, -math.inf, 1e300, 1j, "", "x",
        "\ud800", "a\0b\n\x1b", b"x", (), (1, 2), (-1, 2), ("a", "b"), [], [None], [[]], [[[1]]], {}, {1: 2}, {1, 2},
        range(3), object(), object, len, Raises(), iter([1]), array, array.astype(">f4"), array[:, ::2], array[0, 0],
        np.float32(1), np.int64(-5), np.array(1.5), np.array([object()]), np.zeros(2, [("a", "f4")]),
        np.ones(2, "M8[s]"), torch.ones(2, 32), torch.ones(2, dtype=torch.int32), loom.bfloat16, loom.TILE_LAYOUT,
        loom.DataFormat.Float32, loom.MathFidelity.LoFi, loom.L1_MEMORY_CONFIG, loom.CoreCoord(1, 2),
        loom.CoreRange((0, 0), (1, 1)), loom.CoreRangeSet(), loom.CoreGrid(x=2, y=2), loom.ComputeKernelConfig(),
        loom.KernelDescriptor(), loom.ProgramDescriptor(), loom.RuntimeArgs(), loom.TileDescriptor(), device, closed,
        freed, loom.from_numpy(array), loom.from_numpy(array, device=device),
    ]  # fmt: skip


def calls():
    """Each public function and class, and the methods of what loom makes."""
    found = [getattr(loom, name) for name in loom.__all__]
    return [value for value in found if callable(value) and value not in (loom.close_device, loom.Device)]


def attempt(call, args, options):
    try:
        made = call(*args, **options)
        if isinstance(made, loom.Device):
            loom.close_device(made)
    except loom.InternalError as error:
        raise AssertionError(f"{call}: {error}") from error
    except (MemoryError, RecursionError):
        pass
    except Exception as error:
        told = str(error)
        assert not any(word in told for word in FOREIGN), f"{call.__qualname__}{args}{options}: {told}"
        assert told or isinstance(error, (StopIteration, AssertionError, KeyError)), (call, args, options, error)


@pytest.fixture
def values(device):
    closed = loom.open_device()
    loom.close_device(closed)
    return hostile(device, closed)


@pytest.mark.parametrize("call", calls(), ids=lambda call: call.__name__)
def test_one_argument_of_each_kind(call, values):
    for value in values:
        attempt(call, [value], {})
    attempt(call, [], {"no_such_argument": 1})
    attempt(call, [None] * 30, {})


@pytest.mark.parametrize("call", calls(), ids=lambda call: call.__name__)
def test_random_arguments(call, values, rng):
    try:
        names = [name for name, at in inspect.signature(call).parameters.items() if at.kind != at.VAR_KEYWORD]
    except (ValueError, TypeError):
        names = []
    for _ in range(120):
        args = [values[rng.integers(len(values))] for _ in range(rng.integers(0, 4))]
        options = {name: values[rng.integers(len(values))] for name in names if rng.random() < 0.4}
        attempt(call, args, options)


def test_methods_of_what_loom_makes(device, values, rng):
    x = loom.from_numpy(np.ones((2, 32), np.float32), device=device)
    made = [x, loom.from_numpy(np.ones((2, 32), np.float32)), x.shape, loom.CoreCoord(1, 2), loom.ComputeKernelConfig(),
            loom.CoreRange((0, 0), (1, 1)), loom.CoreRangeSet(loom.CoreRange((0, 0), (1, 1))), loom.RuntimeArgs(),
            loom.L1_MEMORY_CONFIG, loom.ProgramDescriptor(), device]  # fmt: skip
    for owner in made:
        for name in dir(owner):
            if name.startswith("_") or name in ("close", "deallocate") or not callable(getattr(owner, name)):
                continue
            for value in values:
                attempt(getattr(owner, name), [value], {})
            attempt(getattr(owner, name), [1] * 9, {"x": 1})


def test_attributes_of_what_loom_makes(values):
    for owner in (loom.ComputeKernelConfig(), loom.CoreCoord(1, 2), loom.L1_MEMORY_CONFIG, loom.CBDescriptor(),
                  loom.KernelDescriptor(), loom.ProgramDescriptor(), loom.SemaphoreDescriptor()):  # fmt: skip
        for name in [name for name in dir(owner) if not name.startswith("_")]:
            for value in values:
                attempt(setattr, [owner, name, value], {})


@pytest.mark.parametrize("call, text", [
    (lambda: loom.CoreCoord("a", 1), "CoreCoord: x: expected a whole number from 0 to 4294967295, got str"),
    (lambda: loom.CoreCoord(-1, 1), "CoreCoord: x: expected a whole number from 0 to 4294967295, got -1"),
    (lambda: loom.CoreCoord(),
     "loom.CoreCoord takes (x: int, y: int) or (xy: tuple[int, int]), and was given nothing."),
    (lambda: loom.CoreRange(1, "b"),
     "loom.CoreRange takes (start: loom.CoreCoord, end: loom.CoreCoord), and was given (int, str)."),
    (lambda: loom.MemoryConfig(buffer_type="L1"),
     "loom.MemoryConfig takes (memory_layout: loom.TensorMemoryLayout = TensorMemoryLayout.INTERLEAVED, buffer_type: "
     "loom.BufferType = BufferType.DRAM, shard_spec: object | None = None), and was given (buffer_type: str)."),
    (lambda: loom.open_device(threads=-1), "threads: expected a whole number from 0 to 4294967295, got -1"),
    (lambda: loom.open_device(grid=3), "grid: expected loom.CoreCoord or two numbers, got int"),
    (lambda: loom.split_work_to_cores((8, 8), 1.5),
     "units_to_divide: expected a whole number from 0 to 4294967295, got float"),
    (lambda: loom.empty((2, 2**32)), "shape[1]: expected a whole number from 0 to 4294967295, got 4294967296"),
    (lambda: loom.check("layernorm_fused_rm", shape=(2, 2), schedules="all"),
     "schedules: expected a whole number from 0 to 1000000, got str"),
    (lambda: loom.KernelDescriptor("k.cpp"), "KernelDescriptor needs core_ranges and config as well"),
    (lambda: loom.KernelDescriptor(3, core_ranges=loom.CoreRangeSet(), config=loom.ReaderConfigDescriptor()),
     "KernelDescriptor.kernel_source: expected str, got int"),
    (lambda: loom.CBDescriptor(10**40, loom.CoreRangeSet(), []),
     "CBDescriptor.total_size: expected a whole number from 0 to 4294967295, got one of 133 bits"),
    (lambda: loom.explain(loom.ProgramDescriptor(), device=3), "device: expected loom.Device or None, got int"),
])  # fmt: skip
def test_what_is_told(call, text):
    with pytest.raises((TypeError, ValueError)) as raised:
        call()
    assert str(raised.value) == text


def test_a_device_says_what_its_methods_take(device):
    with pytest.raises(TypeError) as raised:
        device.arch(3)
    assert str(raised.value) == "loom.Device.arch takes no arguments, and was given (int)."
    with pytest.raises(TypeError) as raised:
        loom.Device()
    assert str(raised.value) == "open_device makes devices; a Device is not called."


def test_attributes_and_what_was_never_made():
    with pytest.raises(TypeError) as raised:
        loom.ComputeKernelConfig().fp32_dest_acc_en = "yes"
    assert str(raised.value) == "An attribute of loom.ComputeKernelConfig takes (arg: bool), and was given (str)."
    with pytest.warns(RuntimeWarning), pytest.raises(TypeError) as raised:
        loom.CoreRange.__new__(loom.CoreRange).size()
    assert str(raised.value) == "This loom.CoreRange was never made: loom.CoreRange.__new__ alone does not."


def test_arrays_in_the_other_byte_order_are_told_how_to_turn():
    array = np.arange(4, dtype=">f4")
    assert refusal(loom.from_numpy, array) == (
        loom.UsageError, "TENSOR_DTYPE",
        "from_numpy: dtype >f4 (float32 with its bytes in the other order: array.astype('float32') turns them) is "
        "unsupported; Loom has bfloat16 and float32.",
    )  # fmt: skip
    assert refusal(loom.from_torch, array)[1] == "TENSOR_DTYPE"
    assert loom.to_numpy(loom.from_numpy(array.astype("float32"))).tolist() == [0, 1, 2, 3]
    assert loom.to_numpy(loom.from_numpy(array, dtype=loom.float32)).tolist() == [0, 1, 2, 3]
    assert ">u2" in refusal(loom.from_numpy, array.astype(">u2"), dtype=loom.bfloat16)[2]


def test_what_a_callers_object_raises_reaches_him():
    calls = [
        lambda: loom.from_dlpack(Raises()),
        lambda: loom.empty(Raises()),
        lambda: loom.CBDescriptor(1, loom.CoreRangeSet(), Raises()),
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="as told"):
            call()
