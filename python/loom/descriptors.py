"""Programs as data: ProgramDescriptor and its parts, in ttnn's names.

A descriptor takes copies of what it is given, as ttnn's do. What is read from it is its own: a change to that, however
deep, is a change of the program. Values are checked as they are set, and lists once more as they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, ClassVar

from . import _core
from ._core import (
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    CoreType,
    DataFormat,
    DataMovementProcessor,
    DataType,
    MathFidelity,
    UnpackToDestMode,
)
from .records import ABSENT, Descriptor, List, OrNone, Part, Plain, described
from .runtime_args import RuntimeArgs, _pairs
from .tensor import Tensor, _on_a_device
from .values import WORD, expect, flag, items, text, whole, words

__all__ = [
    "NOC", "CBDescriptor", "CBFormatDescriptor", "ComputeConfigDescriptor", "DataMovementConfigDescriptor",
    "KernelDescriptor", "ProgramDescriptor", "ReaderConfigDescriptor", "RuntimeArgs", "SemaphoreDescriptor",
    "TensorAccessorArgs", "TileDescriptor", "WriterConfigDescriptor",
]  # fmt: skip


class NOC(Enum):
    """The two networks of a chip. Programs may name one; both behave alike here."""

    NOC_0 = RISCV_0_default = 0
    NOC_1 = RISCV_1_default = 1


class TensorAccessorArgs:
    """Tells kernels where a tensor's pages lie: compile-time arguments for TensorAccessorArgs<N> on their side."""

    def __init__(self, tensor: Tensor):
        """`tensor` is on a device. Raises TENSOR_PLACE, BUFFER_FREED."""
        self._words = _core.accessor_args(_on_a_device(tensor))

    def get_compile_time_args(self) -> list[int]:
        return list(self._words)

    def get_common_runtime_args(self) -> list[int]:
        """None: all that kernels need to know is known when they are compiled."""
        return []


class _RuntimeArgsField:
    def keep(self, what: str, given: Any) -> RuntimeArgs:
        made = RuntimeArgs()
        made._words = dict(_pairs(what, given))
        return made

    def build(self, what: str, value: RuntimeArgs) -> list[tuple[CoreCoord, list[int]]]:
        return [(CoreCoord(*at), given) for at, given in _pairs(what, value)]


def _pair(value: Callable[[str, Any], Any]) -> Plain:
    """A name and a value."""

    def check(what: str, given: Any) -> tuple[str, Any]:
        pair = items(what, given)
        if len(pair) != 2:
            raise TypeError(f"{what}: expected a name and a value, got {len(pair)} items")
        return text(f"{what}[0]", pair[0]), value(f"{what}[1]", pair[1])

    return Plain(check)


def _of_kind(*kinds: type) -> Plain:
    return Plain(lambda what, given: expect(what, given, kinds))


def _cores_of(what: str, given: Any) -> CoreRangeSet:
    return CoreRangeSet(given) if isinstance(given, CoreRange) else expect(what, given, CoreRangeSet)


def _format_of(what: str, given: Any) -> DataFormat:
    given = expect(what, given, (DataFormat, DataType))
    if isinstance(given, DataFormat):
        return given
    return DataFormat.Float16_b if given == DataType.BFLOAT16 else DataFormat.Float32


def _whole_of(most: int) -> Plain:
    return Plain(lambda what, given: whole(what, given, 0, most))


_WORD, _WORDS, _FLAG, _TEXT, _CORES = _whole_of(WORD), Plain(words), Plain(flag), Plain(text), Plain(_cores_of)
_ANY = Plain(lambda what, given: given)


class TileDescriptor(Descriptor, core_class=_core.TileDescriptor):
    """Rows and columns of a tile."""

    height: int
    width: int
    transpose: bool
    _fields: ClassVar = {"height": _WORD, "width": _WORD, "transpose": _FLAG}

    def __init__(self, height: int = 32, width: int = 32, transpose: bool = False):
        self._set({}, height=height, width=width, transpose=transpose)


