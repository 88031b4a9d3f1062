"""What every test of the command line uses: the binary, random numbers from a printed seed, and what a refusal is."""
import os
import random
import secrets
import subprocess
import zlib
from dataclasses import dataclass

import pytest

SEED = int(os.environ.get("LOOM_TEST_SEED") or secrets.randbelow(2**31))


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def pytest_report_header():
    return f"again with LOOM_TEST_SEED={SEED}"


@pytest.fixture
def seed(request):
    """One number a test, from the seed and the test's name; shown when the test fails."""
    print(f"again with LOOM_TEST_SEED={SEED}")
    return SEED * 2**32 + zlib.crc32(request.node.nodeid.rsplit("/", 1)[-1].encode())


@pytest.fixture
def rng(seed):
    import numpy

    return numpy.random.default_rng(seed)


@pytest.fixture
def choice(seed):
    """Random choices for the tests that need no numpy."""
    return random.Random(seed)


@pytest.fixture
def cli():
    return os.path.abspath(os.environ["LOOM_CLI"])


@pytest.fixture
def loom(cli, tmp_path):
    """Runs the command line in the test's own folder."""

    def run(*words, env=(), stdout=subprocess.PIPE, **options):
        done = subprocess.run([cli, *map(str, words)], cwd=tmp_path, env={**os.environ, **dict(env)},
                              stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True,
                              errors="surrogateescape", timeout=120, **options)
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def contents(folder):
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


@pytest.fixture
def refuses(loom, tmp_path):
    """Asserts that the words get exactly this message and leave the folder as it was, with and without an old output
    in it."""

    def check(*words, message, code=2, **options):
        old = tmp_path / "y.safetensors"
        assert not old.exists()
        for _ in range(2):
            before = contents(tmp_path)
            assert loom(*words, **options) == Ran(code, "", message + "\n")
            assert contents(tmp_path) == before
            old.write_bytes(b"the old output")
        old.unlink()

    return check
