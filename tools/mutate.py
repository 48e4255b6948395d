"""Plant bugs, one at a time, and see whether the tests notice.

``python tools/mutate.py planted`` plants sixteen bugs that once went unnoticed.
``python tools/mutate.py N --seed S`` plants N at random (all of them for 0): an operator,
comparison, constant, function or sign exchanged, a call left out, in any file of the package but
those that ``EXCUSED`` in ``mutate_tables.py`` names with a reason; how a drawing looks (``TASTE``)
is no bug. A constant is doubled; one that only keeps from dividing by 0 becomes a million times as
large. A file that is neither there nor in ``TESTS`` is an error. ``--files "skfnn/tabular/*"``
keeps to some files; ``--again OUTPUT`` plants those that an earlier run printed as not noticed.

Each test file runs once without a bug before, and ``coverage`` (to be installed) records which test
reaches which line, and what it costs. ``--reach FOLDER`` keeps that for later runs; it is recorded
again where a file has changed. Each bug is planted in a copy of the sources in a temporary folder.
There those of the core tests of its file run that reach its statement, the short ones first, until
one fails or ``--patience`` CPU seconds are over. Tests that fail without a bug are left out: they
would seem to notice each. Survivors are printed with file, line and change. Exit status 1 if there
are any but those that ``EQUIVALENT`` explains.
"""

import argparse
import ast
import contextlib
import fnmatch
import functools
import gc
import hashlib
import importlib
import inspect
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FunctionType
from typing import NamedTuple

import pytest
from mutate_equivalent import EQUIVALENT
from mutate_tables import EXCUSED, PLANTED, STATEMENTS, TASTE, TESTS

ROOT = Path(__file__).parents[1]
# Neither scikit-learn's checks nor examples of many minutes are core tests.
COMMAND = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning",
           "-k", "not estimator_check and not the_example"]  # fmt: skip
BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
          ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult}  # fmt: skip
COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
           ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}  # fmt: skip
NAMES = {"add": "subtract", "subtract": "add", "multiply": "divide", "divide": "multiply",
         "maximum": "minimum", "minimum": "maximum", "any": "all", "all": "any", "max": "min",
         "min": "max", "mean": "max", "exp": "log1p", "greater": "greater_equal",
         "greater_equal": "greater", "less": "less_equal", "floor": "ceil", "ceil": "floor",
         "argmax": "argmin", "cumsum": "cumprod", "sin": "cos", "cos": "sin"}  # fmt: skip


def places(tree, name=""):
    """Yield (node, change) of every bug that can be planted in a module of this name."""
    skipped, taste = set(), TASTE if fnmatch.fnmatch(name, "skfnn/inspection/*") else ()
    for node in ast.walk(tree):
        quiet = isinstance(node, (ast.Raise, ast.JoinedStr, ast.ImportFrom, ast.Import))
        listed = isinstance(node, ast.FunctionDef) and node.name in ("examples", "__init__")
        declared = isinstance(node, ast.AnnAssign) or (
            isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id.startswith("__") for t in node.targets)
        )
        strict = isinstance(node, ast.keyword) and node.arg == "strict"  # asserts what is so
        drawn = (isinstance(node, ast.keyword) and node.arg in taste) or (
            isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id in taste for t in node.targets)
        )
        if quiet or listed or declared or strict or drawn:
            skipped.update(map(id, ast.walk(node)))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("reshape"):
            # Any number below 0 is what is left, to NumPy.
            skipped.update(id(a.operand) for a in node.args if isinstance(a, ast.UnaryOp))
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
            yield node, lambda n: setattr(n, "value", changed(n.value))
        elif isinstance(node, ast.Constant) and type(node.value) is bool:
            yield node, lambda n: setattr(n, "value", not n.value)
        elif isinstance(node, ast.Attribute) and node.attr in NAMES:
            yield node, lambda n: setattr(n, "attr", NAMES[n.attr])
        elif isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom)):
            yield node, lambda n: setattr(n, "value", ast.Constant(None))


def changed(value):
    """Return the number that takes the place of a constant."""
    if not value:
        return 1
    return value * (1e6 if abs(value) < 1e-6 else 2)


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
        found += [(name, i) for i, _ in enumerate(places(tree, name))]
    return found


