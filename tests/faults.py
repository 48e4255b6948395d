"""Faults at every line: what a call leaves behind that MemoryError or Ctrl-C ends anywhere.

A scenario prepares an estimator, calls it, and uses it. A fault is raised at one executed line of
the package, the k-th of the call. Then

- where the call raises, the estimator is to the bit what it was before, and the same call, made
  again, gives to the bit what it gives undisturbed;
- where an interrupt of a fit does not raise, there was a warning, every network has the weights of
  an epoch that had been finished (or those it started from), and predictions are finite.

``tools/inject_faults.py`` goes over all lines, ``test_faults.py`` over some of them.
"""

import copy
import functools
import linecache
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from helpers import SKLEARN
from packaging.version import Version
from scipy import sparse
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

import skfnn
from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)
from skfnn._engine.following import interrupts
from skfnn._engine.following.monitor import Monitor
from skfnn._engine.program import threads
from skfnn.inspection import attributions
from skfnn.preprocessing import TabularEncoder
from skfnn.preprocessing._flatten import Flatten
from skfnn.tabular._predictors import NetworkPredictor

PACKAGE = str(Path(skfnn.__file__).parent)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3))
NUMBERS = X[:, 0] - X[:, 1] ** 2
LABELS = np.where(X[:, 0] > 0, "yes", "no")
CODES = np.arange(24) % 3
WEIGHT = RNG.uniform(0.5, 2, 24)
SOFT = RNG.dirichlet(np.ones(3), 24)
TABLE = pd.DataFrame(X, columns=list("abc")).mask(X > 1.5).assign(
    kind=np.array(["red", "green", "blue"])[CODES], code=[f"level {i % 10}" for i in range(24)],
    day=pd.date_range("2026-01-01", periods=24), flag=CODES > 0,
)  # fmt: skip

# ------------------------------------------------------------------ what an object holds


def held(thing, path=frozenset()):
    """Everything that an object holds, as nested tuples; but not the seconds of a history."""
    if id(thing) in path:
        return "..."
    inner = functools.partial(held, path=path | {id(thing)})
    match thing:
        case np.ndarray() if thing.dtype == object:
            return "objects", thing.shape, inner(thing.ravel().tolist())
        case np.ndarray() | np.generic():
            return thing.dtype.str, np.shape(thing), np.ascontiguousarray(thing).tobytes()
        case dict():
            items = {str(key): value for key, value in thing.items() if key != "seconds"}
            return "dict", tuple((key, inner(items[key])) for key in sorted(items))
        case list() | tuple():
            return type(thing).__name__, tuple(map(inner, thing))
        case set() | frozenset():
            return "set", tuple(sorted(map(str, thing)))
        case pd.DataFrame():
            return "frame", tuple((str(c), inner(thing[c].to_numpy())) for c in thing.columns)
        case pd.Index() | pd.Series():
            return "column", inner(thing.to_numpy())
        case np.random.Generator():
            return inner(thing.bit_generator.state)
        case np.random.RandomState():
            return inner(thing.get_state())
        case types.FunctionType() | types.BuiltinFunctionType() | types.MethodType() | type():
            return thing.__qualname__
        case None | bool() | int() | float() | complex() | str() | bytes():
            return type(thing).__name__, repr(thing)
    if sparse.issparse(thing):
        return inner((thing.shape, thing.indptr, thing.indices, thing.data))
    if hasattr(thing, "__getstate__"):
        return type(thing).__qualname__, inner(thing.__getstate__())
    return repr(thing)


# ------------------------------------------------------------------ raising


@functools.cache
def gives_lock_back(file, lineno):
    """Return whether a line may be the end of a lock: C gives it back, where no signal arrives."""
    return "with self.lock" in linecache.getline(file, lineno)


class Lines:
    """A trace function that counts the executed lines of the package, and may raise at one."""

    def __init__(self, at=0, error=None):
        self.at, self.error = at, error
        self.seen = []

    def __call__(self, frame, event, arg):
        return self.line if frame.f_code.co_filename.startswith(PACKAGE) else None

    def line(self, frame, event, arg):
        place = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and not gives_lock_back(*place):
            self.seen.append(place)
            if len(self.seen) == self.at:
                sys.settrace(None)
                raise self.error
        return self.line

    def during(self, call):
        """Return (what the call returns or None, what it raises or None, its warnings)."""
        return self._ran(call, self)

    @classmethod
    def undisturbed(cls, call):
        """Return the same of a call that no one looks at, which is much faster."""
        return cls._ran(call, sys.gettrace())

    @staticmethod
    def _ran(call, trace):
        interrupts.forget()
        before = sys.gettrace()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            sys.settrace(trace)
            try:
                return call(), None, caught
            except BaseException as error:
                return None, error, caught
            finally:
                sys.settrace(before)


