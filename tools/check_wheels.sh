#!/usr/bin/env bash
# Builds the Python package's wheel for each CPython from 3.10 to 3.13 that is found, in PATH or with pyenv, installs it
# beside NumPy alone, and tries it. The libraries are compiled once, for all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dir=build/wheels
pip=(-m pip --disable-pip-version-check --quiet)

# find_python <version>: the interpreter that runs, if any.
find_python() {
    local candidate
    for candidate in "/usr/bin/python$1" "$(command -v "python$1" || true)" ~/.pyenv/versions/"$1".*/bin/python; do
        if [[ -x $candidate ]] && "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
}

tried=()
for version in 3.10 3.11 3.12 3.13; do
    interpreter=$(find_python "$version")
    if [[ -z $interpreter ]]; then
        echo "CPython $version: not found"
        continue
    fi
    echo "CPython $version: $interpreter"
    rm -rf "${dir:?}/$version"
    "$interpreter" -m venv "$dir/$version/build"
    "$dir/$version/build/bin/python" "${pip[@]}" install scikit-build-core==1.1.2 nanobind==3.1.0
    "$dir/$version/build/bin/python" "${pip[@]}" wheel . --no-deps --no-build-isolation --wheel-dir "$dir/$version" \
        --config-settings=build-dir="$dir/cmake"
    # What is installed is the wheel and what it asks for, and nothing of this folder.
    "$interpreter" -m venv "$dir/$version/try"
    "$dir/$version/try/bin/python" "${pip[@]}" install "$dir/$version"/*.whl
    "$dir/$version/try/bin/python" -I tools/try_package.py
    tried+=("$version")
done
if ((${#tried[@]} == 0)); then
    echo "no CPython from 3.10 to 3.13 was found" >&2
    exit 1
fi
echo "wheels built and tried: CPython ${tried[*]}"
