"""Elements come back as they went: each dtype, layout, memory and way in and out."""

import ml_dtypes
import numpy as np
import pytest
from conftest import refusal
from extras import torch

import loom

TORCH = {loom.bfloat16: torch.bfloat16, loom.float32: torch.float32}
SHAPES = [(), (1,), (7,), (32, 32), (33, 65), (2, 3, 40, 50), (3, 0, 5), (1, 1, 1, 1), (2, 31, 97)]


@pytest.mark.parametrize("dtype", TORCH, ids=str)
@pytest.mark.parametrize("layout", [loom.ROW_MAJOR_LAYOUT, loom.TILE_LAYOUT], ids=str)
@pytest.mark.parametrize("memory", [None, loom.DRAM_MEMORY_CONFIG, loom.L1_MEMORY_CONFIG], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_torch_round_trip(device, dtype, layout, memory, shape):
    x = torch.randn(shape).to(TORCH[dtype])
    tensor = loom.from_torch(x, dtype=dtype, layout=layout, device=device, memory_config=memory)
    assert (tensor.shape, tensor.dtype, tensor.layout) == (shape, dtype, layout)
    assert tensor.memory_config() == (memory or loom.DRAM_MEMORY_CONFIG)
    back = loom.to_torch(tensor)
    assert back.dtype == x.dtype and torch.equal(back, x)


@pytest.mark.parametrize("layout", [loom.ROW_MAJOR_LAYOUT, loom.TILE_LAYOUT], ids=str)
@pytest.mark.parametrize("where", ["host", "device"])
def test_float32_is_rounded_to_bfloat16_as_torch_does(device, layout, where, rng):
    bits = rng.integers(0, 2**32, (64, 96), dtype=np.uint32)
    x = torch.from_numpy(bits.view(np.float32))  # NaN, infinities, subnormals and all
    x[0, :4] = torch.tensor([3.3895314e38, -3.4e38, 1.00390625, 1.01171875])  # overflow, and two ties
    target = device if where == "device" else None
    tensor = loom.from_torch(x, dtype=loom.bfloat16, layout=layout, device=target)
    torch.testing.assert_close(loom.to_torch(tensor), x.bfloat16(), rtol=0, atol=0, equal_nan=True)
    wide = loom.to_torch(tensor, torch.float32)
    torch.testing.assert_close(wide, x.bfloat16().float(), rtol=0, atol=0, equal_nan=True)


def test_views_that_are_not_contiguous(device):
    x = torch.randn(40, 30)
    for view in (x.T, x[::2, 1:], x[:, :0], x.expand(3, 40, 30)):
        assert torch.equal(loom.to_torch(loom.from_torch(view, device=device)), view)
        assert np.array_equal(loom.to_numpy(loom.from_numpy(view.numpy(), device=device)), view.numpy())


def test_numpy_both_ways(device, rng):
    x = rng.standard_normal((5, 70), np.float32)
    narrow = x.astype(ml_dtypes.bfloat16)
    for target in (None, device):
        assert np.array_equal(loom.to_numpy(loom.from_numpy(x, device=target)), x)
        tensor = loom.from_numpy(narrow, device=target)
        assert tensor.dtype == loom.bfloat16
        assert loom.to_numpy(tensor).dtype == np.float32
        assert np.array_equal(loom.to_numpy(tensor), narrow.astype(np.float32))
        assert np.array_equal(loom.to_numpy(tensor, ml_dtypes.bfloat16), narrow)
        assert np.array_equal(loom.to_numpy(tensor, np.uint16), narrow.view(np.uint16))
        bits = loom.from_numpy(narrow.view(np.uint16), dtype=loom.bfloat16, device=target)
        assert np.array_equal(loom.to_numpy(bits), loom.to_numpy(tensor))
        assert np.array_equal(np.asarray(tensor), narrow.astype(np.float32))


def test_other_floats_only_when_told_to_what(device):
    for x in (torch.randn(4, 4, dtype=torch.float64), torch.randn(4, 4).half()):
        assert torch.equal(loom.to_torch(loom.from_torch(x, dtype=loom.float32)), x.float())
        assert refusal(loom.from_torch, x, device=device)[1] == "TENSOR_DTYPE"
        assert refusal(loom.from_numpy, x.numpy(), device=device)[1] == "TENSOR_DTYPE"
    assert refusal(loom.from_torch, torch.arange(4), dtype=loom.float32) == (
        loom.UsageError, "TENSOR_DTYPE", "from_torch: dtype int64 is unsupported; Loom has bfloat16 and float32."
    )  # fmt: skip
    assert refusal(loom.from_numpy, np.arange(4, dtype=np.uint16))[2].startswith("from_numpy: dtype uint16")


@pytest.mark.parametrize("dtype", TORCH, ids=str)
@pytest.mark.parametrize("where", ["host", "device"])
def test_dlpack_both_ways(device, dtype, where):
    x = torch.randn(3, 50).to(TORCH[dtype])
    target = device if where == "device" else None
    tensor = loom.from_dlpack(x, device=target)
    assert tensor.dtype == dtype
    assert torch.equal(torch.from_dlpack(tensor), x)

    class Foreign:
        """Something of a library that Loom does not know."""

        def __dlpack__(self, **options):
            return x.__dlpack__(**options)

        def __dlpack_device__(self):
            return x.__dlpack_device__()

    assert torch.equal(loom.to_torch(loom.from_dlpack(Foreign(), device=target)), x)
    assert torch.equal(loom.to_torch(loom.from_dlpack(tensor, device=target)), x)
    if dtype == loom.float32:
        assert np.array_equal(np.from_dlpack(tensor), x.numpy())


def test_dlpack_refuses_other_dtypes():
    assert refusal(loom.from_dlpack, np.arange(3))[1] == "TENSOR_DTYPE"


def test_a_host_tensor_shares_memory():
    for dtype in TORCH.values():
        x = torch.randn(8, 8).to(dtype)
        assert loom.to_torch(loom.from_torch(x)).data_ptr() == x.data_ptr()
        assert torch.from_dlpack(loom.from_torch(x)).data_ptr() == x.data_ptr()
        assert loom.to_torch(loom.from_dlpack(x)).data_ptr() == x.data_ptr()
    array = np.ones((4, 4), np.float32)
    assert np.shares_memory(loom.to_numpy(loom.from_numpy(array)), array)


def test_gradients_stay_behind(device):
    x = torch.randn(4, 4, requires_grad=True)
    assert not loom.to_torch(loom.from_torch(x, device=device)).requires_grad


def test_to_device_and_back(device):
    x = torch.randn(40, 40)
    host = loom.from_torch(x, layout=loom.TILE_LAYOUT)
    assert host.device() is None and host.memory_config() is None
    there = loom.to_device(host, device, memory_config=loom.L1_MEMORY_CONFIG)
    assert there.device() is device and there.layout == loom.TILE_LAYOUT
    back = loom.from_device(there)
    assert back.device() is None and back.layout == loom.TILE_LAYOUT and torch.equal(back.to_torch(), x)
    assert loom.from_device(host) is host
    assert torch.equal(loom.to_torch(loom.to_dtype(there, loom.bfloat16)), x.bfloat16())
