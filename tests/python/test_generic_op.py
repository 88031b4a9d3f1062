"""Programs of one's own: ProgramDescriptor and its parts, run by generic_op."""

import pytest
from conftest import refusal
from extras import torch
from programs import READER, copy_program

import loom


@pytest.mark.parametrize("dtype", [loom.bfloat16, loom.float32], ids=str)
def test_a_copy_program_runs(device, dtype):
    x = loom.from_torch(torch.randn(50, 64), dtype=dtype, device=device)
    y = loom.allocate_tensor_on_device(x.shape, dtype, loom.ROW_MAJOR_LAYOUT, device)
    assert loom.generic_op([x, y], copy_program(x, y)) is y
    assert torch.equal(y.to_torch(), x.to_torch())


def test_its_program_is_found_again_and_gets_new_addresses(device):
    x = loom.from_torch(torch.randn(50, 64), device=device)
    for entries in (1, 1):
        y = loom.empty(x.shape, x.dtype, x.layout, device)
        loom.generic_op([x, y], copy_program(x, y))
        assert device.num_program_cache_entries() == entries
        assert torch.equal(y.to_torch(), x.to_torch())
        x = loom.from_torch(torch.randn(50, 64), device=device)
    program = copy_program(x, y)
    program.custom_program_hash = 7
    loom.generic_op([x, y], program)
    assert device.num_program_cache_entries() == 2


def test_a_kernel_file_that_changed_is_another_program(device, tmp_path):
    x = loom.from_torch(torch.randn(4, 64), device=device)
    y = loom.from_torch(torch.zeros(4, 64), device=device)
    program = copy_program(x, y)
    reader = program.kernels[0]
    path = tmp_path / "reader.cpp"
    reader.source_type = loom.KernelDescriptor.SourceType.FILE_PATH
    reader.kernel_source = str(path)
    path.write_text(READER)
    loom.generic_op([x, y], program)
    assert torch.equal(y.to_torch(), x.to_torch())
    path.write_text(READER.replace("(page, tensor,", "(0, tensor,"))
    loom.generic_op([x, y], program)
    assert torch.equal(y.to_torch(), x.to_torch()[:1].expand(4, 64))


def test_a_hang_is_an_exception_with_the_whole_report(device):
    x = loom.from_torch(torch.randn(50, 64), device=device)
    y = loom.empty(x.shape, x.dtype, x.layout, device)
    with pytest.raises(loom.KernelError) as raised:
        loom.generic_op([x, y], copy_program(x, y, read=49))
    error = raised.value
    assert (error.code, error.blame) == ("HANG", "kernel")
    assert str(error) == (
        "HANG core (0,0): no kernel can run.\n"
        "  reader  finished\n"
        "  writer  cb_wait_front(c_0, 1)  source.cpp:6  0 of 1 page pushed\n"
        "reader ended after pushing 49 pages of c_0 in all; writer waits for 1 more: push as many as are waited for."
    )
    place = error.places[0]
    assert place["core"] == "(0,0)" and place["cb"] == 0


def test_refusals(device):
    x = loom.from_torch(torch.randn(4, 64), device=device)
    y = loom.empty(x.shape, x.dtype, x.layout, device)
    program = copy_program(x, y)
    assert refusal(loom.generic_op, [], program)[1] == "TENSOR_PLACE"
    assert refusal(copy_program, x, loom.from_device(y))[1] == "TENSOR_PLACE"
    assert refusal(loom.generic_op, [x, y], copy_program(x, y, page_size=100))[1] == "CB_CONFIG"
    with loom.open_device() as other:
        z = loom.empty(x.shape, x.dtype, x.layout, other)
        assert refusal(loom.generic_op, [x, z], program)[1] == "TENSOR_PLACE"
    y.deallocate()
    assert refusal(loom.generic_op, [x, y], program)[1] == "BUFFER_FREED"


def test_work_split():
    grid = loom.CoreCoord(8, 8)
    cores, everyone, first, second, more, fewer = loom.split_work_to_cores(grid, 100)
    assert (cores, first.num_cores(), second.num_cores(), more, fewer) == (64, 36, 28, 2, 1)
    assert everyone.num_cores() == 64 and len(loom.corerange_to_cores(first)) == 36
    assert first.contains(loom.CoreCoord(0, 0)) and not second.contains(loom.CoreCoord(0, 0))
    assert loom.num_cores_to_corerangeset(3, grid, row_wise=True) == loom.CoreRangeSet(
        [loom.CoreRange(loom.CoreCoord(0, 0), loom.CoreCoord(2, 0))]
    )
    assert refusal(loom.CoreRange, loom.CoreCoord(2, 3), loom.CoreCoord(1, 4))[1] == "CORE_RANGE"
