"""Random calls: what must hold for any data and any parameters.

``run(**case)`` makes data and an estimator from a few words, fits it, and checks that it either

- raises a ``ValueError`` or ``TypeError`` that names what is wrong, before the first epoch, and
  leaves the estimator as it was (or a ``DivergenceError``, later), or
- predicts finite numbers of the right shape, probabilities that sum to one, the same for rows in
  another order or in batches, and after pickling; that a clone learns the same to the bit;
  that the scale of weights does not count; that ``evaluate`` is what scikit-learn's metrics say;
  that a column of targets is like flat ones; that intervals and sets are nested; that attributions
  add up; that nothing moves against ``monotonic_cst``; and that what is written to a file is what
  is predicted.

``random_data.py`` has the words, ``random_fits.py`` the ways of a call. ``test_random_calls.py``
draws cases by hypothesis; ``tools/random_calls.py`` draws many more.
"""

import itertools
import pickle
import re
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from faults import held
from random_data import contained, groups_of, numbers, offsets, target, weights
from random_fits import PARTS, Fit, Unwritten, length
from scipy import sparse
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor  # noqa: F401  # for pasted code
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.linear_model import LogisticRegression, Ridge  # noqa: F401
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import GroupKFold, KFold  # noqa: F401

import skfnn
from skfnn._engine.following.monitor import Monitor
from skfnn.export import skops_trusted_types
from skfnn.inspection import attributions
from skfnn.solvers import DivergenceError


class Broken(AssertionError):
    """A property does not hold."""


EXPECTED = (ConvergenceWarning, DataConversionWarning)
NAMES = (
    r"X|y|X_val|y_val|sample_weight(_val)?|offset(_val)?|groups?|calibration_groups(_val)?|samples?"
    r"|features?|class(es)?|columns?|targets?|labels?|rows?|weights?"
)
# What is told of a model that has no intervals, sets or derivatives.
ABOUT_FITS = r"held-out|coverage|loss|fit|background|q"


# ------------------------------------------------------------------ functions as parameters


def log_cosh(y, raw):
    """A loss."""
    gap = np.clip(raw - y, -300, 300)
    return np.log(np.cosh(gap)).sum(axis=1), np.tanh(gap)


def wrong_gradient(y, raw):
    """A loss whose gradient is that of another."""
    return ((raw - y) ** 2).sum(axis=1), y - raw


def no_gradient(y, raw):
    """A loss without one."""
    return ((raw - y) ** 2).sum(axis=1)


def share_of_equal(y, prediction):
    """A score of classes."""
    return float(np.mean(np.asarray(y) == np.asarray(prediction)))


def minus_gap(y, prediction):
    """A score of numbers."""
    return -float(np.mean(np.abs(np.tanh(np.asarray(y, float)) - np.tanh(prediction))))


def code(case):
    """What to paste, in the folder of the tests, to see a case again."""
    given = ", ".join(f"{key}={_written(value)}" for key, value in case.items())
    return f"from random_calls import *; from test_random_calls import *; run({given})"


def _written(value):
    if isinstance(value, dict) or not callable(value):
        return re.sub(r"<function (\w+) at 0x\w+>", r"\1", repr(value))
    return value.__name__


# ------------------------------------------------------------------ what must hold


def target_of(m):
    """What a fitted estimator knows of y."""
    return m._target if getattr(m, "_fitted", None) is None else m._fitted.target


def outputs(m, rows):
    """What a fitted estimator says of rows, as float arrays."""
    X, given = rows.X, rows.beside
    if hasattr(m, "transform"):
        return {"transform": m.transform(X), "error": m.reconstruction_error(X)}
    if m._kind == "regression":
        return {"predict": m.predict(X, **given)}
    found = {"decision_function": m.decision_function(X, **given)}
    if hasattr(m, "predict_proba"):
        found["predict_proba"] = m.predict_proba(X, **given)
        found["predict_log_proba"] = m.predict_log_proba(X, **given)
    return found


def close(one, other, what, rtol=1e-4):
    """Check that two sets of outputs agree but for rounding."""
    for name, a in one.items():
        b = other[name]
        if a.shape != b.shape:
            raise Broken(f"{what}: {name} has shape {b.shape}, not {a.shape}")
        scale = np.abs(a).max(initial=0) or 1.0
        if not np.allclose(a / scale, b / scale, rtol=rtol, atol=rtol):
            raise Broken(f"{what}: {name} differs by {np.abs(a / scale - b / scale).max():.1e}")