def statement_lines(tree, node):
    """Return the lines of the statement that a node is part of, without the body it may have."""
    own = range(node.lineno, node.end_lineno + 1)
    for statement in ast.walk(tree):
        body = getattr(statement, "body", None)
        if isinstance(statement, ast.stmt):
            last = body[0].lineno - 1 if body else statement.end_lineno
            lines = range(statement.lineno, max(last, statement.lineno) + 1)
            if node.lineno in lines:
                own = lines  # ast.walk comes to inner ones later
    return own


class Bug(NamedTuple):
    """A bug to plant: where, the line of code, what becomes of it, the new source or tree."""

    name: str
    lineno: int
    line: str
    change: str
    tree: ast.Module | str
    lines: range

    def text(self):
        """Return the source with the bug."""
        return self.tree if isinstance(self.tree, str) else ast.unparse(self.tree)

    def codes(self):
        """Return the (code, code with the bug) of the module and of all that is defined in it."""
        before = compile((ROOT / self.name).read_text(), self.name, "exec")
        return code_pairs(before, compile(self.tree, self.name, "exec"))

    def is_of_import(self):
        """Return whether the bug is in what runs once: a module, the body of a class."""
        return any(not is_function(old) and own(old) != own(new) for old, new in self.codes())


def code_pairs(old, new):
    """Return the pairs of code of two versions of a module that define the same.

    Where a bug takes a generator or a lambda out, what holds it tells the two apart.
    """
    inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)]
    pairs = zip(*inner, strict=True) if len(inner[0]) == len(inner[1]) else ()
    return [(old, new), *(pair for two in pairs for pair in code_pairs(*two))]


def is_function(code):
    """Return whether code is that of a function, no module's and no class's."""
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def own(code):
    """Return what code does itself, without what it defines."""
    consts = [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]
    return code.co_code, consts, code.co_names


def place_of(code):
    """Return what tells code from other code of its file."""
    return code.co_qualname, code.co_firstlineno, code.co_linetable


def planted(name, number):
    """Return one bug."""
    source = (ROOT / name).read_text()
    tree = ast.parse(source)
    node, change = next(place for i, place in enumerate(places(tree, name)) if i == number)
    lineno, before, lines = node.lineno, ast.unparse(node), statement_lines(tree, node)
    change(node)
    line = source.splitlines()[lineno - 1].strip()
    return Bug(name, lineno, line, f"{before} -> {ast.unparse(node)}",
               ast.fix_missing_locations(tree), lines)  # fmt: skip


def core_tests(name):
    """Return the test files of a source file."""
    words = [w for pattern, words in TESTS.items() if fnmatch.fnmatch(name, pattern)
             for w in words.split()]  # fmt: skip
    words += [f"statements_{w}" for patterns, names in STATEMENTS.items()
              if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)
              for w in names.split()]  # fmt: skip
    files = [f"tests/test_{word}.py" for word in dict.fromkeys(words)]
    missing = [file for file in files if not (ROOT / file).exists()]
    if missing or not files:
        raise SystemExit(f"The core tests of {name}: {missing or 'none'} of {files} is not there.")
    return files


