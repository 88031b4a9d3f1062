"""Scripts as ttnn's users write them, with `import loom as ttnn`: its names, its arguments in order, its defaults."""

import inspect
import pickle

import pytest
from conftest import refusal
from extras import torch
from programs import READER, WRITER

import loom as ttnn

# The parameters that ttnn's calls have, in its order; ours may have more after them.
SIGNATURES = {
    ttnn.open_device: "device_id=0 l1_small_size trace_region_size num_command_queues=1 dispatch_core_config "
    "worker_l1_size",
    ttnn.from_torch: "tensor dtype=None layout=None device=None memory_config=None",
    ttnn.to_torch: "tensor dtype=None torch_rank=None mesh_composer=None device=None cq_id=None",
    ttnn.to_device: "tensor device memory_config=None queue_id=None",
    ttnn.from_device: "tensor blocking=True queue_id=None",
    ttnn.to_layout: "tensor layout dtype=None memory_config=None",
    ttnn.to_memory_config: "tensor memory_config dtype=None",
    ttnn.to_dtype: "tensor dtype",
    ttnn.deallocate: "tensor force=True",
    ttnn.allocate_tensor_on_device: "shape dtype layout mesh_device memory_config=None",
    ttnn.Tensor: "tensor data_type=None device=None layout=None mem_config=None",
    ttnn.init_device_compute_kernel_config: "arch device_kernel_config=None",
    ttnn.generic_op: "io_tensors program_descriptor",
    ttnn.layernorm_fused_rm: "input gamma=None beta=None epsilon=1e-05 memory_config=None compute_kernel_config=None",
}


@pytest.mark.parametrize("call", SIGNATURES, ids=lambda call: call.__name__)
def test_names_order_and_defaults(call):
    ours = list(inspect.signature(call).parameters.values())
    for word, parameter in zip(SIGNATURES[call].split(), ours, strict=False):
        name, _, default = word.partition("=")
        assert parameter.name == name
        assert not default or str(parameter.default) == default


def test_tensor_methods():
    device = ttnn.open_device(device_id=0, l1_small_size=24576, num_command_queues=1, worker_l1_size=0)
    x = torch.randn(1, 1, 40, 64).bfloat16()
    tensor = ttnn.Tensor(x, ttnn.bfloat16).to(ttnn.TILE_LAYOUT).to(device, ttnn.L1_MEMORY_CONFIG)
    assert (tensor.get_dtype(), tensor.get_layout()) == (ttnn.bfloat16, ttnn.TILE_LAYOUT)
    assert tensor.shape == [1, 1, 40, 64] and tensor.shape[-1] == 64 and tensor.shape.to_rank(2) == (40, 64)
    assert tensor.padded_shape == ttnn.Shape([1, 1, 64, 64])
    assert (tensor.logical_volume(), tensor.volume(), tensor.element_size()) == (40 * 64, 64 * 64, 2)
    assert (tensor.buffer_page_size(), tensor.buffer_aligned_page_size(), tensor.buffer_num_pages()) == (2048, 2048, 4)
    assert not tensor.is_sharded() and not tensor.memory_config().is_sharded()
    assert torch.equal(tensor.cpu().to(ttnn.ROW_MAJOR_LAYOUT).to_torch(), x)
    assert torch.equal(ttnn.to_torch(tensor, torch_rank=2), x[0, 0])
    assert refusal(ttnn.to_torch, tensor, torch_rank=1)[1] == "OPTION"
    assert tensor.to_list()[0][0][3][5] == float(x[0, 0, 3, 5])
    moved = ttnn.to_memory_config(tensor, ttnn.DRAM_MEMORY_CONFIG)
    assert moved.memory_config() == ttnn.DRAM_MEMORY_CONFIG and torch.equal(ttnn.to_torch(moved), x)
    moved = ttnn.to_layout(moved, ttnn.ROW_MAJOR_LAYOUT, memory_config=ttnn.L1_MEMORY_CONFIG)
    assert (moved.memory_config(), moved.layout) == (ttnn.L1_MEMORY_CONFIG, ttnn.ROW_MAJOR_LAYOUT)
    ttnn.synchronize_device(device)
    ttnn.close_device(device)


def test_layernorm_as_a_model_calls_it(device):
    config = ttnn.init_device_compute_kernel_config(
        device.arch(),
        math_fidelity=ttnn.MathFidelity.HiFi4,
        math_approx_mode=False,
        fp32_dest_acc_en=True,
        packer_l1_acc=True,
    )
    assert config == ttnn.WormholeComputeKernelConfig(
        math_fidelity=ttnn.MathFidelity.HiFi4, math_approx_mode=False, fp32_dest_acc_en=True
    )
    assert isinstance(config, ttnn.WormholeComputeKernelConfig) and "HiFi4" in repr(config)
    x = torch.randn(2, 70, 96)
    made = ttnn.from_torch(x, dtype=ttnn.float32, layout=ttnn.ROW_MAJOR_LAYOUT, device=device, mesh_mapper=None)
    y = ttnn.layernorm_fused_rm(made, compute_kernel_config=config, memory_config=ttnn.L1_MEMORY_CONFIG)
    assert torch.allclose(ttnn.to_torch(y), torch.nn.functional.layer_norm(x, (96,)), atol=1e-5)


def test_program_cache_and_arch_by_functions(device):
    ttnn.enable_program_cache(device)
    x = ttnn.from_torch(torch.randn(4, 32), device=device)
    ttnn.layernorm_fused_rm(x)
    assert device.num_program_cache_entries() == 1
    ttnn.disable_and_clear_program_cache(device)
    assert device.num_program_cache_entries() == 0
    assert device.arch() == ttnn.device.Arch.WORMHOLE_B0
    assert ttnn.device.is_wormhole_b0(device) and not ttnn.device.is_blackhole(device)
    assert (device.core_grid.x, device.core_grid.y, device.core_grid.num_cores) == (8, 8, 64)


