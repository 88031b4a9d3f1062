"""How long a [4096, 4096] tensor takes to a device and back, against torch.Tensor.clone: medians of 11, in turns."""

import statistics
import time

import torch

import loom

SHAPE = (4096, 4096)


def seconds(call):
    begin = time.perf_counter()
    result = call()
    taken = time.perf_counter() - begin
    del result  # memory is given back outside the time that is taken
    return taken


def compare(name, call, clone):
    call(), clone()
    pairs = [(seconds(clone), seconds(call)) for _ in range(11)]
    theirs, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"  {name:32} {ours * 1e3:7.1f} ms   clone {theirs * 1e3:7.1f} ms   ratio {ours / theirs:.2f}")


with loom.open_device() as device:
    for dtype in (torch.bfloat16, torch.float32):
        x = torch.randn(SHAPE).to(dtype)
        y = loom.from_torch(x, device=device)
        print(f"{list(SHAPE)}, {str(dtype).removeprefix('torch.')}")
        compare("from_torch", lambda x=x: loom.from_torch(x, device=device), x.clone)
        compare("from_torch, TILE_LAYOUT",
                lambda x=x: loom.from_torch(x, layout=loom.TILE_LAYOUT, device=device), x.clone)  # fmt: skip
        compare("to_torch", lambda y=y: loom.to_torch(y), x.clone)
        compare("to_numpy, float32", lambda y=y: loom.to_numpy(y), x.clone)
        compare("torch.from_dlpack", lambda y=y: torch.from_dlpack(y), x.clone)
