"""Says how much `pip install` with these arguments would download: the sizes of the files that it would choose."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlparse
from urllib.request import Request, urlopen


def size_of(url):
    """In bytes, as its server tells it; None when it does not."""
    if url.startswith("file:"):
        return 0 if Path(unquote(urlparse(url).path)).exists() else None
    try:
        with urlopen(Request(url, method="HEAD"), timeout=30) as answer:
            return int(answer.headers["Content-Length"])
    except (OSError, TypeError, ValueError):
        return None


def in_words(sizes):
    known = [size for size in sizes if size is not None]
    least = "" if len(known) == len(sizes) else "at least "
    packages = f"{len(sizes)} package{'' if len(sizes) == 1 else 's'}"
    return f"+ pip: {packages}, {least}{sum(known) / 1e6:.0f} MB to download"


def main():
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--dry-run"]
    done = subprocess.run([*pip, "--report", "-", *sys.argv[1:]], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:  # pip has said why
        sys.exit(done.returncode)
    urls = [package["download_info"]["url"] for package in json.loads(done.stdout)["install"]]
    with ThreadPoolExecutor(16) as pool:
        sizes = list(pool.map(size_of, urls))
    print(in_words(sizes))


if __name__ == "__main__":
    main()