def same(one, other, what):
    """Check that two sets of outputs agree to the bit."""
    for name, a in one.items():
        if a.tobytes() != other[name].tobytes():
            raise Broken(f"{what}: {name} differs by {np.abs(a - other[name]).max():.1e}")


def finite(found, n):
    """Check that there is a finite number for each row."""
    for name, a in found.items():
        if len(a) != n:
            raise Broken(f"{name} has {len(a)} rows of {n}")
        if not np.isfinite(a).all():
            raise Broken(f"{name} is not finite")


def run(kind, n, p, seed, container="array", values="normal", y="codes", weight=None, check="clone",
        arrival=None, validated=False, offset=None, groups=None, calibration=None,
        **params):  # fmt: skip
    """Make a call and check what must hold; return "refused", "diverged" or "fitted"."""
    regression = kind.endswith("Regressor")
    if kind.startswith("Tabular") and arrival in PARTS:  # which take nothing else
        offset = groups = calibration = None
    beside = {"offset": offsets(n, seed, offset), "groups": groups_of(n, groups),
              "calibration_groups": groups_of(n, calibration)}  # fmt: skip
    try:
        fit = Fit(
            contained(numbers(n, p, seed, values), container),
            None if kind == "FNNAutoencoder" else target(n, seed, y, regression),
            weights(n, seed, weight), beside, arrival, validated=validated,
        )  # fmt: skip
    except Unwritten:
        return "unwritten"
    m = getattr(skfnn, kind)(**params)
    outcome, caught = _fitted(m, fit)
    for warning in caught:
        if issubclass(warning.category, RuntimeWarning):
            raise Broken(f"warning of {warning.filename}:{warning.lineno}: {warning.message}")
    if outcome == "fitted":
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            for category in (*EXPECTED, UserWarning):
                warnings.simplefilter("ignore", category)
            _holds(m, fit, check)
    return outcome


def _fitted(m, fit):
    """Fit; return how it went, and the warnings. What refuses must change nothing."""
    for step in fit.steps(m):
        before = held(m)
        try:
            with warnings.catch_warnings(record=True) as caught, _counted() as epochs:
                warnings.simplefilter("always")
                step()
        except DivergenceError:
            _unchanged(m, before)
            return "diverged", []
        except (ValueError, TypeError) as error:
            _unchanged(m, before)
            names_something(m, error)
            if epochs and "A scorer of scoring or metrics" not in str(error):  # called by epochs
                raise Broken(f"refused after {len(epochs)} epochs: {error}") from error
            return "refused", []
    return "fitted", caught


@contextmanager
def _counted():
    """Give a list that gets an entry for each epoch of the call inside."""
    epochs, epoch = [], Monitor.epoch
    Monitor.epoch = lambda *a, **k: epochs.append(0) or epoch(*a, **k)
    try:
        yield epochs
    finally:
        Monitor.epoch = epoch


def _unchanged(m, before):
    if held(m) != before:
        raise Broken("a fit that failed changed the estimator")


def names_something(m, error, others="X"):
    known = rf"\b({NAMES}|{others}|{'|'.join(m.get_params(deep=False))})\b"
    if not re.search(known, str(error)):
        raise Broken(f"the message names nothing: {error}") from error


def _holds(m, fit, check):
    rows = fit.rows
    n = length(rows.X)
    first = outputs(m, rows)
    finite(first, n)
    if "predict_proba" in first:
        p = first["predict_proba"].astype(float)
        if (p < 0).any() or (p > 1).any():
            raise Broken("probabilities out of range")
        if target_of(m).kind != "multilabel" and not np.allclose(p.sum(axis=1), 1):
            raise Broken("probabilities do not sum to one")
        logs = first["predict_log_proba"]
        if not np.allclose(np.exp(logs), p, rtol=1e-6, atol=1e-300):
            raise Broken("log-probabilities are not the logarithm of probabilities")
    rng = np.random.default_rng(0)
    order = rng.permutation(n)
    permuted = outputs(m, rows.at(order))
    close({k: a[order] for k, a in first.items()}, permuted, "rows in another order")
    if n > 1:
        parts = [outputs(m, rows.at(np.arange(i, min(n, i + 3)))) for i in range(0, n, 3)]
        close(first, {k: np.concatenate([q[k] for q in parts]) for k in first}, "in batches")
    CHECKS[check](m, fit, first)


