"""Importance of raw columns: on rows that were held out, without refitting, of any table."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier, TabularFNNRegressor
from skfnn.inspection import ImportanceDisplay
from skfnn.tabular._origin import Origin, row_hashes

plt = pytest.importorskip("matplotlib.pyplot")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
BRIEF = {"n_members": 3, "max_iter": 8, "random_state": 0}
N = 240


def table(seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({
        "size": rng.normal(size=N),
        "colour": rng.choice(["red", "green", "blue"], N),
        "key": rng.choice([f"k{i}" for i in range(60)], N),  # says nothing, and can be learned
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, N), "D"),
    })  # fmt: skip
    X.loc[::17, "size"] = np.nan
    y = 2 * X["size"].fillna(0) + 3 * (X["colour"] == "red") + rng.normal(0, 0.3, N)
    return X, y


X, Y = table()
NEW, NEW_Y = table(1)


@pytest.fixture(scope="module")
def model():
    return TabularFNNRegressor(**BRIEF).fit(X, Y)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def measure(model, X, y, **options):
    return ImportanceDisplay.from_estimator(model, X, y, random_state=0, **options)


def test_the_training_table_is_predicted_by_members_that_held_it_out(model):
    """By hand: each fold's rows by its member, columns shuffled as scikit-learn does it."""
    display = measure(model, X, Y)
    assert display.out_of_fold
    assert display.n_rows == N
    fitted = model._fitted

    class ByHand:
        def fit(self):
            """scikit-learn asks for it."""

        def score(self, X, y):
            found = np.full(len(y), np.nan)
            for number, rows in enumerate(fitted.origin.held):
                alone = model._view(fitted.of([fitted.predictors[number]]))
                found[rows] = alone.predict(X.iloc[rows])
            return r2_score(y, found)

    expected = permutation_importance(ByHand(), X, Y, random_state=0)
    np.testing.assert_allclose(display.importances, expected.importances, atol=1e-6)


def test_what_members_learned_by_heart_does_not_count():
    """The key says nothing: on training rows it seems to matter, on held-out rows it does not."""
    y = Y + 2 * np.random.default_rng(3).normal(size=N)
    learned = TabularFNNRegressor(n_members=4, max_iter=100, random_state=0).fit(X, y)
    honest = measure(learned, X, y).importances_["mean"]
    flattered = permutation_importance(learned, X, y, random_state=0).importances_mean
    assert honest["key"] < flattered[2] / 2
    assert honest["day"] < flattered[3] / 2


def test_another_table_is_measured_as_scikit_learn_does_it(model):
    display = measure(model, NEW, NEW_Y, n_repeats=3)
    expected = permutation_importance(model, NEW, NEW_Y, n_repeats=3, random_state=0)
    np.testing.assert_array_equal(display.importances, expected.importances)
    assert not display.out_of_fold
    forest = RandomForestRegressor(5, random_state=0).fit(NEW[["size"]].fillna(0), NEW_Y)
    assert measure(forest, NEW[["size"]].fillna(0), NEW_Y).features_ == ["size"]


def test_other_order_and_changed_rows_are_errors(model):
    with pytest.raises(ValueError, match="rows of the training table in another order"):
        measure(model, X[::-1], Y[::-1])
    changed = X.assign(size=X["size"].where(X.index != 7, 5.0))
    with pytest.raises(ValueError, match="training table with some rows changed"):
        measure(model, changed, Y)
    columns = X[["day", "key", "size", "colour"]]  # columns by name, as everywhere
    assert measure(model, columns, Y).out_of_fold


@pytest.mark.parametrize("made", ["csv", "objects", "arrow", "records", "index"])
def test_the_same_table_is_found_however_it_arrives(model, made, tmp_path):
    if made == "csv":
        X.to_csv(tmp_path / "X.csv", index=False)
        exact = {"float_precision": "round_trip"} if pd.__version__ < "3" else {}
        given = pd.read_csv(tmp_path / "X.csv", **exact)
    elif made == "objects":
        given = X.astype(object)
    elif made == "arrow":
        given = pytest.importorskip("pyarrow").Table.from_pandas(X)
    elif made == "records":
        given = X.to_dict("records")
    else:
        given = X.set_axis(np.arange(N) * 3)
    assert measure(model, given, Y.to_numpy(), n_repeats=1).out_of_fold


