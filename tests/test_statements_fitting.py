"""What single statements of fitting mean: rows, weights, precision, validation, sets, steps."""

import warnings
from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import Ridge

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor
from skfnn._engine.network.forward import raw_scores
from skfnn._estimators import preparation
from skfnn._estimators.fitted import moderated
from skfnn._estimators.preparation import Call, Streams, random_stream, split_rows
from skfnn._estimators.step import written_step
from skfnn.layers import Dense, Dropout
from skfnn.losses import Quantiles
from skfnn.solvers import LevenbergMarquardt

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = X[:, 0] - X[:, 1] ** 2
PLAIN = {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False, "shuffle": False,
         "dtype": "float64", "random_state": 0, "max_iter": 1}  # fmt: skip


@pytest.mark.parametrize("weight", [None, np.full(60, 3.0), np.arange(60.0)], ids=["", "3", "any"])
def test_the_penalty_is_that_of_ridge_regression(weight):
    model = FNNRegressor((), solver="lbfgs", alpha=5.0, tol=1e-9, max_iter=999).fit(X, Y, weight)
    ridge = Ridge(alpha=5.0).fit(X, Y, weight)
    assert_allclose(model.coefs_[0][:, 0], ridge.coef_, rtol=1e-5)
    assert_allclose(model.intercepts_[0], ridge.intercept_, rtol=1e-5)


def test_weights_of_partial_fit_count_as_they_are():
    steps = []
    for weight in (None, np.ones(60), np.full(60, 3.0)):
        model = FNNRegressor((), **PLAIN, learning_rate_init=1e-3, alpha=0.0)
        model.partial_fit(X[:1], Y[:1])
        before = model.coefs_[0].copy()
        model.partial_fit(X, Y, weight)
        steps.append(model.coefs_[0] - before)
    assert_allclose(steps[1], steps[0])
    assert_allclose(steps[2], 3 * steps[0], rtol=1e-9)
    assert model.t_ == 61
    assert hasattr(FNNRegressor(), "partial_fit")
    for wrong in (-weight, 0 * weight):
        with pytest.raises(ValueError, match="weight"):
            FNNRegressor().fit(X, Y, wrong)


def test_a_second_fit_begins_anew_unless_the_start_is_warm():
    for warm, n in ((False, 120), (True, 240)):
        model = FNNRegressor((2,), max_iter=2, warm_start=warm, random_state=0).fit(X, Y)
        model.fit(X, Y)
        assert (model.t_, model.n_iter_) == (n, 2)
        assert len(model.history_) == n // 60


def test_the_precision_is_that_of_the_solver_unless_told():
    for solver, dtype, expected in (("adam", "auto", np.float32), ("lbfgs", "auto", np.float64),
                                    ("adam", "float64", np.float64),
                                    ("lbfgs", "float32", np.float32)):  # fmt: skip
        model = FNNRegressor((), solver=solver, dtype=dtype, max_iter=1, tol=1e9).fit(X, Y)
        assert model.coefs_[0].dtype == expected
    model = FNNRegressor((), max_iter=1).fit(X, Y, np.ones(60))
    assert model.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("n", [1000, 1001])
def test_auto_goes_by_the_rows_that_are_trained_on(n):
    rows = np.resize(X, (n, 3))
    brief = {"solver": "auto", "max_iter": 1, "tol": 1e9, "random_state": 0}
    model = FNNRegressor((), **brief).fit(rows, rows[:, 0])
    assert model.history_["learning_rate"].isna().all() == (n == 1000)
    held = FNNRegressor((), early_stopping=True, validation_fraction=0.1, **brief)
    held.fit(np.resize(X, (n + 111, 3)), np.resize(Y, n + 111))  # 999 and 1000, of 1111 and 1112
    assert held.history_["learning_rate"].isna().all()


@pytest.mark.parametrize(("n", "k", "all_rows"), [
    (2**17, 1, True), (2**17 + 2, 1, False), (2**16, 2, True), (2**16 + 2, 2, False),
])  # fmt: skip
def test_rows_evenly_spread_tell_the_constant_to_begin_with(n, k, all_rows):
    y = np.tile((np.arange(n) % 2)[:, None] * 1.0, (1, k))
    model = FNNRegressor((3, 2), solver="sgd", learning_rate_init=1e-12, max_iter=1, tol=1e9,
                         batch_size=2**14, random_state=0)  # fmt: skip
    model.fit(np.zeros((n, 1), np.float32), y if k > 1 else y[:, 0])
    assert_allclose(model.intercepts_[-1], 0.5 if all_rows else 0, atol=1e-6)
    assert np.abs(model.intercepts_[1]).max() != pytest.approx(0.5)
    assert model._fitted.code_end == 0