# ------------------------------------------------------------------ scenarios


@dataclass
class Scenario:
    """A call under attack.

    Attributes
    ----------
    name : str
        What it is about.
    prepare : callable
        Returns an object.
    call : callable
        Does with it what a fault ends.
    use : callable
        Returns an array of it after a fit, or what the call returned.
    fits : bool
        Whether the call is a fit, of which an interrupt keeps something.
    """

    name: str
    prepare: Callable
    call: Callable
    use: Callable
    fits: bool = True

    def object(self):
        if not hasattr(self, "_prepared"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._prepared = self.prepare()
        return copy.deepcopy(self._prepared)


def network(kind=FNNClassifier, **params):
    settings = {"hidden_layer_sizes": (4,), "max_iter": 2, "batch_size": 12, "random_state": 0}
    if kind is FNNAutoencoder:
        settings["hidden_layer_sizes"] = (2,)
    return kind(**{**settings, **params})


def table(kind=TabularFNNClassifier, **params):
    settings = {"n_members": 2, "max_iter": 2, "hidden_layer_sizes": (4,), "random_state": 0}
    return kind(**{**settings, **params})


class Watching:
    """A callback that asks for everything."""

    def setup(self, estimator, context): ...
    def teardown(self, estimator, context): ...
    def on_fit_task_begin(self, estimator, context, *, X, y, fitted_estimator): ...
    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator): ...


def log_cosh(y, raw):
    """A loss."""
    return np.log(np.cosh(raw - y)).sum(axis=1), np.tanh(raw - y)


def stream():
    """Yield the rows of the table in two parts, their targets in a column."""
    rows = TABLE.assign(target=NUMBERS)
    yield from (rows[:14], rows[14:])


def scorer(estimator, X, y):
    return float(np.mean(estimator.predict(X) == y))


def _fits():
    """Yield (name, what is prepared, arguments of fit, rows to predict)."""
    fitted = network().fit(X[:, :2], CODES)
    yield "classifier", network(), (X, LABELS), X
    yield "classifier, again", fitted, (X, LABELS, WEIGHT), X
    yield "classifier, frame", network(), (TABLE[["a", "b"]].fillna(0), CODES), X[:, :2]
    yield "several labels", network(solver="sgd"), (X, (X > 0).astype(int)), X
    yield "sparse", network(solver="rmsprop"), (sparse.csr_array(X), LABELS), X
    one_hot = network(loss="categorical_crossentropy", label_smoothing=0.1)
    yield "one-hot", one_hot, (X, np.eye(3)[CODES]), X
    early = {"early_stopping": True, "validation_fraction": 0.3, "metrics": ["acc", scorer]}
    yield "early stopping", network(scoring=scorer, **early), (X, LABELS), X
    yield "early stopping, L-BFGS", network(solver="lbfgs", scoring="loss", **early), (X, LABELS), X
    deep = {"hidden_layer_sizes": (4, 4), "batch_norm": "before", "skip_connections": True}
    yield "layers", network(dropout=0.2, solver="adamw", **deep), (X, CODES), X
    yield "layers, L-BFGS", network(solver="lbfgs", **deep), (X, CODES), X
    clipped = network(FNNRegressor, clip_norm=1.0, learning_rate="cosine", loss="huber")
    yield "regressor", clipped, (X, NUMBERS), X
    lbfgs = network(FNNRegressor, solver="lbfgs")
    yield "regressor, L-BFGS", lbfgs, (X, X[:, :2]), X
    yield "regressor, L-BFGS, again", clone(lbfgs).fit(X, NUMBERS), (X[:, :2], NUMBERS), X[:, :2]
    warm = network(FNNRegressor, warm_start=True)
    yield "warm start", warm.fit(X, NUMBERS), (X, -NUMBERS), X
    adaptive = network(solver="sgd", learning_rate="adaptive", class_weight="balanced")
    yield "balanced", adaptive, (X, LABELS), X
    if Version("1.9") <= SKLEARN:
        yield "callbacks", network().set_callbacks(Watching()), (X, LABELS), X
        yield "table, callbacks", table().set_callbacks(Watching()), (TABLE, LABELS), TABLE
    yield "pretraining", network(hidden_layer_sizes=(4, 3), pretrain="autoencoder"), (X, LABELS), X
    yield "table", table(), (TABLE, LABELS), TABLE
    yield "table, again", table().fit(X, CODES), (TABLE, LABELS, WEIGHT), TABLE
    yield "table, refit", table(TabularFNNRegressor, refit=True), (TABLE, NUMBERS), TABLE
    small = {"recipe": "tabm-mini", "n_members": 1}
    yield "table, shared", table(TabularFNNRegressor, **small), (X, X[:, :2]), X
    yield from _later_fits()


