"""LayerNorm of a small tensor, from Python; examples/layernorm.cpp is the same from C++, and prints the same."""

import numpy as np

import loom

x = ((np.arange(3 * 40 * 96) * 7 % 97 - 48) / 16).astype(np.float32).reshape(3, 40, 96)
gamma = np.full(96, 0.5, np.float32)
beta = np.arange(96, dtype=np.float32) / 32

with loom.open_device() as device:
    tensors = [loom.from_numpy(part, dtype=loom.bfloat16, device=device) for part in (x, gamma, beta)]
    y = loom.layernorm_fused_rm(*tensors, epsilon=1e-5)
    print(f"{list(y.shape)} on {device.arch()}")
    for row in loom.to_numpy(y)[0, :3, :6]:
        print(" ".join(f"{value:.6f}" for value in row))