class CBFormatDescriptor(Descriptor, core_class=_core.CBFormatDescriptor):
    """A circular buffer's index, format and page size in bytes."""

    buffer_index: int
    data_format: DataFormat
    page_size: int
    tile: TileDescriptor | None
    _fields: ClassVar = {
        "buffer_index": _whole_of(255),
        "data_format": Plain(_format_of),
        "page_size": _WORD,
        "tile": OrNone(Part(TileDescriptor)),
    }

    def __init__(
        self,
        buffer_index: int = ABSENT,
        data_format: DataFormat | DataType = ABSENT,
        page_size: int = ABSENT,
        tile: TileDescriptor | None = None,
    ):
        needed = {"buffer_index": 0, "data_format": DataFormat.Float32, "page_size": 0}
        self._set(needed, buffer_index=buffer_index, data_format=data_format, page_size=page_size, tile=tile)


class CBDescriptor(Descriptor, core_class=_core.CBDescriptor):
    """A region of L1 on each of some cores, total_size in bytes; several formats alias it."""

    total_size: int
    core_ranges: CoreRangeSet
    format_descriptors: list[CBFormatDescriptor]
    _fields: ClassVar = {
        "total_size": _WORD,
        "core_ranges": _CORES,
        "format_descriptors": List(Part(CBFormatDescriptor)),
    }

    def __init__(
        self,
        total_size: int = ABSENT,
        core_ranges: CoreRangeSet = ABSENT,
        format_descriptors: Iterable[CBFormatDescriptor] = ABSENT,
    ):
        needed = {"total_size": 0, "core_ranges": CoreRangeSet(), "format_descriptors": []}
        self._set(needed, total_size=total_size, core_ranges=core_ranges, format_descriptors=format_descriptors)


class SemaphoreDescriptor(Descriptor, core_class=_core.SemaphoreDescriptor):
    """A 32-bit counter on each of some cores. `core_type` may be left out, by position too."""

    id: int
    core_type: CoreType
    core_ranges: CoreRangeSet
    initial_value: int
    _fields: ClassVar = {"id": _WORD, "core_type": _of_kind(CoreType), "core_ranges": _CORES, "initial_value": _WORD}

    def __init__(
        self,
        id: int = ABSENT,
        core_type: CoreType | CoreRangeSet = CoreType.WORKER,
        core_ranges: CoreRangeSet | int = ABSENT,
        initial_value: int = 0,
    ):
        if isinstance(core_type, (CoreRange, CoreRangeSet)):
            if core_ranges is not ABSENT:
                initial_value = core_ranges
            core_type, core_ranges = CoreType.WORKER, core_type
        needed = {"id": 0, "core_ranges": CoreRangeSet()}
        self._set(needed, id=id, core_type=core_type, core_ranges=core_ranges, initial_value=initial_value)


class ReaderConfigDescriptor(Descriptor, core_class=_core.ReaderConfigDescriptor):
    """A kernel on RISCV_1 (NCRISC)."""


class WriterConfigDescriptor(Descriptor, core_class=_core.WriterConfigDescriptor):
    """A kernel on RISCV_0 (BRISC)."""


class DataMovementConfigDescriptor(Descriptor, core_class=_core.DataMovementConfigDescriptor):
    """A kernel on either. Which NoC it uses changes nothing here."""

    processor: DataMovementProcessor
    noc: Any
    noc_mode: Any
    _fields: ClassVar = {"processor": _of_kind(DataMovementProcessor), "noc": _ANY, "noc_mode": _ANY}

    def __init__(
        self,
        processor: DataMovementProcessor = DataMovementProcessor.RISCV_0,
        noc: Any = None,
        noc_mode: Any = None,
    ):
        self._set({}, processor=processor, noc=noc, noc_mode=noc_mode)


class ComputeConfigDescriptor(Descriptor, core_class=_core.ComputeConfigDescriptor):
    """A kernel on UNPACK, MATH and PACK."""

    math_fidelity: MathFidelity
    math_approx_mode: bool
    fp32_dest_acc_en: bool
    dst_full_sync_en: bool
    unpack_to_dest_mode: list[UnpackToDestMode]
    _fields: ClassVar = {
        "math_fidelity": _of_kind(MathFidelity),
        "math_approx_mode": _FLAG,
        "fp32_dest_acc_en": _FLAG,
        "dst_full_sync_en": _FLAG,
        "unpack_to_dest_mode": List(_of_kind(UnpackToDestMode)),
    }

    def __init__(
        self,
        math_fidelity: MathFidelity = MathFidelity.HiFi4,
        math_approx_mode: bool = False,
        fp32_dest_acc_en: bool = False,
        dst_full_sync_en: bool = False,
        unpack_to_dest_mode: Iterable[UnpackToDestMode] = (),
    ):
        self._set(
            {},
            math_fidelity=math_fidelity,
            math_approx_mode=math_approx_mode,
            fp32_dest_acc_en=fp32_dest_acc_en,
            dst_full_sync_en=dst_full_sync_en,
            unpack_to_dest_mode=unpack_to_dest_mode,
        )