def test_validation_rows_are_given_or_held_out():
    brief = {"max_iter": 2, "tol": 0, "random_state": 0}
    held = FNNRegressor((), early_stopping=True, validation_fraction=0.25, **brief).fit(X, Y)
    assert held.t_ == 45 * held.n_iter_
    given = FNNRegressor((), early_stopping=True, **brief).fit(X, Y, X_val=X[:9], y_val=Y[:9])
    assert given.t_ == 60 * given.n_iter_
    assert len(given.validation_scores_) == given.n_iter_
    plain = FNNRegressor((), **brief).fit(X, Y, X_val=X[:9], y_val=Y[:9])
    assert plain.validation_scores_ is None
    assert_allclose(plain.history_["val_loss"].iloc[-1],
                    ((plain.predict(X[:9]) - Y[:9]) ** 2).mean() / 2, rtol=1e-5)  # fmt: skip
    weight = np.arange(9.0)
    weighed = FNNRegressor((), **brief)
    weighed.fit(X, Y, X_val=X[:9], y_val=Y[:9], sample_weight_val=weight)
    error = (weighed.predict(X[:9]) - Y[:9]) ** 2 / 2
    assert_allclose(weighed.history_["val_loss"].iloc[-1], weight @ error / 36, rtol=1e-5)
    for wrong in ({"X_val": X}, {"y_val": Y}, {"sample_weight_val": np.ones(60)}):
        with pytest.raises(ValueError, match="X_val and y_val must be given together"):
            plain.fit(X, Y, **wrong)
    with pytest.raises(ValueError, match="X_val, y_val: X has 2 features"):
        plain.fit(X, Y, X_val=X[:, :2], y_val=Y)
    with pytest.raises(ValueError, match="offset_val must have shape"):
        plain.fit(X, Y, X_val=X[:9], y_val=Y[:9], offset=Y, offset_val=Y[:8])
    other = plain.fit(X, Y, X_val=X[:9], y_val=Y[:9], offset=Y, offset_val=Y[:9])
    raw = X[:9] @ other.coefs_[0][:, 0] + other.intercepts_[0]
    assert_allclose(other.history_["val_loss"].iloc[-1], (raw**2).mean() / 2, rtol=1e-4)


def test_early_stopping_goes_by_the_score_or_the_loss():
    for scoring in (None, "loss", "mae", "neg_max_error"):
        model = FNNRegressor((), early_stopping=True, scoring=scoring, max_iter=2, random_state=0)
        model.fit(X, Y, X_val=X[:9], y_val=Y[:9])
        off = np.abs(model.predict(X[:9]) - Y[:9])
        expected = {None: model.score(X[:9], Y[:9]), "loss": -(off**2).mean() / 2,
                    "mae": -off.mean(), "neg_max_error": -off.max()}[scoring]  # fmt: skip
        assert_allclose(model.best_validation_score_, expected, rtol=1e-4)
        assert model.best_loss_ is None
    with pytest.raises(ValueError, match="has no effect with early_stopping=False"):
        FNNRegressor(scoring="mae").fit(X, Y)
    warm = FNNRegressor((), early_stopping=True, warm_start=True, max_iter=2, random_state=0)
    warm.fit(X, Y).fit(X, Y)
    assert len(warm.validation_scores_) == len(warm.history_) == 4
    with pytest.raises(ValueError, match="needs probabilities"):
        FNNClassifier(loss="hinge", metrics="neg_log_loss").fit(X, Y > 0)
    with pytest.raises(ValueError, match="needs probabilities"):
        FNNClassifier(loss="hinge", early_stopping=True, scoring="roc_auc_ovr").fit(X, Y > 0)
    with pytest.raises(ValueError, match="calibration_groups needs held-out rows"):
        FNNRegressor((), max_iter=1).fit(X, Y, calibration_groups=np.zeros(60))


def test_scales_are_told_after_fits_of_targets_alone():
    far = X * [1, 1e-4, 1e4]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        FNNRegressor((3,), random_state=0, learning_rate_init=1e-9).partial_fit(far, Y)
        brief = {"max_iter": 1, "learning_rate": "cosine", "learning_rate_init": 1e-9}
        FNNAutoencoder((2,), **brief, random_state=0).fit(far)
    with pytest.warns(UserWarning, match="predicts no better than a constant"):
        FNNRegressor((3,), **brief, random_state=0).fit(far, Y)


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(0)  # noqa: NPY002 (for estimators without a random_state)


# ------------------------------------------------------------------ sets


def fitted_sets():
    labels = np.arange(60) % 3
    model = FNNClassifier((), solver="lbfgs", tol=1e9, random_state=0)
    return model.fit(X, labels, X_val=X, y_val=labels), labels


