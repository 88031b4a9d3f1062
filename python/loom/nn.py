"""Modules for PyTorch. Needs torch, which `import loom` alone does not."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Sequence
from typing import Any

import torch

from ._core import ComputeKernelConfig, Device
from .device import open_device
from .errors import _fail
from .operations import layernorm_fused_rm
from .tensor import Tensor, from_torch, to_torch
from .values import expect

__all__ = ["LayerNormRM", "default_device", "replace_layer_norms"]

_lock = threading.Lock()
_default: list[Device] = []


def default_device() -> Device:
    """The device of modules that were given none: opened when first asked for, anew if it was closed.

    It has a core for each CPU that this process may use, 64 at most, rather than all of the chip's: results are the
    same to the bit, and fewer cores keep their L1s in the CPU's caches.
    """
    with _lock:
        if not _default or not _default[0].is_open():
            cores = min(len(os.sched_getaffinity(0)), 64)
            columns = min(cores, 8)
            _default[:] = [open_device(grid=(columns, math.ceil(cores / columns)), numerics="exact")]
        return _default[0]


class LayerNormRM(torch.nn.LayerNorm):
    """torch.nn.LayerNorm whose forward is layernorm_fused_rm: for inference, in bfloat16 and float32.

    Takes torch.nn.LayerNorm's arguments and state_dict, and `loom_device` and `compute_kernel_config`. Where
    normalized_shape has several dimensions, they are normalized together, as there.

    forward raises UNSUPPORTED when a gradient would be wanted of it (call it under torch.no_grad()), TENSOR_DTYPE for
    other dtypes, and what layernorm_fused_rm does. A copied or unpickled module uses the default device.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        *args: Any,
        loom_device: Device | None = None,
        compute_kernel_config: ComputeKernelConfig | None = None,
        **options: Any,
    ):
        super().__init__(normalized_shape, *args, **options)
        expect("loom_device", loom_device, (Device, type(None)))
        expect("compute_kernel_config", compute_kernel_config, (ComputeKernelConfig, type(None)))
        self._loom_device = loom_device
        self._compute_kernel_config = compute_kernel_config
        self._kept: dict[str, tuple[Any, Tensor]] = {}

    @classmethod
    def from_layer_norm(cls, layer: torch.nn.LayerNorm, **options: Any) -> LayerNormRM:
        """One that shares the parameters of a torch.nn.LayerNorm."""
        made = cls(layer.normalized_shape, layer.eps, elementwise_affine=False, **options)
        made.elementwise_affine = layer.elementwise_affine
        made.weight, made.bias = layer.weight, layer.bias
        return made.train(layer.training)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled() and input.requires_grad:
            _fail("UNSUPPORTED", "LayerNormRM has no gradient; call it under torch.no_grad().")
        size = tuple(self.normalized_shape)
        if tuple(input.shape[-len(size) :]) != size:
            _fail("TENSOR_SHAPE", "LayerNormRM's input", list(input.shape), list(size), math.prod(size))
        device = self._loom_device or default_device()
        x = from_torch(input.reshape(*input.shape[: -len(size)], math.prod(size)), device=device)
        y = layernorm_fused_rm(
            x,
            self._parameter("weight", device),
            self._parameter("bias", device),
            self.eps,
            compute_kernel_config=self._compute_kernel_config,
        )
        result = to_torch(y).reshape(input.shape)
        x.deallocate()
        y.deallocate()
        return result.to(input.device)

    def _parameter(self, name: str, device: Device) -> Tensor | None:
        """On the device, where it stays until it changes."""
        value = getattr(self, name)
        if value is None:
            return None
        stamp = (id(value), value.data_ptr(), value._version, id(device))
        kept = self._kept.get(name)
        if kept is None or kept[0] != stamp or not kept[1].is_allocated():
            kept = self._kept[name] = (stamp, from_torch(value.reshape(-1), device=device))
        return kept[1]

    def __getstate__(self) -> dict[str, Any]:
        # A device can be neither copied nor pickled.
        return {**self.__dict__, "_loom_device": None, "_kept": {}}


def replace_layer_norms(model: torch.nn.Module, **options: Any) -> int:
    """Replaces each torch.nn.LayerNorm inside a model by a LayerNormRM with its parameters; returns how many."""
    expect("model", model, torch.nn.Module)
    replaced = 0
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.LayerNorm) and not isinstance(child, LayerNormRM):
                setattr(module, name, LayerNormRM.from_layer_norm(child, **options))
                replaced += 1
    return replaced
