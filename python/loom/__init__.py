"""Loom runs TT-Metalium operations on a CPU, and says why one hangs.

The names and defaults are ttnn's, so that a script for the calls that are here runs with `import loom as ttnn`.
Needs NumPy, and PyTorch where it is asked for torch tensors.
"""

from . import _core
from ._core import (
    DRAM_MEMORY_CONFIG,
    L1_MEMORY_CONFIG,
    BufferType,
    ComputeKernelConfig,
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    CoreType,
    DataFormat,
    DataMovementProcessor,
    DataType,
    Layout,
    MathFidelity,
    MemoryConfig,
    TensorMemoryLayout,
    UnpackToDestMode,
)
from .cores import CoreGrid, corerange_to_cores, num_cores_to_corerangeset, split_work_to_cores
from .descriptors import (
    NOC,
    CBDescriptor,
    CBFormatDescriptor,
    ComputeConfigDescriptor,
    DataMovementConfigDescriptor,
    KernelDescriptor,
    ProgramDescriptor,
    ReaderConfigDescriptor,
    SemaphoreDescriptor,
    TensorAccessorArgs,
    TileDescriptor,
    WriterConfigDescriptor,
)
from .device import (
    Device,
    close_device,
    disable_and_clear_program_cache,
    enable_program_cache,
    manage_device,
    open_device,
    synchronize_device,
)
from .errors import Error, InternalError, KernelError, UnsupportedError, UsageError
from .operations import (
    BlackholeComputeKernelConfig,
    GrayskullComputeKernelConfig,
    WormholeComputeKernelConfig,
    check,
    explain,
    generic_op,
    init_device_compute_kernel_config,
    layernorm_fused_rm,
    trace,
)
from .reports import CheckReport, Explanation, Trace
from .runtime_args import RuntimeArgs
from .tensor import (
    Shape,
    Tensor,
    allocate_tensor_on_device,
    deallocate,
    empty,
    from_device,
    from_dlpack,
    from_numpy,
    from_torch,
    is_tensor_storage_on_device,
    to_device,
    to_dtype,
    to_layout,
    to_memory_config,
    to_numpy,
    to_torch,
)

__version__: str = _core.__version__

# Part of ttnn's class; here, since CoreGrid is Python.
Device.core_grid = property(
    lambda device: CoreGrid(x=device.compute_with_storage_grid_size().x, y=device.compute_with_storage_grid_size().y)
)

bfloat16 = DataType.BFLOAT16
float32 = DataType.FLOAT32
ROW_MAJOR_LAYOUT = Layout.ROW_MAJOR
TILE_LAYOUT = Layout.TILE
TILE_SIZE = 32

__all__ = [
    "DRAM_MEMORY_CONFIG",
    "L1_MEMORY_CONFIG",
    "NOC",
    "ROW_MAJOR_LAYOUT",
    "TILE_LAYOUT",
    "TILE_SIZE",
    "BlackholeComputeKernelConfig",
    "BufferType",
    "CBDescriptor",
    "CBFormatDescriptor",
    "CheckReport",
    "ComputeConfigDescriptor",
    "ComputeKernelConfig",
    "CoreCoord",
    "CoreGrid",
    "CoreRange",
    "CoreRangeSet",
    "CoreType",
    "DataFormat",
    "DataMovementConfigDescriptor",
    "DataMovementProcessor",
    "DataType",
    "Device",
    "Error",
    "Explanation",
    "GrayskullComputeKernelConfig",
    "InternalError",
    "KernelDescriptor",
    "KernelError",
    "Layout",
    "MathFidelity",
    "MemoryConfig",
    "ProgramDescriptor",
    "ReaderConfigDescriptor",
    "RuntimeArgs",
    "SemaphoreDescriptor",
    "Shape",
    "Tensor",
    "TensorAccessorArgs",
    "TensorMemoryLayout",
    "TileDescriptor",
    "Trace",
    "UnpackToDestMode",
    "UnsupportedError",
    "UsageError",
    "WormholeComputeKernelConfig",
    "WriterConfigDescriptor",
    "allocate_tensor_on_device",
    "bfloat16",
    "check",
    "close_device",
    "corerange_to_cores",
    "deallocate",
    "disable_and_clear_program_cache",
    "empty",
    "enable_program_cache",
    "explain",
    "float32",
    "from_device",
    "from_dlpack",
    "from_numpy",
    "from_torch",
    "generic_op",
    "init_device_compute_kernel_config",
    "is_tensor_storage_on_device",
    "layernorm_fused_rm",
    "manage_device",
    "num_cores_to_corerangeset",
    "open_device",
    "split_work_to_cores",
    "synchronize_device",
    "to_device",
    "to_dtype",
    "to_layout",
    "to_memory_config",
    "to_numpy",
    "to_torch",
    "trace",
]
