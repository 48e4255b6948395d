"""Faults at every line: ``tools/inject_faults.py [--points N] [--seed S] [--once] [WORD ...]``.

For each scenario of ``tests/faults.py`` (whose name contains one of the words) MemoryError and
Ctrl-C are raised the first and the last time that each line of the package is executed, or at N of
these points, drawn at random; what is wrong afterwards is printed. With ``--once`` a line that a
scenario before has executed is left out: a tenth of the time. Exit status 1 if anything is wrong.
"""

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from faults import Attack, scenarios

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("words", nargs="*", default=[""])
parser.add_argument("--points", type=int, default=10**9, help="points of each scenario at most")
parser.add_argument("--seed", default="", help="another one draws other points")
parser.add_argument("--once", action="store_true", help="each line in one scenario only")
arguments = parser.parse_args()
started, total, wrong, known = time.perf_counter(), 0, 0, set()
for scenario in scenarios():
    if not any(word in scenario.name for word in arguments.words):
        continue
    attack = Attack(scenario)
    points = [k for k in attack.points() if attack.lines[k - 1] not in known]
    if arguments.once:
        known.update(attack.lines)
    chosen = random.Random(scenario.name + arguments.seed).sample(
        points, min(arguments.points, len(points))
    )
    found = [attack.fault(k, error()) for k in chosen for error in (MemoryError, KeyboardInterrupt)]
    print(f"{scenario.name}: {len(attack.lines)} lines, {len(chosen)} of {len(points)} points")
    for text in filter(None, found):
        print(f"    {text}")
    sys.stdout.flush()
    total, wrong = total + len(found), wrong + sum(text is not None for text in found)
seconds = time.perf_counter() - started
print(f"{total} faults, {wrong} of them left something wrong, {seconds:.0f} s")
sys.exit(wrong > 0)
