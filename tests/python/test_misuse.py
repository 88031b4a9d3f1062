"""What a newcomer gets wrong is told in his own words: the argument's name, what was expected, what came."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from conftest import refusal
from extras import torch

import loom


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda x: loom.from_torch([1.0]), "from_torch: expected a torch.Tensor or a NumPy array, got list"),
        (lambda x: loom.from_torch(torch.ones(2), torch.bfloat16), "dtype: expected loom.DataType, got torch.dtype"),
        (lambda x: loom.from_torch(torch.ones(2), layout="TILE"), "layout: expected loom.Layout, got str"),
        (lambda x: loom.from_torch(torch.ones(2), device=0), "device: expected loom.Device or None, got int"),
        (lambda x: loom.from_dlpack(5), "from_dlpack: expected something with __dlpack__, got int"),
        (lambda x: loom.to_torch(torch.ones(2)), "tensor: expected loom.Tensor, got torch.Tensor; see loom.from_torch"),
        (lambda x: loom.to_device(x, None), "device: expected loom.Device, got None"),
        (lambda x: loom.layernorm_fused_rm(None), "tensor: expected loom.Tensor, got None; see loom.from_torch"),
        (lambda x: loom.layernorm_fused_rm(x, epsilon="1"), "epsilon: expected float or int, got str"),
        (lambda x: loom.layernorm_fused_rm(x, memory_config="L1"),
         "memory_config: expected loom.MemoryConfig or None, got str"),
        (lambda x: loom.generic_op([torch.ones(2)], loom.ProgramDescriptor()),
         "tensor: expected loom.Tensor, got torch.Tensor; see loom.from_torch"),
        (lambda x: loom.generic_op([x], None), "program_descriptor: expected loom.ProgramDescriptor, got None"),
        (lambda x: loom.explain("layernorm_fused_rm"), "expected the tensors of a call, or a shape"),
        (lambda x: loom.explain("layernorm_fused_rm", shape="64x32"),
         "'str' object cannot be interpreted as an integer"),
        (lambda x: loom.check("layernorm_fused_rm", shape=(2, 2), eps=1),
         "layernorm_fused_rm() got an unexpected keyword argument 'eps'"),
        (copy.deepcopy, "a tensor on a device can be neither pickled nor copied; from_device makes a copy that can"),
        (pickle.dumps, "a tensor on a device can be neither pickled nor copied; from_device makes a copy that can"),
    ],
)  # fmt: skip
def test_wrong_arguments(device, call, text):
    with pytest.raises(TypeError) as raised:
        call(loom.from_torch(torch.ones(2, 32), device=device))
    assert str(raised.value) == text


def test_tensors_that_have_no_dense_elements():
    for x, kind in ((torch.eye(3).to_sparse(), "sparse_coo"), (torch.empty(3, device="meta"), "meta")):
        assert refusal(loom.from_torch, x) == (
            loom.UnsupportedError, "UNSUPPORTED", f"from_torch takes dense tensors with elements, got a {kind} tensor."
        )  # fmt: skip


def test_from_torch_takes_what_ttnns_takes(device):
    assert loom.from_torch(None) is None
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert np.array_equal(loom.to_numpy(loom.from_torch(array, device=device)), array)


class Foreign:
    """Something of a library that Loom does not know."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __dlpack__(self, **options):
        return self.tensor.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.tensor.__dlpack_device__()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize("where", ["host", "device"])
def test_foreign_views_that_are_not_contiguous(device, dtype, where):
    x = torch.arange(24.0).reshape(4, 6).to(dtype)
    for view in (x.T, x[::2, 1:], x.expand(2, 4, 6), x[0, 0]):
        made = loom.from_dlpack(Foreign(view), device=device if where == "device" else None)
        assert torch.equal(loom.to_torch(made), view)
    assert loom.to_torch(loom.from_dlpack(Foreign(x))).data_ptr() == x.data_ptr()


def test_foreign_dtypes_are_named():
    for dtype in (torch.float64, torch.float16, torch.int32, torch.uint16, torch.bool, torch.complex64):
        name = str(dtype).removeprefix("torch.")
        assert refusal(loom.from_dlpack, Foreign(torch.ones(2, dtype=dtype)))[2] == (
            f"from_dlpack: dtype {name} is unsupported; Loom has bfloat16 and float32."
        )
    assert refusal(loom.from_dlpack, np.ones(3, np.uint16))[1] == "TENSOR_DTYPE"


def test_arrays_that_may_not_be_written_are_copied_before_others_write_them():
    array = np.ones(4, np.float32)
    array.flags.writeable = False
    bits = np.full(4, 0x3F80, np.uint16)
    bits.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for tensor in (loom.from_numpy(array), loom.from_numpy(bits, dtype=loom.bfloat16)):
            for out in (loom.to_torch(tensor), torch.from_dlpack(tensor)):
                out += 1
                assert out.tolist() == [2, 2, 2, 2]
    assert array.tolist() == [1, 1, 1, 1] and set(bits) == {0x3F80}


def test_host_tensors_can_be_pickled_and_copied():
    x = torch.randn(3, 4)
    host = loom.from_torch(x, dtype=loom.bfloat16)
    for made in (pickle.loads(pickle.dumps(host)), copy.deepcopy(host), copy.copy(host)):
        assert torch.equal(loom.to_torch(made), x.bfloat16())


def test_a_closed_device_is_not_entered():
    device = loom.open_device()
    loom.close_device(device)
    assert refusal(device.__enter__)[1] == "DEVICE_CLOSED"


def test_one_change_needs_no_list():
    assert loom.check("layernorm_fused_rm", shape=(32, 32), changes="c_16=4", schedules=0).findings[0]["code"] == "HANG"


@pytest.mark.skipif(np.__version__ < "2", reason="asks no tensor for copies")
def test_numpy_is_told_when_there_is_no_way_without_a_copy(device):
    array = np.ones((2, 3), np.float32)
    assert np.shares_memory(np.asarray(loom.from_numpy(array), copy=False), array)
    assert not np.shares_memory(np.array(loom.from_numpy(array), copy=True), array)
    for tensor in (loom.from_numpy(array, device=device), loom.from_numpy(array, dtype=loom.bfloat16)):
        with pytest.raises(ValueError, match="uncopied"):
            np.asarray(tensor, copy=False)
        assert np.array_equal(np.asarray(tensor), array)
