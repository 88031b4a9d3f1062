"""Tensors, on the host or on a device, and their conversions."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core, arrays
from ._core import DRAM_MEMORY_CONFIG, DataType, Device, Layout, MemoryConfig
from .errors import _fail
from .values import WORD, expect, items, kind_of, whole

if TYPE_CHECKING:
    import torch

__all__ = [
    "Shape", "Tensor", "allocate_tensor_on_device", "deallocate", "empty", "from_device", "from_dlpack", "from_numpy",
    "from_torch", "is_tensor_storage_on_device", "to_device", "to_dtype", "to_layout", "to_memory_config", "to_numpy",
    "to_torch",
]  # fmt: skip

ROW_MAJOR = Layout.ROW_MAJOR


class Shape(tuple):
    """Sizes of the dimensions, outermost first."""

    __slots__ = ()

    @property
    def rank(self) -> int:
        return len(self)

    def volume(self) -> int:
        return math.prod(self)

    def to_rank(self, rank: int) -> Shape:
        """The same shape with more or fewer leading ones. Raises OPTION when another size would be lost."""
        rank = whole("rank", rank, 0, 64)
        sizes = (1,) * (rank - len(self)) + tuple(self)
        if any(size != 1 for size in sizes[: len(sizes) - rank]):
            _fail("OPTION", f"{self!r} has no rank {rank}: only leading ones can be dropped.")
        return Shape(sizes[len(sizes) - rank :])

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, (tuple, list)) else NotImplemented

    __hash__ = tuple.__hash__

    def __repr__(self) -> str:
        return f"Shape({list(self)})"


class Tensor:
    """Elements of one dtype, on a device or on the host. Made by from_torch, from_numpy, from_dlpack and operations.

    A host tensor made from an array that needs no conversion shares the array's memory.
    """

    _storage: _core.DeviceTensor | np.ndarray | None
    _dtype: DataType
    _layout: Layout
    _shape: Shape

    def __init__(
        self,
        tensor: Any,
        data_type: DataType | None = None,
        device: Device | None = None,
        layout: Layout | None = None,
        mem_config: MemoryConfig | None = None,
    ):
        """from_torch, or from_numpy, in the order of ttnn's class."""
        made = from_torch(tensor, data_type, layout=layout, device=device, memory_config=mem_config)
        self.__dict__.update(made.__dict__)

    @classmethod
    def _of(cls, storage: _core.DeviceTensor | np.ndarray, dtype: DataType, layout: Layout) -> Tensor:
        made = cls.__new__(cls)
        made._storage, made._dtype, made._layout = storage, dtype, layout
        made._shape = Shape(storage.shape)
        return made

    @property
    def shape(self) -> Shape:
        """The sizes of the dimensions, without padding."""
        return self._shape

    @property
    def padded_shape(self) -> Shape:
        """The shape as it lies in memory: in TILE layout whole tiles of 32x32."""
        if self._layout == ROW_MAJOR:
            return self._shape
        shape = (1,) * (2 - len(self._shape)) + self._shape
        return Shape((*shape[:-2], *(-(-size // 32) * 32 for size in shape[-2:])))

    @property
    def dtype(self) -> DataType:
        return self._dtype

    @property
    def layout(self) -> Layout:
        return self._layout

    def device(self) -> Device | None:
        """The device that it is on; None on the host."""
        return self._storage.device() if self._on_device else None

    def memory_config(self) -> MemoryConfig | None:
        """The memory that it lies in; None on the host."""
        return self._storage.memory_config() if self._on_device else None

    def is_allocated(self) -> bool:
        """Whether it still holds its memory."""
        return self._storage is not None and (not self._on_device or self._storage.is_allocated())

    def deallocate(self, force: bool = True) -> None:
        """Gives the memory back now; the tensor's elements are gone."""
        del force
        if self._on_device:
            self._storage.deallocate()
        else:
            self._storage = None

    def buffer_address(self) -> int:
        """The first byte of its pages, the same offset in every bank. Raises BUFFER_FREED, TENSOR_PLACE on the host."""
        return self._memory.buffer_address()

    def buffer_page_size(self) -> int:
        """Bytes of a page: a row, or a tile. Raises as buffer_address, and so do the two below."""
        return self._memory.page_size()

    def buffer_aligned_page_size(self) -> int:
        """Bytes from one page of a bank to the next."""
        return self._memory.aligned_page_size()

    def buffer_num_pages(self) -> int:
        return self._memory.num_pages()

    def element_size(self) -> int:
        """Bytes of an element."""
        return arrays.STORED[self._dtype].itemsize

    def logical_volume(self) -> int:
        """How many elements the shape has."""
        return self.shape.volume()

    def volume(self) -> int:
        """How many elements lie in memory, those that pad tiles among them."""
        return self.padded_shape.volume()

    def get_dtype(self) -> DataType:
        return self._dtype

    def get_layout(self) -> Layout:
        return self._layout

    def is_sharded(self) -> bool:
        return False

    def cpu(self, blocking: bool = True) -> Tensor:
        return from_device(self, blocking)

    def to(self, target: Device | Layout, mem_config: MemoryConfig | None = None) -> Tensor:
        """to_device, or to_layout."""
        return to_layout(self, target) if isinstance(target, Layout) else to_device(self, target, mem_config)

    def to_list(self) -> Any:
        """Nested lists of floats."""
        return to_numpy(self).tolist()

    def to_torch(self, dtype: torch.dtype | None = None) -> torch.Tensor:
        return to_torch(self, dtype)

    def to_numpy(self, dtype: Any = None) -> np.ndarray:
        return to_numpy(self, dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        shares = not self._on_device and self._dtype == arrays.FLOAT32 and np.dtype(dtype or np.float32) == np.float32
        if copy is False and not shares:
            raise ValueError("a tensor on a device, in bfloat16 or in another dtype is not given as an array uncopied")
        return np.array(to_numpy(self), dtype=dtype, copy=True if copy and shares else None)

    def __dlpack__(self, **options: Any) -> Any:
        """The elements in host memory, in float32 or bfloat16."""
        return arrays.dlpack_source(self._dense(self._dtype), self._dtype).__dlpack__(**options)

    def __getstate__(self) -> dict[str, Any]:
        if self._on_device:
            raise TypeError("a tensor on a device can be neither pickled nor copied; from_device makes a copy that can")
        return self.__dict__

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # the host

    def __copy__(self) -> Tensor:
        return self._of(self._storage, self._dtype, self._layout)

    def __repr__(self) -> str:
        where = "host"
        if self._on_device:
            memory = "DRAM" if self.memory_config() == DRAM_MEMORY_CONFIG else "L1"
            where = f"{memory} of device {self.device().id()}"
        head = f"loom.Tensor(shape={list(self.shape)}, dtype={arrays.NAMES[self.dtype]}, layout={self.layout.name}"
        if not self.is_allocated():
            return f"{head}, deallocated)"
        values = ""
        if 0 < self.shape.volume() <= 1 << 20:
            values = ",\n  " + np.array2string(to_numpy(self), precision=4, threshold=64, edgeitems=2, prefix="  ")
        return f"{head}, {where}{values})"

    @property
    def _on_device(self) -> bool:
        return isinstance(self._storage, _core.DeviceTensor)

    @property
    def _memory(self) -> _core.DeviceTensor:
        if not self._on_device:
            _fail("TENSOR_PLACE", f"A tensor of shape {list(self.shape)} is on the host; move it by to_device")
        return self._storage

    def _dense(self, dtype: DataType) -> np.ndarray:
        """Row-major elements on the host, bfloat16 as bits; shares a host tensor's memory."""
        if self._storage is None:
            _fail("BUFFER_FREED", f"The tensor of shape {list(self.shape)}")
        if not self._on_device:
            return arrays.converted(self._storage, self._dtype, dtype)
        array = np.empty(self.shape, arrays.STORED[dtype])
        self._storage.read(array)
        return array


def _made_on_device(storage: _core.DeviceTensor) -> Tensor:
    return Tensor._of(storage, storage.dtype, storage.layout)


def _on_a_device(tensor: object) -> _core.DeviceTensor:
    """The memory of what should be a tensor on a device."""
    if not isinstance(tensor, Tensor):
        expect("tensor", tensor, Tensor)
    return tensor._memory


def _shape(what: str, given: Any) -> list[int]:
    """Sizes of dimensions, checked."""
    if isinstance(given, str):
        operator.index(given)  # says that it is none
    return [whole(f"{what}[{i}]", size, 0, WORD) for i, size in enumerate(items(what, given))]


def _made(
    array: np.ndarray,
    have: DataType,
    dtype: DataType | None,
    layout: Layout | None,
    device: Device | None,
    memory_config: MemoryConfig | None,
) -> Tensor:
    dtype = have if dtype is None else dtype
    layout = ROW_MAJOR if layout is None else layout
    expect("dtype", dtype, DataType)
    expect("layout", layout, Layout)
    expect("device", device, (Device, type(None)))
    expect("memory_config", memory_config, (MemoryConfig, type(None)))
    if device is None:
        return Tensor._of(arrays.converted(array, have, dtype), dtype, layout)
    storage = _core.allocate(device, array.shape, dtype, layout, memory_config or DRAM_MEMORY_CONFIG)
    storage.write(array)  # rounds on its way, where the dtypes differ
    return _made_on_device(storage)


def from_torch(
    tensor: torch.Tensor,
    dtype: DataType | None = None,
    *,
    layout: Layout | None = None,
    device: Device | None = None,
    memory_config: MemoryConfig | None = None,
    tile: None = None,
    pad_value: float | None = None,
    mesh_mapper: object = None,
    cq_id: int | None = None,
) -> Tensor | None:
    """A tensor of a torch tensor's elements, or of a NumPy array's; None of None.

    dtype          bfloat16 or float32; the tensor's own when absent. float32 is rounded to the nearest bfloat16.
    layout         ROW_MAJOR_LAYOUT (default) or TILE_LAYOUT.
    device         where to; the host when absent.
    memory_config  DRAM_MEMORY_CONFIG (default) or L1_MEMORY_CONFIG.

    mesh_mapper and cq_id change nothing: there is one device, and it has one queue.

    Raises TENSOR_DTYPE for other dtypes (float64 and float16 are converted if `dtype` says to what), UNSUPPORTED for
    another tile or padding than 32x32 and 0, and for sparse tensors, OUT_OF_MEMORY, DEVICE_CLOSED.
    """
    del mesh_mapper, cq_id
    if tile is not None or pad_value:
        _fail("UNSUPPORTED", "Tiles are of 32x32 elements and padded with zeros here.")
    if tensor is None:
        return None
    source = arrays.from_numpy if isinstance(tensor, np.ndarray) else arrays.from_torch
    return _made(*source(tensor, dtype), dtype, layout, device, memory_config)


def from_numpy(
    array: Any,
    dtype: DataType | None = None,
    *,
    layout: Layout | None = None,
    device: Device | None = None,
    memory_config: MemoryConfig | None = None,
) -> Tensor:
    """A tensor of an array's elements: float32, ml_dtypes' bfloat16, or with dtype=bfloat16 its bits in uint16.

    The other arguments and errors are from_torch's.
    """
    return _made(*arrays.from_numpy(array, dtype), dtype, layout, device, memory_config)


def from_dlpack(
    array: Any,
    dtype: DataType | None = None,
    *,
    layout: Layout | None = None,
    device: Device | None = None,
    memory_config: MemoryConfig | None = None,
) -> Tensor:
    """A tensor of the elements of anything on the host that has __dlpack__: float32 or bfloat16.

    The other arguments and errors are from_torch's; TENSOR_DTYPE for any other dtype.
    """
    if isinstance(array, Tensor):
        array = array._dense(array.dtype) if array.dtype == arrays.FLOAT32 else to_numpy(array, np.uint16)
        return from_numpy(array, arrays.BFLOAT16 if array.dtype == np.uint16 else dtype,
                          layout=layout, device=device, memory_config=memory_config)  # fmt: skip
    if arrays.is_torch(array):
        return from_torch(array, dtype, layout=layout, device=device, memory_config=memory_config)
    if not hasattr(array, "__dlpack__"):
        raise TypeError(f"from_dlpack: expected something with __dlpack__, got {kind_of(type(array))}")
    try:
        made, have = _core.from_dlpack(array)
    except TypeError:
        array.__dlpack__()  # may say why
        raise TypeError(f"from_dlpack: {kind_of(type(array))} gives no tensor that lies on the host") from None
    return _made(np.asarray(made, order="C"), have, dtype, layout, device, memory_config)


def to_torch(
    tensor: Tensor,
    dtype: torch.dtype | None = None,
    *,
    torch_rank: int | None = None,
    mesh_composer: object = None,
    device: Device | None = None,
    cq_id: int | None = None,
) -> torch.Tensor:
    """The elements as a torch tensor on the CPU, torch.bfloat16 or torch.float32 as the tensor is, or in `dtype`.

    torch_rank drops leading dimensions of size 1 until so many are left. mesh_composer, device, cq_id change nothing.
    Shares a host tensor's memory. Raises BUFFER_FREED, and OPTION for a rank that cannot be.
    """
    import torch

    del mesh_composer, device, cq_id
    expect("tensor", tensor, Tensor)
    if torch_rank is not None and whole("torch_rank", torch_rank, 0, WORD) < len(tensor.shape):
        return to_torch(tensor, dtype).reshape(tensor.shape.to_rank(torch_rank))
    stored = arrays.FLOAT32 if dtype == torch.float32 else tensor.dtype
    made = arrays.to_torch(tensor._dense(stored), stored)
    return made if dtype is None else made.to(dtype)


def to_numpy(tensor: Tensor, dtype: Any = None) -> np.ndarray:
    """The elements as an array, in float32 unless `dtype` says otherwise: NumPy has no bfloat16, and float32 holds
    each of its values. Of a bfloat16 tensor, numpy.uint16 gives the bits and ml_dtypes.bfloat16 that dtype.

    Shares a host tensor's memory where nothing is converted. Raises BUFFER_FREED.
    """
    expect("tensor", tensor, Tensor)
    dtype = np.dtype(np.float32 if dtype is None else dtype)
    if tensor.dtype == arrays.BFLOAT16 and (dtype == np.uint16 or dtype.name == "bfloat16"):
        return tensor._dense(arrays.BFLOAT16).view(dtype)
    return tensor._dense(arrays.FLOAT32).astype(dtype, copy=False)


def to_device(
    tensor: Tensor, device: Device, memory_config: MemoryConfig | None = None, *, queue_id: int | None = None
) -> Tensor:
    """A copy on a device, in the same dtype and layout. Raises OUT_OF_MEMORY, BUFFER_FREED, DEVICE_CLOSED."""
    del queue_id
    expect("tensor", tensor, Tensor)
    expect("device", device, Device)
    array = tensor._dense(tensor.dtype)
    return _made(array, tensor.dtype, tensor.dtype, tensor.layout, device, memory_config)


def from_device(tensor: Tensor, blocking: bool = True, *, queue_id: int | None = None) -> Tensor:
    """A copy on the host; a host tensor as it is. Raises BUFFER_FREED."""
    del blocking, queue_id
    expect("tensor", tensor, Tensor)
    if not tensor._on_device:
        return tensor
    return Tensor._of(tensor._dense(tensor.dtype), tensor.dtype, tensor.layout)


def to_layout(
    tensor: Tensor, layout: Layout, dtype: DataType | None = None, memory_config: MemoryConfig | None = None
) -> Tensor:
    """The same elements in another layout, where they were; the tensor itself if nothing changes.

    TILE_LAYOUT fills what pads the last tiles with zeros. Raises OUT_OF_MEMORY, BUFFER_FREED.
    """
    expect("tensor", tensor, Tensor)
    expect("layout", layout, Layout)
    if memory_config is not None and memory_config != tensor.memory_config():
        tensor = to_memory_config(tensor, memory_config)
    if dtype is not None and dtype != tensor.dtype:
        tensor = to_dtype(tensor, dtype)
    if layout == tensor.layout:
        return tensor
    if tensor._on_device:
        return _made_on_device(tensor._storage.to_layout(layout))
    return Tensor._of(tensor._dense(tensor.dtype), tensor.dtype, layout)


def to_memory_config(tensor: Tensor, memory_config: MemoryConfig, dtype: DataType | None = None) -> Tensor:
    """The same elements in another memory of the tensor's device. Raises OUT_OF_MEMORY, BUFFER_FREED, TENSOR_PLACE."""
    device = _on_a_device(tensor).device()
    return _made(tensor._dense(tensor.dtype), tensor.dtype, dtype, tensor.layout, device, memory_config)


def to_dtype(tensor: Tensor, dtype: DataType) -> Tensor:
    """The same elements, rounded to `dtype`, where they were. Raises OUT_OF_MEMORY, BUFFER_FREED."""
    expect("tensor", tensor, Tensor)
    array = tensor._dense(tensor.dtype)
    return _made(array, tensor.dtype, dtype, tensor.layout, tensor.device(), tensor.memory_config())


def empty(
    shape: Sequence[int],
    dtype: DataType = arrays.BFLOAT16,
    layout: Layout = ROW_MAJOR,
    device: Device | None = None,
    memory_config: MemoryConfig | None = DRAM_MEMORY_CONFIG,
) -> Tensor:
    """A tensor whose elements nobody wrote. Raises OUT_OF_MEMORY, TENSOR_TOO_LARGE, DEVICE_CLOSED."""
    expect("dtype", dtype, DataType)
    expect("layout", layout, Layout)
    expect("memory_config", memory_config, (MemoryConfig, type(None)))
    shape = _shape("shape", shape)
    if device is None:
        return Tensor._of(np.zeros(shape, arrays.STORED[dtype]), dtype, layout)
    expect("device", device, Device)
    return _made_on_device(_core.allocate(device, shape, dtype, layout, memory_config or DRAM_MEMORY_CONFIG))


def allocate_tensor_on_device(
    shape: Sequence[int],
    dtype: DataType,
    layout: Layout,
    mesh_device: Device,
    memory_config: MemoryConfig | None = None,
) -> Tensor:
    """A tensor on a device whose elements nobody wrote: the output of a generic_op. Raises as empty."""
    expect("mesh_device", mesh_device, Device)
    return empty(shape, dtype, layout, mesh_device, memory_config)


def deallocate(tensor: Tensor, force: bool = True) -> None:
    """Gives the tensor's memory back now."""
    expect("tensor", tensor, Tensor)
    tensor.deallocate(force)


def is_tensor_storage_on_device(tensor: Tensor) -> bool:
    """Whether the tensor is on a device."""
    return expect("tensor", tensor, Tensor)._on_device
