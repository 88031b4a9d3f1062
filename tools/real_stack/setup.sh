#!/usr/bin/env bash
# setup.sh DIR: the real stack in DIR: DIR/venv has ttnn with upstream's kernel headers, DIR/sfpi the compiler for the
# chip's processors, put where ttnn looks for it. From PyPI alone. What is there is kept; a new version is a new set-up.
#
# ttnn's wheels are for CPython 3.10 and 3.12 on x86-64; PYTHON names one that is not found by itself.
set -euo pipefail
if (($# != 1)); then
    echo "usage: setup.sh DIR" >&2
    exit 2
fi
readonly ttnn=0.81.1
# The compiler is no package of its own: this plug-in's library carries tt-metal's run-time folder, and sfpi in it.
readonly plugin=0.1.3
mkdir -p "$1"
dir=$(cd "$1" && pwd)
stamp=$dir/stamp
wanted="ttnn $ttnn, jax-tt-plugin $plugin"
if [[ -e $stamp && $(<"$stamp") == "$wanted" ]]; then exit 0; fi

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.10 python3.12 "$HOME"/.pyenv/versions/3.1[02].*/bin/python; do
        if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 12)))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo "setup.sh: ttnn $ttnn needs CPython 3.10 or 3.12, and none was found; name one in PYTHON" >&2
    return 1
}

python=$(find_python)
rm -rf "$dir"
mkdir -p "$dir/download"
"$python" -m venv "$dir/venv"
pip=("$dir/venv/bin/python" -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install "ttnn==$ttnn" ml_dtypes==0.5.4 safetensors==0.8.0 zstandard==0.25.0
# Its metadata asks for a newer Python than ttnn has; nothing of it is run.
"${pip[@]}" download --no-deps --only-binary :all: --python-version 3.12 --implementation py --abi none \
    --platform manylinux_2_34_x86_64 --dest "$dir/download" "jax-tt-plugin==$plugin"
"$dir/venv/bin/python" "$(dirname "$0")/unpack_sfpi.py" "$dir"/download/*.whl "$dir"
rm -rf "$dir/download"

# Run-time libraries are there for Blackhole alone. Of Wormhole's, kernels take memcpy and its like: plain RV32 ones do.
compiler=$dir/sfpi/compiler
for lib in "$compiler"/riscv-tt-elf/lib "$compiler"/lib/gcc/riscv-tt-elf/*; do
    mkdir -p "$lib/wh-ilp32"
    for file in "$lib"/bh-ilp32/*; do
        name=${file##*/}
        if [[ -e $lib/$name ]]; then from=..; else from=../bh-ilp32; fi
        ln -sfn "$from/$name" "$lib/wh-ilp32/$name"
    done
done
for include in "$compiler"/riscv-tt-elf/include/c++/*/riscv-tt-elf; do
    if [[ ! -e $include/wh-ilp32 ]]; then ln -s bh-ilp32 "$include/wh-ilp32"; fi
done

root=$("$dir/venv/bin/python" "$(dirname "$0")/stack.py")
mkdir -p "$root/runtime"
ln -sfn "$dir/sfpi" "$root/runtime/sfpi"
echo 'int triple(int a) { return a * 3; }' >"$dir/try.cpp"
for chip in wh bh; do "$compiler/bin/riscv-tt-elf-g++" -mcpu=tt-$chip -O2 -c "$dir/try.cpp" -o "$dir/try.o"; done
rm "$dir/try.cpp" "$dir/try.o"
echo "$wanted" >"$stamp"
