"""Operations, and what can be asked of their programs: explain, check, trace."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import _core
from ._core import ComputeKernelConfig, DataType, Device, MemoryConfig
from .descriptors import ProgramDescriptor
from .device import close_device, open_device
from .errors import _fail
from .reports import CheckReport, Explanation, Trace
from .tensor import Tensor, _made_on_device, _on_a_device, _shape
from .values import core, expect, flag, items, kind_of, real, text, whole

__all__ = [
    "BlackholeComputeKernelConfig", "GrayskullComputeKernelConfig", "WormholeComputeKernelConfig", "check", "explain",
    "generic_op", "init_device_compute_kernel_config", "layernorm_fused_rm", "trace",
]  # fmt: skip


def layernorm_fused_rm(
    input: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: float = 1e-5,
    memory_config: MemoryConfig | None = None,
    compute_kernel_config: ComputeKernelConfig | None = None,
) -> Tensor:
    """LayerNorm over the last dimension: gamma * (input - mean) / sqrt(variance + epsilon) + beta.

    input                  [.., H, W], rank 1 and up, bfloat16 or float32, ROW_MAJOR, on a device.
    gamma, beta            [W] or [1, .., 1, W], either dtype, on the same device; absent mean 1 and 0.
    epsilon                added to the variance; finite, not negative.
    memory_config          of the output; the input's when absent.
    compute_kernel_config  HiFi4 with fp32_dest_acc_en when absent. Without fp32_dest_acc_en each step is rounded to
                           bfloat16, and the error bars do not hold (docs/accuracy_on_the_chip.md).

    Returns a new tensor of the input's shape and dtype. The error is at most 2^-7 of |gamma * n| + |beta| in bfloat16.

    Raises LN_* for what it refuses, before anything runs; OUT_OF_MEMORY; TENSOR_PLACE for a tensor on the host;
    KERNEL_COMPILE, COMPILER_MISSING. Ctrl-C stops it.
    """
    return _made_on_device(_layernorm(input, gamma, beta, epsilon, memory_config, compute_kernel_config).run())


def generic_op(
    io_tensors: Sequence[Tensor], program_descriptor: ProgramDescriptor, *, max_steps: int | None = None
) -> Tensor:
    """Runs a program of yours on tensors that you made, all on one device, and returns the last, the output.

    Kernels find the tensors by the addresses that you give them as runtime arguments. The program is kept in the
    device's cache, and found again by all of the descriptor but the values of runtime arguments; a kernel's file, or a
    header that it includes, that has been edited since is compiled anew.

    Raises what is wrong with the descriptor (CB_CONFIG, CB_OUT_OF_L1, PROGRAM_CORES, RUNTIME_ARGS, ...),
    KERNEL_COMPILE, and what kernels do wrong: HANG and the others of blame "kernel". Ctrl-C stops it.

    max_steps  steps (calls, loads and stores, branches) that each thread may take before a kernel that does not end is
               a LIVELOCK; when absent more than any that ends will need.
    """
    tensors = items("io_tensors", io_tensors)
    memory = [_on_a_device(tensor) for tensor in tensors]
    descriptor = expect("program_descriptor", program_descriptor, ProgramDescriptor)._built()
    _core.generic_op(memory, descriptor, _steps(max_steps))
    return tensors[-1]


def explain(
    what: str | Callable | ProgramDescriptor | Sequence[Tensor],
    *args: Any,
    shape: Sequence[int] | None = None,
    dtype: DataType = DataType.BFLOAT16,
    device: Device | None = None,
    cb_names: Mapping[int, str] | None = None,
    **options: Any,
) -> Explanation:
    """Tells what a program is, without compiling or running it.

    explain("layernorm_fused_rm", shape=(4, 512, 768), dtype=bfloat16)   an operation on tensors of this shape
    explain(layernorm_fused_rm, x, gamma, beta, epsilon=1e-6)            a call
    explain([x, y], descriptor, cb_names={0: "input"})                   a program of yours
    explain(descriptor, device=device)

    With `shape`, a device is opened for the purpose unless `device` names one. Raises what the operation refuses, or
    what is wrong with the descriptor.
    """
    if _is_operation(what):
        with _Call(args, shape, dtype, device, options, seed=None) as call:
            return Explanation(*_core.explain(call))
    tensors, descriptor = _program(what, args, options)
    if expect("device", device, (Device, type(None))) is None and tensors:
        device = _on_a_device(tensors[-1]).device()
    if device is None:
        _fail("TENSOR_PLACE", "A descriptor is explained for a device; name one, or tensors that are on one")
    return Explanation(*_core.explain(device, descriptor._built(), _names_of_cbs(cb_names)))


def check(
    what: str | Callable | Sequence[Tensor],
    *args: Any,
    shape: Sequence[int] | None = None,
    dtype: DataType = DataType.BFLOAT16,
    device: Device | None = None,
    changes: str | Sequence[str] = (),
    schedules: int = 8,
    seed: int = 1,
    schedule: str = "",
    thorough: bool = False,
    max_steps: int | None = None,
    names: Sequence[str] | None = None,
    cb_names: Mapping[int, str] | None = None,
    **options: Any,
) -> CheckReport:
    """Runs a program under many schedules with every rule of the chip watched, and says why it hangs or races.

    check("layernorm_fused_rm", shape=(64, 32), changes=["c_16=4"])   an operation on random data of this shape
    check(layernorm_fused_rm, x, gamma, beta)                         a call
    check([x, y], descriptor, names=["input", "output"])              a program of yours; the last is its output

    changes     edits to the program: "c_16=PAGES", or "reader=FILE", "compute=FILE", "writer=FILE".
    schedules   random schedules to try, beside the plain one and each processor starved and favoured.
    seed        of the data and of the first random schedule.
    schedule    this one only: "plain", "reverse", "seed=N", "starve=RISC" or "favour=RISC".
    thorough    watch the rules under every schedule, not under the plain one alone: ten times the time.
    max_steps   that each thread may take before a kernel that does not end is a LIVELOCK, as generic_op takes them.
    names       what reports call the tensors; cb_names: what they call circular buffers, by index.

    What kernels do wrong is in the report, not raised. Raises what the operation refuses or is wrong with the
    descriptor, OPTION, KERNEL_COMPILE. Ctrl-C stops it.
    """
    schedules, seed = whole("schedules", schedules, 0, 1_000_000), whole("seed", seed, 0, 2**60)
    schedule, thorough, changes = text("schedule", schedule), flag("thorough", thorough), _listed(changes)
    if _is_operation(what):
        shape = None if shape is None else _shape("shape", shape)
        again = ""
        if shape is not None:
            again = _command(shape, dtype, device, changes, seed, schedules, thorough, max_steps, options)
        settings = _core.CheckOptions(schedules, seed, schedule, {}, again, thorough, _steps(max_steps))
        with _Call(args, shape, dtype, device, options, seed=seed, hard=True) as call:
            return CheckReport(_core.check(call, changes, settings))
    tensors, descriptor = _program(what, args, options)
    if not tensors:
        _fail("TENSOR_PLACE", "A check needs the program's tensors, the output last")
    memory = [_on_a_device(tensor) for tensor in tensors]
    names = [f"tensor {i}" for i in range(len(tensors) - 1)] + ["output"] if names is None else items("names", names)
    if len(names) != len(tensors):
        raise TypeError(f"names: expected one for each of {len(tensors)} tensors, got {len(names)}")
    names = [text(f"names[{i}]", name) for i, name in enumerate(names)]
    named = list(zip(names, memory, [True] * (len(memory) - 1) + [False], strict=True))
    settings = _core.CheckOptions(schedules, seed, schedule, _names_of_cbs(cb_names), "", thorough, _steps(max_steps))
    return CheckReport(_core.check(memory[-1].device(), _edited(descriptor, changes), named, settings))


def trace(
    what: str | Callable | Sequence[Tensor],
    *args: Any,
    shape: Sequence[int] | None = None,
    dtype: DataType = DataType.BFLOAT16,
    device: Device | None = None,
    changes: str | Sequence[str] = (),
    cores: Sequence[tuple[int, int]] = (),
    max_events: int = 1_000_000,
    max_steps: int | None = None,
    cb_names: Mapping[int, str] | None = None,
    **options: Any,
) -> Trace:
    """Runs a program once and records what each thread did, how full each buffer was, and which transfers were open.

    Called as check is, on random data, a call or a program of yours.

    cores       (x, y) of the cores to record; all when empty.
    max_events  calls, steps and transfers to keep; the trace is cut after them.
    max_steps   that each thread may take before a kernel that does not end is a LIVELOCK, as generic_op takes them.

    What kernels do wrong ends the run and is in the trace's `fault`, not raised. Raises what the operation refuses or
    is wrong with the descriptor, OPTION, KERNEL_COMPILE. Ctrl-C stops it.
    """
    where = [_core.CoreCoord(*core(f"cores[{i}]", at)) for i, at in enumerate(items("cores", cores))]
    max_events, changes = whole("max_events", max_events, 1, 2**60), _listed(changes)
    if _is_operation(what):
        shape = None if shape is None else _shape("shape", shape)
        title = "layernorm_fused_rm" + ("" if shape is None else " " + "x".join(map(str, shape)))
        settings = _core.TraceOptions(", ".join([title, *changes]), {}, where, max_events, _steps(max_steps))
        with _Call(args, shape, dtype, device, options, seed=1) as call:
            return Trace(_core.trace(call, changes, settings))
    tensors, descriptor = _program(what, args, options)
    settings = _core.TraceOptions("generic_op", _names_of_cbs(cb_names), where, max_events, _steps(max_steps))
    return Trace(_core.trace([_on_a_device(tensor) for tensor in tensors], _edited(descriptor, changes), settings))


WormholeComputeKernelConfig = ComputeKernelConfig
BlackholeComputeKernelConfig = ComputeKernelConfig
GrayskullComputeKernelConfig = ComputeKernelConfig


def init_device_compute_kernel_config(
    arch: Any, device_kernel_config: ComputeKernelConfig | None = None, **settings: Any
) -> ComputeKernelConfig:
    """The given configuration, or one made from ComputeKernelConfig's arguments. `arch` changes nothing."""
    del arch
    expect("device_kernel_config", device_kernel_config, (ComputeKernelConfig, type(None)))
    return device_kernel_config or ComputeKernelConfig(**settings)


