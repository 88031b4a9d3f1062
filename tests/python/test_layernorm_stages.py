"""The operation stage by stage, as its C++ tests have it: it exists, validates, is registered, launches by a device
operation, has its program from a factory, its kernels compile, its values are right."""

import inspect
import math

import loom._core
import pytest
from conftest import refusal
from extras import torch

import loom


def tensor(device, *shape, dtype=loom.bfloat16, **options):
    return loom.from_torch(torch.randn(shape), dtype=dtype, device=device, **options)


def test_1_the_api_exists():
    parameters = inspect.signature(loom.layernorm_fused_rm).parameters
    assert list(parameters) == ["input", "gamma", "beta", "epsilon", "memory_config", "compute_kernel_config"]
    assert parameters["epsilon"].default == 1e-5
    assert all(parameters[name].default is None for name in ("gamma", "beta", "memory_config"))


def test_2_validation(small):
    x = tensor(small, 32, 64)
    call = loom.layernorm_fused_rm
    assert refusal(call, tensor(small, 32, 64, layout=loom.TILE_LAYOUT)) == (
        loom.UsageError, "LN_LAYOUT", "Input must be in ROW_MAJOR layout, got TILE."
    )  # fmt: skip
    assert refusal(call, x, tensor(small, 64, layout=loom.TILE_LAYOUT))[1] == "LN_LAYOUT"
    assert refusal(call, x, tensor(small, 32))[2] == (
        "Gamma must have shape [W] or [1, .., 1, W] with the input's W = 64, got [32]."
    )
    assert refusal(call, x, None, tensor(small, 2, 64))[1] == "LN_PARAMETER_SHAPE"
    assert refusal(call, tensor(small))[1] == "LN_RANK"
    for epsilon in (-1e-5, math.inf, math.nan):
        assert refusal(call, x, epsilon=epsilon)[1] == "LN_EPSILON"
    with loom.open_device() as other:
        assert refusal(call, x, tensor(other, 64))[2] == "Gamma must be on the same device as the input."
    freed = tensor(small, 32, 64)
    freed.deallocate()
    assert refusal(call, freed)[1] == "LN_NOT_ON_DEVICE"
    with pytest.raises(TypeError):
        call("x")


def test_3_registration():
    assert "layernorm_fused_rm" in loom.__all__
    assert loom.explain("layernorm_fused_rm", shape=(32, 32)).data["operation"] == "layernorm_fused_rm"
    assert refusal(loom.explain, "softmax")[2] == "There is no operation softmax; there is layernorm_fused_rm."


def test_4_device_operation(small):
    x = tensor(small, 2, 5, 64)
    for memory in (None, loom.DRAM_MEMORY_CONFIG, loom.L1_MEMORY_CONFIG):
        y = loom.layernorm_fused_rm(x, memory_config=memory)
        assert (y.shape, y.dtype, y.layout, y.device()) == (x.shape, x.dtype, x.layout, small)
        assert y.memory_config() == (memory or x.memory_config())
    assert loom.layernorm_fused_rm(tensor(small, 3, 0)).shape == (3, 0)


def test_5_program_factory(device):
    x, gamma, beta = tensor(device, 64, 1024), tensor(device, 1024), tensor(device, 1024)
    output, program = loom._core.LayernormFusedRm(x._memory, gamma._memory, beta._memory, 1e-5, None, None).program()
    assert output.shape == [64, 1024]
    assert [type(kernel.config) for kernel in program.kernels] == [
        loom.ReaderConfigDescriptor, loom.ComputeConfigDescriptor, loom.WriterConfigDescriptor
    ]  # fmt: skip
    forms = [(form, cb.total_size) for cb in program.cbs for form in cb.format_descriptors]
    pages = {form.buffer_index: total_size // form.page_size for form, total_size in forms}
    assert pages == {0: 32, 1: 64, 2: 2, 3: 1, 4: 1, 5: 1, 6: 32, 7: 32, 16: 32, 24: 32, 25: 1, 26: 1, 27: 1}


def test_6_kernels_compile(small, tmp_path):
    kernel = tmp_path / "writer.cpp"
    kernel.write_text("void kernel_main() { cb_wait_frnt(16, 32); }\n")
    with pytest.raises(loom.KernelError) as raised:
        loom.check("layernorm_fused_rm", shape=(32, 32), device=small, changes=[f"writer={kernel}"])
    assert raised.value.code == "KERNEL_COMPILE" and "cb_wait_frnt" in str(raised.value)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize("parameters", [None, torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize("shape", [(1,), (96,), (32, 32), (2, 33, 65), (1, 2, 3, 768)], ids=str)
def test_7_values(device, dtype, parameters, shape):
    width = shape[-1:]
    x = (torch.randn(shape) + 3).to(dtype)
    gamma, beta = (None, None) if parameters is None else (torch.randn(width).to(parameters) for _ in "gb")
    on_device = [None if part is None else loom.from_torch(part, device=device) for part in (x, gamma, beta)]
    y = loom.to_torch(loom.layernorm_fused_rm(*on_device))
    wide = [None if part is None else part.double() for part in (gamma, beta)]
    want = torch.nn.functional.layer_norm(x.double(), width, *wide, eps=1e-5)
    assert y.dtype == dtype
    n = torch.nn.functional.layer_norm(x.double(), width, None, None, eps=1e-5)
    unit = (n if gamma is None else n * wide[0]).abs() + (0 if beta is None else wide[1].abs())
    bar = 2**-7 if dtype == torch.bfloat16 else 4e-6 * max(1, 3 * 10)
    assert ((y.double() - want).abs() <= bar * unit + 1e-6).all()


def test_7_values_with_each_config(small):
    x = torch.randn(40, 96)
    for config in (
        loom.WormholeComputeKernelConfig(math_fidelity=loom.MathFidelity.HiFi4, fp32_dest_acc_en=True),
        loom.WormholeComputeKernelConfig(),
        loom.init_device_compute_kernel_config(small.arch(), math_fidelity=loom.MathFidelity.HiFi2),
    ):
        y = loom.layernorm_fused_rm(loom.from_torch(x, device=small), compute_kernel_config=config)
        torch.testing.assert_close(y.to_torch(), torch.nn.functional.layer_norm(x, (96,)), rtol=0.1, atol=0.1)


def test_8_a_second_call_refreshes_addresses_and_epsilon(small):
    x, z = torch.randn(33, 70), torch.randn(33, 70)
    calls = ((x, 1e-5), (z, 2.0))
    kept = [loom.layernorm_fused_rm(loom.from_torch(part, device=small), epsilon=epsilon) for part, epsilon in calls]
    assert small.num_program_cache_entries() == 1
    for y, (part, epsilon) in zip(kept, calls, strict=True):
        torch.testing.assert_close(y.to_torch(), torch.nn.functional.layer_norm(part, (70,), eps=epsilon))
