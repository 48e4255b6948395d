"""The same information in every form in which it arrives gives the same model."""

import datetime
import decimal
import io
import json

import numpy as np
import pandas as pd
import pytest

from skfnn import TabularFNNRegressor

N = 400
RNG = np.random.default_rng(0)
NUMBER = RNG.normal(1000, 700, N).round(2)
WHOLE = RNG.integers(0, 3000, N)
DAYS = pd.Timestamp("2023-01-01") + pd.to_timedelta(RNG.integers(0, 700, N), unit="D")
MOMENTS = pd.Timestamp("2023-01-01") + pd.to_timedelta(RNG.integers(0, 700 * 86400, N), unit="s")
SPANS = pd.to_timedelta(RNG.integers(0, 5 * 86400, N), unit="s")
SECONDS = RNG.integers(0, 86400, N)
LEVELS = RNG.choice([f"level {c}" for c in "abcdefghijkl"], N)
FLAG = RNG.random(N) < 0.5
GAPS = RNG.random(N) < 0.03


def times():
    return [(datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=int(s))).time()
            for s in SECONDS]  # fmt: skip


def wave(x):
    x = (np.asarray(x, float) - np.min(x)) / np.ptp(np.asarray(x, float))
    return np.sin(5 * x) + x


# The information: how it looks where the dtype says it all, and a target that depends on it.
CLEAN = {
    "number": (NUMBER, wave(NUMBER)),
    "whole": (WHOLE, wave(WHOLE)),
    "gaps": (np.where(GAPS, np.nan, WHOLE), np.where(GAPS, -1, wave(WHOLE))),
    "day": (DAYS, wave(DAYS.asi8)),
    "moment": (MOMENTS, wave(MOMENTS.asi8)),
    "span": (SPANS, wave(SPANS.asi8)),
    "time": (pd.to_timedelta(SECONDS, unit="s"), wave(SECONDS)),
    "level": (pd.Categorical(LEVELS), np.array([ord(level[-1]) % 3.0 for level in LEVELS])),
    "flag": (FLAG, FLAG.astype(float)),
}
OBJECT = {"dtype": object}


def series(values, **kwargs):
    return pd.Series(list(values), **kwargs)


def arrow(values, dtype):
    pyarrow = pytest.importorskip("pyarrow")
    return pd.Series(pyarrow.array(values, getattr(pyarrow, dtype[0])(*dtype[1:])).to_pandas(
        types_mapper=pd.ArrowDtype
    ))  # fmt: skip


def polars(values, dtype=None):
    polars = pytest.importorskip("polars")
    return polars.DataFrame({"x": polars.Series(list(values))}) if dtype is None else (
        polars.DataFrame({"x": polars.Series(list(values)).cast(dtype(polars))})
    )  # fmt: skip


def csv(values, **kwargs):
    """Write a column to CSV, and read it."""
    text = pd.DataFrame({"x": values, "y": 0}).to_csv(index=False)
    return pd.read_csv(io.StringIO(text), **kwargs)["x"]


def through_json(values):
    """Write a column to JSON as records, and read it: a list of dicts."""
    return json.loads(pd.DataFrame({"x": values}).to_json(orient="records", date_format="iso"))


def dates(format, values=DAYS):
    return series(values.strftime(format), **OBJECT)


def german(x):
    return f"{x:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