class KernelDescriptor(Descriptor, core_class=_core.KernelDescriptor):
    """One kernel: its source, where it runs, and its arguments.

    runtime_args are RuntimeArgs, pairs of a core and its list of 32-bit words, or such lists by x, then y.
    """

    SourceType = _core.SourceType

    kernel_source: str
    source_type: _core.SourceType
    core_ranges: CoreRangeSet
    compile_time_args: list[int]
    named_compile_time_args: list[tuple[str, int]]
    defines: list[tuple[str, str]]
    runtime_args: RuntimeArgs
    common_runtime_args: list[int]
    config: ReaderConfigDescriptor | WriterConfigDescriptor | DataMovementConfigDescriptor | ComputeConfigDescriptor
    _fields: ClassVar = {
        "kernel_source": _TEXT,
        "source_type": _of_kind(_core.SourceType),
        "core_ranges": _CORES,
        "compile_time_args": _WORDS,
        "named_compile_time_args": List(_pair(_WORD.keep)),
        "defines": List(_pair(text)),
        "runtime_args": _RuntimeArgsField(),
        "common_runtime_args": _WORDS,
        "config": Part(
            ReaderConfigDescriptor, WriterConfigDescriptor, DataMovementConfigDescriptor, ComputeConfigDescriptor
        ),
    }

    def __init__(
        self,
        kernel_source: str = ABSENT,
        source_type: _core.SourceType = _core.SourceType.FILE_PATH,
        core_ranges: CoreRangeSet = ABSENT,
        compile_time_args: Iterable[int] = (),
        *,
        named_compile_time_args: Iterable[tuple[str, int]] = (),
        defines: Iterable[tuple[str, str]] = (),
        runtime_args: RuntimeArgs | Iterable[Any] = (),
        common_runtime_args: Iterable[int] = (),
        config: ReaderConfigDescriptor
        | WriterConfigDescriptor
        | DataMovementConfigDescriptor
        | ComputeConfigDescriptor = ABSENT,
    ):
        self._set(
            {"kernel_source": "", "core_ranges": CoreRangeSet(), "config": ReaderConfigDescriptor()},
            kernel_source=kernel_source,
            source_type=source_type,
            core_ranges=core_ranges,
            compile_time_args=compile_time_args,
            named_compile_time_args=named_compile_time_args,
            defines=defines,
            runtime_args=runtime_args,
            common_runtime_args=common_runtime_args,
            config=config,
        )


class ProgramDescriptor(Descriptor, core_class=_core.ProgramDescriptor):
    """A program as data: kernels, semaphores, circular buffers.

    It has copies of what it is given; what is read from it is its own, to be changed in place.
    """

    kernels: list[KernelDescriptor]
    semaphores: list[SemaphoreDescriptor]
    cbs: list[CBDescriptor]
    custom_program_hash: int | None
    _fields: ClassVar = {
        "kernels": List(Part(KernelDescriptor)),
        "semaphores": List(Part(SemaphoreDescriptor)),
        "cbs": List(Part(CBDescriptor)),
        "custom_program_hash": OrNone(_whole_of(2**64 - 1)),
    }

    def __init__(
        self,
        kernels: Iterable[KernelDescriptor] = (),
        semaphores: Iterable[SemaphoreDescriptor] = (),
        cbs: Iterable[CBDescriptor] = (),
        custom_program_hash: int | None = None,
    ):
        self._set({}, kernels=kernels, semaphores=semaphores, cbs=cbs, custom_program_hash=custom_program_hash)

    def apply_edit(self, edit: str) -> None:
        """Changes this descriptor as --change does: "c_16=4" or "writer=path/to/kernel.cpp". Raises OPTION."""
        made = self._built()
        made.apply_edit(text("edit", edit))
        self.__dict__.update(described(made).__dict__)
