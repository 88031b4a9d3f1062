"""unpack_sfpi.py WHEEL DIR: takes sfpi, the compiler of kernels, out of jax-tt-plugin's wheel into DIR/sfpi.

The plug-in's library carries tt-metal's run-time folder as a tar in one frame of Zstandard. The frame is found by its
magic number and the tar by its own.
"""

import io
import sys
import tarfile
import zipfile

import zstandard

FRAME = b"\x28\xb5\x2f\xfd"
INSIDE = "runtime/sfpi/"


def tar_stream(data, at):
    """The frame at `at`, as a stream of a tar; None when it is something else."""
    reader = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader
    try:
        if reader(io.BytesIO(data[at:])).read(512)[257:262] != b"ustar":
            return None
    except zstandard.ZstdError:
        return None
    return tarfile.open(fileobj=reader(io.BytesIO(data[at:])), mode="r|")


def main(wheel, folder):
    data = zipfile.ZipFile(wheel).read("jax_plugins/libtt/libtt.so")
    at = data.find(FRAME)
    while at >= 0:
        if (tar := tar_stream(data, at)) is not None:
            count = 0
            for member in tar:
                name = member.name.removeprefix("./")
                if name.startswith(INSIDE) and ".." not in name.split("/"):
                    member.name = name.removeprefix("runtime/")
                    member.mode |= 0o200  # so that it can be deleted
                    tar.extract(member, folder)
                    count += 1
            return None if count else f"{wheel} holds a tar without {INSIDE}"
        at = data.find(FRAME, at + 1)
    return f"{wheel} holds no tar"


sys.exit(main(*sys.argv[1:]))