def test_sets_hold_what_is_as_likely_as_held_out_labels_were():
    model, labels = fitted_sets()
    p = model.predict_proba(X)
    scores = np.sort(1 - p[np.arange(60), labels])
    for coverage, place in ((0.9, 55), (0.3, 19)):  # of 61 times the coverage
        expected = 1 - p <= scores[place - 1] + 1e-12
        allowed = model.predict_set(X, coverage, allow_empty=True)
        assert_array_equal(allowed, expected)
        expected[np.arange(60), p.argmax(axis=1)] = True
        assert_array_equal(model.predict_set(X, coverage), expected)
    assert_array_equal(model.predict_set(X), model.predict_set(X, 0.9))
    assert not model.predict_set(X, 0.3, allow_empty=True).any(axis=1).all()
    assert not np.array_equal(model.predict_set(X), model.predict_set(X, by_class=True))


def test_held_out_probabilities_count_as_the_likeliest_class():
    labels = np.arange(60) % 3
    soft = 0.7 * np.eye(3)[labels] + 0.1
    model = FNNClassifier((), solver="lbfgs", tol=1e9, random_state=0)
    model.fit(X, soft, X_val=X, y_val=soft)
    p = model.predict_proba(X)
    limit = np.sort(1 - p[np.arange(60), labels])[54]
    assert_array_equal(model.predict_set(X, allow_empty=True), 1 - p <= limit + 1e-12)


def test_sets_that_cannot_be():
    model, _ = fitted_sets()
    for wrong in (0, 1, 1.5):
        with pytest.raises(ValueError, match=r"coverage must be in \(0, 1\)"):
            model.predict_set(X, wrong)
    with pytest.raises(ValueError, match="method must be one of"):
        model.predict_set(X, method="best")
    with pytest.raises(ValueError, match="cannot both be"):
        model.predict_set(X, by_class=True, calibration_groups=np.zeros(60))
    with pytest.raises(ValueError, match="this fit had none"):
        FNNClassifier((), max_iter=1).fit(X, Y > 0).predict_set(X)
    several = np.column_stack([Y > 0, X[:, 0] > 0]).astype(int)
    with pytest.raises(ValueError, match="several labels per row"):
        FNNClassifier((), max_iter=1).fit(X, several).predict_set(X)
    with pytest.raises(ValueError, match="needs probabilities"):
        FNNClassifier((), max_iter=1, loss="hinge").fit(X, Y > 0).predict_set(X)


def test_groups_of_sets_and_intervals_are_a_column():
    frame = pd.DataFrame(X, columns=list("abc")).assign(a=np.arange(60) % 2)
    model = FNNRegressor((), solver="lbfgs", tol=1e9)
    target = Y + np.where(np.arange(60) % 2, 5 * RNG.normal(size=60), 0)
    held = frame.iloc[::-1].reset_index(drop=True)  # of another order than those of training
    model.fit(frame, target, X_val=held, y_val=target[::-1], calibration_groups="a")
    width = np.ptp(model.predict_interval(frame, 0.8), axis=1)
    off = np.abs(model.predict(frame) - target)
    for group in (0, 1):
        mine = np.sort(off[np.arange(60) % 2 == group])
        assert_allclose(width[group::2], 2 * mine[24], rtol=1e-6)  # of 31 times .8
    held = FNNRegressor((), early_stopping=True, max_iter=1, validation_fraction=0.5)
    held.fit(frame, target, calibration_groups="a")
    assert held._fitted.calibration.column == "a"


# ------------------------------------------------------------------ a step, as calls


@pytest.mark.parametrize("params", [
    {}, {"batch_norm": "before"}, {"hidden_layers": [Dense(4), Dropout(0.5)]}, {"loss": "gaussian"},
    {"loss": Quantiles([0.1, 0.9], independent=True)},
], ids=str)  # fmt: skip
def test_the_calls_of_a_prediction_predict(params):
    model = FNNRegressor(**{"hidden_layer_sizes": (3,), **params} if "hidden_layers" not in params
                         else params, max_iter=1, random_state=0).fit(X, Y)  # fmt: skip
    step = written_step(model, 5)
    assert not step.batch.y.any()
    assert not step.batch.raw.any()
    assert step.batch.weight is None
    step.batch.X[...] = X[:5]
    workspace, calls = step.prediction()
    for call in workspace.bind(calls):
        call()
    expected = raw_scores(model._fitted.network, X[:5].astype(np.float32), np.float32)
    assert_allclose(step.batch.raw, expected, rtol=1e-5, atol=1e-6)
    copies = [call for call in calls if call.out is step.batch.raw]
    assert len(copies) <= 2
    with pytest.raises(FrozenInstanceError):
        step.calls = []


