"""Host arrays: from what users hold to NumPy arrays of float32, or of uint16 that hold the bits of bfloat16."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from . import _core
from ._core import DataType
from .errors import _fail

BFLOAT16 = DataType.BFLOAT16
FLOAT32 = DataType.FLOAT32
STORED = {BFLOAT16: np.dtype(np.uint16), FLOAT32: np.dtype(np.float32)}
NAMES = {BFLOAT16: "bfloat16", FLOAT32: "float32"}


def is_torch(value: object) -> bool:
    """Without importing torch: who holds a torch tensor has done so."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def from_torch(tensor: Any, dtype: DataType | None) -> tuple[np.ndarray, DataType]:
    """A torch tensor's own memory where it is contiguous; in another dtype only when Loom has not got its own."""
    import torch

    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"from_torch: expected a torch.Tensor or a NumPy array, got {type(tensor).__name__}")
    if tensor.layout != torch.strided or tensor.device.type == "meta":
        kind = "a meta" if tensor.device.type == "meta" else f"a {str(tensor.layout).removeprefix('torch.')}"
        _fail("UNSUPPORTED", f"from_torch takes dense tensors with elements, got {kind} tensor.")
    tensor = tensor.detach()
    if tensor.device.type != "cpu":
        tensor = tensor.cpu()
    if tensor.dtype not in (torch.bfloat16, torch.float32):
        if dtype is None or not tensor.dtype.is_floating_point:
            _fail("TENSOR_DTYPE", "from_torch", str(tensor.dtype).removeprefix("torch."))
        tensor = tensor.to(torch.bfloat16 if dtype == BFLOAT16 else torch.float32)
    tensor = tensor.contiguous()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16), BFLOAT16
    return tensor.numpy(), FLOAT32


def from_numpy(array: Any, dtype: DataType | None) -> tuple[np.ndarray, DataType]:
    """float32; bfloat16 of ml_dtypes; bits in uint16, if `dtype` says that they are; other floats if it is given."""
    # ascontiguousarray would make a scalar a vector.
    array = np.asarray(array, order="C")
    if array.dtype.name == "bfloat16":
        return array.view(np.uint16), BFLOAT16
    if array.dtype == np.uint16 and dtype == BFLOAT16:
        return array, BFLOAT16
    if array.dtype == np.float32 and array.dtype.isnative:
        return array, FLOAT32
    if dtype is None or array.dtype.kind != "f":
        _fail("TENSOR_DTYPE", "from_numpy", _name(array.dtype))
    return array.astype(np.float32), FLOAT32


def _name(dtype: np.dtype) -> str:
    """What a message calls it; of one in the other byte order also how to turn it."""
    if dtype.isnative:
        return dtype.name
    return f"{dtype.str} ({dtype.name} with its bytes in the other order: array.astype('{dtype.name}') turns them)"


def converted(array: np.ndarray, have: DataType, want: DataType) -> np.ndarray:
    """Between the two dtypes on the host: to the nearest bfloat16, ties to even, as src/util/bfloat16.hpp does."""
    if have == want:
        return array
    if want == FLOAT32:
        return (array.astype(np.uint32) << 16).view(np.float32)
    bits = array.view(np.uint32)
    rounded = ((bits + np.uint32(0x7FFF) + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(array), ((bits >> 16) | 0x40).astype(np.uint16), rounded)


def to_torch(array: np.ndarray, dtype: DataType) -> Any:
    """The array's memory as a torch tensor; a copy of what may not be written, since PyTorch knows no such tensors."""
    import torch

    array = _writable(array)
    tensor = torch.from_numpy(array.view(np.int16) if dtype == BFLOAT16 else array)
    return tensor.view(torch.bfloat16) if dtype == BFLOAT16 else tensor


def dlpack_source(array: np.ndarray, dtype: DataType) -> Any:
    """What __dlpack__ of a tensor of this dtype comes from."""
    array = _writable(array)
    return _core.as_bfloat16(array) if dtype == BFLOAT16 else array


def _writable(array: np.ndarray) -> np.ndarray:
    return array if array.flags.writeable else array.copy()

