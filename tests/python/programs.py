"""A small program: copies pages from one tensor to another through circular buffer c_0."""

import loom

READER = """
void kernel_main() {
    const uint32_t address = get_arg_val<uint32_t>(0), pages = get_arg_val<uint32_t>(1);
    const auto tensor = TensorAccessor(TensorAccessorArgs<0>(), address);
    for (uint32_t page = 0; page < pages; ++page) {
        cb_reserve_back(0, 1);
        noc_async_read_page(page, tensor, get_write_ptr(0));
        noc_async_read_barrier();
        cb_push_back(0, 1);
    }
}
"""

WRITER = """
void kernel_main() {
    const uint32_t address = get_arg_val<uint32_t>(0), pages = get_arg_val<uint32_t>(1);
    const auto tensor = TensorAccessor(TensorAccessorArgs<0>(), address);
    for (uint32_t page = 0; page < pages; ++page) {
        cb_wait_front(0, 1);
        noc_async_write_page(page, tensor, get_read_ptr(0));
        noc_async_write_barrier();
        cb_pop_front(0, 1);
    }
}
"""


def kernel(source, tensor, config, args):
    runtime_args = loom.RuntimeArgs()
    runtime_args[0][0] = args
    return loom.KernelDescriptor(
        kernel_source=source,
        source_type=loom.KernelDescriptor.SourceType.SOURCE_CODE,
        core_ranges=loom.CoreRangeSet([loom.CoreRange(loom.CoreCoord(0, 0), loom.CoreCoord(0, 0))]),
        compile_time_args=loom.TensorAccessorArgs(tensor).get_compile_time_args(),
        runtime_args=runtime_args,
        config=config,
    )


def copy_program(x, y, read=None, page_size=None):
    """Reads `read` pages of x, all unless told otherwise, and writes all of y."""
    pages = x.shape.volume() // x.shape[-1]
    page_size = page_size or x.shape[-1] * (2 if x.dtype == loom.bfloat16 else 4)
    cores = loom.CoreRangeSet([loom.CoreRange(loom.CoreCoord(0, 0), loom.CoreCoord(0, 0))])
    form = loom.CBFormatDescriptor(buffer_index=0, data_format=x.dtype, page_size=page_size)
    reader_args = [x.buffer_address(), pages if read is None else read]
    return loom.ProgramDescriptor(
        kernels=[
            kernel(READER, x, loom.ReaderConfigDescriptor(), reader_args),
            kernel(WRITER, y, loom.WriterConfigDescriptor(), [y.buffer_address(), pages]),
        ],
        semaphores=[],
        cbs=[loom.CBDescriptor(total_size=2 * page_size, core_ranges=cores, format_descriptors=[form])],
    )
