"""Devices: opening and closing them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from . import _core
from ._core import Device
from .cores import grid_of
from .values import WORD, expect, text, whole

__all__ = [
    "Arch", "Device", "close_device", "disable_and_clear_program_cache", "enable_program_cache", "is_blackhole",
    "is_wormhole_b0", "manage_device", "open_device", "synchronize_device",
]  # fmt: skip


class Arch(str, Enum):
    """What Device.arch() says."""

    WORMHOLE_B0 = "wormhole"
    BLACKHOLE = "blackhole"


def open_device(
    device_id: int = 0,
    l1_small_size: int = 0,
    trace_region_size: int = 0,
    num_command_queues: int = 1,
    dispatch_core_config: object = None,
    worker_l1_size: int = 0,
    *,
    arch: str = "wormhole",
    grid: tuple[int, int] | None = None,
    threads: int = 0,
    numerics: str = "silicon",
) -> Device:
    """Makes a chip in memory.

    device_id           any number; each call makes a chip of its own.
    arch                "wormhole" or "blackhole".
    grid                columns and rows of cores that operations spread over; all of the chip's when absent.
    threads             host threads that run the cores; 0: as many as the host has CPUs.
    numerics            "silicon": the chip's arithmetic, bit for bit; "exact": IEEE's.

    The other arguments set up a real card's queues and memory regions, which this one has no need of: they are
    accepted, and change nothing.

    Raises ARCH_UNKNOWN, OPTION, GRID_OUTSIDE_CHIP, and NO_ADDRESS_SPACE with 40 devices open, or 18 of Blackhole: close
    those that are no longer used, which gives their memory back.
    """
    del l1_small_size, trace_region_size, num_command_queues, dispatch_core_config, worker_l1_size
    return _core.open_device(
        whole("device_id", device_id, -(2**31), 2**31 - 1),
        text("arch", arch),
        None if grid is None else tuple(grid_of("grid", grid)),
        whole("threads", threads, 0, WORD),
        text("numerics", numerics),
    )


def close_device(device: Device) -> None:
    """Gives the memory of the device and of all its tensors back, once no program runs on it."""
    _core.close_device(expect("device", device, Device))


@contextmanager
def manage_device(device_id: int = 0, **settings) -> Iterator[Device]:
    """Opens a device for a `with` block. `with open_device() as device:` does the same."""
    device = open_device(device_id, **settings)
    try:
        yield device
    finally:
        close_device(device)


def synchronize_device(device: Device) -> None:
    """Returns at once: a call returns when its program has ended."""
    expect("device", device, Device)


def enable_program_cache(device: Device) -> None:
    """Device.enable_program_cache."""
    expect("device", device, Device).enable_program_cache()


def disable_and_clear_program_cache(device: Device) -> None:
    """Device.disable_and_clear_program_cache."""
    expect("device", device, Device).disable_and_clear_program_cache()


def is_wormhole_b0(device: Device) -> bool:
    return expect("device", device, Device).arch() == Arch.WORMHOLE_B0


def is_blackhole(device: Device) -> bool:
    return expect("device", device, Device).arch() == Arch.BLACKHOLE
