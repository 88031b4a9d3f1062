"""loom run: the values that it writes are those of LayerNorm in float64, within the spec's bars."""
import itertools

import numpy as np
import pytest
from layernorm import assert_within_bars, bfloat16, normal, shift
from safetensors.numpy import load_file, save_file


def run(loom, tmp_path, x, gamma=None, beta=None, words=()):
    tensors = {"x": x, "gamma": gamma, "beta": beta}
    save_file({name: tensor for name, tensor in tensors.items() if tensor is not None}, tmp_path / "in.safetensors")
    words = ["run", "layernorm_fused_rm", "--input", "in.safetensors:x", "--output", "y.safetensors", *words]
    if gamma is not None:
        words += ["--gamma", "in.safetensors:gamma"]
    if beta is not None:
        words += ["--beta", "in.safetensors:beta"]
    ran = loom(*words)
    assert (ran.code, ran.err) == (0, "")
    y = load_file(tmp_path / "y.safetensors")["tensor"]
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    return y


@pytest.mark.parametrize("mean", [0, 100])
@pytest.mark.parametrize("shape", [(32, 32), (1, 1, 64, 96), (2, 3, 64, 128)], ids=str)
def test_a_result_is_within_the_bars(loom, tmp_path, rng, shape, mean):
    x, gamma, beta = normal(rng, shape, mean), normal(rng, shape[-1], 1), normal(rng, shape[-1])
    assert_within_bars(run(loom, tmp_path, x, gamma, beta), x, gamma, beta)


@pytest.mark.parametrize("dtype", [bfloat16, np.float32])
@pytest.mark.parametrize("shape", [(1,), (64,), (31, 64), (32, 33), (33, 65), (3, 5, 64), (2, 3, 7, 100)], ids=str)
def test_a_shape_off_the_tiles_is_within_the_bars(loom, tmp_path, rng, shape, dtype):
    x, gamma, beta = normal(rng, shape, 3, dtype), normal(rng, shape[-1], 1, dtype), shift(rng, shape[-1], dtype)
    assert_within_bars(run(loom, tmp_path, x, gamma, beta), x, gamma, beta)


@pytest.mark.parametrize("mean", [0, 100])
@pytest.mark.parametrize("shape", [(32, 32), (1, 1, 64, 96), (2, 3, 64, 128)], ids=str)
def test_a_result_in_float32_is_within_its_bars(loom, tmp_path, rng, shape, mean):
    x = normal(rng, shape, mean, np.float32)
    gamma, beta = normal(rng, shape[-1], 1, np.float32), shift(rng, shape[-1], np.float32)
    assert_within_bars(run(loom, tmp_path, x, gamma, beta), x, gamma, beta)


@pytest.mark.parametrize("dtypes", list(itertools.product([bfloat16, np.float32], repeat=3)),
                         ids=lambda dtypes: "-".join(np.dtype(dtype).name for dtype in dtypes))
def test_gamma_and_beta_are_of_either_dtype(loom, tmp_path, rng, dtypes):
    x, gamma, beta = normal(rng, (64, 96), 1, dtypes[0]), normal(rng, 96, 1, dtypes[1]), shift(rng, 96, dtypes[2])
    assert_within_bars(run(loom, tmp_path, x, gamma, beta), x, gamma, beta)


@pytest.mark.parametrize("dtype", [bfloat16, np.float32])
@pytest.mark.parametrize("off_the_tiles", [False, True], ids=["whole tiles", "off the tiles"])
def test_a_row_too_wide_for_l1_is_within_the_bars(loom, tmp_path, rng, off_the_tiles, dtype):
    width = 32 * int(rng.integers(200, 400)) + (int(rng.integers(1, 32)) if off_the_tiles else 0)
    print(f"{width} wide")
    x, gamma, beta = normal(rng, (33, width), 3, dtype), normal(rng, width, 1, dtype), shift(rng, width, dtype)
    assert_within_bars(run(loom, tmp_path, x, gamma, beta), x, gamma, beta)


# Without beta only the sum of many errors is steady enough for the bar of the mean, hence the many rows.
@pytest.mark.parametrize("has_beta", [False, True], ids=["no beta", "beta"])
@pytest.mark.parametrize("has_gamma", [False, True], ids=["no gamma", "gamma"])
def test_gamma_and_beta_may_be_absent(loom, tmp_path, rng, has_gamma, has_beta):
    x = normal(rng, (2048, 64))
    gamma = normal(rng, 64, 1) if has_gamma else None
    beta = normal(rng, 64) if has_beta else None
    assert_within_bars(run(loom, tmp_path, x, gamma, beta), x, gamma, beta)


def test_gamma_and_beta_may_have_leading_ones(loom, tmp_path, rng):
    x, gamma, beta = normal(rng, (64, 64)), normal(rng, (1, 1, 64), 1), normal(rng, (1, 64))
    assert_within_bars(run(loom, tmp_path, x, gamma, beta), x, gamma, beta)


@pytest.mark.parametrize("epsilon", ["0", "1e-12", "1e-3", "0.7", "300"])
def test_epsilon_is_the_one_given(loom, tmp_path, rng, epsilon):
    x, gamma, beta = normal(rng, (64, 64)), normal(rng, 64, 1), normal(rng, 64)
    y = run(loom, tmp_path, x, gamma, beta, ["--epsilon", epsilon])
    assert_within_bars(y, x, gamma, beta, epsilon=float(epsilon))


@pytest.mark.parametrize("shape", [(0, 64), (3, 0, 64), (32, 0)], ids=str)
def test_an_empty_tensor_gives_an_empty_one(loom, tmp_path, rng, shape):
    assert run(loom, tmp_path, normal(rng, shape)).size == 0
