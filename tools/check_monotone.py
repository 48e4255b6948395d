"""Directions of columns: ``python tools/check_monotone.py [--pairs N] [WORD ...]``.

For each model of ``tests/monotone.py`` (whose name contains one of the words) N pairs of rows are
drawn, a million unless it says otherwise, of which the second may not have the smaller prediction.
Printed is by how much it falls at most, in units of the targets' spread. Exit status 1 if that is
more than rounding may leave, 1e-6.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from monotone import CASES, TOLERANCE, worst

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("words", nargs="*", default=[""])
parser.add_argument("--pairs", type=int, default=10**6, help="pairs of rows for each model")
arguments = parser.parse_args()
warnings.simplefilter("ignore")
started, broken = time.perf_counter(), 0
for name, make in CASES.items():
    if not any(word in name for word in arguments.words):
        continue
    falls = worst(make(name), arguments.pairs, np.random.default_rng(0))
    broken += sum(fall > TOLERANCE for fall in falls.values())
    told = ", ".join(f"{function} {fall:.1e}" for function, fall in falls.items())
    print(f"{name}: largest fall of {told}", flush=True)
print(f"{broken} broken, {time.perf_counter() - started:.0f} s")
sys.exit(broken > 0)
