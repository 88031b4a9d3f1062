"""What every test of the Python package uses: devices, random numbers from a printed seed, PyTorch as oracle."""

import os
import secrets
import zlib

import numpy as np
import pytest

import loom

SEED = int(os.environ.get("LOOM_TEST_SEED") or secrets.randbelow(2**31))


def pytest_report_header():
    return f"again with LOOM_TEST_SEED={SEED}"


@pytest.fixture
def rng(request):
    """Random numbers of a test's own, shown when it fails."""
    print(f"again with LOOM_TEST_SEED={SEED}")
    return np.random.default_rng(SEED * 2**32 + zlib.crc32(request.node.nodeid.rsplit("/", 1)[-1].encode()))


@pytest.fixture
def device():
    with loom.open_device() as opened:
        yield opened


@pytest.fixture
def small():
    """One core, one host thread."""
    with loom.open_device(grid=(1, 1), threads=1) as opened:
        yield opened


def refusal(call, *args, **options):
    """The error's class, code and text."""
    with pytest.raises(loom.Error) as raised:
        call(*args, **options)
    return type(raised.value), raised.value.code, str(raised.value)