def _layernorm(
    input: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: float = 1e-5,
    memory_config: MemoryConfig | None = None,
    compute_kernel_config: ComputeKernelConfig | None = None,
) -> _core.LayernormFusedRm:
    tensors = (
        _on_a_device(input),
        None if gamma is None else _on_a_device(gamma),
        None if beta is None else _on_a_device(beta),
    )
    try:
        return _core.LayernormFusedRm(*tensors, epsilon, memory_config, compute_kernel_config)
    except TypeError:
        # Checked late, since a good call is a matter of microseconds.
        epsilon = real("epsilon", epsilon)
        expect("memory_config", memory_config, (MemoryConfig, type(None)))
        expect("compute_kernel_config", compute_kernel_config, (ComputeKernelConfig, type(None)))
    return _core.LayernormFusedRm(*tensors, epsilon, memory_config, compute_kernel_config)


# What Python says of wrong arguments names the call that users made.
_layernorm.__qualname__ = layernorm_fused_rm.__qualname__


def _is_operation(what: object) -> bool:
    if what is layernorm_fused_rm or (isinstance(what, str) and what == "layernorm_fused_rm"):
        return True
    if isinstance(what, str) or callable(what):
        _fail("OPTION", f"There is no operation {getattr(what, '__name__', what)}; there is layernorm_fused_rm.")
    return False


