"""loom.nn.LayerNormRM in place of torch.nn.LayerNorm."""

import copy
import os
import pickle

import pytest
from conftest import refusal
from extras import torch

import loom
from loom.nn import LayerNormRM, default_device, replace_layer_norms


@pytest.fixture(autouse=True)
def inference():
    with torch.no_grad():
        yield


@pytest.fixture
def device():
    """In exact numerics, as the modules' default device."""
    with loom.open_device(numerics="exact") as opened:
        yield opened


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize(
    "size, shape", [(48, (48,)), (65, (3, 7, 65)), ((5, 16), (2, 3, 5, 16)), (32, (0, 32))], ids=str
)
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"elementwise_affine": False}], ids=str)
def test_gives_what_torch_gives(device, dtype, size, shape, options):
    theirs = torch.nn.LayerNorm(size, eps=1e-6, dtype=dtype, **options)
    for parameter in theirs.parameters():
        parameter.normal_()
    ours = LayerNormRM(size, eps=1e-6, dtype=dtype, loom_device=device, **options)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(shape, dtype=dtype)
    y = ours(x)
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    bar = 2**-6 if dtype == torch.bfloat16 else 1e-5
    torch.testing.assert_close(y, theirs(x), rtol=bar, atol=bar)
    torch.testing.assert_close(LayerNormRM.from_layer_norm(theirs)(x), y, rtol=0, atol=0)


def test_parameters_stay_on_the_device_until_they_change(device):
    layer = LayerNormRM(32, loom_device=device)
    x = torch.randn(4, 32)
    first = layer(x)
    kept = layer._kept["weight"][1]
    assert torch.equal(layer(x), first) and layer._kept["weight"][1] is kept
    layer.weight.mul_(2)
    torch.testing.assert_close(layer(x), 2 * first)
    layer.weight = torch.nn.Parameter(torch.zeros(32))
    assert not layer(x).any()
    layer.to(torch.bfloat16)
    assert layer(x.bfloat16()).dtype == torch.bfloat16


def test_a_device_that_was_closed_is_replaced():
    layer = LayerNormRM(32)
    x = torch.randn(4, 32)
    first = layer(x)
    loom.close_device(default_device())
    assert torch.equal(layer(x), first)


def test_the_default_device_has_a_core_for_each_cpu(device):
    cores = default_device().compute_with_storage_grid_size()
    cpus = min(len(os.sched_getaffinity(0)), 64)
    assert cpus <= cores.x * cores.y < cpus + 8
    x = torch.randn(300, 96)
    assert torch.equal(LayerNormRM(96)(x), LayerNormRM(96, loom_device=device)(x))


def test_copies_and_pickles(device):
    coarse = loom.ComputeKernelConfig(fp32_dest_acc_en=False)  # shows in the digits
    layer = LayerNormRM(32, loom_device=device, compute_kernel_config=coarse)
    x = torch.randn(4, 32)
    assert not torch.equal(layer(x), LayerNormRM(32, loom_device=device)(x))
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(again(x), layer(x))


def test_replace_layer_norms(device):
    model = torch.nn.Sequential(
        torch.nn.LayerNorm(16), torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.LayerNorm(8)), LayerNormRM(8)
    )
    x = torch.randn(5, 16)
    want = model(x)
    assert replace_layer_norms(model, loom_device=device) == 2
    assert not any(type(module) is torch.nn.LayerNorm for module in model.modules())
    torch.testing.assert_close(model(x), want)


def test_refusals(device):
    layer = LayerNormRM(32, loom_device=device)
    with torch.enable_grad():
        kind, code, text = refusal(layer, torch.randn(4, 32, requires_grad=True))
    assert (kind, code) == (loom.UnsupportedError, "UNSUPPORTED") and "no_grad" in text
    assert refusal(layer, torch.randn(4, 31))[1] == "TENSOR_SHAPE"
    assert refusal(layer, torch.randn(4, 32).double())[1] == "TENSOR_DTYPE"
