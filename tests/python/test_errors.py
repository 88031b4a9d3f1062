"""One family of exceptions under RuntimeError, with the table's codes and blames."""

import os
import pickle
import subprocess

import loom._core
import pytest
from extras import torch

import loom


def test_the_family():
    for kind in (loom.UsageError, loom.KernelError, loom.UnsupportedError, loom.InternalError):
        assert issubclass(kind, loom.Error) and issubclass(kind, RuntimeError)


@pytest.mark.parametrize("code, blame", loom._core.error_codes().items())
def test_each_code_has_its_class(code, blame):
    kinds = {"usage": loom.UsageError, "kernel": loom.KernelError,
             "unsupported": loom.UnsupportedError, "internal": loom.InternalError}  # fmt: skip
    with pytest.raises(loom.Error) as raised:
        loom._core.fail(code, list("abcdefghijkl"))
    error = raised.value
    assert type(error) is kinds[blame] and (error.code, error.blame) == (code, blame)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code) == (type(error), str(error), code)


@pytest.mark.skipif("LOOM_CLI" not in os.environ, reason="no command line to compare with")
def test_the_text_is_the_command_lines(tmp_path):
    with pytest.raises(loom.UsageError) as raised:
        loom.explain("layernorm_fused_rm", shape=(2, 0))
    done = subprocess.run(
        [os.environ["LOOM_CLI"], "explain", "layernorm_fused_rm", "--shape", "2,0"], capture_output=True, text=True
    )
    assert str(raised.value) + "\n" == done.stderr


def test_a_wrong_argument_is_a_type_error(device):
    x = loom.from_torch(torch.ones(4, 4), device=device)
    for call in (lambda: loom.generic_op([x], 3), lambda: loom.explain([x], 3), lambda: loom.check([x])):
        with pytest.raises(TypeError):
            call()
