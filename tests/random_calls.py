"""Random calls: what must hold for any data and any parameters.

``run(**case)`` makes data and an estimator from a few words, fits it, and checks that it either

- raises a ``ValueError`` or ``TypeError`` that names what is wrong, before the first epoch, and
  leaves the estimator as it was (or a ``DivergenceError``, later), or
- predicts finite numbers of the right shape, probabilities that sum to one, the same for rows in
  another order or in batches, and after pickling; that a clone learns the same to the bit;
  that the scale of weights does not count; that ``evaluate`` is what scikit-learn's metrics say;
  and that a column of targets is like flat ones.

``test_random_calls.py`` draws cases by hypothesis; ``tools/random_calls.py`` draws many more.
"""

import pickle
import re
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from faults import held
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.metrics import accuracy_score, log_loss, r2_score

import skfnn
from skfnn._engine.following.monitor import Monitor
from skfnn.export import skops_trusted_types
from skfnn.solvers import DivergenceError

# ------------------------------------------------------------------ data


def target_of(m):
    """What a fitted estimator knows of y."""
    return m._target if getattr(m, "_fitted", None) is None else m._fitted.target


def numbers(n, p, seed, values):
    """A matrix of numbers."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    match values:
        case "normal":
            return X
        case "integers":
            return np.round(2 * X)
        case "constant":
            return np.ones((n, p))
        case "one column constant":
            X[:, 0] = 3.0
            return X
        case "counts":
            return rng.poisson(1.0, (n, p)).astype(float)
        case "missing":
            X[rng.random((n, p)) < 0.3] = np.nan
            return X
        case "infinite":
            X[n // 2, 0] = np.inf
            return X
        case float():
            return values * X
    raise ValueError(values)


def contained(X, container):
    """The matrix as a user may have it."""
    n, p = X.shape
    names = [f"c{i}" for i in range(p)]
    match container:
        case "array":
            return X
        case "fortran":
            return np.asfortranarray(X)
        case "strided":
            return np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2]
        case "negative strides":
            return np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1]
        case "read-only":
            X = X.copy()
            X.flags.writeable = False
            return X
        case "memmap":
            with tempfile.TemporaryDirectory() as folder:
                np.save(Path(folder) / "X.npy", X)
                return np.load(Path(folder) / "X.npy", mmap_mode="r")
        case "big-endian":
            return X.astype(">f8")
        case "float16" | "float32" | "longdouble":
            with np.errstate(over="ignore"):
                return X.astype(container)
        case "int64" | "int8" | "uint8" | "bool":
            with np.errstate(invalid="ignore"):
                return np.nan_to_num(X).clip(0, 100).astype(container)
        case "object":
            return X.astype(object)
        case "list":
            return X.tolist()
        case "csr" | "csc" | "coo" | "bsr" | "lil" | "dok" | "dia":
            return sparse.coo_array(np.where(np.abs(X) < 0.5, 0, X)).asformat(container)
        case "csr_matrix":
            return sparse.csr_matrix(X)
        case "frame":
            return pd.DataFrame(X, columns=names)
        case "nullable":
            return pd.DataFrame(X, columns=names).astype("Float64")
        case "arrow":
            return pd.DataFrame(X, columns=names).astype("float64[pyarrow]")
        case "polars":
            import polars

            return polars.DataFrame(dict(zip(names, X.T, strict=True)))
    return pd.DataFrame(X, columns=names).assign(**{container: special(container, n)})


def special(kind, n):
    """A column of a table that is not numbers."""
    i = np.arange(n)
    match kind:
        case "category":
            return pd.Categorical(np.array(["a", "b", "c"])[i % 3])
        case "strings":
            return np.array(["x", "y"])[i % 2]
        case "texts":
            return [f"word{k % 3} and word{k % 5} or another" for k in i]
        case "many levels":
            return [f"level {k}" for k in i % 12]
        case "mixed":
            return [[1, "a", 2.5, None][k % 4] for k in i]
        case "dates":
            return pd.date_range("2026-01-01", periods=n, freq="31h")
        case "zones":
            return pd.date_range("2026-01-01", periods=n, freq="31h", tz="Asia/Tokyo")
        case "spans":
            return pd.to_timedelta(i, unit="h")
        case "date strings":
            return pd.date_range("2026-01-01", periods=n).strftime("%Y-%m-%d")
        case "number strings":
            return [f"{k},{k:03d}.5" if k % 5 else "n/a" for k in i]
        case "nullable integers":
            return pd.array([k if k % 3 else None for k in i.tolist()], dtype="Int64")
        case "flags":
            return i % 2 == 0
        case "nothing":
            return [None] * n
        case "complex":
            return i + 1j
        case "lists":
            return [[k] for k in i]
    raise ValueError(kind)


TABLES = [
    "category", "strings", "texts", "many levels", "mixed", "dates", "zones", "spans",
    "date strings", "number strings", "nullable integers", "flags", "nothing", "complex", "lists",
]  # fmt: skip
CONTAINERS = [
    "array", "fortran", "strided", "negative strides", "read-only", "memmap", "big-endian",
    "float16", "float32", "longdouble", "int64", "int8", "uint8", "bool", "object", "list", "csr",
    "csc", "coo", "bsr", "lil", "dok", "dia", "csr_matrix", "frame", "nullable", "arrow", "polars",
]  # fmt: skip
VALUES = [
    "normal", "integers", "constant", "one column constant", "counts", "missing", "infinite",
    1e-300, 1e-30, 1e30, 1e300,
]  # fmt: skip
CLASSES = [
    "codes", "strings", "objects", "bool", "floats", "negative", "categorical", "series", "list",
    "one", "column", "labels", "sparse labels", "one-hot", "three", "missing", "fractions",
]  # fmt: skip
TARGETS = [
    "normal", "integers", "counts", "positive", "constant", "column", "two", "series", "list",
    "float32", "missing", "infinite", "strings", 1e-300, 1e-30, 1e30, 1e300,
]  # fmt: skip
WEIGHTS = [
    None, "ones", "integers", "some", "random", "list", 1e-300, 1e-30, 1e30, 1e300, "wide",
    "negative", "none", "missing", "short",
]  # fmt: skip


def target(n, seed, kind, regression):
    """Targets."""
    rng = np.random.default_rng(seed + 1)
    if not regression:
        y = rng.permutation(n) % 2
        match kind:
            case "codes":
                return y
            case "strings":
                return np.array(["no", "yes"])[y]
            case "objects":
                return np.array(["no", "yes"], dtype=object)[y]
            case "bool":
                return y == 1
            case "floats":
                return y.astype(float)
            case "negative":
                return 10**12 * (2 * y - 1)
            case "categorical":
                return pd.Series(pd.Categorical(np.array(["no", "yes"])[y]))
            case "series":
                return pd.Series(y, index=np.arange(n)[::-1])
            case "list":
                return y.tolist()
            case "one":
                return np.full(n, "only")
            case "column":
                return y[:, None]
            case "labels":
                return np.column_stack([y, 1 - y, rng.integers(0, 2, n)])
            case "sparse labels":
                return sparse.csr_array(np.column_stack([y, rng.integers(0, 2, n)]))
            case "one-hot":
                return np.eye(3)[rng.permutation(n) % 3]
            case "three":
                return np.array(["a", "b", "c"])[rng.permutation(n) % 3]
            case "missing":
                return np.where(y == 0, np.nan, 1.0)
            case "fractions":
                return y + 0.5
    y = rng.normal(size=n)
    match kind:
        case "normal":
            return y
        case "integers":
            return np.round(3 * y).astype(int)
        case "counts":
            return rng.poisson(2.0, n)
        case "positive":
            return np.exp(y)
        case "constant":
            return np.full(n, 7.0)
        case "column":
            return y[:, None]
        case "two":
            return np.column_stack([y, 1 + y**2])
        case "series":
            return pd.Series(y, index=np.arange(n)[::-1])
        case "list":
            return y.tolist()
        case "float32":
            return y.astype(np.float32)
        case "missing":
            return np.where(np.arange(n) == n // 2, np.nan, y)
        case "infinite":
            return np.where(np.arange(n) == n // 2, np.inf, y)
        case "strings":
            return np.array(["no", "yes"])[np.arange(n) % 2]
        case float():
            return kind * y
    raise ValueError(kind)


def weights(n, seed, kind):
    """Sample weights."""
    rng = np.random.default_rng(seed + 2)
    w = rng.uniform(0.5, 2, n)
    match kind:
        case None:
            return None
        case "ones":
            return np.ones(n)
        case "integers":
            return rng.integers(1, 4, n)
        case "some":
            return (np.arange(n) % 3 > 0) * w + (n < 3)
        case "random":
            return w
        case "list":
            return w.tolist()
        case "wide":
            return 10.0 ** np.linspace(-300, 300, n)
        case "negative":
            return -w
        case "none":
            return np.zeros(n)
        case "missing":
            return np.full(n, np.nan)
        case "short":
            return w[:-1]
        case float():
            return kind * w
    raise ValueError(kind)


# ------------------------------------------------------------------ what must hold


class Broken(AssertionError):
    """A property does not hold."""


EXPECTED = (ConvergenceWarning, DataConversionWarning)
NAMES = r"X|y|sample_weight|samples?|features?|class(es)?|columns?|targets?|labels?|rows?|weights?"


def code(case):
    """What to paste, in the folder of the tests, to see a case again."""
    given = ", ".join(f"{key}={value!r}" for key, value in case.items())
    return f"from random_calls import *; from skfnn.parts import *; run({given})"


def rows_of(X, rows):
    """Some rows of anything."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if isinstance(X, list):
        return [X[i] for i in rows]
    if sparse.issparse(X):
        return X.tocsr()[rows]
    return X[rows]