def test_folds_are_found_in_files_and_other_processes(model, tmp_path):
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        measure(other, X, Y, n_repeats=1).importances, measure(model, X, Y, n_repeats=1).importances
    )
    small = len(pickle.dumps(model)) - len(pickle.dumps(clone(model)))
    assert len(pickle.dumps(model._fitted.origin)) < 0.05 * small
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps((model, X)))
    code = (
        "import pickle, pathlib; from skfnn.tabular._origin import out_of_fold; "
        f"model, X = pickle.loads(pathlib.Path({str(path)!r}).read_bytes()); "
        "print(len(out_of_fold(model._fitted, X)[0]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(N)


def test_skops_holds_the_folds(model):
    io = pytest.importorskip("skops.io")
    from skfnn.export import skops_trusted_types

    other = io.loads(io.dumps(model), trusted=skops_trusted_types())
    assert measure(other, X, Y, n_repeats=1).out_of_fold


def test_a_model_from_before_takes_any_table(model):
    old = pickle.loads(pickle.dumps(model))
    del vars(old._fitted)["origin"]
    assert not measure(old, X, Y, n_repeats=1).out_of_fold


def test_pipelines_and_searches(model):
    same = FunctionTransformer(lambda X: X)
    pipeline = make_pipeline(same, TabularFNNRegressor(**BRIEF)).fit(X, Y)
    found = measure(pipeline, X, Y)
    assert found.out_of_fold
    np.testing.assert_allclose(found.importances, measure(model, X, Y).importances)
    search = GridSearchCV(TabularFNNRegressor(**BRIEF), {"max_iter": [8]}, cv=2).fit(X, Y)
    np.testing.assert_allclose(measure(search, X, Y).importances, found.importances)


def test_rows_that_no_member_held_out_are_left_away():
    one = TabularFNNRegressor(n_members=1, max_iter=5, random_state=0).fit(X, Y)
    assert measure(one, X, Y).n_rows == N // 5
    weight = np.where(np.arange(N) < 40, 0.0, 1.0)
    weighted = TabularFNNRegressor(**BRIEF).fit(X, Y, sample_weight=weight)
    assert measure(weighted, X, Y, sample_weight=weight).n_rows == N - 40
    split = ShuffleSplit(3, test_size=0.5, random_state=0)
    often = TabularFNNRegressor(max_iter=5, cv=split, random_state=0).fit(X, Y)
    held = np.unique(np.concatenate([test for _, test in split.split(X)]))
    assert measure(often, X, Y).n_rows == len(held)


@pytest.mark.parametrize("how", ["refit", "validation", "few"])
def test_without_held_out_rows_the_training_table_is_refused(how):
    if how == "refit":
        seen = TabularFNNRegressor(**BRIEF, refit=True).fit(X, Y)
    elif how == "validation":
        seen = TabularFNNRegressor(**BRIEF).fit(X, Y, X_val=NEW, y_val=NEW_Y)
    else:
        seen = TabularFNNRegressor(**BRIEF).fit(X[:8], Y[:8])
    n = 8 if how == "few" else N
    with pytest.raises(ValueError, match="every member was trained on all of its rows"):
        measure(seen, X[:n], Y[:n])
    assert not measure(seen, NEW[:50], NEW_Y[:50]).out_of_fold


@pytest.mark.parametrize("loss", ["gaussian", "quantiles", "absolute_error"])
def test_losses_with_several_scores(loss):
    found = measure(TabularFNNRegressor(**BRIEF, loss=loss).fit(X, Y), X, Y)
    assert set(found.features_[:2]) == {"size", "colour"}


def test_trees_beside_networks():
    mixed = TabularFNNRegressor(**BRIEF, blend="trees").fit(X, Y)
    assert len(mixed._fitted.origin.numbers) == len(mixed._fitted.predictors)
    found = measure(mixed, X, Y)
    assert set(found.features_[:2]) == {"size", "colour"}


@pytest.mark.parametrize("kind", ["two", "three", "labels"])
def test_classes(kind):
    y = {
        "two": np.where(Y > 1, "yes", "no"),
        "three": pd.qcut(Y, 3, labels=["a", "b", "c"]).astype(str),
        "labels": np.column_stack([Y > 0, X["colour"] == "red"]).astype(int),
    }[kind]
    fitted = TabularFNNClassifier(**BRIEF).fit(X, y)
    found = measure(fitted, X, y, scoring=None if kind == "labels" else "neg_log_loss")
    assert found.out_of_fold
    assert set(found.features_[:2]) == {"size", "colour"}
    assert "accuracy" in found.ax_.get_xlabel() or "neg log loss" in found.ax_.get_xlabel()


def test_what_is_drawn(model):
    display = measure(model, X, Y, top_k=2, feature_names=["a", "b", "c", "d"])
    order = display.importances_.index.tolist()
    assert display.features_ == order[:2] == [t.get_text() for t in display.ax_.get_yticklabels()]
    widths = [bar.get_width() for bar in display.ax_.patches]
    np.testing.assert_allclose(widths, display.importances_["mean"][:2])
    assert display.ax_.get_xlabel() == (
        "Loss of R2 if shuffled, on out-of-fold rows (largest 2 of 4)"
    )
    _, ax = plt.subplots()
    assert display.plot(ax) is display
    assert display.ax_ is ax
    assert len(display.features_) == 4
    with pytest.raises(ValueError, match="top_k must be an integer >= 1"):
        display.plot(top_k=0)
    with pytest.raises(ValueError, match="feature_names must hold 4 names"):
        measure(model, X, Y, feature_names=["a"])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        measure(model, X, Y[:5])


@pytest.mark.parametrize("cls", [FNNClassifier, FNNRegressor, TabularFNNClassifier,
                                 TabularFNNRegressor])  # fmt: skip
def test_feature_importances_are_absent_with_a_reason(cls):
    assert not hasattr(cls(), "feature_importances_")
    with pytest.raises(AttributeError, match=r"ImportanceDisplay\.from_estimator"):
        _ = cls().feature_importances_


def test_hashes_of_rows():
    A = np.random.default_rng(0).normal(size=(500, 7)).astype(np.float32)
    A[3] = A[9]
    hashes = row_hashes(A)
    assert len(np.unique(hashes)) == 499
    assert hashes[3] == hashes[9]
    np.testing.assert_array_equal(row_hashes(A[:, ::1][::-1]), hashes[::-1])
    swapped = row_hashes(A[:, [1, 0, 2, 3, 4, 5, 6]])
    assert not (swapped == hashes).any()
    zeros = np.zeros((2, 3), np.float32)
    zeros[1] = -0.0
    assert len(np.unique(row_hashes(zeros))) == 1
    many = np.random.default_rng(1).normal(size=(40_000, 3)).astype(np.float32)
    np.testing.assert_array_equal(row_hashes(many)[-5:], row_hashes(many[-5:]))  # in blocks
    few = np.zeros((300, 1), np.float32)  # of one value another table cannot be told apart
    few[::2] = 1
    origin = Origin.of(few)
    assert not origin.is_of(np.zeros((300, 1), np.float32))
    assert not origin.is_of(few[:200])