# ------------------------------------------------------------------ one check of each case


def _pickled(m, fit, first):
    same(first, outputs(pickle.loads(pickle.dumps(m)), fit.rows), "pickled")


def _saved(m, fit, first):
    import skops.io

    saved = skops.io.dumps(m)
    others = skops.io.get_untrusted_types(data=saved)  # the user's splitter or function
    own = [t for t in others if t.startswith(("sklearn.model_selection.", "random_calls."))]
    loaded = skops.io.loads(saved, trusted=[*skops_trusted_types(), *own])
    same(first, outputs(loaded, fit.rows), "skops")


def _cloned(m, fit, first):
    same(first, outputs(fit(clone(m)), fit.rows), "clone")


def _again(m, fit, first):
    """The same fit again; one that goes on with what it has may diverge, and stays finite."""
    if getattr(m, "warm_start", False) or fit.arrival in PARTS:
        _fitted(m, fit)
        finite(outputs(m, fit.rows), length(fit.rows.X))
    else:
        same(first, outputs(fit(m), fit.rows), "fitted again")


def _scaled(m, fit, first):
    """The scale of weights does not count, but beside a penalty, and part by part."""
    tabular = not hasattr(m, "alpha")
    if fit.weight is None or fit.arrival in PARTS or not (tabular or m.alpha == 0):
        return
    for factor in (2.0**-20, 2.0**20):
        scaled = replace(fit, weight=factor * np.asarray(fit.weight, float))
        close(first, outputs(scaled(clone(m)), fit.rows), f"weights times {factor:g}", 1e-3)


def _column(m, fit, first):
    if fit.arrival is not None or np.ndim(fit.y) != 1:
        return
    X, column, given = fit.rows.X, np.asarray(fit.y)[:, None], fit.rows.beside
    other = replace(fit, y=column)(clone(m))
    same(first, outputs(other, fit.rows), "column of targets")
    found = [m.evaluate(X, y, fit.weight, **given) for y in (column, fit.y)]
    if found[0] != found[1]:
        raise Broken("evaluate differs for a column of targets")


def _evaluates(m, fit, _):
    if fit.y is None:
        return
    y, w = fit.y, fit.weight
    if m._kind != "regression" and np.ndim(y) == 1 and not np.isin(y, m.classes_).all():
        return  # a class that only rows of weight 0 have, which a stream leaves out
    found = m.evaluate(fit.rows.X, y, w, **fit.rows.beside)
    if not np.isfinite([*found.values()]).all():
        raise Broken(f"evaluate is not finite: {found}")
    if w is not None:  # with large ones scikit-learn's sums overflow
        w = np.asarray(w, float) / np.max(w)
    y = y.toarray() if sparse.issparse(y) else np.asarray(y)
    prediction = m.predict(fit.rows.X, **fit.rows.beside)
    if m._kind == "regression":
        if "r2" in found and len(y) > 1 and 1e-100 < np.ptp(y.astype(float)) < 1e100:
            expected = r2_score(y, prediction, sample_weight=w)
            # Below, all rows of weight have one target, to rounding.
            if expected > -1e20 and not np.isclose(found["r2"], expected, rtol=1e-3, atol=1e-3):
                raise Broken(f"evaluate: R2 {found['r2']}, not {expected}")
        return
    if "accuracy" in found and target_of(m).kind != "multilabel" and np.ndim(y) == 1:
        expected = accuracy_score(y, prediction, sample_weight=w)
        if not np.isclose(found["accuracy"], expected):
            raise Broken(f"evaluate: accuracy {found['accuracy']}, not {expected}")
    plain = isinstance(getattr(m, "loss", ""), str) and getattr(m, "loss", "log_loss") == "log_loss"
    if plain and hasattr(m, "predict_proba") and np.ndim(y) == 1 and len(m.classes_) > 1:
        p = m.predict_proba(fit.rows.X, **fit.rows.beside)
        if p.min() < 1e-14:  # scikit-learn clips probabilities
            return
        expected = log_loss(y, p, sample_weight=w, labels=m.classes_)
        if not np.isclose(found["loss"], expected, rtol=1e-3, atol=1e-6):
            raise Broken(f"evaluate: log-loss {found['loss']}, not {expected}")


