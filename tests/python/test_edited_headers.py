"""A kernel's headers count as they are at the call: edited between two calls of one process, they take effect."""

import os

import pytest
from extras import torch
from programs import READER, copy_program

import loom


@pytest.fixture
def copied(device, tmp_path):
    """What a copy program makes of a tensor whose rows are 0, 1, 2, 3; its reader is a file, with these lines first."""
    x = loom.from_torch(torch.arange(4.0)[:, None].expand(4, 64).contiguous(), device=device)

    def run(first_lines, which="PAGE"):
        y = loom.from_torch(torch.zeros(4, 64), device=device)
        program = copy_program(x, y)
        reader, writer = program.kernels
        path = tmp_path / "reader.cpp"
        text = first_lines + READER.replace("(page, tensor,", f"({which}, tensor,")
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        reader.source_type = loom.KernelDescriptor.SourceType.FILE_PATH
        reader.kernel_source = str(path)
        program.kernels = [reader, writer]
        loom.generic_op([x, y], program)
        return y.to_torch()[:, 0].tolist()

    return run


def edit(path, page):
    """As many bytes as before, and the same time of change."""
    path.parent.mkdir(exist_ok=True)
    before = path.stat() if path.exists() else None
    path.write_text(f"#define PAGE {page}\n")
    if before:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "lines",
    [
        '#include "page.h"\n',
        '/* a remark */ #include "page.h"\n',
        '#define NAME "page.h"\n#include NAME\n',
        '#include "deep/other.h"\n',
    ],
    ids=["direct", "behind a comment", "by a macro", "by another header"],
)
def test_however_it_is_included(copied, tmp_path, lines):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/other.h").write_text('#include "../page.h"\n')
    for page in (1, 2, 3, 1):
        edit(tmp_path / "page.h", page)
        assert copied(lines) == copied(lines) == [page] * 4


@pytest.mark.parametrize("variable", ["CPLUS_INCLUDE_PATH", "CPATH"])
def test_found_by_a_variable_of_the_compiler(copied, tmp_path, monkeypatch, variable):
    monkeypatch.setenv(variable, str(tmp_path / "include"))
    for page in (1, 2):
        edit(tmp_path / "include/page.h", page)
        assert copied("#include <page.h>\n") == [page] * 4


def test_one_that_comes_first_from_now_on(copied, tmp_path, monkeypatch):
    monkeypatch.setenv("CPLUS_INCLUDE_PATH", f"{tmp_path / 'early'}:{tmp_path / 'late'}")
    edit(tmp_path / "late/page.h", 1)
    assert copied("#include <page.h>\n") == [1] * 4
    edit(tmp_path / "early/page.h", 2)
    assert copied("#include <page.h>\n") == [2] * 4


def test_one_that_the_kernel_asks_for(copied, tmp_path):
    lines = '#if __has_include("page.h")\n#include "page.h"\n#else\n#define PAGE 3\n#endif\n'
    assert copied(lines) == [3] * 4
    edit(tmp_path / "page.h", 1)
    assert copied(lines) == [1] * 4


def test_a_link_that_leads_elsewhere(copied, tmp_path):
    edit(tmp_path / "one.h", 1)
    edit(tmp_path / "two.h", 2)
    for page, name in enumerate(("one.h", "two.h"), 1):
        (tmp_path / "page.h").unlink(missing_ok=True)
        (tmp_path / "page.h").symlink_to(name)
        assert copied('#include "page.h"\n') == [page] * 4