def copy_on_two_cores(x, y, runtime_args):
    """As ttnn's own tests of generic_op: parts by position, the program by keyword."""
    cores = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(0, 1))})
    page = x.buffer_page_size()
    cb = ttnn.CBDescriptor(2 * page, cores, [ttnn.CBFormatDescriptor(0, x.dtype, page)])
    source = ttnn.KernelDescriptor.SourceType.SOURCE_CODE
    return ttnn.ProgramDescriptor(
        kernels=[
            ttnn.KernelDescriptor(
                text,
                source,
                cores,
                ttnn.TensorAccessorArgs(tensor).get_compile_time_args(),
                runtime_args=runtime_args(tensor),
                common_runtime_args=ttnn.TensorAccessorArgs(tensor).get_common_runtime_args(),
                config=config,
            )
            for text, tensor, config in (
                (READER, x, ttnn.ReaderConfigDescriptor()),
                (WRITER, y, ttnn.DataMovementConfigDescriptor(ttnn.DataMovementProcessor.RISCV_0, ttnn.NOC.NOC_1)),
            )
        ],
        semaphores=[ttnn.SemaphoreDescriptor(id=0, core_type=ttnn.CoreType.WORKER, core_ranges=cores, initial_value=0)],
        cbs=[cb],
    )


def indexed(tensor):
    args = ttnn.RuntimeArgs()
    args[0][0] = [tensor.buffer_address()]
    args[0].append(0, 3)
    args[0][1] = []
    args[0].extend(1, [tensor.buffer_address(), 3])
    return args


def appended(tensor):
    args = ttnn.RuntimeArgs()
    for y in range(2):
        args.append(ttnn.CoreCoord(0, y), [tensor.buffer_address(), 3])
    return args


def by_position(tensor):
    return [[[tensor.buffer_address(), 3], [tensor.buffer_address(), 3]]]


def in_pairs(tensor):
    return [(ttnn.CoreCoord(0, y), [tensor.buffer_address(), 3]) for y in range(2)]


@pytest.mark.parametrize("runtime_args", [indexed, appended, by_position, in_pairs])
def test_generic_op_in_ttnns_ways(device, runtime_args):
    x = ttnn.from_torch(torch.randn(3, 32), device=device)
    y = ttnn.allocate_tensor_on_device(ttnn.Shape(x.shape), x.dtype, x.layout, device, ttnn.DRAM_MEMORY_CONFIG)
    program = copy_on_two_cores(x, y, runtime_args)
    assert torch.equal(ttnn.to_torch(ttnn.generic_op([x, y], program)), ttnn.to_torch(x))
    args = program.kernels[0].runtime_args
    assert len(args) == 2 and args[0][1] == [x.buffer_address(), 3] == args.get(1)[1]
    with pytest.raises(IndexError, match=r"no runtime arguments for core \(7,7\)"):
        args[7][7]


def test_parts_made_empty_and_filled():
    kernel, cb, form = ttnn.KernelDescriptor(), ttnn.CBDescriptor(), ttnn.CBFormatDescriptor()
    kernel.core_ranges = cb.core_ranges = ttnn.CoreRange((1, 2), (3, 2))
    kernel.runtime_args = [(ttnn.CoreCoord(1, 2), [7])]
    form.buffer_index, form.page_size = 3, 64
    cb.total_size, cb.format_descriptors = 128, [form]
    program = ttnn.ProgramDescriptor()
    program.kernels, program.cbs = [kernel], [cb]
    assert program.kernels[0].runtime_args[1][2] == [7] and program.cbs[0].format_descriptors[0].page_size == 64


def test_compute_config_by_position():
    config = ttnn.ComputeConfigDescriptor(ttnn.MathFidelity.HiFi2, True, False, True)
    assert config.math_approx_mode and not config.fp32_dest_acc_en and config.dst_full_sync_en


def test_cores():
    ranges = ttnn.CoreRangeSet([ttnn.CoreRange((4, 0), (5, 1)), ttnn.CoreRange((0, 0), (1, 2))])
    assert (ranges.num_cores(), ranges.size(), ranges.ranges()[0].grid_size()) == (10, 2, ttnn.CoreCoord(2, 2))
    assert ranges.bounding_box() == ttnn.CoreRange((0, 0), (5, 2))
    assert ttnn.corerange_to_cores(ranges, 3, True) == [ttnn.CoreCoord(*xy) for xy in ((4, 0), (5, 0), (4, 1))]
    assert refusal(ttnn.CoreRangeSet().bounding_box)[1] == "CORE_RANGE"
    # A set has no order of its own.
    assert ttnn.CoreRangeSet(set(ranges.ranges())).ranges()[0].start == ttnn.CoreCoord(0, 0)


def test_what_is_plain_data_can_be_pickled():
    for value in (
        ttnn.L1_MEMORY_CONFIG,
        ttnn.CoreCoord(3, 4),
        ttnn.bfloat16,
        ttnn.WormholeComputeKernelConfig(fp32_dest_acc_en=True),
    ):
        assert pickle.loads(pickle.dumps(value)) == value


def test_what_one_device_cannot_do_is_refused(device):
    x = torch.randn(4, 4)
    assert refusal(ttnn.from_torch, x, pad_value=1.0)[0] is ttnn.UnsupportedError
    assert refusal(ttnn.MemoryConfig, shard_spec=object())[0] is ttnn.UnsupportedError
    with pytest.raises(TypeError, match="gird"):
        ttnn.open_device(gird=(1, 1))