# ------------------------------------------------------------------ intervals once more


def test_quantiles_by_held_out_rows_are_their_errors():
    model = FNNRegressor((), solver="lbfgs", tol=1e9).fit(X, Y, X_val=X[:9], y_val=Y[:9] + 1)
    errors = np.sort(Y[:9] + 1 - model.predict(X[:9]))
    for place, level in ((5, 0.5), (1, 0.1), (9, 0.9)):  # of ten
        found = model.predict_quantiles(X, level)
        assert_allclose(found, model.predict(X) + errors[place - 1], rtol=1e-6, atol=1e-9)


def test_the_predicted_interval_is_there_beside_the_calibrated_one():
    model = FNNRegressor((), loss="gaussian", solver="lbfgs", tol=1e9)
    model.fit(X, Y, X_val=X[:9], y_val=Y[:9] + 50)
    _, std = model.predict(X, return_std=True)
    found = model.predict_interval(X, 0.9, calibrated=False)
    assert_allclose(np.ptp(found, axis=1), 2 * 1.6448536 * std, rtol=1e-5)
    for calibrated in (None, True):
        wide = model.predict_interval(X, 0.9, calibrated=calibrated)
        assert (np.ptp(wide, axis=1) > np.ptp(found, axis=1)).all()


def test_the_bias_of_moderated_scores_is_not_known():
    asked = []

    class Posterior:
        def variance(self, network, X, known_bias):
            asked.append((known_bias, X.dtype))
            return np.ones((len(X), 1))

    rows = np.zeros((2, 1), np.float32)
    moderated(LevenbergMarquardt(moderated=True), Posterior(), None, rows, lambda: rows)
    assert asked == [(False, np.float64)]


# ------------------------------------------------------------------ before training


def test_random_streams_are_those_of_scikit_learn():
    with random_stream(5) as rng:
        found = rng.randint(1000, size=3).tolist()
    assert found == np.random.RandomState(5).randint(1000, size=3).tolist()
    with random_stream(5) as rng, random_stream(6) as other:  # two at a time
        assert rng is not other
        assert rng.randint(1000) == found[0]
    given = np.random.RandomState(0)
    with random_stream(given) as rng:
        assert rng is given
    seeds = np.random.RandomState(7).randint(2**31 - 1, size=3)
    assert Streams.drawn(7) == Streams(*seeds)
    progress = Streams(1, 2, 3).progress(9)
    assert progress.samples == 9
    assert progress.shuffling.integers(99) == np.random.default_rng(2).integers(99)


@pytest.mark.parametrize(("n", "fraction", "held"), [(20, 0.1, 2), (11, 0.1, 2), (10, 0.95, None),
                                                     (10, 0.1, None), (4, 0.75, 3)])  # fmt: skip
def test_a_share_of_rows_is_held_out(n, fraction, held):
    y = np.arange(float(n))
    target = SimpleNamespace(strata=lambda y: None)
    if held is None:
        with pytest.raises(ValueError, match="The validation set is too small"):
            split_rows(y, target, fraction, 0)
        return
    train, held_out = split_rows(y, target, fraction, 0)
    assert len(held_out) == held
    assert sorted([*train, *held_out]) == list(range(n))
    assert (np.diff(train) > 0).all()
    assert (np.diff(held_out) > 0).all()


def test_some_row_that_is_held_out_has_a_weight():
    preparation.check_validation_weights(None, np.array([0]))
    preparation.check_validation_weights(np.array([0.0, 1]), np.array([0, 1]))
    with pytest.raises(ValueError, match="sample_weight is 0 for all 1 rows"):
        preparation.check_validation_weights(np.array([0.0, 1]), np.array([0]))
    assert not Call(None, None, None, (None, None, None), False).has_validation
    assert Call(None, None, None, (None, 1, None), False).has_validation


def test_rows_are_cast_where_they_are_few():
    rows = np.ones((2, 3))
    assert preparation.in_rows(rows, np.dtype(np.float64)) is rows
    assert preparation.in_rows(rows, np.dtype(np.float32)).dtype == np.float32
    assert preparation.in_rows(np.asfortranarray(rows), np.float64).flags.c_contiguous
    some = sparse.csc_array(rows)
    assert preparation.in_rows(some, np.float32).format == "csr"
    assert preparation.cast(some, np.float32).dtype == np.float32
    rows = sparse.csr_array(rows)
    assert np.shares_memory(preparation.cast(rows, np.float64).data, rows.data)
    for n, own in ((2**23, False), (2**23 + 1, True)):
        many = np.broadcast_to(np.uint8(0), (n,)).copy().reshape(-1, 1)
        assert (preparation.in_rows(many, np.dtype(np.int16)) is many) == own
