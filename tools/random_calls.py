"""Random calls by the thousand: ``python tools/random_calls.py 20000 [SEED]``.

Draws cases as ``tests/test_random_calls.py`` does, without shrinking them, and goes on after a
failure. Each way to fail is printed when it is first seen. At the end it prints for each how often
it was seen and the code of its shortest case, to be pasted in the folder of the tests.
"""

import re
import sys
import time
from pathlib import Path

import hypothesis

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from random_calls import code, run
from test_random_calls import cases

n_cases, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
failures, counts = {}, {}
started = time.perf_counter()


@hypothesis.settings(
    max_examples=n_cases, deadline=None, database=None, phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)  # fmt: skip
@hypothesis.seed(seed)
@hypothesis.given(cases())
def calls(case):
    """Run one case; take note of how it went."""
    try:
        outcome = run(**case)
    except Exception as error:
        outcome = "failed"
        kind = re.sub(r"[-+]?\d[\d.e+-]*", "#", f"{type(error).__name__}: {error}")[:90]
        if kind not in failures:
            print(f"case {sum(counts.values())}: {kind}\n    {code(case)}\n", flush=True)
        failures.setdefault(kind, []).append(f"{code(case)}\n    {type(error).__name__}: {error}")
    counts[outcome] = counts.get(outcome, 0) + 1
    if sum(counts.values()) % 1000 == 0:
        print(f"{time.process_time():.0f} s of the processor: {counts}\n", flush=True)


calls()
for kind, found in sorted(failures.items(), key=lambda item: -len(item[1])):
    print(f"{len(found)} times {kind}\n    {min(found, key=len)}\n")
seconds = f"{time.perf_counter() - started:.0f} s, {time.process_time():.0f} s of the processor"
print(f"{sum(counts.values())} cases in {seconds}: {counts}")
sys.exit(bool(failures))