def _later_fits():
    """Yield the same of what came with later versions."""
    yield "monotone", network(monotonic_cst={0: 1, 1: -1}), (X, LABELS), X
    yield "soft targets", network(), (X, SOFT), X
    yield "function as loss", network(FNNRegressor, loss=log_cosh), (X, NUMBERS), X
    directed = table(TabularFNNRegressor, monotonic_cst={"a": 1})
    yield "table, monotone", directed, (TABLE, NUMBERS), TABLE
    yield "table, soft targets", table(), (TABLE, SOFT), TABLE
    beside = [("line", LogisticRegression()), ("mean", DummyClassifier())]
    yield "table, blend", table(blend=beside), (TABLE, LABELS), TABLE
    yield "table, trees", table(TabularFNNRegressor, blend="trees"), (TABLE, NUMBERS), TABLE
    divided = table(TabularFNNRegressor, cv=KFold(2), scoring="neg_mean_absolute_error")
    yield "table, cv and scoring", divided, (TABLE, NUMBERS), TABLE
    yield "table, stream", table(TabularFNNRegressor, n_members=1), (stream, "target"), TABLE
    warm = table(warm_start=True).fit(TABLE, LABELS)
    yield "table, warm start", warm, (TABLE, LABELS), TABLE


def scenarios():
    """Return all scenarios."""
    warnings.simplefilter("ignore")
    found = []

    def add(name, prepare, call, use, fits=True):
        found.append(Scenario(name, lambda: copy.deepcopy(prepare), call, use, fits))

    for name, prepared, given, rows in _fits():
        add(f"fit: {name}", prepared, lambda m, given=given: m.fit(*given),
            lambda m, _, rows=rows: m.predict(rows) if m._kind == "regression"
            else m.predict_proba(rows))  # fmt: skip
    given = {"X_val": X[:8], "y_val": LABELS[:8], "sample_weight_val": WEIGHT[:8]}
    add("fit: validation data", network(), lambda m: m.fit(X, LABELS, **given),
        lambda m, _: m.predict_proba(X))  # fmt: skip
    some = {"X_val": TABLE[:8], "y_val": LABELS[:8]}
    known = network(FNNRegressor, loss="poisson")
    add("fit: offset", known, lambda m: m.fit(X, CODES, offset=NUMBERS),
        lambda m, _: m.predict(X, offset=NUMBERS))  # fmt: skip
    grouped = {"groups": CODES, "calibration_groups": "kind"}
    add("fit: table, groups", table(), lambda m: m.fit(TABLE, LABELS, **grouped),
        lambda m, _: m.predict_proba(TABLE))  # fmt: skip
    add("fit: table, validation data", table(), lambda m: m.fit(TABLE, LABELS, **some),
        lambda m, _: m.predict_proba(TABLE))  # fmt: skip
    coder = network(FNNAutoencoder, tied_weights=True, noise="gaussian")
    add("fit: autoencoder", coder, lambda m: m.fit(X), lambda m, _: m.transform(X))
    batch = network(dropout=0.2)
    for name, m in {
        "first": batch,
        "later": clone(batch).partial_fit(X, LABELS, classes=LABELS),
    }.items():
        add(f"partial_fit: {name}", m,
            lambda m: m.partial_fit(X[:7], LABELS[:7], classes=["no", "yes"]),
            lambda m, _: m.predict_proba(X))  # fmt: skip
    parts = table(n_members=1)
    for name, m in {"first": parts, "later": clone(parts).partial_fit(TABLE, LABELS)}.items():
        add(f"partial_fit: table, {name}", m, lambda m: m.partial_fit(TABLE[5:], LABELS[5:]),
            lambda m, _: m.predict_proba(TABLE))  # fmt: skip
    coded = clone(coder).partial_fit(X)
    add("partial_fit: autoencoder", coded, lambda m: m.partial_fit(X), lambda m, _: m.transform(X))
    for transformer in (TabularEncoder(max_one_hot=4), Flatten()):
        rows = TABLE if isinstance(transformer, TabularEncoder) else X.reshape(24, 3, 1)
        for m in (transformer, clone(transformer).fit(X)):
            again = ", again" if hasattr(m, "n_features_in_") else ""
            add(f"fit: {type(m).__name__}{again}", m, lambda m, rows=rows: m.fit(rows),
                lambda m, _, rows=rows: m.transform(rows))  # fmt: skip

    classifier, regressor = network().fit(X, LABELS), table(TabularFNNRegressor).fit(X, NUMBERS)
    tables = table().fit(TABLE, LABELS)

    def reads(name, m, call):
        add(name, m, call, lambda _, returned: returned, False)

    reads("predict", classifier, lambda m: m.predict_proba(X))
    reads("predict, sparse", classifier, lambda m: m.decision_function(sparse.csr_array(X)))
    reads("evaluate", classifier, lambda m: [*m.evaluate(X, LABELS, WEIGHT).values()])
    reads("hidden activations", classifier, lambda m: m.hidden_activations(X)[-1])
    reads("predict, table", tables, lambda m: m.predict_proba(TABLE))
    reads("evaluate, table", tables, lambda m: [*m.evaluate(TABLE, LABELS).values()])
    reads("interval", regressor, lambda m: m.predict_interval(X, 0.5))
    reads("sets", tables, lambda m: m.predict_set(TABLE, 0.5).astype(float))
    reads("attributions", regressor, lambda m: attributions(m, X[:2], X[:4], random_state=0).values)
    reads("to_sklearn", classifier, lambda m: m.to_sklearn().predict_proba(X))
    return found