def _program(what: Any, args: tuple, options: dict) -> tuple[list[Tensor], ProgramDescriptor]:
    """([tensors], descriptor), or (descriptor)."""
    if options:
        raise TypeError(f"unexpected arguments: {', '.join(options)}")
    if isinstance(what, ProgramDescriptor) and not args:
        return [], what
    if len(args) != 1 or not isinstance(args[0], ProgramDescriptor):
        given = ", ".join(kind_of(type(value)) for value in (what, *args))
        raise TypeError(f"expected a list of tensors and a ProgramDescriptor, got {given}")
    return items("tensors", what), args[0]


def _edited(descriptor: ProgramDescriptor, changes: Sequence[str]) -> _core.ProgramDescriptor:
    """What the engine runs, changed: the caller's own stays as it is."""
    made = descriptor._built()
    for change in changes:
        made.apply_edit(change)
    return made


def _listed(changes: str | Sequence[str]) -> list[str]:
    listed = [changes] if isinstance(changes, str) else items("changes", changes)
    return [text(f"changes[{i}]", change) for i, change in enumerate(listed)]


def _names_of_cbs(cb_names: Mapping[int, str] | None) -> dict[int, str]:
    """What circular buffers hold, by index."""
    names = expect("cb_names", {} if cb_names is None else cb_names, Mapping)
    return {whole("cb_names", cb, 0, 31): text(f"cb_names[{cb}]", name) for cb, name in names.items()}


