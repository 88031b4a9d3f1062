"""Tensor: what it says of itself, its layouts, and how it goes away."""

import numpy as np
import pytest
from conftest import refusal
from extras import torch

import loom


def test_attributes(device):
    x = loom.from_torch(torch.ones(2, 40, 50), dtype=loom.bfloat16, layout=loom.TILE_LAYOUT, device=device)
    assert x.shape == (2, 40, 50) and x.shape.rank == 3 and repr(x.shape) == "Shape([2, 40, 50])"
    assert x.padded_shape == (2, 64, 64)
    assert x.dtype == loom.bfloat16 and x.layout == loom.TILE_LAYOUT
    assert x.device() is device and x.memory_config() == loom.DRAM_MEMORY_CONFIG
    assert loom.is_tensor_storage_on_device(x) and x.buffer_address() > 0


def test_repr(device):
    x = loom.from_torch(torch.tensor([[1.0, 2.5], [-3.0, 0.25]]), dtype=loom.bfloat16)
    assert repr(x) == (
        "loom.Tensor(shape=[2, 2], dtype=bfloat16, layout=ROW_MAJOR, host,\n  [[ 1.    2.5 ]\n   [-3.    0.25]])"
    )
    there = loom.to_device(x, device, memory_config=loom.L1_MEMORY_CONFIG)
    assert repr(there).startswith("loom.Tensor(shape=[2, 2], dtype=bfloat16, layout=ROW_MAJOR, L1 of device 0,\n")
    there.deallocate()
    assert repr(there) == "loom.Tensor(shape=[2, 2], dtype=bfloat16, layout=ROW_MAJOR, deallocated)"
    large = loom.empty((4096, 4096), loom.float32, loom.ROW_MAJOR_LAYOUT, device)
    assert repr(large) == "loom.Tensor(shape=[4096, 4096], dtype=float32, layout=ROW_MAJOR, DRAM of device 0)"


@pytest.mark.parametrize("dtype", [loom.bfloat16, loom.float32], ids=str)
@pytest.mark.parametrize("shape", [(5,), (32, 32), (2, 33, 70)], ids=str)
@pytest.mark.parametrize("where", ["host", "device"])
def test_layouts_both_ways(device, dtype, shape, where):
    x = torch.randn(shape).to(torch.bfloat16 if dtype == loom.bfloat16 else torch.float32)
    rows = loom.from_torch(x, device=device if where == "device" else None)
    tiles = loom.to_layout(rows, loom.TILE_LAYOUT)
    again = loom.to_layout(tiles, loom.ROW_MAJOR_LAYOUT)
    assert (rows.layout, tiles.layout) == (loom.ROW_MAJOR_LAYOUT, loom.TILE_LAYOUT)
    assert loom.to_layout(rows, loom.ROW_MAJOR_LAYOUT) is rows
    for tensor in (tiles, again):
        assert tensor.dtype == dtype and torch.equal(loom.to_torch(tensor), x)


def test_deallocate(device):
    x = loom.from_torch(torch.ones(4, 4), device=device)
    assert x.is_allocated()
    loom.deallocate(x)
    assert not x.is_allocated()
    kind, code, text = refusal(loom.to_torch, x)
    assert (kind, code) == (loom.UsageError, "BUFFER_FREED")
    assert text.startswith("The tensor of shape [4, 4] was freed")
    host = loom.from_torch(torch.ones(4, 4))
    host.deallocate()
    assert refusal(host.to_torch)[1] == "BUFFER_FREED"


def test_memory_is_given_back_with_the_last_reference(device):
    """Thirty times 256 MiB: more than twice the memory of the chip's L1 and a good part of its DRAM."""
    for _ in range(30):
        x = loom.empty((1024, 32768), loom.float32, loom.ROW_MAJOR_LAYOUT, device)
        first = x.buffer_address()
        del x
    assert loom.empty((8, 8), device=device).buffer_address() == first


def test_out_of_memory(device):
    kind, code, text = refusal(
        loom.empty, (65536, 65536), loom.float32, loom.ROW_MAJOR_LAYOUT, device, loom.L1_MEMORY_CONFIG
    )
    assert (kind, code) == (loom.UsageError, "OUT_OF_MEMORY") and text.startswith("No room for ")


def test_host_tensors_are_no_operands():
    x = loom.from_numpy(np.ones((4, 4), np.float32))
    assert refusal(loom.layernorm_fused_rm, x)[:2] == (loom.UsageError, "TENSOR_PLACE")
