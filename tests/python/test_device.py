"""Devices: opened and closed, one or several, with tensors that outlive them."""

from conftest import refusal
from extras import torch

import loom


def test_open_and_close():
    device = loom.open_device(device_id=3, l1_small_size=8192)
    assert device.id() == 3 and device.is_open() and device.arch() == "wormhole"
    grid = device.compute_with_storage_grid_size()
    assert (grid.x, grid.y) == (8, 8)
    assert repr(device) == "Device(3, wormhole, 8x8 cores)"
    loom.close_device(device)
    loom.close_device(device)
    assert repr(device) == "Device(3, closed)"


def test_context_managers():
    with loom.open_device(arch="blackhole", grid=(3, 2), threads=1) as device:
        assert device.arch() == "blackhole"
    assert not device.is_open()
    with loom.manage_device(0) as device:
        assert device.is_open()
    assert not device.is_open()


def test_numerics():
    with loom.open_device() as device:
        assert device.numerics() == "silicon"
    with loom.open_device(numerics="exact", grid=(1, 1)) as device:
        assert device.numerics() == "exact"
    assert refusal(loom.open_device, numerics="fast") == (
        loom.UsageError, "OPTION", 'numerics is silicon or exact, got "fast".'
    )  # fmt: skip


def test_closing_takes_the_tensors_along():
    device = loom.open_device()
    x = loom.from_torch(torch.ones(4, 4), device=device)
    y = loom.layernorm_fused_rm(x)
    loom.close_device(device)
    assert not x.is_allocated() and not y.is_allocated()
    assert refusal(loom.to_torch, x)[1] == "DEVICE_CLOSED"
    assert refusal(loom.layernorm_fused_rm, x)[1] == "DEVICE_CLOSED"
    assert refusal(loom.from_torch, torch.ones(4), device=device) == (
        loom.UsageError, "DEVICE_CLOSED", "The device was closed; open another one."
    )  # fmt: skip


def test_many_in_turn():
    """Each takes 96 MB of the 4 GiB in which L1s must lie, and gives them back."""
    for _ in range(60):
        loom.close_device(loom.open_device())


def test_refusals():
    assert refusal(loom.open_device, arch="grayskull")[1] == "ARCH_UNKNOWN"
    assert refusal(loom.open_device, grid=(9, 8)) == (
        loom.UsageError, "GRID_OUTSIDE_CHIP", "A grid of 9x8 cores does not fit wormhole, which has 8x8."
    )  # fmt: skip
    assert refusal(loom.open_device, grid=(0, 0))[1] == "OPTION"


def test_program_cache_calls():
    with loom.open_device(grid=(1, 1)) as device:
        x = loom.from_torch(torch.randn(32, 64), device=device)
        assert device.num_program_cache_entries() == 0
        loom.layernorm_fused_rm(x)
        loom.layernorm_fused_rm(x, epsilon=1e-3)
        assert device.num_program_cache_entries() == 1
        device.clear_program_cache()
        assert device.num_program_cache_entries() == 0
        device.disable_and_clear_program_cache()
        loom.layernorm_fused_rm(x)
        assert device.num_program_cache_entries() == 0
        device.enable_program_cache()
        loom.layernorm_fused_rm(x)
        assert device.num_program_cache_entries() == 1