def _spread(m, fit, _):
    """Intervals, quantiles and sets are finite and nested, or there is a reason for none."""
    if fit.y is None:
        return
    rows, given = fit.rows, dict(fit.rows.beside)
    try:
        if m._kind == "regression":
            found = m.predict_quantiles(rows.X, [0.1, 0.4, 0.9], **given)
            finite({"quantiles": found, "samples": m.sample_y(rows.X, 2, **given)}, len(found))
            if (np.diff(found) < -1e-6 * np.abs(found).max(initial=0)).any():
                raise Broken("quantiles cross")
    except ValueError as error:
        names_something(m, error, ABOUT_FITS)
    if rows.groups is not None and not isinstance(rows.groups, str):
        given["calibration_groups"] = rows.groups
    try:
        if m._kind == "regression":
            _intervals_nest([m.predict_interval(rows.X, c, **given) for c in (0.3, 0.6, 0.9)])
        else:
            sets = [m.predict_set(rows.X, c, **given) for c in (0.3, 0.6, 0.9)]
            if (sets[0] > sets[1]).any() or (sets[1] > sets[2]).any():
                raise Broken("sets are not nested")
    except ValueError as error:
        names_something(m, error, ABOUT_FITS)


def _intervals_nest(intervals):
    finite({"interval": intervals[0], "wide interval": intervals[-1]}, len(intervals[0]))
    edge = 1e-9 * np.abs(intervals[-1]).max(initial=0)
    for narrow, wide in itertools.pairwise(intervals):
        if (narrow[..., 0] > narrow[..., 1] + edge).any():
            raise Broken("an interval's lower end is above the upper one")
        inside = (wide[..., 0] <= narrow[..., 0] + edge) & (narrow[..., 1] <= wide[..., 1] + edge)
        if not inside.all():
            raise Broken("intervals are not nested")


def _attributed(m, fit, _):
    """Attributions are finite; that they add up is checked where they are made."""
    X = fit.rows.X
    if fit.y is None or not (hasattr(X, "iloc") or type(X) is np.ndarray):
        return
    try:
        found = attributions(m, X[:2], X, random_state=0)
    except ValueError as error:
        names_something(m, error, ABOUT_FITS)
        return
    finite({"attributions": found.values, "bases": found.base_values}, min(2, len(X)))


def _monotone(m, fit, _):
    """Nothing moves against the direction of a column of numbers."""
    cst, X = getattr(m, "monotonic_cst", None), fit.rows.X
    if cst is None or type(X) is not np.ndarray or X.dtype != np.float64:
        return
    cst = np.asarray([cst.get(j, 0) for j in range(X.shape[1])] if isinstance(cst, dict) else cst)
    respond = m.predict if m._kind == "regression" else m.decision_function
    base = respond(X, **fit.rows.beside).astype(float)
    spread = np.ptp(base) or np.abs(base).max() or 1.0
    for j in np.flatnonzero(cst):
        for step in (0.1, 1.0, 1e3):
            moved = np.array(X)
            moved[:, j] += step
            rise = cst[j] * (respond(moved, **fit.rows.beside).astype(float) - base)
            if (rise < -1e-5 * spread).any():
                raise Broken(f"column {j} moves against its direction by {rise.min() / spread:.1e}")


def _written_to_file(m, fit, _):
    """What is predicted part by part into a file is what is predicted."""
    X = fit.rows.X
    if not hasattr(m, "write_predictions") or not hasattr(X, "columns") or fit.rows.beside:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.parquet"
        m.write_predictions(X, path)
        found = pd.read_parquet(path).to_numpy()
    expected = m.predict(X)
    if [*map(str, found.ravel())] != [*map(str, expected.ravel())]:
        raise Broken("predictions that are written to a file differ")


CHECKS = {
    "pickle": _pickled, "skops": _saved, "clone": _cloned, "again": _again, "scale": _scaled,
    "column": _column, "evaluate": _evaluates, "spread": _spread, "attributions": _attributed,
    "monotone": _monotone, "written": _written_to_file,
}  # fmt: skip
