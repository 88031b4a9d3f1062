"""loom run: tensors, grids and numbers that do not fit get one sentence that names the value, and change nothing."""
import pytest
from layernorm import normal
from safetensors.numpy import save_file

RUN = ["run", "layernorm_fused_rm", "--output", "y.safetensors", "--input", "x.safetensors"]


def save(folder, **tensors):
    for name, tensor in tensors.items():
        save_file({name: tensor}, folder / f"{name}.safetensors")


@pytest.fixture
def x(tmp_path, rng):
    save(tmp_path, x=normal(rng, (32, 64)))


@pytest.mark.parametrize("name", ["gamma", "beta"])
@pytest.mark.parametrize("shape", [(63,), (65,), (1,), (), (0,), (2, 64), (64, 1), (64, 64), (2, 1, 64), (1, 32, 2)],
                         ids=str)
def test_gamma_and_beta_of_another_shape_are_refused(refuses, tmp_path, rng, x, name, shape):
    save(tmp_path, **{name: normal(rng, shape)})
    refuses(*RUN, f"--{name}", f"{name}.safetensors",
            message=f"{name.title()} must have shape [W] or [1, .., 1, W] with the input's W = 64, got {list(shape)}.")


@pytest.mark.parametrize("words, message", [
    (["--grid", "9x8"], "A grid of 9x8 cores does not fit wormhole, which has 8x8."),
    (["--grid", "8x9"], "A grid of 8x9 cores does not fit wormhole, which has 8x8."),
    (["--grid", "14x10", "--arch", "blackhole"], "A grid of 14x10 cores does not fit blackhole, which has 13x10."),
    (["--grid", "0x8"], "A grid of 0x8 cores does not fit wormhole, which has 8x8."),
    (["--grid", "0x0"], "A grid has at least one core, got 0x0."),
    *((["--grid", bad], f'A grid reads 8x8, got "{bad}".')
      for bad in ("8", "axb", "8x", "x8", "8x8x8", "-1x8", "8.0x8", " 8x8", "4294967304x8")),
    (["--arch", "grayskull"], "There is no architecture grayskull; there are wormhole and blackhole."),
    *((["--epsilon", bad], f"epsilon must be finite and not negative, got {told}.")
      for bad, told in (("nan", "nan"), ("inf", "inf"), ("-1", "-1"), ("-1e-6", "-1e-06"), ("1e99", "inf"))),
    *(([f"--{name}", bad], f"loom run: Could not convert: --{name} = {bad}; see loom run --help.")
      for name, bad in (("epsilon", "small"), ("epsilon", "1e-5x"), ("threads", "-1"), ("threads", "two"),
                        ("threads", "1.5"), ("threads", "4294967296"))),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_value_that_cannot_be_is_refused(refuses, x, words, message):
    refuses(*RUN, *words, message=message)


@pytest.mark.parametrize("name", ["gamma", "beta", "grid", "arch", "epsilon", "threads"])
def test_an_empty_word_does_not_stand_for_the_default(refuses, x, name):
    refuses(*RUN, f"--{name}", "", message=f"loom run: --{name} is empty; see loom run --help.")


def test_a_scalar_is_refused(refuses, tmp_path, rng):
    save(tmp_path, x=normal(rng, ()))
    refuses(*RUN, message="Input must have at least 1 dimension, got shape [].")
