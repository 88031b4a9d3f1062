"""Runs a program file of Loom's with the real ttnn, and writes each tensor as it is afterwards.

    run_program.py PROGRAM.json --output-dir DIR [--simulator libttsim.so] [--tensor NAME=FILE.safetensors ...]

On a card, or on a simulator of the file's chip. A tensor that no file is given for begins as zeros; what Loom draws
for its "contents" is had from `loom run PROGRAM.json --output NAME=FILE.safetensors`. Exits with 1 when ttnn or the
compiler refuses the program, with their lines on standard error.
"""

import argparse
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import stack
from safetensors.numpy import load_file, save_file

DTYPES = {"bfloat16": ml_dtypes.bfloat16, "float32": np.float32}


def only_tensor(path):
    (array,) = load_file(path).values()
    return array.astype(np.float32)


def run(program, values):
    """float32 arrays by tensor, before and after. Raises what ttnn raises."""
    import ttnn

    device = ttnn.open_device(device_id=0)
    try:
        program.allocate(ttnn, device, values)
        program.run(ttnn)
        ttnn.synchronize_device(device)
        return {
            tensor["name"]: stack.host_array(ttnn, program.tensors[tensor["name"]]).reshape(tensor["shape"])
            for tensor in program.data["tensors"]
        }
    finally:
        ttnn.close_device(device)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--simulator", type=Path)
    parser.add_argument("--tensor", action="append", default=[], metavar="NAME=FILE")
    words = parser.parse_args()

    program = stack.Program(words.program)
    values = {tensor["name"]: np.zeros(tensor["shape"], np.float32) for tensor in program.data["tensors"]}
    for word in words.tensor:
        name, _, path = word.partition("=")
        if name not in values:
            parser.error(f"the program has no tensor {name}; it has {', '.join(values)}")
        values[name] = only_tensor(path)
    words.output_dir.mkdir(parents=True, exist_ok=True)
    output_dir = words.output_dir.resolve()
    stack.prepare(program.arch, simulator=words.simulator)
    try:
        after = run(program, values)
    except Exception as error:  # whatever ttnn raises is its refusal
        print("\n".join(stack.refusal(error, program.folder)), file=sys.stderr)
        return 1
    for tensor in program.data["tensors"]:
        name = tensor["name"]
        save_file({name: after[name].astype(DTYPES[tensor["dtype"]])}, output_dir / f"{name}.safetensors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