class _Call:
    """A call of the operation: on the caller's tensors, or on a problem of a shape, whose device may be ours."""

    def __init__(self, args, shape, dtype, device, options, seed: int | None, hard: bool = False):
        self._own: Device | None = None
        if (shape is None) == (not args and "input" not in options):
            raise TypeError("expected the tensors of a call, or a shape")
        if shape is None:
            self._call = _layernorm(*args, **options)
            return
        shape = _shape("shape", shape)
        expect("dtype", dtype, DataType)
        if expect("device", device, (Device, type(None))) is None:
            device = self._own = open_device()
        try:
            self._call = _layernorm(*self._problem(device, shape, dtype, seed, hard), **options)
        except BaseException:
            self.__exit__()
            raise

    @staticmethod
    def _problem(device: Device, shape: list[int], dtype: DataType, seed: int | None, hard: bool) -> list[Tensor]:
        """Input, gamma around 1 and beta: the same numbers as the command line's for the same seed."""
        row = [shape[-1] if shape else 1]
        if seed is None:
            return [
                _made_on_device(_core.allocate(device, size, dtype, _core.Layout.ROW_MAJOR, _core.DRAM_MEMORY_CONFIG))
                for size in (shape, row, row)
            ]
        made = [
            _core.random_normal(device, size, dtype, mean, 1.0, seed * 3 + stream)
            for stream, (size, mean) in enumerate(((shape, 0.0), (row, 1.0), (row, 0.0)))
        ]
        if hard:
            _core.harden_rows(made[0])
        return [_made_on_device(storage) for storage in made]

    def __enter__(self) -> _core.LayernormFusedRm:
        return self._call

    def __exit__(self, *_: object) -> None:
        if self._own is not None:
            close_device(self._own)


def _steps(max_steps: int | None) -> int:
    """0: more than any kernel that ends will need."""
    return 0 if max_steps is None else whole("max_steps", max_steps, 1, 2**62)


def _command(shape, dtype, device, changes, seed, schedules, thorough, max_steps, options) -> str:
    """The command line that repeats a check on random data; none when a flag for an option is missing."""
    if set(options) - {"epsilon"}:
        return ""
    words = ["loom check layernorm_fused_rm --shape", "x".join(map(str, shape))]
    if dtype != DataType.BFLOAT16:
        words.append("--dtype float32")
    if "epsilon" in options:
        words.append(f"--epsilon {options['epsilon']}")
    if device is not None:
        grid = device.compute_with_storage_grid_size()
        words.append(f"--arch {device.arch()} --grid {grid.x}x{grid.y}")
    if seed != 1:
        words.append(f"--seed {seed}")
    if schedules != 8:
        words.append(f"--schedules {schedules}")
    if thorough:
        words.append("--thorough")
    if max_steps is not None:
        words.append(f"--max-steps {max_steps}")
    return " ".join([*words, *(f"--change {shlex.quote(change)}" for change in changes)])
