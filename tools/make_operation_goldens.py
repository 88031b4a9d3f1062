#!/usr/bin/env python3
"""Makes tests/golden/operation.npz: what a simulator of the chip, under the real ttnn, gives for the whole operation.

    tools/make_operation_goldens.py --version TEXT --simulator wormhole=LIBRARY --simulator blackhole=LIBRARY

The real ttnn and its compiler are those of ./dev real-stack, a simulator is a finished libttsim.so.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests/golden"
sys.path.insert(0, str(GOLDEN))
import operation  # noqa: E402


def run(loom, case, arch, simulator, inputs):
    """The output's array, and the program's digest."""
    with tempfile.TemporaryDirectory() as folder:
        digest = operation.write_program(loom, case, arch, Path(folder) / "program")
        command = [ROOT / "build/real-stack/venv/bin/python", ROOT / "tools/real_stack/run_program.py"]
        command += [f"{folder}/program/program.json", "--output-dir", f"{folder}/out", "--simulator", simulator]
        for name, array in inputs.items():
            save_file({name: array}, f"{folder}/{name}.safetensors")
            command += ["--tensor", f"{name}={folder}/{name}.safetensors"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise SystemExit(ran.stderr[-2000:])
        (made,) = load_file(f"{folder}/out/output.safetensors").values()
        return made, digest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulator", action="append", required=True, metavar="ARCH=LIBRARY")
    parser.add_argument("--version", required=True, help="of the simulator, for the record")
    parser.add_argument("--loom", type=Path, default=ROOT / "build/release/loom")
    words = parser.parse_args()
    simulators = dict(one.split("=", 1) for one in words.simulator)
    results, record = {}, {}
    for case in operation.CASES:
        inputs = operation.draw(case)
        for name, array in inputs.items():
            results[f"{case}/{name}"] = array.view(operation.WORDS[str(array.dtype)])
        for arch in operation.ARCHS:
            made, digest = run(words.loom.resolve(), case, arch, Path(simulators[arch]).resolve(), inputs)
            results[f"{case}/{arch}"] = made.view(operation.WORDS[str(made.dtype)])
            record[f"{case}/{arch}"] = {"program": digest, "simulator": words.version}
            print(f"{case} on {arch}", flush=True)
    np.savez_compressed(GOLDEN / "operation.npz", **results)
    (GOLDEN / "operation.json").write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
