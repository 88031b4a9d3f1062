"""What is installed: names with documentation, stubs that say what is there, and no need of more than NumPy."""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import loom
from loom import _core

FOLDER = Path(loom.__file__).parent


def test_every_name_is_there_and_documented():
    for name in loom.__all__:
        value = getattr(loom, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, name


def test_importing_loom_imports_no_torch():
    script = "import sys, loom; assert not {'torch', 'ml_dtypes'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_stub_lists_what_the_module_has():
    tree = ast.parse((FOLDER / "_core.pyi").read_text())
    named = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    named |= {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    assert {name for name in dir(_core) if not name.startswith("_")} <= named
    assert (FOLDER / "py.typed").exists()


def test_the_version_is_cmakes():
    assert f"project(loom VERSION {loom.__version__} " in (Path(__file__).parents[2] / "CMakeLists.txt").read_text()


def test_importing_loom_measures_no_timer():
    # Highway's library does as it is loaded, for 6 ms, unless it finds ours first.
    run = subprocess.run(
        [sys.executable, "-c", "import loom"],
        env=os.environ | {"LD_DEBUG": "bindings"},
        capture_output=True,
        text=True,
        check=True,
    )
    bindings = [line for line in run.stderr.splitlines() if "`_ZN3hwy8platform15TimerResolutionEv'" in line]
    assert bindings and all("libhwy" not in line.split(" to ")[1] for line in bindings), bindings