def length(X):
    return X.shape[0] if hasattr(X, "shape") else len(X)


def outputs(m, X):
    """What a fitted estimator says of rows, as float arrays."""
    if hasattr(m, "transform"):
        return {"transform": m.transform(X), "error": m.reconstruction_error(X)}
    if m._kind == "regression":
        return {"predict": m.predict(X)}
    found = {"decision_function": m.decision_function(X)}
    if hasattr(m, "predict_proba"):
        found["predict_proba"] = m.predict_proba(X)
        found["predict_log_proba"] = m.predict_log_proba(X)
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


def run(kind, n, p, seed, container="array", values="normal", y="codes", weight=None, check="clone",
        **params):  # fmt: skip
    """Make a call and check what must hold; return "refused", "diverged" or "fitted"."""
    cls = getattr(skfnn, kind)
    regression, tabular = kind.endswith("Regressor"), kind.startswith("Tabular")
    X = contained(numbers(n, p, seed, values), container)
    given = () if kind == "FNNAutoencoder" else (target(n, seed, y, regression),)
    w = weights(n, seed, weight)
    m = cls(**params)
    before, epochs = held(m), []
    epoch = Monitor.epoch
    Monitor.epoch = lambda *a, **k: epochs.append(0) or epoch(*a, **k)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            m.fit(X, *given, sample_weight=w)
    except DivergenceError:
        _unchanged(m, before)
        return "diverged"
    except (ValueError, TypeError) as error:
        _unchanged(m, before)
        known = rf"\b({NAMES}|{'|'.join(m.get_params(deep=False))})\b"
        if not re.search(known, str(error)):
            raise Broken(f"the message names nothing: {error}") from error
        if epochs:
            raise Broken(f"refused after {len(epochs)} epochs: {error}") from error
        return "refused"
    finally:
        Monitor.epoch = epoch
    for warning in caught:
        if issubclass(warning.category, RuntimeWarning):
            raise Broken(f"warning of {warning.filename}:{warning.lineno}: {warning.message}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for category in (*EXPECTED, UserWarning):
            warnings.simplefilter("ignore", category)
        _holds(m, X, given, w, check, tabular, regression)
    return "fitted"


def _unchanged(m, before):
    if held(m) != before:
        raise Broken("a fit that failed changed the estimator")


def _holds(m, X, given, w, check, tabular, regression):
    n = length(X)
    first = outputs(m, X)
    for name, a in first.items():
        if len(a) != n:
            raise Broken(f"{name} has {len(a)} rows of {n}")
        if not np.isfinite(a).all():
            raise Broken(f"{name} is not finite")
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
    permuted = outputs(m, rows_of(X, order))
    close({k: a[order] for k, a in first.items()}, permuted, "rows in another order")
    if n > 1:
        parts = [outputs(m, rows_of(X, np.arange(i, min(n, i + 3)))) for i in range(0, n, 3)]
        close(first, {k: np.concatenate([q[k] for q in parts]) for k in first}, "in batches")
    _checks(m, X, given, w, check, tabular, regression, first)


def _checks(m, X, given, w, check, tabular, regression, first):
    match check:
        case "pickle":
            same(first, outputs(pickle.loads(pickle.dumps(m)), X), "pickled")
        case "skops":
            import skops.io

            saved = skops.io.dumps(m)
            same(first, outputs(skops.io.loads(saved, trusted=skops_trusted_types()), X), "skops")
        case "clone":
            same(first, outputs(clone(m).fit(X, *given, sample_weight=w), X), "clone")
        case "again":
            same(first, outputs(m.fit(X, *given, sample_weight=w), X), "fitted again")
        case "scale" if w is not None and (tabular or m.alpha == 0):
            for factor in (2.0**-20, 2.0**20):
                other = clone(m).fit(X, *given, sample_weight=factor * np.asarray(w, float))
                close(first, outputs(other, X), f"weights times {factor:g}", 1e-3)
        case "column" if given and np.ndim(given[0]) == 1:
            column = np.asarray(given[0])[:, None]
            same(first, outputs(clone(m).fit(X, column, sample_weight=w), X), "column of targets")
            if m.evaluate(X, column, w) != m.evaluate(X, *given, w):
                raise Broken("evaluate differs for a column of targets")
        case "evaluate" if given:
            _evaluates(m, X, given[0], w, regression)


def _evaluates(m, X, y, w, regression):
    found = m.evaluate(X, y, w)
    if not np.isfinite([*found.values()]).all():
        raise Broken(f"evaluate is not finite: {found}")
    y = y.toarray() if sparse.issparse(y) else np.asarray(y)
    if regression:
        if "r2" in found and len(y) > 1 and 1e-100 < np.ptp(y.astype(float)) < 1e100:
            expected = r2_score(y, m.predict(X), sample_weight=w)
            if not np.isclose(found["r2"], expected, rtol=1e-3, atol=1e-3):
                raise Broken(f"evaluate: R2 {found['r2']}, not {expected}")
        return
    if "accuracy" in found and target_of(m).kind != "multilabel" and np.ndim(y) == 1:
        expected = accuracy_score(y, m.predict(X), sample_weight=w)
        if not np.isclose(found["accuracy"], expected):
            raise Broken(f"evaluate: accuracy {found['accuracy']}, not {expected}")
    plain = getattr(m, "loss", "log_loss") == "log_loss"
    if plain and hasattr(m, "predict_proba") and np.ndim(y) == 1 and len(m.classes_) > 1:
        p = m.predict_proba(X)
        if p.min() < 1e-14:  # scikit-learn clips probabilities
            return
        expected = log_loss(y, p, sample_weight=w, labels=m.classes_)
        if not np.isclose(found["loss"], expected, rtol=1e-3, atol=1e-6):
            raise Broken(f"evaluate: log-loss {found['loss']}, not {expected}")
