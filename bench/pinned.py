"""Runs a command as the contenders are run, on two CPUs and before all else: `pinned.py COMMAND ARGUMENT...`."""

import os
import sys

from contender import pin

pin(2)
os.execv(sys.argv[1], sys.argv[1:])
