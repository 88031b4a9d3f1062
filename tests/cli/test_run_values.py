"""loom run: the values that it writes are those of LayerNorm in float64, within the spec's bars."""
import pytest
from layernorm import assert_within_bars, bfloat16, normal
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
    assert (y.shape, y.dtype) == (x.shape, bfloat16)
    return y


@pytest.mark.parametrize("mean", [0, 100])
@pytest.mark.parametrize("shape", [(32, 32), (1, 1, 64, 96), (2, 3, 64, 128)], ids=str)
def test_a_result_is_within_the_bars(loom, tmp_path, rng, shape, mean):
    x, gamma, beta = normal(rng, shape, mean), normal(rng, shape[-1], 1), normal(rng, shape[-1])
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
