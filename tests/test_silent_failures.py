"""What failed silently: unscaled data, too few held-out rows, tables given to plain networks."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNClassifier, FNNRegressor, TabularFNNRegressor
from skfnn._estimators.advice import _is_better
from skfnn.losses import Quantiles

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
SCALED = X * [1.0, 1e3, 1e5]
LABEL = (X[:, 0] > 0).astype(int)


def warned(model, *given, **options):
    """Return the warnings of a fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*given, **options)
    return [w.message for w in caught]


def of_scales(messages):
    return [m for m in messages if "no better than a constant" in str(m)]


# ------------------------------------------------------------------ unscaled data


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_columns_of_very_different_sizes_are_warned_of_where_nothing_is_learned(form):
    y = np.where(LABEL, "yes", "no")
    found = of_scales(warned(FNNClassifier((8,), random_state=0), form(SCALED), y))
    assert len(found) == 1
    assert "TabularFNNClassifier, which scales by itself" in str(found[0])
    assert "make_pipeline(StandardScaler(), ...)" in str(found[0])
    assert isinstance(found[0], ConvergenceWarning)
    assert 5e4 < found[0].figures["sizes_of_columns"] < 5e5
    other = of_scales(warned(FNNClassifier((8,), random_state=1), form(SCALED * 2), y))
    assert [str(m) for m in other] == [str(m) for m in found]


def test_large_targets_are_warned_of_where_nothing_is_learned():
    y = 1000 * X[:, 0]
    found = of_scales(warned(FNNRegressor((8,), max_iter=20, random_state=0), X, y))
    assert len(found) == 1
    assert "TabularFNNRegressor" in str(found[0])
    assert found[0].figures["size_of_y"] > 1000
    several = np.column_stack([y, y])
    assert len(of_scales(warned(FNNRegressor((8,), max_iter=20), X, several))) == 1


@pytest.mark.parametrize(("model", "given"), [
    (FNNClassifier((8,), max_iter=100, random_state=0), (X, LABEL)),
    (FNNClassifier((), solver="lbfgs", max_iter=500, random_state=0), (SCALED, LABEL)),
    (FNNClassifier((8,), max_iter=3, random_state=0), (X, np.arange(300) % 2)),  # noise, but scaled
    (FNNRegressor((8,), max_iter=3, random_state=0), (X, RNG.normal(size=300))),
    (FNNRegressor((8,), solver="lbfgs", random_state=0), (X, 1000 * X[:, 0])),
])  # fmt: skip
def test_otherwise_there_is_no_such_warning(model, given):
    assert of_scales(warned(model, *given)) == []


def test_rows_of_weight_0_do_not_count_for_sizes():
    y, weight = RNG.normal(size=301), np.append(np.ones(300), 0)
    far = np.vstack([X, [[1e9, 1, 1]]])
    model = FNNRegressor((4,), max_iter=3, random_state=0)
    assert of_scales(warned(model, far, y, sample_weight=weight)) == []


def test_the_standstill_of_early_stopping_has_one_text():
    texts, figures = set(), []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        A = rng.normal(size=(150, 4))
        y = A[:, 0] + 0.5 * rng.normal(size=150) > 0
        model = FNNClassifier((16,), early_stopping=True, max_iter=300, random_state=seed)
        for message in warned(model, A, y):
            if "stood still" in str(message):
                texts.add(str(message))
                figures.append(message.figures)
    assert len(texts) == 1
    assert len(figures) > 1
    assert all(f["n_rows"] == 15 and f["loss_at_the_end"] < f["loss_then"] for f in figures)


# ------------------------------------------------------------------ intervals

