"""Plant bugs, one at a time, and see whether the tests notice.

``python tools/mutate.py planted`` plants sixteen bugs that once went unnoticed.
``python tools/mutate.py N [SEED]`` plants N at random (all of them for 0): an operator, comparison,
constant, function or sign exchanged, a call left out, in any file of the package but those that
``EXCUSED`` names with a reason. A file that is neither there nor in ``TESTS`` is an
error.

Each is planted in a copy of the sources in a temporary folder, where the core tests of that file
run until one fails; a few of those need an optional package. All of them run once without a bug
before, since a test that fails anyway would seem to notice each. Survivors are printed with file,
line and change. Exit status 1 if there are any but those that ``EQUIVALENT`` explains.
"""

import ast
import fnmatch
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The core tests of each file.
TESTS = {
    "skfnn/losses/*": "meaning losses gradient oracles uncertainty edges",
    "skfnn/_engine/objective/link.py": "meaning losses gradient oracles prediction estimators",
    "skfnn/activations/*": "edges gradient components initializers_schedules_metrics estimators",
    "skfnn/layers/*": "meaning gradient components tabular_layers ensemble depth autoencoder",
    "skfnn/optimizers/*": "optimizers meaning solvers oracles",
    "skfnn/schedules.py": "initializers_schedules_metrics solvers meaning",
    "skfnn/_engine/program/schedule.py":
        "initializers_schedules_metrics solvers meaning tabular_layers",
    "skfnn/metrics/_metrics.py": "initializers_schedules_metrics tabular uncertainty",
    "skfnn/_engine/objective/objective.py": "meaning gradient oracles defects solvers ensemble",
    "skfnn/solvers/*": "meaning solvers optimizers oracles defects estimators",
    "skfnn/_engine/program/calls.py": "parts calls gradient",
    "skfnn/_engine/program/cell.py": "parts tabular_layers gradient",
    "skfnn/_estimators/folding.py": "conversions interchange",
    "skfnn/export/_onnx.py": "onnx conversions",
    "skfnn/parts/*": "parts",
    "skfnn/_engine/objective/targets.py":
        "meaning estimators keras_vocabulary inside bad_input defects",
    "skfnn/_engine/objective/data.py": "meaning oracles estimators defects gradient",
    "skfnn/_engine/objective/weights.py": "all_or_nothing tabular_contract",
    "skfnn/_engine/following/history.py": "all_or_nothing estimators",
    "skfnn/_engine/following/monitor.py": "estimators defects meaning callbacks",
    "skfnn/_engine/objective/calibration.py": "tabular initializers_schedules_metrics",
    "skfnn/tabular/_s[otu][ur]*": "tabular_streams",
    "skfnn/tabular/_ongoing.py": "tabular_streams",
    "skfnn/tabular/_reading.py": "tabular_streams",
    "skfnn/dask/*": "dask",
    "skfnn/tabular/*": "meaning tabular_contract tabular tabular_follow tabular_categories",
    "skfnn/preprocessing/_[fs]*": "shaped_input",
    "skfnn/preprocessing/_level_counts.py": "tabular_streams",
    "skfnn/preprocessing/*": "tabular_encoder tabular_columns tabular_arrivals",
    "skfnn/constraints.py": "constraints monotone",
    "skfnn/initializers.py": "initializers_schedules_metrics components",
    "skfnn/model_selection.py": "search routing soft_targets",
    "skfnn/metrics/_loss_and_error.py": "initializers_schedules_metrics tabular",
    "skfnn/metrics/_resolve.py": "initializers_schedules_metrics first_hour engine_meaning",
    "skfnn/metrics/_[st]*": "scorers routing uncertainty",
    "skfnn/callbacks/*": "ready_callbacks",
    "skfnn/inspection/*": "inspection",
    "skfnn/inspection/_[agimo]*": "importance attributions",
    "skfnn/_engine/network/gradient.py": "attributions",
    "skfnn/tabular/_origin.py": "importance",
    "skfnn/tabular/_fitted_classes.py": "soft_targets",
    "skfnn/tabular/_class_scaling.py": "tabular_scaling",
    "skfnn/export/_columns.py": "onnx_tabular",
    "skfnn/export/_convert.py": "onnx conversions",
    "skfnn/export/_memory.py": "training_program",
    "skfnn/export/_persistence.py": "persistence saved_models",
    "skfnn/export/_program.py": "training_program",
    "skfnn/export/_t*": "onnx_tabular",
    "skfnn/_sklearn.py": "estimators callbacks routing old_scikit_learn",
    "skfnn/_engine/curvature/*": "levenberg_marquardt uncertainty meaning",
    "skfnn/_engine/following/callback_tasks.py": "callbacks",
    "skfnn/_engine/following/divergence.py": "defects all_or_nothing gradient",
    "skfnn/_engine/following/estimator.py": "callbacks persistence",
    "skfnn/_engine/following/interrupts.py": "defects fit_or_nothing all_or_nothing",
    "skfnn/_engine/network/*": "engine_meaning gradient prediction persistence autoencoder",
    "skfnn/_engine/objective/conformal.py": "conformal_distribution sets uncertainty",
    "skfnn/_engine/objective/distribution.py": "uncertainty losses",
    "skfnn/_engine/objective/evaluation.py": "estimators keras_vocabulary mixed_precision",
    "skfnn/_engine/objective/loss.py": "losses meaning gradient components",
    "skfnn/_engine/objective/metric.py": "initializers_schedules_metrics components",
    "skfnn/_engine/objective/sets.py": "sets",
    "skfnn/_engine/program/chain.py": "gradient parts depth",
    "skfnn/_engine/program/constraint.py": "constraints",
    "skfnn/_engine/program/layer.py": "parts components depth gradient",
    "skfnn/_engine/program/listing.py": "inside",
    "skfnn/_engine/program/memory.py": "memory gradient parts",
    "skfnn/_engine/program/once.py": "once",
    "skfnn/_engine/program/sparse.py": "gradient memory inside",
    "skfnn/_engine/program/threads.py": "threads optimizers",
    "skfnn/_engine/program/workspace.py": "parts gradient",
    "skfnn/_engine/support/atomic.py": "all_or_nothing fit_or_nothing",
    "skfnn/_engine/support/component.py": "components",
    "skfnn/_engine/support/documentation.py": "html_view",
    "skfnn/_engine/support/publish.py": "persistence components",
    "skfnn/_engine/support/retire.py": "renamed",
    "skfnn/_engine/support/version.py": "saved_models persistence",
    "skfnn/_engine/support/warn.py": "renamed callbacks first_hour",
    "skfnn/_estimators/advice.py": "silent_failures first_hour ugly_input",
    "skfnn/_estimators/autoencoder.py": "autoencoder",
    "skfnn/_estimators/base.py": "estimators meaning all_or_nothing callbacks",
    "skfnn/_estimators/build.py": "parameters estimators depth",
    "skfnn/_estimators/[cr]*r.py": "estimators meaning soft_targets offset",
    "skfnn/_estimators/compatibility.py": "saved_models",
    "skfnn/_estimators/fitted.py": "fitted_state uncertainty sets",
    "skfnn/_estimators/groups.py": "sets",
    "skfnn/_estimators/importance.py": "importance",
    "skfnn/_estimators/interchange.py": "interchange",
    "skfnn/_estimators/introspection.py": "inside",
    "skfnn/_estimators/monotone.py": "monotone",
    "skfnn/_estimators/offsets.py": "offset",
    "skfnn/_estimators/parameters.py": "parameters",
    "skfnn/_estimators/prediction.py": "prediction estimators offset",
    "skfnn/_estimators/preparation.py": "fit_cost estimators meaning",
    "skfnn/_estimators/pretraining.py": "pretraining",
    "skfnn/_estimators/sets.py": "sets",
    "skfnn/_estimators/shaped_input.py": "shaped_input",
    "skfnn/_estimators/step.py": "inside",
    "skfnn/_estimators/training.py": "fitted_state callbacks",
    "skfnn/_estimators/uncertainty.py": "uncertainty conformal_distribution",
}  # fmt: skip
# Where no bug is planted, and why.
EXCUSED = {
    "*/__init__.py": "lists names; what is missing there fails every import",
    "skfnn/_estimators/docstrings.py": "writes docstrings; nothing computes by it",
}
# (file, what stands there, what is planted): each was once noticed by no test.
PLANTED = [
    ("skfnn/solvers/_minibatch.py", "yield from objective.penalty_calls(theta[:n], grad[:n], "
     "tmp[:n], size)\n        norm", "pass\n        norm"),
    ("skfnn/layers/_skip.py", "decay=True", "decay=False"),
    ("skfnn/layers/_piecewise_linear_embedding.py", "cell.high[i, kept - 1]", "cell.high[i, -1]"),
    ("skfnn/layers/_periodic_embedding.py", "scale=2 * math.pi", "scale=1.0"),
    ("skfnn/tabular/_ensemble.py", "round(np.mean(fitted.best", "round(np.max(fitted.best"),
    ("skfnn/tabular/_trials.py", "member.raw).max()", "member.raw).min()"),
    ("skfnn/losses/_classification.py", " + (e - (u - 1)) / u", ""),
    ("skfnn/losses/_classification.py", "np.clip(mean, 1e-6, 1 - 1e-6)",
     "np.clip(mean, 1e-2, 1 - 1e-2)"),
    ("skfnn/_engine/objective/objective.py", "values.sum(dtype=np.float64)", "values.sum()"),
    ("skfnn/losses/_regression.py", "share >= q * (1 - 1e-6)", "share > q * (1 + 1e-6)"),
    ("skfnn/losses/_regression.py", "Call(np.greater_equal, raw, y", "Call(np.greater, raw, y"),
    ("skfnn/solvers/_minibatch.py", "rate <= 1e-6", "rate <= 1e-5"),
    ("skfnn/_estimators/preparation.py", "return np.sort(train), ",
     "return np.arange(len(train)), "),
    ("skfnn/layers/_noise.py", "min(rate * 2**16", "min((1 - rate) * 2**16"),
    ("skfnn/_engine/objective/targets.py",
     "return no + spread, yes - smoothing * (yes - no) + spread",
     "return no + spread, yes - spread"),
    ("skfnn/solvers/_minibatch.py", "TINY = 1e-30", "TINY = 1e-3"),
]  # fmt: skip
# Survivors that are no bugs, by (file, line of code, what became of it), and why.
EQUIVALENT: dict[tuple[str, str, str], str] = {}

BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
          ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult}  # fmt: skip
COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
           ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}  # fmt: skip
NAMES = {"add": "subtract", "subtract": "add", "multiply": "divide", "divide": "multiply",
         "maximum": "minimum", "minimum": "maximum", "any": "all", "all": "any", "max": "min",
         "min": "max", "mean": "max", "exp": "log1p", "greater": "greater_equal",
         "greater_equal": "greater", "less": "less_equal", "floor": "ceil", "ceil": "floor",
         "argmax": "argmin", "cumsum": "cumprod", "sin": "cos", "cos": "sin"}  # fmt: skip


def places(tree):
    """Yield (node, change) of every bug that can be planted in a module."""
    skipped = set()
    for node in ast.walk(tree):
        quiet = isinstance(node, (ast.Raise, ast.JoinedStr, ast.ImportFrom, ast.Import))
        listed = isinstance(node, ast.FunctionDef) and node.name in ("examples", "__init__")
        declared = isinstance(node, ast.AnnAssign) or (
            isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id.startswith("__") for t in node.targets)
        )
        if quiet or listed or declared:
            skipped.update(map(id, ast.walk(node)))
        if isinstance(node, ast.FunctionDef):
            for part in (node.returns, *(a.annotation for a in node.args.args)):
                if part is not None:
                    skipped.update(map(id, ast.walk(part)))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
            yield node, lambda n: setattr(n, "op", BINARY[type(n.op)]())
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
            yield node, lambda n: n.ops.__setitem__(0, COMPARE[type(n.ops[0])]())
        elif isinstance(node, ast.BoolOp):
            yield node, lambda n: setattr(n, "op", {ast.And: ast.Or, ast.Or: ast.And}[type(n.op)]())
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield node, lambda n: setattr(n, "op", ast.UAdd())
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield node, lambda n: setattr(n, "value", 2 * n.value if n.value else 1)
        elif isinstance(node, ast.Constant) and type(node.value) is bool:
            yield node, lambda n: setattr(n, "value", not n.value)
        elif isinstance(node, ast.Attribute) and node.attr in NAMES:
            yield node, lambda n: setattr(n, "attr", NAMES[n.attr])
        elif isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom)):
            yield node, lambda n: setattr(n, "value", ast.Constant(None))


