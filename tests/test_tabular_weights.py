"""The law of weights in tables: a row of weight 0 is absent, and one of weight 2 counts as two."""

import numpy as np
import pandas as pd
import pytest
from test_tabular_columns import every_kind, sentences

from skfnn._engine.objective.weights import quantiles
from skfnn.preprocessing import TabularEncoder

# ------------------------------------------------------------------ quantiles


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 33])
def test_quantiles_by_weight_are_those_of_repeated_values(n):
    rng = np.random.default_rng(n)
    values = rng.normal(size=n).round(1)
    times = rng.integers(1, 5, n)
    q = [0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 1]
    expected = np.quantile(np.repeat(values, times), q, method="averaged_inverted_cdf")
    for scale in (1.0, 1e4, 1 / 3, 1e-300):
        np.testing.assert_allclose(quantiles(values, q, times * scale), expected, atol=1e-12)
    equal = quantiles(values, q, np.full(n, 7.3))
    np.testing.assert_allclose(equal, quantiles(values, q), rtol=1e-15, atol=1e-16)
    huge = np.array([-1.7e308, 1.7e308])
    assert np.isfinite(quantiles(huge, [0.5], np.ones(2))).all()


# ------------------------------------------------------------------ what the encoder learns


def dirty(table):
    """The same columns with what would change all that is learned of them."""
    out = table.copy().astype(object)
    n = len(out)
    out["number"], out["whole"] = 1e6 * (1 + np.arange(n)), -(10**9)
    out["power"] = [f"{i},5 kW" for i in range(n)]
    out["date"], out["moment"] = [pd.Timestamp(1950 + i % 40, 1, 1) for i in range(n)], "31/12/1999"
    out["span"], out["time"], out["flag"] = "a very long time", "noon", "maybe"
    out["few"], out["many"] = [f"few {i}" for i in range(n)], [f"other level {i}" for i in range(n)]
    out["code"], out["answer"] = "no code", [f"answer {i}" for i in range(n)]
    out["text"] = [f"{i:09x}" for i in range(n)]
    out["labels"] = [f"label {i};" for i in range(n)]
    return out


def state(encoder):
    columns = [
        {
            k: v
            for k, v in vars(column).items()
            if k not in ("style", "problems", "_splitter", "spellings")
        }
        for column in encoder._columns
    ]
    styles = [vars(column.style) for column in encoder._columns if getattr(column, "style", None)]
    return columns, styles, encoder._centre, encoder._scale, encoder._with_missing


def same(a, b, **tolerance):
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        a, b = list(a.values()), list(b.values())
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y, **tolerance)
    elif isinstance(a, np.ndarray) and a.dtype.kind == "f":
        np.testing.assert_allclose(a, b, **tolerance)
    elif isinstance(a, np.ndarray):
        assert a.tolist() == b.tolist()
    else:
        assert a == b or (a != a and b != b)


@pytest.mark.parametrize("place", ["begin", "end", "between"])
def test_rows_of_weight_0_are_as_good_as_absent(place):
    table = every_kind()
    n = len(table)
    rows = {"begin": np.arange(60, 60 + n), "end": np.arange(n),
            "between": np.arange(n) + np.arange(n) // 2}[place]  # fmt: skip
    both = pd.concat([dirty(every_kind(n + 60))], ignore_index=True)
    for name in table:
        both[name] = both[name].astype(object)
        both.loc[rows, name] = table[name].astype(object).to_numpy()
    weight = np.zeros(n + 60)
    weight[rows] = 3.0
    plain = table.astype(object)
    expected = TabularEncoder(dtype="float64").fit(plain)
    found = TabularEncoder(dtype="float64")
    out = found.fit_transform(both, sample_weight=weight)
    same(state(found), state(expected), rtol=0, atol=0)
    pd.testing.assert_frame_equal(found.schema_, expected.schema_)
    np.testing.assert_array_equal(found.transform(plain), expected.transform(plain))
    np.testing.assert_array_equal(out[rows], expected.transform(plain))
    assert found.get_feature_names_out().tolist() == expected.get_feature_names_out().tolist()


def test_weights_of_any_scale_are_those_of_repeated_rows():
    rng = np.random.default_rng(0)
    table = every_kind(200).drop(columns=["text", "labels"])
    times = rng.integers(1, 5, len(table))
    repeated = table.loc[table.index.repeat(times)].reset_index(drop=True)
    expected = TabularEncoder(dtype="float64").fit(repeated).transform(table)
    for scale in (1, 10_000, 1e-200):
        found = TabularEncoder(dtype="float64").fit(table, sample_weight=scale * times)
        np.testing.assert_allclose(found.transform(table), expected, rtol=1e-12, atol=1e-12)
    for equal in (1.0, 7.3):
        found = TabularEncoder(dtype="float64").fit(table, sample_weight=np.full(len(table), equal))
        same(state(found), state(TabularEncoder(dtype="float64").fit(table)), rtol=1e-12)
    plain = TabularEncoder(dtype="float64").fit_transform(table)
    assert np.abs(plain - expected)[:, :4].max() > 1e-3  # the weights say something


def test_text_is_centred_and_spread_by_weight():
    texts = sentences(300)
    weight = np.where(["garden" in text for text in texts], 5.0, 1.0)
    X = pd.DataFrame({"t": texts})
    out = TabularEncoder(dtype="float64").fit_transform(X, sample_weight=weight)
    np.testing.assert_allclose(np.average(out, axis=0, weights=weight), 0, atol=1e-6)
    spread = np.sqrt(np.average(out**2, axis=0, weights=weight))
    np.testing.assert_allclose(spread, 0.3, rtol=1e-3)
    column = TabularEncoder().fit(X, sample_weight=weight)._columns[0]
    word = column.vocabulary["gard"]
    share = np.average(["gard" in text for text in texts], weights=weight)
    expected = np.log(301 / (1 + 300 * share)) + 1
    assert column.idf[word] == pytest.approx(expected)


@pytest.mark.parametrize(("weight", "message"), [
    ([0, 0, 0], "sample_weight: .*at least one"), ([1, -1, 1], "sample_weight"),
    ([1, np.nan, 1], "sample_weight"), ([1, 1], "sample_weight"),
])  # fmt: skip
def test_weights_are_checked(weight, message):
    with pytest.raises(ValueError, match=message):
        TabularEncoder().fit(pd.DataFrame({"x": [1.0, 2, 3]}), sample_weight=weight)


def test_an_infinite_number_of_weight_0_is_absent():
    X = pd.DataFrame({"x": [1.0, 2.0, 3.0, np.inf]})
    out = TabularEncoder().fit_transform(X, sample_weight=[1, 1, 1, 0])
    np.testing.assert_array_equal(out[:3], TabularEncoder().fit_transform(X[:3]))
    assert np.isfinite(out).all()
