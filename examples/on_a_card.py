"""LayerNorm of a random tensor with the real ttnn: Loom's program for it, with Loom's kernels, on a card.

    ./dev build
    python examples/on_a_card.py --shape 64x1024

For a Python that has ttnn and NumPy. --simulator libttsim.so takes Tenstorrent's simulator in place of a card; --mock
takes no device: the real compiler compiles the kernels, and nothing runs. Prints the error against double precision in
units of |gamma * n| + |beta|; exits with 1 when it is above the bar.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools" / "real_stack"))
import stack  # noqa: E402

EPSILON = 1e-5
BARS = {"bfloat16": 2**-7, "float32": 4e-6}


def program_of_loom(loom, shape, dtype, arch, folder):
    """The operation's program file, with its kernels beside it."""
    path = Path(folder, "program.json")
    flags = ["--shape", shape, "--dtype", dtype, "--arch", arch, "--epsilon", str(EPSILON)]
    explain = [loom, "explain", "layernorm_fused_rm", *flags, "--program", path]
    subprocess.run(explain, check=True, stdout=subprocess.DEVNULL)
    return stack.Program(path)


def random_tensors(program, generator):
    means = {"input": 0, "gamma": 1, "beta": 0}
    return {
        tensor["name"]: generator.normal(means[tensor["name"]], 1, tensor["shape"]).astype(np.float32)
        for tensor in program.data["tensors"]
        if tensor["name"] in means
    }


def largest_error(x, gamma, beta, y):
    """Against double precision, in units of |gamma * n| + |beta|."""
    x, gamma, beta = (values.astype(np.float64) for values in (x, gamma, beta))
    centred = x - x.mean(-1, keepdims=True)
    n = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
    return (np.abs(y - (gamma * n + beta)) / (np.abs(gamma * n) + np.abs(beta))).max()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="64x1024")
    parser.add_argument("--dtype", choices=BARS, default="bfloat16")
    parser.add_argument("--arch", choices=stack.SOC_DESCRIPTORS, default="wormhole", help="the card's chip")
    parser.add_argument("--loom", type=Path, default=ROOT / "build/release/loom", help="Loom's command line")
    device = parser.add_mutually_exclusive_group()
    device.add_argument("--simulator", type=Path)
    device.add_argument("--mock", action="store_true")
    words = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        program = program_of_loom(words.loom.resolve(), words.shape, words.dtype, words.arch, folder)
        stack.prepare(words.arch, simulator=words.simulator, mock=words.mock)
        import ttnn

        device = ttnn.open_device(device_id=0)
        try:
            program.allocate(ttnn, device, random_tensors(program, np.random.default_rng(1)))
            program.run(ttnn)
            after = {name: stack.host_array(ttnn, tensor) for name, tensor in program.tensors.items()}
        finally:
            ttnn.close_device(device)
    if words.mock:
        print(f"{words.shape} {words.dtype}: the kernels compile for {words.arch}; nothing ran")
        return 0
    x, gamma, beta, y = (after[name] for name in ("input", "gamma", "beta", "output"))
    error, bar = largest_error(x, gamma, beta, y), BARS[words.dtype]
    print(f"{words.shape} {words.dtype} on {words.arch}: error {error:.3g}, bar {bar:.3g}")
    return int(not error <= bar)


if __name__ == "__main__":
    sys.exit(main())