def matches(name, patterns):
    """Return whether one of some patterns is that of a file."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def sources():
    """Return the files of the package where bugs are planted.

    Raises
    ------
    SystemExit
        If a file has neither tests in ``TESTS`` nor an excuse in ``EXCUSED``.
    """
    names = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("skfnn/**/*.py"))]
    wanted = [name for name in names if not matches(name, EXCUSED)]
    unknown = [name for name in wanted if not matches(name, TESTS)]
    if unknown:
        raise SystemExit(f"Name their core tests in TESTS, or a reason in EXCUSED: {unknown}")
    return wanted


def mutants():
    """Return (file, number) of every bug that can be planted."""
    found = []
    for name in sources():
        tree = ast.parse((ROOT / name).read_text())
        found += [(name, i) for i, _ in enumerate(places(tree))]
    return found


def planted(name, number):
    """Return (file, line, line of code, what becomes of it, source) of one bug."""
    source = (ROOT / name).read_text()
    tree = ast.parse(source)
    node, change = next(place for i, place in enumerate(places(tree)) if i == number)
    lineno, before = node.lineno, ast.unparse(node)
    change(node)
    line = source.splitlines()[lineno - 1].strip()
    return name, lineno, line, f"{before} -> {ast.unparse(node)}", ast.unparse(tree)


def core_tests(name):
    """Return the test files of a source file."""
    words = [w for pattern, words in TESTS.items() if fnmatch.fnmatch(name, pattern)
             for w in words.split()]  # fmt: skip
    files = [f"tests/test_{word}.py" for word in dict.fromkeys(words)]
    missing = [file for file in files if not (ROOT / file).exists()]
    if missing or not files:
        raise SystemExit(f"The core tests of {name}: {missing or 'none'} of {files} is not there.")
    return files


class Bench:
    """A copy of the sources where bugs are planted."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for part in ("skfnn", "tests", "docs", "conftest.py", "pyproject.toml"):
            source = ROOT / part
            copy_of = shutil.copytree if source.is_dir() else shutil.copy
            copy_of(source, self.folder / part)

    def must_be_green(self, tests):
        """Exit if the tests fail without any bug: they would seem to notice each."""
        same = "skfnn/__init__.py"
        red = self.notices(same, (self.folder / same).read_text(), sorted(tests))
        if red:
            raise SystemExit(f"Without any bug planted: {red}")

    def notices(self, name, source, tests):
        """Return what notices a bug: the test that fails, or None."""
        path = self.folder / name
        before = path.read_text()
        path.write_text(source)
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "OPENBLAS_NUM_THREADS": "1",
                       "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
                   "-k", "not estimator_check", *tests]  # fmt: skip
        try:
            run = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, text=True,
                timeout=900, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "time"
        finally:
            path.write_text(before)
        if run.returncode == 0:
            return None
        failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return failed[0] if failed else f"exit status {run.returncode}"