# ------------------------------------------------------------------ the test


class Attack:
    """The points of a scenario, and what must be true after a fault at one of them."""

    def __init__(self, scenario):
        self.scenario = scenario
        self._plain()  # fills what is found once and kept
        counting = Lines()
        self.object, self.epochs = self._recorded(counting)
        self.lines = counting.seen
        self.result = self._result(*self.object)

    def _plain(self):
        m = self.scenario.object()
        return m, *Lines.undisturbed(lambda: self.scenario.call(m))[:1]

    def _recorded(self, lines):
        """Run undisturbed; return (object, returned) and the weights after each epoch."""
        epochs, m = set(), self.scenario.object()
        begin, epoch = Monitor.__init__, Monitor.epoch

        def begun(monitor, *args, **kwargs):
            begin(monitor, *args, **kwargs)
            epochs.add(monitor.objective.network.values.tobytes())

        def followed(monitor, *args):
            exhausted = epoch(monitor, *args)
            epochs.add(monitor.objective.network.values.tobytes())
            return exhausted

        Monitor.__init__, Monitor.epoch = begun, followed
        try:
            returned, error, _ = lines.during(lambda: self.scenario.call(m))
        finally:
            Monitor.__init__, Monitor.epoch = begin, epoch
        if error is not None:
            raise error
        return (m, returned), epochs

    def _result(self, m, returned):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return held((m, self.scenario.use(m, returned)))

    def points(self):
        """Return the first and the last time that each line is executed."""
        last = {place: k for k, place in enumerate(self.lines, 1)}
        first = {place: k for k, place in reversed([*enumerate(self.lines, 1)])}
        return sorted({*first.values(), *last.values()})

    def fault(self, k, error):
        """Raise at the k-th line; return what is wrong then, or None."""
        scenario, m = self.scenario, self.scenario.object()
        before, lines = held(m), Lines(k, error)
        returned, raised, caught = lines.during(lambda: scenario.call(m))
        where = f"{scenario.name}: {type(error).__name__} at line {k}, " + "{}:{}".format(
            *lines.seen[-1]
        )
        if len(lines.seen) < k:
            return f"{where}: not reached"
        if threads._limit.inside:
            return f"{where}: left BLAS with one thread"
        if raised is not None:
            # scikit-learn's available_if says of any error that there is no such method.
            if error not in (raised, raised.__cause__) and not isinstance(raised, type(error)):
                return f"{where}: became {raised!r}"
            if held(m) != before:
                return f"{where}: changed the object"
            returned, raised, _ = Lines.undisturbed(lambda: scenario.call(m))
            if raised is not None:
                return f"{where}: broke the object, {raised!r}"
            if self._result(m, returned) != self.result:
                return f"{where}: changed what the next call gives"
            return None
        if not (scenario.fits and isinstance(error, KeyboardInterrupt)):
            return f"{where}: swallowed"
        if not any("interrupted" in str(warning.message) for warning in caught):
            return f"{where}: no warning"
        networks = {id(n): n for n in networks_of(m)}.values()
        trained_in_parts = getattr(m, "pretrain", None) is not None
        if not trained_in_parts and any(n.values.tobytes() not in self.epochs for n in networks):
            return f"{where}: weights of no epoch"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not np.isfinite(np.asarray(scenario.use(m, returned), float)).all():
                return f"{where}: predictions not finite"
        if (
            hasattr(m, "history_")
            and m.history_.drop(columns="phase", errors="ignore")
            .get("loss", pd.Series([0.0]))
            .isna()
            .any()
        ):
            return f"{where}: history torn"
        return None


def networks_of(m):
    """Return the networks of a fitted estimator; what stands beside them has none."""
    if not hasattr(m, "_fitted"):
        return []
    if not isinstance(m, (TabularFNNClassifier, TabularFNNRegressor)):
        return [m._fitted.network]
    return [p.network for p in m._fitted.predictors if isinstance(p, NetworkPredictor)]