def digest(path):
    """Return what a file says, shortly."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def preload():
    """Import what tests and package import, but not the package: each run is a fork of this one."""
    names = set()
    for path in [*ROOT.glob("skfnn/**/*.py"), *ROOT.glob("tests/*.py")]:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module)
    local = {"skfnn", "conftest", *(path.stem for path in ROOT.glob("tests/*"))}
    for name in sorted(names):
        first = name.partition(".")[0]
        if first not in local and find_spec(first) is not None:
            importlib.import_module(name)


class Recorder:
    """A plugin of pytest that notes the lines, the CPU seconds and the failures of each test."""

    def __init__(self, measured):
        self.measured, self.seconds, self.failed = measured, {}, set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        """Note what one test reaches and costs."""
        self.measured.switch_context(item.nodeid)
        started = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - started
            self.measured.switch_context("")

    def pytest_runtest_logreport(self, report):
        """Note a test that fails without a bug."""
        if report.failed:
            self.failed.add(report.nodeid)


class Bench:
    """A copy of the sources where bugs are planted.

    Parameters
    ----------
    folder : path
        Where the copy is made.
    reach : path
        Where it is kept which test reaches which line.
    patience : float
        CPU seconds of tests after which a bug counts as not noticed.
    """

    def __init__(self, folder, reach, patience):
        self.folder, self.reach = Path(folder).resolve(), Path(reach).resolve()
        self.patience = patience
        self.reach.mkdir(parents=True, exist_ok=True)
        for part in ("skfnn", "tests", "docs", "conftest.py", "pyproject.toml"):
            source = ROOT / part
            copy_of = shutil.copytree if source.is_dir() else shutil.copy2
            copy_of(source, self.folder / part)
        preload()

    def recorded(self, test, name):
        """Return (lines reached by test, seconds by test) of a test file in a source file."""
        about = self.reach / f"{Path(test).stem}.json"
        if about.exists():
            known = json.loads(about.read_text())["digests"]
            if all(known.get(file) == digest(ROOT / file) for file in (test, name)):
                return self._read(test, name)
        print(f"recording {test}", flush=True)
        wrong = self._forked(lambda: self._record(test), seconds=3600)
        if wrong:
            raise SystemExit(f"{test} cannot be recorded: {wrong}")
        self._read.cache_clear()
        return self._read(test, name)

    def _record(self, test):
        """Run a test file without a bug and write down what each test reaches and costs."""
        import coverage  # only this tool needs it

        to = self.reach / Path(test).stem
        for kept in (".json", ".coverage"):  # so that nothing half done is taken for whole
            to.with_suffix(kept).unlink(missing_ok=True)
        measured = coverage.Coverage(
            data_file=str(to.with_suffix(".coverage")), branch=True, source=["skfnn"],
            config_file=False,
        )  # fmt: skip
        measured.set_option("run:relative_files", True)
        recorder = Recorder(measured)
        measured.start()
        code = pytest.main([*COMMAND, test], plugins=[recorder])
        measured.stop()
        measured.save()
        if code not in (0, 1):
            return f"exit status {code}"
        files = [test, *(path.relative_to(ROOT).as_posix() for path in ROOT.glob("skfnn/**/*.py"))]
        about = {"digests": {file: digest(file) for file in files},
                 "seconds": {test: round(s, 3) for test, s in recorder.seconds.items()
                             if test not in recorder.failed},
                 "failed": sorted(recorder.failed)}  # fmt: skip
        to.with_suffix(".json").write_text(json.dumps(about, indent=1))
        return None

    @functools.cache  # noqa: B019 - there is one bench
    def _read(self, test, name):
        """Return what ``recorded`` does of what has been recorded."""
        import coverage

        about = json.loads((self.reach / f"{Path(test).stem}.json").read_text())
        data = coverage.CoverageData(str(self.reach / f"{Path(test).stem}.coverage"))
        data.read()
        return data.contexts_by_lineno(name), about["seconds"]

    def tests_that_reach(self, name, lines):
        """Return the (test, seconds) of the core tests that reach some lines, short ones first.

        What is executed at import is reached by every test that reaches anything in the file.
        """
        found = {}
        for test in core_tests(name):
            reached, seconds = self.recorded(test, name)
            contexts = {c for line in lines for c in reached.get(line, ())}
            if contexts == {""}:
                contexts = {c for all_of in reached.values() for c in all_of}
            found.update((c, seconds[c]) for c in contexts if c in seconds)
        return sorted(found.items(), key=lambda pair: pair[1])

    def chosen_tests(self, bug):
        """Return the tests that look for a bug, and the seconds that they take."""
        chosen, total = [], 0.0
        for test, seconds in self.tests_that_reach(bug.name, bug.lines):
            if chosen and total + seconds > self.patience:
                break
            chosen.append(test)
            total += seconds
        return chosen, total

    def shows_at_import(self, bug):
        """Return whether a bug shows when modules are imported: then that has to be done anew."""
        reached = [self.recorded(test, bug.name)[0] for test in core_tests(bug.name)]
        contexts = {c for lines in reached for line in bug.lines for c in lines.get(line, ())}
        return (
            bug.is_of_import()
            or contexts == {""}
            or not self.imported.get(bug.name, set()).isdisjoint(bug.lines)
        )

    @functools.cached_property
    def imported(self):
        """The lines, by file, that are executed where the package is imported."""
        found = json.loads(self._forked(self._import_all, seconds=600))
        return {name: set(lines) for name, lines in found.items()}

    def _import_all(self):
        import coverage

        measured = coverage.Coverage(data_file=None, source=["skfnn"], config_file=False)
        measured.set_option("run:relative_files", True)
        measured.start()
        for path in sorted(self.folder.glob("skfnn/**/*.py")):
            parts = path.relative_to(self.folder).with_suffix("").parts
            with contextlib.suppress(ImportError):  # of what is optional
                importlib.import_module(".".join(p for p in parts if p != "__init__"))
        measured.stop()
        data = measured.get_data()
        return json.dumps({name: data.lines(name) for name in data.measured_files()})

    def notices(self, bug):
        """Return what notices a bug that is planted in its file: the test that fails, or None."""
        chosen, total = self.chosen_tests(bug)
        if not chosen:
            return None
        path = self.folder / bug.name
        before, when = path.read_bytes(), path.stat().st_mtime
        path.write_text(bug.text())
        os.utime(path, (time.time() + 1e6 * random.random(),) * 2)  # no old bytecode fits
        failed = FirstFailure()

        def task():
            return pytest.main([*COMMAND, "-x", *chosen], plugins=[failed]) and failed.told()

        try:
            return self._forked(task, seconds=60 + 5 * total)
        finally:
            path.write_bytes(before)
            os.utime(path, (when, when))

    def notice_each(self, bugs, tell):
        """Plant bugs in functions, where all tests are collected; return the survivors."""
        if not bugs:
            return []
        tests = sorted({test for bug in bugs for test in core_tests(bug.name)})
        planter = Planter(self, bugs, tell)

        def task():
            code = pytest.main([*COMMAND, "-s", *tests], plugins=[planter])
            return json.dumps(planter.survived) if planter.done else f"exit status {code}"

        survived = self._forked(task, seconds=10**6)
        if not survived.startswith("["):
            raise SystemExit(f"The tests cannot be collected: {survived}")
        return [bugs[i] for i in json.loads(survived)]

    def notices_here(self, bug, functions, items):
        """Return what notices a bug that is planted in functions: the test that fails, or None."""
        chosen, total = self.chosen_tests(bug)
        chosen = [items[test] for test in chosen if test in items]
        codes = {place_of(old): new for old, new in bug.codes() if is_function(old)}

        def task():
            for function in functions.get(str(self.folder / bug.name), ()):
                new = codes.get(place_of(function.__code__))
                if new is not None:
                    function.__code__ = new
            failed = FirstFailure()
            chosen[0].config.pluginmanager.register(failed)
            for item, following in zip(chosen, [*chosen[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if failed.test:
                    break
            return failed.test

        return self._forked(task, seconds=60 + 5 * total) if chosen else None

    def _forked(self, task, seconds):
        """Run a task in a fork; return what it returns as text or None, or how it ended."""
        with tempfile.TemporaryFile() as output:
            sys.stdout.flush()
            child = os.fork()
            if not child:
                self._inside(task, seconds, output.fileno())
            status, ends = None, time.monotonic() + 60 * seconds
            while status is None:
                done, raw = os.waitpid(child, os.WNOHANG)
                status = os.waitstatus_to_exitcode(raw) if done else None
                if status is None and time.monotonic() > ends:
                    os.killpg(child, signal.SIGKILL)
                time.sleep(0.01)
            output.seek(0)
            text = output.read().decode(errors="replace")
        return (text or None) if status == 0 else f"exit status {status} {text}".strip()

    def _inside(self, task, seconds, output):
        """Run a task as the child that has just been forked, within so many seconds of CPU."""
        import resource  # not everywhere, and the tests import this module everywhere

        code = 70
        try:
            os.setpgid(0, 0)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1,) * 2)
            os.chdir(self.folder)
            sys.path.insert(0, str(self.folder))
            os.environ["PYTHONPATH"] = str(self.folder)
            os.write(output, (task() or "").encode())
            code = 0
        except BaseException:
            os.write(output, traceback.format_exc().encode())
        finally:
            os._exit(code)


class FirstFailure:
    """A plugin of pytest that notes which test fails first."""

    test = ""

    def pytest_runtest_logreport(self, report):
        """Note a test that fails."""
        if report.failed and not self.test:
            self.test = report.nodeid

    def told(self):
        """Return the test, or that nothing could be imported."""
        return self.test or "the import"


class Planter:
    """A plugin of pytest that plants bugs after the tests are collected, each in a fork.

    Parameters
    ----------
    bench : Bench
    bugs : list of Bug
    tell : callable
        Told of each bug and what notices it; returns whether nothing does, without an excuse.

    Attributes
    ----------
    survived : list of int
        Which bugs nothing notices.
    done : bool
        Whether all were planted.
    """

    def __init__(self, bench, bugs, tell):
        self.bench, self.bugs, self.tell = bench, bugs, tell
        self.survived, self.done = [], False

    def pytest_runtestloop(self, session):
        """Plant the bugs; run nothing else."""
        if session.testsfailed:
            return None
        items = {item.nodeid: item for item in session.items}
        functions = {}
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType):
                functions.setdefault(thing.__code__.co_filename, []).append(thing)
        gc.freeze()
        for i, bug in enumerate(self.bugs):
            if self.tell(bug, self.bench.notices_here(bug, functions, items)):
                self.survived.append(i)
        self.done = True
        return True


def chosen_bugs(options):
    """Return the bugs to plant."""
    if options.what == "planted":
        return [_known_bug(*bug) for bug in PLANTED]
    bugs = [place for place in mutants() if matches(place[0], options.files)]
    print(f"{len(bugs)} bugs can be planted.")
    if options.again:
        text = Path(options.again).read_text()
        names = {name for name, _ in bugs if f"\n{name}:" in f"\n{text}"}
        every = (planted(*place) for place in bugs if place[0] in names)
        return [bug for bug in every if f": {bug.change}\n    {bug.line}\n    NOT" in text]
    random.Random(options.seed).shuffle(bugs)
    n = int(options.what)
    return [planted(*place) for place in (bugs[:n] if n else bugs)]


def _known_bug(name, old, new):
    """Return a bug that ``PLANTED`` describes."""
    source = (ROOT / name).read_text()
    if old not in source:
        raise SystemExit(f"{name} no longer holds: {old}")
    first = source[: source.index(old)].count("\n") + 1
    lines = range(first, first + old.count("\n") + 1)
    return Bug(name, first, old, new, source.replace(old, new), lines)


def options():
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", help="planted, or how many at random (0: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--files", nargs="+", default=["*"], help="patterns of the files to plant in"
    )
    parser.add_argument("--again", help="the output of an earlier run: plant its survivors")
    parser.add_argument("--reach", help="the folder that keeps which test reaches which line")
    parser.add_argument("--patience", type=float, default=60, help="seconds of tests for a bug")
    return parser.parse_args()


def main():
    """Plant bugs; return the number of survivors without an excuse."""
    asked, started = options(), time.perf_counter()
    chosen = chosen_bugs(asked)
    shown = os.fdopen(os.dup(1), "w")  # also where a fork prints nothing

    def tell(bug, noticed):
        excuse = EQUIVALENT.get((bug.name, bug.line, bug.change))
        what = noticed or (f"equivalent: {excuse}" if excuse else "NOT NOTICED")
        print(f"{bug.name}:{bug.lineno}: {bug.change}\n    {bug.line}\n    {what}", file=shown,
              flush=True)  # fmt: skip
        return noticed is None and excuse is None

    with tempfile.TemporaryDirectory() as folder:
        reach = asked.reach or Path(folder) / "reach"
        bench = Bench(Path(folder) / "copy", reach, asked.patience)
        anew = [bug for bug in chosen if bench.shows_at_import(bug)]
        survivors = bench.notice_each([bug for bug in chosen if bug not in anew], tell)
        survivors += [bug for bug in anew if tell(bug, bench.notices(bug))]
    n, seconds = len(chosen), time.perf_counter() - started
    print(f"{n} planted, {n - len(survivors)} noticed or equivalent, {len(survivors)} not: "
          f"{seconds:.0f} s")  # fmt: skip
    return len(survivors)


if __name__ == "__main__":
    sys.exit(main() > 0)