WAVE = np.sin(X[:, 0]) + 0.3 * RNG.normal(size=300)
COUNTS = RNG.poisson(np.exp(X[:, 0]))
NEW = RNG.normal(size=(200, 3))
FEW = {"X_val": X[:12], "y_val": None}
MODELS = {
    "gaussian": (FNNRegressor((8,), loss="gaussian", max_iter=30, random_state=0), WAVE),
    "quantiles": (FNNRegressor((8,), loss=Quantiles([0.1, 0.5, 0.9]), max_iter=30), WAVE),
    "counts": (FNNRegressor((8,), loss="negative_binomial", max_iter=30, random_state=0), COUNTS),
    "lm": (FNNRegressor((4,), "tanh", solver="lm", max_iter=20, random_state=0), WAVE),
    "two outputs": (FNNRegressor((8,), loss="gaussian", max_iter=30, random_state=0),
                    np.column_stack([WAVE, -2 * WAVE])),
    "table": (TabularFNNRegressor(n_members=2, max_iter=5, loss="gaussian", random_state=0), WAVE),
    "table of numbers": (TabularFNNRegressor(n_members=2, max_iter=5, random_state=0), WAVE),
}  # fmt: skip
COVERAGES = [0.05, 0.3, 0.5, 0.8, 0.9, 0.92, 0.93, 0.95, 0.97, 0.99, 0.995, 0.999, 0.9999]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("held_out", ["none", "few", "many"])
@pytest.mark.parametrize("calibrated", [None, False, True])
@pytest.mark.parametrize("name", MODELS)
def test_intervals_are_nested_in_coverage(name, calibrated, held_out):
    model, y = MODELS[name]
    n = {"none": 0, "few": 12, "many": 150}[held_out]
    given = {}
    if "table" in name:
        n_rows = {"none": 8, "few": 20, "many": 300}[held_out]
        model.fit(X[:n_rows], y[:n_rows])
    else:
        given = {"X_val": X[:n], "y_val": y[:n]} if n else {}
        model.fit(X[150:], y[150:], **given)
    before = None
    for coverage in COVERAGES:
        try:
            interval = model.predict_interval(NEW, coverage, calibrated=calibrated)
        except ValueError as error:
            assert "held-out rows" in str(error) or "distribution" in str(error)  # noqa: PT017
            continue
        low, high = interval[..., 0], interval[..., 1]
        assert np.isfinite(interval).all()
        if before is not None:
            assert (low <= before[0] + 1e-9).all(), coverage
            assert (high >= before[1] - 1e-9).all(), coverage
        before = low, high
    if calibrated is None and not ("table of" in name and held_out == "none"):
        assert before is not None


def test_too_few_held_out_rows_are_warned_of_with_how_many_are_needed():
    model = FNNRegressor((8,), loss="gaussian", max_iter=300, learning_rate_init=0.02)
    model.set_params(random_state=0, early_stopping=True).fit(X[:100], WAVE[:100])
    enough = model.predict_interval(NEW, 0.9)  # 10 rows hold out: 9 of 10
    with pytest.warns(UserWarning, match=r"coverage=0.95 needs 19 held-out rows, and .* had 10"):
        more = model.predict_interval(NEW, 0.95)
    alone = model.predict_interval(NEW, 0.95, calibrated=False)
    assert (more[:, 0] <= np.minimum(enough[:, 0], alone[:, 0]) + 1e-12).all()
    assert (more[:, 1] >= np.maximum(enough[:, 1], alone[:, 1]) - 1e-12).all()
    with pytest.raises(ValueError, match=r"coverage=0.95 needs"):
        model.predict_interval(NEW, 0.95, calibrated=True)


# ------------------------------------------------------------------ tables


@pytest.mark.parametrize("estimator", [FNNClassifier, FNNRegressor])
def test_errors_of_raw_tables_name_the_estimator_that_takes_them(estimator):
    table = pd.DataFrame({"a": [1.0, np.nan, 3.0] * 5, "b": np.arange(15.0)})
    with pytest.raises(ValueError, match=rf"(?s)Input X contains NaN.*Tabular{estimator.__name__}"):
        estimator().fit(table, np.arange(15) % 2)
    text = table.assign(a=["red", "blue", "red"] * 5)
    with pytest.raises(ValueError, match=rf"(?s)'red'.*Tabular{estimator.__name__} takes columns"):
        estimator().fit(text, np.arange(15) % 2)


def test_probabilities_are_better_than_a_constant_by_the_largest_of_a_row():
    classes = np.arange(90) % 3
    for y in (np.eye(3)[classes], classes):
        assert _is_better(y, classes, is_class=True)
        assert not _is_better(y, (classes + 1) % 3, is_class=True)
