"""Data, and what else a call may have, made from a few words: for ``random_calls.py``."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse


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
SOFT = ["soft", "soft two", "soft frame", "soft single", "soft rare", "soft, but for the sums"]
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
        return probabilities(n, rng, kind)
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


def probabilities(n, rng, kind):
    """Soft targets: a row has the probability of each class."""
    match kind:
        case "soft":
            return rng.dirichlet(np.ones(3), n)
        case "soft two":
            return rng.dirichlet(np.ones(2), n)
        case "soft frame":
            return pd.DataFrame(rng.dirichlet(np.ones(3), n), columns=["red", "green", "blue"])
        case "soft single":
            return rng.dirichlet(np.ones(3), n).astype(np.float32)
        case "soft rare":
            return np.vstack([[[0.5, 0.5, 0.0]], np.eye(3)[rng.integers(0, 2, n - 1)]])
        case "soft, but for the sums":
            return 1.1 * rng.dirichlet(np.ones(3), n)
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


# ------------------------------------------------------------------ what stands beside X and y

GROUPS = ["few", "strings", "each", "one", "missing", "short", "c0", "nowhere"]
OFFSETS = ["zeros", "random", "column", "large", 1e300, "matrix", "missing", "short"]
ARRIVALS = [
    "columns", "pairs", "frames", "parquet", "csv", "one part", "two parts",
]  # fmt: skip


def groups_of(n, kind):
    """The group of each row, or the name of their column."""
    i = np.arange(n)
    match kind:
        case None | "c0" | "nowhere":
            return kind
        case "few":
            return i % 3
        case "strings":
            return np.array(["left", "right"])[i % 2]
        case "each":
            return i
        case "one":
            return np.zeros(n, int)
        case "missing":
            return np.where(i % 4, i % 3, np.nan)
        case "short":
            return i[:-1]
    raise ValueError(kind)


def offsets(n, seed, kind):
    """Raw scores that are known."""
    z = np.random.default_rng(seed + 3).normal(size=n)
    match kind:
        case None:
            return None
        case "zeros":
            return np.zeros(n)
        case "random":
            return z
        case "column":
            return z[:, None]
        case "large":
            return 50 * z
        case "matrix":
            return np.column_stack([z, -z, z**2])
        case "missing":
            return np.where(np.arange(n) == n // 2, np.nan, z)
        case "short":
            return z[:-1]
        case float():
            return kind * z
    raise ValueError(kind)
