"""The oracle: random tensors, LayerNorm in float64, and the specification's error bars."""
import numpy as np
from ml_dtypes import bfloat16


def normal(rng, shape, mean=0.0, dtype=bfloat16):
    return np.asarray(mean + rng.standard_normal(shape), dtype)


def shift(rng, width, dtype=bfloat16):
    """A beta that is nowhere near 0: there s vanishes with n, and no float32 mean is exact enough for the bar."""
    return np.asarray(np.copysign(rng.uniform(0.25, 2, width), rng.standard_normal(width)), dtype)


def layernorm(x, gamma=None, beta=None, epsilon=1e-5):
    """The result, and s = |gamma*n| + |beta|, the unit of its error; both (..., W), as x."""
    x = x.astype(np.float64)
    gamma = np.ones(x.shape[-1]) if gamma is None else gamma.astype(np.float64).reshape(-1)
    beta = np.zeros(x.shape[-1]) if beta is None else beta.astype(np.float64).reshape(-1)
    centred = x - x.mean(-1, keepdims=True)
    n = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + np.float64(np.float32(epsilon)))
    return gamma * n + beta, np.abs(gamma * n) + np.abs(beta)


def errors(y, *problem, **epsilon):
    """|error| of y in units of s."""
    want, s = layernorm(*problem, **epsilon)
    difference = np.abs(y.astype(np.float64) - want)
    return np.divide(difference, s, out=np.zeros_like(s), where=difference != 0)


def magnification(x):
    """max(1, |mean| / std) of each row: so much is a rounding of its mean magnified."""
    x = x.astype(np.float64)
    mean, std = np.abs(x.mean(-1, keepdims=True)), x.std(-1, keepdims=True)
    return np.maximum(1, np.divide(mean, std, out=np.zeros_like(mean), where=std != 0))


def assert_within_bars(y, *problem, **epsilon):
    """The bars are those of y's dtype."""
    error = errors(y, *problem, **epsilon)
    if y.dtype == bfloat16:
        assert error.max() <= 2**-7
        assert error.mean() < 2**-9
    else:
        assert y.dtype == np.float32
        assert (error / magnification(problem[0])).max() <= 4e-6
    # A result that is mostly zero would be close to many a bad reference.
    assert np.count_nonzero(y) > 0.9 * y.size