UTC = datetime.UTC
ARRIVALS = {
    # numbers
    ("number", "object of floats"): lambda: series(NUMBER, **OBJECT),
    ("number", "Decimal"): lambda: series(map(decimal.Decimal, map(str, NUMBER)), **OBJECT),
    ("number", "text"): lambda: series(map(str, NUMBER), **OBJECT),
    ("number", "text of dtype string"): lambda: series(map(str, NUMBER), dtype="string"),
    ("number", "text with thousands"): lambda: series(f"{x:,.2f}" for x in NUMBER),
    ("number", "text with spaces"): lambda: series(f" {x:,.2f}".replace(",", " ") for x in NUMBER),
    ("number", "text with decimal comma"): lambda: series(map(german, NUMBER)),
    ("number", "text with currency"): lambda: series(f"${x:,.2f}" for x in NUMBER),
    ("number", "text with unit"): lambda: series(f"{x} kmpl" for x in NUMBER),
    ("number", "text with percent"): lambda: series(f"{x:.2f} %" for x in NUMBER),
    ("number", "bytes"): lambda: series((str(x).encode() for x in NUMBER), **OBJECT),
    ("number", "Float64"): lambda: series(NUMBER, dtype="Float64"),
    ("number", "Sparse"): lambda: series(NUMBER, dtype=pd.SparseDtype("float64")),
    ("number", "Arrow double"): lambda: arrow(NUMBER, ["float64"]),
    ("number", "Arrow decimal128"): lambda: arrow(
        [decimal.Decimal(str(x)) for x in NUMBER], ["decimal128", 12, 2]
    ),
    ("number", "Arrow string"): lambda: arrow(list(map(str, NUMBER)), ["string"]),
    ("number", "polars"): lambda: polars(NUMBER),
    ("number", "polars Decimal"): lambda: polars(NUMBER, lambda p: p.Decimal(12, 2)),
    ("number", "polars text"): lambda: polars(map(str, NUMBER)),
    ("number", "CSV as text"): lambda: csv(NUMBER, dtype=str),
    ("number", "JSON"): lambda: through_json(NUMBER),
    ("number", "JSON of text"): lambda: through_json([str(x) for x in NUMBER]),
    ("whole", "object of int"): lambda: series(map(int, WHOLE), **OBJECT),
    ("whole", "text"): lambda: series(map(str, WHOLE), **OBJECT),
    ("gaps", "object with None"): lambda: series(
        (None if g else int(x) for g, x in zip(GAPS, WHOLE, strict=True)), **OBJECT
    ),
    ("gaps", "Int64"): lambda: series(
        (None if g else int(x) for g, x in zip(GAPS, WHOLE, strict=True)), dtype="Int64"
    ),
    **{
        ("gaps", f"text with {sign!r}"): lambda sign=sign: series(
            (sign if g else str(x) for g, x in zip(GAPS, WHOLE, strict=True)), **OBJECT
        )
        for sign in ("n/a", "-", "", "?", "NULL")
    },
    ("gaps", "floats with one text"): lambda: series(
        ("n/a" if g else float(x) for g, x in zip(GAPS, WHOLE, strict=True)), **OBJECT
    ),
    ("gaps", "Arrow int64"): lambda: arrow(
        [None if g else int(x) for g, x in zip(GAPS, WHOLE, strict=True)], ["int64"]
    ),
    ("gaps", "polars"): lambda: polars(
        None if g else int(x) for g, x in zip(GAPS, WHOLE, strict=True)
    ),
    ("gaps", "CSV as text"): lambda: csv(np.where(GAPS, np.nan, WHOLE), dtype=str),
    ("gaps", "JSON"): lambda: through_json(np.where(GAPS, np.nan, WHOLE)),
    # dates
    ("day", "date objects"): lambda: series((d.date() for d in DAYS), **OBJECT),
    ("day", "datetime objects"): lambda: series((d.to_pydatetime() for d in DAYS), **OBJECT),
    ("day", "Timestamp objects"): lambda: series(DAYS, **OBJECT),
    **{
        ("day", f"datetime64[{unit}]"): lambda unit=unit: DAYS.to_numpy().astype(
            f"datetime64[{unit}]"
        )[:, None]
        for unit in ("D", "h", "s", "ms", "us", "ns")
    },
    **{
        ("day", f"text {format}"): lambda format=format: dates(format)
        for format in (
            "%Y-%m-%d",
            "%d.%m.%Y",
            "%m/%d/%Y",
            "%d/%m/%Y",
            "%Y/%m/%d",
            "%d-%b-%Y",
            "%b %d, %Y",
            "%d %B %Y",
            "%m/%d/%y",
            "%a, %d %b %Y",
        )
    },
    ("day", "Period"): lambda: pd.Series(DAYS.to_period("D")),
    ("day", "Arrow date32"): lambda: arrow([d.date() for d in DAYS], ["date32"]),
    ("day", "Arrow date64"): lambda: arrow([d.date() for d in DAYS], ["date64"]),
    ("day", "polars Date"): lambda: polars(d.date() for d in DAYS),
    ("day", "CSV"): lambda: csv(DAYS),
    ("day", "JSON"): lambda: through_json(DAYS),
    ("moment", "UTC"): lambda: pd.Series(MOMENTS.tz_localize("UTC")),
    ("moment", "time zone"): lambda: pd.Series(MOMENTS.tz_localize("UTC").tz_convert("Asia/Tokyo")),
    ("moment", "datetime objects with zone"): lambda: series(
        (m.to_pydatetime().replace(tzinfo=UTC) for m in MOMENTS), **OBJECT
    ),
    ("moment", "ISO text with zone"): lambda: series(
        (m.isoformat() + "+02:00" for m in MOMENTS), **OBJECT
    ),
    ("moment", "ISO text with Z"): lambda: series((m.isoformat() + "Z" for m in MOMENTS), **OBJECT),
    ("moment", "text %d.%m.%Y %H:%M"): lambda: dates("%d.%m.%Y %H:%M", MOMENTS),
    ("moment", "text %m/%d/%Y %I:%M %p"): lambda: dates("%m/%d/%Y %I:%M %p", MOMENTS),
    ("moment", "Arrow timestamp"): lambda: arrow(list(MOMENTS), ["timestamp", "us", "UTC"]),
    ("moment", "polars Datetime"): lambda: polars(m.to_pydatetime() for m in MOMENTS),
    ("moment", "polars Datetime with zone"): lambda: polars(
        (m.to_pydatetime().replace(tzinfo=UTC) for m in MOMENTS),
        lambda p: p.Datetime("us", "Asia/Tokyo"),
    ),
    ("moment", "CSV"): lambda: csv(MOMENTS),
    ("moment", "JSON"): lambda: through_json(MOMENTS),
    # time spans
    ("span", "timedelta objects"): lambda: series((s.to_pytimedelta() for s in SPANS), **OBJECT),
    ("span", "timedelta64[s]"): lambda: SPANS.to_numpy().astype("timedelta64[s]")[:, None],
    ("span", "text"): lambda: series(map(str, SPANS), **OBJECT),
    ("span", "ISO text"): lambda: series((s.isoformat() for s in SPANS), **OBJECT),
    ("span", "Arrow duration"): lambda: arrow(list(SPANS), ["duration", "us"]),
    ("span", "polars Duration"): lambda: polars(s.to_pytimedelta() for s in SPANS),
    ("span", "CSV"): lambda: csv(SPANS),
    ("span", "JSON"): lambda: through_json(SPANS),
    # times of day
    ("time", "time objects"): lambda: series(times(), **OBJECT),
    ("time", "text"): lambda: series(map(str, times()), **OBJECT),
    ("time", "text HH:MM"): lambda: series((f"{t:%H:%M}" for t in times()), **OBJECT),
    ("time", "text with am and pm"): lambda: series((f"{t:%I:%M %p}" for t in times()), **OBJECT),
    ("time", "Arrow time64"): lambda: arrow(times(), ["time64", "us"]),
    ("time", "polars Time"): lambda: polars(times()),
    ("time", "CSV"): lambda: csv(times()),
    ("time", "JSON"): lambda: through_json([str(t) for t in times()]),
    # categories
    ("level", "object"): lambda: series(LEVELS, **OBJECT),
    ("level", "string"): lambda: series(LEVELS, dtype="string"),
    ("level", "bytes"): lambda: series((s.encode() for s in LEVELS), **OBJECT),
    ("level", "array of text"): lambda: LEVELS[:, None],
    ("level", "Arrow string"): lambda: arrow(list(LEVELS), ["string"]),
    ("level", "Arrow dictionary"): lambda: pytest.importorskip("pyarrow").table(
        {"x": pytest.importorskip("pyarrow").array(list(LEVELS)).dictionary_encode()}
    ),
    ("level", "polars text"): lambda: polars(LEVELS),
    ("level", "polars Categorical"): lambda: polars(LEVELS, lambda p: p.Categorical),
    ("level", "polars Enum"): lambda: polars(LEVELS, lambda p: p.Enum(sorted(set(LEVELS)))),
    ("level", "CSV"): lambda: csv(LEVELS),
    ("level", "JSON"): lambda: through_json(LEVELS),
    # booleans
    ("flag", "object"): lambda: series(map(bool, FLAG), **OBJECT),
    ("flag", "boolean"): lambda: series(FLAG, dtype="boolean"),
    **{
        ("flag", f"text {no} / {yes}"): lambda no=no, yes=yes: series(
            np.where(FLAG, yes, no), **OBJECT
        )
        for no, yes in (("no", "yes"), ("False", "True"), ("FALSE", "TRUE"), ("N", "Y"))
    },
    ("flag", "Arrow bool"): lambda: arrow(list(map(bool, FLAG)), ["bool_"]),
    ("flag", "polars Boolean"): lambda: polars(map(bool, FLAG)),
    ("flag", "CSV as text"): lambda: csv(FLAG, dtype=str),
    ("flag", "JSON"): lambda: through_json(FLAG),
}
KINDS = {"number": "number", "whole": "number", "gaps": "number", "day": "date",
         "moment": "date", "span": "duration", "time": "time", "level": "category",
         "flag": "boolean"}  # fmt: skip
SCORES: dict = {}


def test_there_are_many_arrivals():
    assert len(ARRIVALS) >= 40


def fitted(X, y):
    model = TabularFNNRegressor(
        n_members=1, max_iter=25, hidden_layer_sizes=(32,), random_state=0
    ).fit(X[: N - 100], y[: N - 100])
    return model, model.score(X[N - 100 :], y[N - 100 :])


def table(values):
    if isinstance(values, (list, np.ndarray)) or hasattr(values, "columns"):
        return values
    if hasattr(values, "column_names"):
        return values
    return pd.DataFrame({"x": values})


@pytest.mark.parametrize(("what", "how"), ARRIVALS, ids=[f"{a}: {b}" for a, b in ARRIVALS])
def test_the_same_information_gives_the_same_model(what, how):
    clean, y = CLEAN[what]
    if what not in SCORES:
        SCORES[what] = fitted(pd.DataFrame({"x": clean}), y)[1]
    model, score = fitted(table(ARRIVALS[what, how]()), y)
    assert model.encoder_.schema_["kind"].tolist() == [KINDS[what]]
    assert SCORES[what] > 0.95
    assert abs(score - SCORES[what]) < 0.01
