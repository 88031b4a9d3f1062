"""Installs oneDNN into build/bench/ and compiles the contender against it.

Debian 12 has 2.6.3. PyPI's newest is built for SYCL: its kernels are the newest there are, but a call goes through
SYCL's queue, and two threads help it little. The last one on PyPI that was built for plain OpenMP is older, and often
the faster peer. Both are measured."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build/bench"
BUILDS = {
    "onednn": ["onednn==2026.1.0", "onednn-devel==2026.1.0"],  # 3.13.2
    "onednn-cpu-gomp": ["onednn-cpu-gomp==2023.2.0", "onednn-devel-cpu-gomp==2023.2.0"],  # 3.2.0
}


def run(*command):
    command = [str(word) for word in command]
    print("+", *command, flush=True)
    subprocess.run(command, check=True)


def install(root, packages):
    stamp = root / "requirements.txt"
    if stamp.is_file() and stamp.read_text().split() == packages:
        return
    run(sys.executable, "-m", "venv", "--without-pip", "--clear", root)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", root / "bin/python"]
    run(*pip, "install", "--quiet", *packages)
    stamp.write_text("\n".join(packages) + "\n")


def compile_worker(root):
    worker, source = root / "worker", HERE / "contenders/onednn_worker.cpp"
    newest = max(path.stat().st_mtime for path in [source, HERE / "contenders/worker.hpp", root / "requirements.txt"])
    if worker.is_file() and worker.stat().st_mtime > newest:
        return
    lib = root / "lib"
    # As RPATH, not RUNPATH: what the library itself needs lies there too.
    link = ["-ldnnl", f"-Wl,--disable-new-dtags,-rpath,{lib},-rpath-link,{lib}"]
    run("g++", "-std=c++20", "-O2", f"-I{HERE}", f"-I{HERE.parent / 'src'}", f"-I{root / 'include'}", source,
        "-o", worker, f"-L{lib}", *link)  # fmt: skip


def main():
    for name, packages in BUILDS.items():
        install(BUILD / name, packages)
        compile_worker(BUILD / name)


if __name__ == "__main__":
    main()