def main():
    """Plant bugs; return the number of survivors without an excuse."""
    survivors, started = 0, time.perf_counter()
    if sys.argv[1] == "planted":
        chosen = []
        for name, old, new in PLANTED:
            source = (ROOT / name).read_text()
            if old not in source:
                raise SystemExit(f"{name} no longer holds: {old}")
            chosen.append((name, 0, old, new, source.replace(old, new)))
    else:
        chosen = mutants()
        n, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
        print(f"{len(chosen)} bugs can be planted.")
        random.Random(seed).shuffle(chosen)
        chosen = [planted(*place) for place in (chosen[:n] if n else chosen)]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        bench.must_be_green({test for name, *_ in chosen for test in core_tests(name)})
        for name, lineno, line, change, source in chosen:
            noticed = bench.notices(name, source, core_tests(name))
            excuse = EQUIVALENT.get((name, line, change))
            survivors += noticed is None and excuse is None
            what = noticed or (f"equivalent: {excuse}" if excuse else "NOT NOTICED")
            print(f"{name}:{lineno}: {change}\n    {line}\n    {what}", flush=True)
    n, seconds = len(chosen), time.perf_counter() - started
    print(f"{n} planted, {n - survivors} noticed or equivalent, {survivors} not: {seconds:.0f} s")
    return survivors


if __name__ == "__main__":
    sys.exit(main() > 0)
