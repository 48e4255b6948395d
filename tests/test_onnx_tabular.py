"""ONNX of models of raw tables: onnxruntime predicts from raw columns what the model does."""

import datetime

import numpy as np
import pandas as pd
import pytest
from helpers import cells_of, with_state
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, TabularFNNClassifier, TabularFNNRegressor
from skfnn.export import to_onnx
from skfnn.export._columns import WRITERS
from skfnn.losses import Quantile
from skfnn.preprocessing import TabularEncoder
from skfnn.preprocessing._columns import Column
from skfnn.preprocessing._text import Text
from skfnn.tabular._cell_search import Found
from skfnn.tabular._cells import Bins, ExactValues, Levels, Pairs, Values, divided

pytest.importorskip("skl2onnx")
ort = pytest.importorskip("onnxruntime")

pytestmark = [
    pytest.mark.filterwarnings("ignore::skfnn.preprocessing.ColumnWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
N = 160
BRIEF = {"max_iter": 2, "random_state": 0}
# A number, a category with an embedding and a flag, where columns are not what is tested.
FEW = ["size", "street", "flag"]


def table(n=N, seed=0):
    """A column of each kind that can be exported, and with NaN where values are missing."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2019-12-30")
    hours = pd.to_timedelta(rng.integers(0, 40_000, n), unit="h")
    frame = pd.DataFrame({
        "size": rng.normal(50, 10, n),
        "count": rng.integers(0, 9, n),
        "price": [f"${x:.2f}" for x in rng.gamma(2, 10, n)],
        "colour": rng.choice(["red", "Dark blue", "7", "1.50"], n),
        "street": rng.choice([f"street {i}" for i in range(30)], n),
        "zip": pd.Categorical(rng.integers(10_000, 10_050, n)),
        "grade": pd.Categorical(rng.choice([0.5, 1.0, 2.5], n)),
        "mixed": rng.choice(np.array([1, 2.5, "a", True], dtype=object), n),
        "flag": rng.random(n) < 0.4,
        "garden": rng.choice(["yes", "no"], n),
        "sold": start + hours,
        "built": (start + hours[::-1]).strftime("%d.%m.%Y"),
        "seen": (start + hours).tz_localize("UTC").tz_convert("America/New_York"),
        "took": pd.to_timedelta(rng.integers(0, 6000, n), unit="m"),
        "opens": [datetime.time(int(h), int(m)) for h, m in rng.integers([24, 60], size=(n, 2))],
        "extras": ["|".join(rng.permutation(["radio", "a b", "None", "c+"])[:k])
                   for k in rng.integers(1, 4, n)],
        "empty": None,
        "bare": None,
        "id": [f"{x:032x}" for x in rng.integers(2**62, size=n)],
    })  # fmt: skip
    for name in frame.columns.drop(["flag", "count"]):
        frame.loc[rng.random(n) < 0.1, name] = None
    return frame


KINDS = {"extras": "labels", "empty": "category", "bare": "labels"}
X = table()
NUMBER = X["size"].fillna(60)
TARGETS = {
    "binary": np.where(NUMBER > 50, "large", "small"),
    "multiclass": np.digitize(NUMBER, [45, 55]) * 3,
    "multilabel": np.column_stack([NUMBER > 50, X["flag"]]).astype(int),
    "one": np.full(N, 3),
}


def feeds(session, X):
    """The inputs of a graph: numbers, seconds and text, as the documentation says."""
    names = [str(name) for name in X.columns]
    found = {}
    for given in session.get_inputs():
        assert given.shape == [None, 1]
        values = X.iloc[:, names.index(given.name.rstrip("_"))]
        if given.type == "tensor(string)":
            values = values.astype(object).where(values.notna(), "").map(str).to_numpy(object)
        else:
            assert given.type == "tensor(double)"
            values = np.array([number(value) for value in values], dtype=float)
        found[given.name] = values[:, None]
    return found


def number(value):
    if value is None or value is pd.NaT or value != value:
        return np.nan
    if isinstance(value, datetime.time):
        return value.hour * 3600 + value.minute * 60 + value.second
    if isinstance(value, pd.Timedelta):
        return value.total_seconds()
    if isinstance(value, str) and value.count(".") == 2:
        value = pd.to_datetime(value, dayfirst=True)
    if isinstance(value, pd.Timestamp):
        return value.timestamp()
    return float(value.removeprefix("$")) if isinstance(value, str) else float(value)


def session_of(model, **options):
    return ort.InferenceSession(to_onnx(model, **options).SerializeToString())


def run(model, X, **options):
    session = session_of(model, **options)
    return session.run(None, feeds(session, X))


def assert_parity(model, *tables, atol=1e-5, **options):
    """Predictions are those of the model, to the given part of the size of targets."""
    session = session_of(model, **options)
    for X in tables:
        results = session.run(None, feeds(session, X))
        if hasattr(model, "predict_proba"):
            labels, probabilities = results
            np.testing.assert_array_equal(labels, model.predict(X))
            np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=atol)
            assert probabilities.dtype == np.float32
        else:
            (predictions,) = results
            expected = model.predict(X).reshape(len(X), -1)
            np.testing.assert_allclose(predictions, expected, rtol=atol, atol=10 * atol)
            assert predictions.dtype == np.float64


def changed(X, **columns):
    """The table with other values in some columns."""
    return X.astype(dict.fromkeys(columns, object)).assign(**columns)


# What a model meets that it was not fitted on.
NEW = {
    "colour": ["red", "Red", "red ink", "", "nan", "7", "7.0", "1.5", "1.50"],
    "street": ["street 3", "street 99", "", None],
    "zip": [10_003, 3, 10_003.5, np.nan, -1e300],
    "grade": [0.5, 2.5, 2.0, np.nan],
    "mixed": ["1", "1.0", "2.5", "True", "true", "a", "A", "b"],
    "flag": [1.0, 0.0, np.nan],
    "garden": ["yes", "YES", "No", "n", "1", "0", "maybe", ""],
    "size": [1e300, -1e300, np.nan, 0.0],
    "count": [np.nan, 1e9],
    "extras": [
        "radio",
        "radio| a b |x",
        "a b|None",
        "None",
        "c",
        "cc|c+",
        "|",
        "",
        "radioo",
        "x\ny|c+",
    ],
    "sold": ["2000-02-29", "1900-03-01", "2100-12-31 23:59:59", "1969-12-31 23:00", "2024-12-31"],
}


@pytest.fixture(scope="module")
def new():
    columns = {
        name: np.array([values[i % len(values)] for i in range(N)], dtype=object)
        for name, values in NEW.items()
    }
    columns["sold"] = pd.to_datetime(columns["sold"], format="ISO8601")
    return changed(table(seed=1), **columns)


def test_each_kind_of_column_is_written_but_text():
    assert set(Column.registry.values()) - set(WRITERS) == {Text}
    encoder = TabularEncoder(column_kinds=KINDS).fit(X)
    assert {type(column) for column in encoder._columns} | {Column.registry["drop"]} == set(WRITERS)
    assert encoder._columns[list(X).index("sold")].cycles == ["hour", "weekday", "yearday"]


@pytest.mark.parametrize("max_one_hot", [1, 8, 100])
def test_the_encoder(max_one_hot, new):
    for dtype, atol in (("float64", 1e-12), ("float32", 1e-7)):
        encoder = TabularEncoder(max_one_hot=max_one_hot, dtype=dtype, column_kinds=KINDS).fit(X)
        session = session_of(encoder)
        for rows in (X, new, X[:1], new[:1]):
            (found,) = session.run(None, feeds(session, rows))
            assert found.dtype == dtype
            np.testing.assert_allclose(found, encoder.transform(rows), rtol=0, atol=atol)


def test_dates_of_five_hundred_years():
    days = pd.Series(pd.date_range("1700-01-01", "2200-01-01", freq="37h", unit="s"))
    X = pd.DataFrame({"day": days})
    encoder = TabularEncoder(dtype="float64").fit(X)
    np.testing.assert_allclose(run(encoder, X)[0], encoder.transform(X), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "UTC"]
)
def test_clocks_of_time_zones(zone):
    utc = pd.Series(pd.date_range("1930-01-01", "2037-01-01", freq="107h", tz="UTC", unit="s"))
    around = pd.Series(pd.date_range("2024-01-01", "2025-01-01", freq="30min", tz="UTC", unit="s"))
    X = pd.DataFrame({"day": pd.concat([utc, around]).dt.tz_convert(zone)})
    encoder = TabularEncoder(dtype="float64").fit(X)
    np.testing.assert_allclose(run(encoder, X)[0], encoder.transform(X), rtol=0, atol=1e-9)


@pytest.mark.parametrize("recipe", ["ensemble", "realmlp", "realmlp-s", "tabm-mini"])
@pytest.mark.parametrize("target", TARGETS)
def test_classifiers(recipe, target, new):
    n_members = 2 if recipe == "ensemble" else None
    model = TabularFNNClassifier(recipe=recipe, n_members=n_members, **BRIEF)
    given, more = X[FEW], new[FEW]
    if target == "multiclass":
        model.set_params(column_kinds=KINDS)
        given, more = X, new
    assert_parity(model.fit(given, TARGETS[target]), given, more, given[:1])


LOSSES = ["squared_error", "huber", "absolute_error", Quantile(quantile=0.9), "poisson", "gamma",
          "gaussian", "quantiles", "negative_binomial"]  # fmt: skip


@pytest.mark.parametrize(
    ("recipe", "loss"),
    [
        *((recipe, loss) for recipe in ("ensemble", "tabm-mini") for loss in LOSSES),
        *((recipe, loss) for recipe in ("realmlp", "realmlp-s") for loss in ("huber", "gaussian")),
    ],
    ids=str,
)
def test_regressors(recipe, loss, new):
    n_members = 2 if recipe == "ensemble" else None
    model = TabularFNNRegressor(recipe=recipe, loss=loss, n_members=n_members, **BRIEF)
    model.fit(X[FEW], np.round(NUMBER))
    assert_parity(model, X[FEW], new[FEW], X[:1][FEW])


@pytest.mark.parametrize("recipe", ["realmlp", "tabm-mini"])
@pytest.mark.parametrize("loss", ["squared_error", "gaussian"])
def test_several_outputs_within_the_range_of_their_targets(recipe, loss):
    y = np.column_stack([NUMBER, 1e4 - NUMBER**2, np.full(N, 2.0)])
    given = X[["size", "street"]]
    model = TabularFNNRegressor(recipe=recipe, loss=loss, **BRIEF).fit(given, y)
    assert_parity(model, given)
    low = y.mean(axis=0)
    scale = model._fitted.scale._replace(low=low, high=low + 1)
    model = with_state(model, scale=scale)
    found = run(model, given)[0]
    np.testing.assert_allclose(found, model.predict(given), 1e-6)
    assert (found.min(axis=0) == low).all()
    assert (found.max(axis=0)[:2] == low[:2] + 1).all()


def test_weights_temperature_and_sharpening_count():
    y = TARGETS["multilabel"]
    for target in ("binary", "multiclass", "multilabel"):
        model = TabularFNNClassifier(n_members=3, **BRIEF).fit(
            X[["size", "street"]], TARGETS[target]
        )
        before = model.predict_proba(X[["size", "street"]])
        model = with_state(model, weights=[1.0, 5.0, 2.0], temperatures=[0.2] * 3, sharpening=1.15)
        assert np.abs(model.predict_proba(X[["size", "street"]]) - before).max() > 0.02
        assert_parity(model, X[["size", "street"]])
    model = TabularFNNClassifier(class_weight="balanced", n_members=2, **BRIEF)
    assert_parity(model.fit(X[["size", "street"]], y), X[["size", "street"]])


def test_pairs_of_categories(monkeypatch, new):
    monkeypatch.setattr("skfnn.tabular._cell_search.SURE", -np.inf)
    columns = ["size", "street", "zip", "colour", "two", "flag"]
    given, more = (
        t.assign(two=t["street"].isin(["street 3", "street 4"]).map({True: "a", False: "b"}))[
            columns
        ]
        for t in (X, new)
    )
    model = TabularFNNClassifier(n_members=2, **BRIEF).fit(given, TARGETS["binary"])
    assert len(cells_of(model)) == 7  # of street, zip, colour, two and flag, but without two codes
    assert_parity(model, given, more)


def test_cells_of_numbers(monkeypatch):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"id": rng.integers(0, 99, N) * 1.1, "east": rng.uniform(0, 9, N)})
    X["hour"], X["place"] = rng.integers(0, 24, N), rng.choice(["a", "b", "c"], N)
    X.loc[X.index[:20], ["id", "east"]] = np.nan

    def telling(first):
        rows = first.task.rows
        id_, east, hour, place = (divided(part, rows) for part in first.task.parts)
        assert [type(d) for d in (id_, east, hour, place)] == [Bins, Bins, Values, Levels]
        exact = ExactValues(Values.of(id_.parts[0], rows))
        return [Found(c, 99.0) for c in (exact, Pairs(east, hour), Pairs(hour, place))]

    monkeypatch.setattr("skfnn.tabular._cell_trials.telling", telling)
    monkeypatch.setattr("skfnn.tabular._trials.Trial.is_better", lambda *given: True)
    y = rng.normal(size=N)
    model = TabularFNNRegressor(n_members=2, max_iter=4, random_state=0).fit(X, y)
    assert list(cells_of(model)) == [("id",), ("east", "hour"), ("hour", "place")]
    new = X.sample(frac=1, random_state=0)
    new.loc[new.index[:20], "id"] = 55.5
    new.loc[new.index[20:30], "hour"] = 99
    new.loc[new.index[30:40], "east"] = np.nan
    assert_parity(model, X, new)
    assert model.predict(new[:20]).std() > 0


@pytest.mark.parametrize("target", ["binary", "multiclass", "number", "several", "poisson"])
def test_trees_beside_the_networks(target, new, monkeypatch):
    monkeypatch.setattr("skfnn.tabular._others.MOST_ROUNDS", 30)
    jumps = np.floor(X["size"].fillna(0) / 5) % 3 + (X["street"] > "street 2")
    y = {
        "number": jumps, "several": np.column_stack([jumps, -2 * jumps]),
        "poisson": jumps + 0.5, "binary": jumps > 1, "multiclass": jumps.astype(int),
    }[target]  # fmt: skip
    kind = TabularFNNClassifier if target in ("binary", "multiclass") else TabularFNNRegressor
    params = {"loss": "poisson"} if target == "poisson" else {}
    columns = ["size", "street", "colour", "count"]
    model = kind(n_members=2, blend="trees", **params, **BRIEF).fit(X[columns], y)
    assert model.leaderboard_.query("candidate == 'trees'")["weight"].min() > 0.1
    assert_parity(model, X[columns], new[columns])


def test_other_estimators_are_named():
    y = X["size"].fillna(0)
    model = TabularFNNRegressor(n_members=2, blend=LinearRegression(), **BRIEF)
    model.fit(X[["size", "street"]], y)
    with pytest.raises(ValueError, match=r"LinearRegression\(\) of blend has no ONNX form"):
        to_onnx(model)


def test_a_longer_training():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=400), "b": rng.choice([f"{i}" for i in range(40)], 400)})
    X.loc[rng.random(400) < 0.3, "a"] = 0.0
    y = np.sin(3 * X["a"]) + (X["b"].astype(int) % 7 == 0) + 0.1 * rng.normal(size=400)
    longer = {"n_members": 2, "max_iter": 60, "random_state": 0}
    assert_parity(TabularFNNRegressor(**longer).fit(X, 1e8 + y), X, atol=1e-12)
    assert_parity(TabularFNNClassifier(**longer).fit(X, y > 0.3), X)


@pytest.mark.parametrize("opset", [11, 13, 18, 20, 22])
@pytest.mark.parametrize("recipe", ["ensemble", "tabm-mini"])
def test_versions_of_onnx(recipe, opset, new):
    columns = [name for name in X if name != "extras" or opset >= 20]
    columns = FEW if recipe == "tabm-mini" else columns
    model = TabularFNNClassifier(recipe=recipe, n_members=1, **BRIEF)
    model.fit(X[columns], TARGETS["multiclass"])
    model = with_state(model, sharpening=1.1)
    assert_parity(model, new[columns], target_opset=opset)


def test_labels_need_a_later_version_of_onnx():
    model = TabularEncoder(column_kinds=KINDS).fit(X)
    with pytest.raises(ValueError, match="'extras' is read as labels, which needs target_opset=20"):
        to_onnx(model, target_opset=19)


def test_inputs_have_the_names_of_columns():
    rng = np.random.default_rng(0)
    names = ["label", "probabilities", "variable", "a b", "größe", "constant", "cast", "x/y:z", "X"]
    X = pd.DataFrame({name: rng.normal(size=50) for name in names})
    X["left out"] = "same"
    model = TabularFNNClassifier(n_members=1, column_kinds={"left out": "drop"}, **BRIEF)
    model.fit(X, X["a b"] > 0)
    graph = to_onnx(model).graph
    assert [given.name for given in graph.input] == ["label_", "probabilities_", *names[2:]]
    assert [output.name for output in graph.output] == ["label", "probabilities"]
    assert_parity(model, X)
    model = TabularFNNRegressor(n_members=1, **BRIEF).fit(X[names].to_numpy(), X["a b"])
    graph = to_onnx(model).graph
    assert [given.name for given in graph.input] == [f"x{i}" for i in range(len(names))]
    found = run(model, X[names].set_axis([f"x{i}" for i in range(len(names))], axis=1))
    np.testing.assert_allclose(found[0][:, 0], model.predict(X[names].to_numpy()), 1e-5, 1e-5)


def test_options_of_the_outputs():
    model = TabularFNNClassifier(n_members=1, **BRIEF).fit(X[["size"]], TARGETS["binary"])
    expected = model.predict_proba(X[["size"]])
    labels, rows = run(model, X, options={"zipmap": True})
    assert labels.tolist() == model.predict(X[["size"]]).tolist()
    np.testing.assert_allclose([row["small"] for row in rows], expected[:, 1], 0, 1e-5)
    codes, _ = run(model, X, options={"nocl": True})
    np.testing.assert_array_equal(model.classes_[codes], labels)
    assert list(run(model, X, options={"output_class_labels": True})[2]) == ["large", "small"]


def test_pipelines_and_searches():
    columns = ["size", "count", "colour", "street", "took"]
    pipe = make_pipeline(TabularEncoder(max_one_hot=50), FNNClassifier((5,), max_iter=3))
    assert_parity(pipe.fit(X[columns], TARGETS["multiclass"]), X[columns])
    model = TabularFNNRegressor(n_members=1, **BRIEF)
    search = GridSearchCV(model, {"max_iter": [1, 2]}, cv=2).fit(X[columns], NUMBER)
    assert_parity(search, X[columns])
    assert_parity(make_pipeline(model).fit(X[columns], NUMBER), X[columns])

    A = np.random.default_rng(0).normal(size=(60, 4))
    model = TabularFNNRegressor(n_members=1, column_kinds={1: "drop"}, **BRIEF)
    pipe = make_pipeline(StandardScaler(), model).fit(A, A[:, 0])
    for given in (A, A.astype(np.float32)):
        session = ort.InferenceSession(to_onnx(pipe, given).SerializeToString())
        (found,) = session.run(None, {"X": given})
        np.testing.assert_allclose(found[:, 0], pipe.predict(given), 1e-4, 1e-4)


class _Colour(Column):
    """A custom kind of column."""

    order = 5000
    expects = "colours"

    def transform(self, values):
        return np.zeros(len(values)), None, None


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (["good road bike", "bad old car"], "text", "'c' is read as text, which has no ONNX form"),
        (
            [f"{i}|{i + 1}" for i in range(40)],
            "labels",
            "'c' is read as labels, which has too many",
        ),
        ([1.0, 2.0], "colour", "'c' is read as colour, which has no ONNX form"),
    ],
)
def test_what_cannot_be_exported_is_refused_by_name(values, kind, words):
    column = pd.Series([values[i % len(values)] for i in range(80)])
    frame = pd.DataFrame({"a": np.arange(80.0), "c": column})
    model = TabularEncoder(column_kinds={"c": kind} if kind != "colour" else None).fit(frame)
    if kind == "colour":
        _Colour.kind = kind
        model._columns[1] = _Colour()
    with pytest.raises(ValueError, match=rf"{words}.*column_kinds=\{{'c': 'drop'\}}"):
        to_onnx(model)


def test_numbers_for_text_and_another_number_of_columns_are_refused():
    A = np.array([["a", "b"], ["c", "d"]] * 20, dtype=object)
    B = np.random.default_rng(0).normal(size=(40, 2))
    pipe = make_pipeline(StandardScaler(), TabularEncoder(), FNNClassifier((3,), max_iter=1))
    pipe.fit(B, B[:, 0] > 0)
    pipe.steps[1] = ("tabularencoder", TabularEncoder().fit(A))
    with pytest.raises(ValueError, match="Column 0 is read as category; its ONNX input is text"):
        to_onnx(pipe, B)
    pipe.steps[1] = ("tabularencoder", TabularEncoder().fit(B[:, :1]))
    with pytest.raises(ValueError, match=r"fitted on 1 columns. The graph gives it 2"):
        to_onnx(pipe, B)


def test_only_fitted_models():
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        to_onnx(TabularFNNClassifier())
