"""What single statements mean that a bug was planted in, and no test noticed."""

import datetime
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from skfnn import FNNRegressor, TabularFNNRegressor, _sklearn
from skfnn._engine.objective.distribution import Normal
from skfnn._engine.objective.link import IdentityLink, LogLink
from skfnn._engine.objective.targets import ClassTarget
from skfnn._engine.objective.weights import quantiles
from skfnn._engine.program.once import ROW_ELEMENTS
from skfnn._engine.program.schedule import Scheduled
from skfnn._estimators.advice import _sizes, warn_of_standstill
from skfnn.export._onnx import Value, _take
from skfnn.inspection import ImportanceDisplay, WeightsDisplay
from skfnn.inspection._attributions import _as_numbers
from skfnn.layers import CategoryStatistics, Dense, SharedEnsemble, Skip
from skfnn.losses import Poisson, Quantiles, SquaredError
from skfnn.metrics import (
    R2,
    MeanAbsoluteError,
    MeanSquaredError,
    TweedieDeviance,
    covered,
    neg_crps,
    neg_interval_score,
    neg_mean_width,
)
from skfnn.preprocessing._dates import _hours
from skfnn.tabular import _small_networks
from skfnn.tabular._categories import fold_marks, folds_of
from skfnn.tabular._ensemble import TOKEN_SHARE, _of_all
from skfnn.tabular._fitted import FittedTable
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._fitted_numbers import Scale
from skfnn.tabular._folds import Fold
from skfnn.tabular._mixing import LEAST_SHARE, Share, best_share, shares_by_loss
from skfnn.tabular._others import SMALLEST, EstimatorPredictor
from skfnn.tabular._recipes import RECIPES
from skfnn.tabular._small_networks import SmallInputs
from skfnn.tabular._stream import WINDOW_ROWS, window_rows
from skfnn.tabular._streamed import Streamed
from skfnn.tabular._survey import Dealing, Targets

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = X[:, 0] - X[:, 1] ** 2


# ------------------------------------------------------------------ streams


def targets(n, width=1, labels=(), rows=(), low=0.0, high=1.0):
    labels, rows = np.array(labels), np.array(rows, float)
    return Targets(n, 2.0 * n, labels, rows, 2 * rows, low=np.array([low]), high=np.array([high]),
                   width=width)  # fmt: skip


def test_the_sample_has_a_share_of_many_rows():
    assert targets(400_000, width=5).share == 0.5  # 200,000 rows
    assert targets(100_000, width=100).share == 0.3  # 3,000,000 cells
    assert targets(40_000, width=10_000).share == 0.25  # 10,000 rows at least


def test_what_is_known_of_two_parts_is_joined():
    both = targets(3, 4, ["a", "b"], [1, 2], 0.0, 5.0) + targets(
        5, 2, ["b", "c"], [2, 3], -1.0, 3.0
    )
    assert (both.n, both.weight, both.width) == (8, 16.0, 4)
    assert both.labels.tolist() == ["a", "b", "c"]
    assert both.rows.tolist() == [1, 4, 3]
    assert both.weights.tolist() == [2, 8, 6]
    assert (both.low.tolist(), both.high.tolist()) == ([-1.0], [5.0])


def test_rows_are_shuffled_in_windows_of_whole_batches():
    assert window_rows(10, 1000, 100) == 1000
    size = window_rows(10, 300_000, 512)  # three windows
    assert size % 512 == 0
    assert size <= WINDOW_ROWS
    assert_allclose(size, 100_000, rtol=0.01)
    assert window_rows(2**15, 4096, 256) == 1024  # 2**25 numbers
    assert window_rows(2**25, 4096, 256) == 256  # at least a batch


@pytest.mark.parametrize("n_folds", [2, 5, 8])
def test_folds_have_marks_of_their_own(n_folds):
    dealing = Dealing(0, n_folds, n_folds)
    marks = [dealing.marks_of(fold) for fold in range(n_folds)]
    assert len(np.unique(np.concatenate(marks))) == sum(map(len, marks))
    assert min(map(min, marks)) == 1  # 0 is that of rows without a mark
    assert max(map(max, marks)) == dealing.n_marks - 1


# ------------------------------------------------------------------ tables


def test_targets_of_one_value_keep_their_unit():
    scale = Scale.of(np.full(5, 3.0), SquaredError())
    assert scale.encode(4.0) == 1.0
    assert scale.decode(0.5) == 3.5
    assert Scale.of(np.zeros(5), Poisson()).encode(2.0) == 2.0


def test_members_are_counted_from_one():
    model = TabularFNNRegressor(n_members=2, max_iter=1, hidden_layer_sizes=(4,), blend=None,
                                random_state=0).fit(X, Y)  # fmt: skip
    assert model.leaderboard_["member"].tolist() == [1, 2]
    assert_allclose(model.leaderboard_["weight"], 0.5)


# ------------------------------------------------------------------ networks


@pytest.mark.parametrize("layers", [[Dense(3, "tanh")], [Dense(5, "tanh"), Dense(3)], [Dense(5)]])
def test_sparse_rows_take_two_ways_as_dense_ones_do(layers):
    model = FNNRegressor(hidden_layers=[Skip(layers)], max_iter=3, random_state=0)
    rows = np.where(X > 0, X, 0.0)
    other = FNNRegressor(**model.get_params()).fit(sparse.csr_array(rows), Y)
    model.fit(rows, Y)
    assert_allclose(other.predict(sparse.csr_array(rows)), model.predict(rows), rtol=1e-4)
    assert_allclose(model.predict(sparse.csr_array(rows)), model.predict(rows), rtol=1e-5)


def test_a_row_that_is_repeated_fits_in_the_cache():
    assert 4 * ROW_ELEMENTS <= 2**15  # of single precision, in 32 KB


# ------------------------------------------------------------------ drawings


@pytest.mark.parametrize(("n", "places"), [
    (1, [(0, 0)]),
    (3, [(0, 0), (0, 4), (3, 0)]),
    (6, [(0, 0), (0, 4), (3, 0), (3, 4), (6, 0), (6, 4)]),
])  # fmt: skip
def test_images_of_units_have_frames_around_them(n, places):
    """Of 2 by 3 pixels, with a pixel between; about as wide as high."""
    pytest.importorskip("matplotlib").use("agg")
    weights = np.arange(6.0 * n).reshape(6, n)
    names = [f"x{i}" for i in range(6)]
    display = WeightsDisplay(weights=weights, feature_names=names, image_shape=(2, 3)).plot()
    for i, ((top, left), line) in enumerate(zip(places, display.ax_.lines, strict=True)):
        assert line.get_xdata().tolist() == [left - 0.5, left + 2.5, left + 2.5, left - 0.5,
                                             left - 0.5]  # fmt: skip
        assert line.get_ydata().tolist() == [top - 0.5, top - 0.5, top + 1.5, top + 1.5, top - 0.5]
        shown = display.ax_.images[0].get_array()[top : top + 2, left : left + 3]
        assert_array_equal(shown, weights[:, i].reshape(2, 3))


def test_importances_are_means_and_deviations_over_repeats():
    found = ImportanceDisplay(importances=np.array([[1.0, 3.0], [4.0, 4.0]]),
                              feature_names=["a", "b"]).importances_  # fmt: skip
    assert found.index.tolist() == ["b", "a"]
    assert found["mean"].tolist() == [4.0, 2.0]
    assert found["std"].tolist() == [0.0, 1.0]


# ------------------------------------------------------------------ advice


@pytest.mark.parametrize(("n_rows", "losses", "warned"), [
    (50, [1.0, 0.7, 0.5], True),
    (10, [1.0, 0.7, 0.5], True),
    (9, [1.0, 0.7, 0.5], False),
    (299, [1.0, 0.7, 0.5], True),
    (300, [1.0, 0.7, 0.5], False),
    (50, [1.0, 0.7, 1.2], False),  # it rose again
    (50, [1.0, 1.5, 0.5], True),
    (50, [1.0, 0.7, 0.95], False),  # within tol
])  # fmt: skip
def test_a_standstill_is_told_where_the_loss_still_fell(n_rows, losses, warned):
    estimator = SimpleNamespace(early_stopping=True, scoring=None, tol=0.1)
    monitor = SimpleNamespace(
        finished=SimpleNamespace(stale=3), stopping=SimpleNamespace(patience=2), n_epochs=3,
        scores=[0.9, 0.8, 0.8, 0.7], history={"val_loss": [9.0, *losses]},
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_standstill(estimator, monitor, n_rows)
    assert len(caught) == warned
    if warned:
        figures = caught[0].message.figures
        assert figures == {"n_rows": n_rows, "best_epoch": 1, "loss_then": 1.0,
                           "loss_at_the_end": losses[-1]}  # fmt: skip


@pytest.mark.parametrize(("n_parts", "max_iter", "share"), [
    (8, None, 0.5), (7, None, 1.0), (None, None, 1.0), (8, 10, 1.0),
])  # fmt: skip
def test_an_epoch_has_four_parts_of_a_stream_or_all(n_parts, max_iter, share):
    streamed = SimpleNamespace(
        n_rows=100, survey=SimpleNamespace(source=SimpleNamespace(n_parts=n_parts))
    )
    recipe = SimpleNamespace(share=lambda n: 50 / n)
    assert Streamed.share(streamed, {"max_iter": max_iter}, recipe) == share


def test_times_of_day_are_hours():
    times = [datetime.time(1, 30, 30, 500_000), datetime.time(23, 59, 59, 999_999), "no"]
    expected = [1.5 + 30.5 / 3600, 24 - 1e-6 / 3600, np.nan]
    assert_allclose([_hours(time) for time in times], expected, rtol=1e-12)
    assert _hours(datetime.timedelta(hours=2, minutes=15)) == 2.25


@pytest.mark.parametrize("levels", [
    [0.0, 0.5], [0.2, 1.0], [0.2, 1.5], [[0.2, 0.8]], [0.5], [0.8, 0.2],
])  # fmt: skip
def test_quantiles_lie_between_0_and_1(levels):
    with pytest.raises(ValueError, match="quantiles"):
        FNNRegressor((4,), loss=Quantiles(levels), max_iter=1).fit(X, Y)


def test_weights_of_an_ensemble_begin_within_one_by_the_root_of_the_inputs():
    for layers, n, bound in (([], 16, 0.25), ([Dense(100)], 16, 0.1)):
        params = SharedEnsemble(layers=layers, n_members=2, units=40).params(n)
        for name in ("V", "c"):
            drawn = params[name].draw(np.random.default_rng(0))
            assert drawn.shape == params[name].shape
            assert 0.9 * bound < np.abs(drawn).max() <= bound
            assert drawn.min() < 0 < drawn.max()
        assert (params["V"].decay, params["c"].decay) == (True, False)


@pytest.mark.parametrize("start", ["normal", "signs"])
def test_members_have_factors_of_their_own_for_columns_that_belong_together(start):
    layer = SharedEnsemble(layers=[], n_members=50, units=1, start=start, widths=[2, 3])
    drawn = layer.params(6)["R"].draw(np.random.default_rng(0))
    assert drawn.shape == (50, 6)
    assert_array_equal(drawn[:, [0, 2, 2]], drawn[:, [1, 3, 4]])
    assert len(np.unique(drawn[:, [0, 2, 5]])) == (150 if start == "normal" else 2)
    assert (drawn[:, 0] != drawn[:, 2]).any()


def test_weight_decay_fades_where_a_recipe_says_so():
    for fading in (True, False):
        recipe = replace(RECIPES["realmlp"], fading=fading, weight_decay=0.1)
        decay = recipe.optimizer().weight_decay
        assert (isinstance(decay, Scheduled), decay == 0.1) == (fading, not fading)
    assert replace(RECIPES["realmlp"], weight_decay=0.0).optimizer().weight_decay == 0.0


def test_each_column_has_a_row_more_than_levels_in_the_table():
    layer = CategoryStatistics(n_levels=[3, 1], n_folds=2)
    assert layer.first_rows().tolist() == [0, 4, 6]
    assert layer.buffers(2)["table"].shape == (12, layer.n_entries)


class Known:
    """An estimator that says what it is told."""

    def __init__(self, found, classes=()):
        self.found, self.classes_ = np.asarray(found, float), np.asarray(classes, int)

    def predict(self, A):
        return self.found[: len(A)]

    predict_proba = predict


def test_scores_of_other_estimators_are_those_of_networks():
    def raw(model, target, link=None, scale=None):
        return EstimatorPredictor(model, None, target, link=link, scale=scale).raw(np.zeros((2, 1)))

    half = np.log([[0.25, 0.75], [0.5, 0.5]])
    two = raw(Known(np.exp(half), [0, 1]), ClassTarget(np.array([0, 1])))
    assert_allclose(two, half[:, 1:] - half[:, :1])
    three = raw(Known(np.exp(half), [0, 2]), ClassTarget(np.array([0, 1, 2])))
    assert_allclose(three[:, [0, 2]], half)
    assert_allclose(three[:, 1], np.log(SMALLEST))  # a class that it has not seen
    one = raw(Known([[1.0], [1.0]], [0]), ClassTarget(np.array([7, 7])))
    assert one.tolist() == [[0.0], [0.0]]
    scale = Scale(1.0, 2.0, -9.0, 9.0)
    assert raw(Known([3.0, 5.0]), None, IdentityLink(), scale).tolist() == [[1.0], [2.0]]
    several = Known([[3.0, 5.0], [1.0, 1.0]])
    assert raw(several, None, IdentityLink(), scale).tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert_allclose(raw(Known([3.0, 5.0]), None, LogLink(), scale), np.log([[1.0], [2.0]]))


def test_scores_of_several_targets_are_means_over_them():
    both, weight = np.stack([Y, 10 * Y], axis=1), RNG.uniform(1, 2, 60)
    model = FNNRegressor((4,), loss="gaussian", max_iter=3, random_state=0).fit(X, both)
    mean, std = model.predict(X, return_std=True)
    crps = np.average(Normal(mean, std).crps(both), axis=0, weights=weight)
    assert crps.max() > 2 * crps.min()
    assert_allclose(neg_crps(model, X, both, sample_weight=weight), -crps.mean(), rtol=1e-6)
    low, high = np.moveaxis(model.predict_interval(X, 0.8), -1, 0)
    width = np.average(high - low, axis=0, weights=weight)
    found = neg_mean_width(model, X, sample_weight=weight, coverage=0.8)
    assert_allclose(found, -width.mean(), rtol=1e-6)
    inside = np.average((low <= both) & (both <= high), axis=0, weights=weight)
    assert_allclose(covered(model, X, both, sample_weight=weight, coverage=0.8), inside.mean())
    fine = np.maximum(low - both, 0) + np.maximum(both - high, 0)
    each = np.average(high - low + 10 * fine, axis=0, weights=weight)
    found = neg_interval_score(model, X, both, sample_weight=weight, coverage=0.8)
    assert_allclose(found, -each.mean(), rtol=1e-6)


def test_parameters_that_were_valid_are_remembered_up_to_a_number(monkeypatch):
    monkeypatch.setattr(_sklearn, "_KEPT", 3)
    monkeypatch.setattr(_sklearn, "_valid", set())
    for max_iter in range(1, 9):
        _sklearn.validate_params(FNNRegressor(max_iter=max_iter))
        assert 0 < len(_sklearn._valid) <= 3


def test_words_are_ranked_for_the_distance_of_rows():
    found = _as_numbers(pd.Series(["b", "a", None, "c", "b"]))
    assert_array_equal(found, [1.0, 0.0, np.nan, 2.0, 1.0])
    assert_array_equal(_as_numbers(pd.Series([True, False])), [1.0, 0.0])
    assert_array_equal(_as_numbers(pd.Series(["2", None, "1.5"])), [2.0, np.nan, 1.5])


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_the_unit_of_weights_does_not_count_for_quantiles(unit):
    values, weight = np.arange(10.0), np.full(10, 0.1 * unit)  # whose sums are rounded
    assert_array_equal(quantiles(values, [0.3, 0.35, 0.5, 0.7, 1.0], weight), [2.5, 3, 4.5, 6.5, 9])
    weight[3] *= 3
    thrice = np.quantile([*values, 3, 3], [0.25, 0.5, 0.8], method="averaged_inverted_cdf")
    assert_array_equal(quantiles(values, [0.25, 0.5, 0.8], weight), thrice)


def test_the_best_share_is_that_of_the_smallest_squared_error():
    ours, other = RNG.normal(size=(2, 60, 2))
    weight = RNG.uniform(1, 2, 60)
    found = Share.of(ours, other, weight)

    def error(share):
        return weight @ ((ours + share * (other - ours)) ** 2).sum(axis=1)

    assert error(found.best) < min(error(found.best - 1e-3), error(found.best + 1e-3))
    repeated = [Share.of(*(part[rows] for part in (ours, other, weight))).best
                for rows in RNG.integers(60, size=(500, 60))]  # fmt: skip
    assert_allclose(found.error, np.std(repeated), rtol=0.25)
    # Noise of members makes what they differ by larger than what the candidates do.
    less = Share.of(ours, other, weight, (0.3, 0.5))
    w = weight / weight.sum()
    gain = w @ (ours * (ours - other)).sum(axis=1) - 0.3
    assert_allclose(less.best, gain / (w @ ((ours - other) ** 2).sum(axis=1) - 0.8))
    assert Share.of(ours, ours, None) == (0.0, 0.0)
    assert Share.of(ours, ours + 1e-3, None, (0.0, 0.5)).best in (0.0, 1.0)


def test_candidates_are_mixed_in_one_after_the_other():
    y = RNG.normal(size=200)
    means = [y + RNG.normal(size=200) for _ in range(3)]

    def loss(mean):
        return float(((mean - y) ** 2).mean())

    one, two = (best_share(loss, means[0], means[i]) ** 2 for i in (1, 2))
    mixed = [(1 - s) * means[0] + s * mean for s, mean in ((one, means[1]), (two, means[2]))]
    first = 1 if loss(mixed[0]) < loss(mixed[1]) else 2
    share = (one, two)[first - 1]
    last = best_share(loss, mixed[first - 1], means[3 - first]) ** 2
    assert min(share, last) > LEAST_SHARE
    expected = np.zeros(3)
    expected[[0, first, 3 - first]] = (1 - share) * (1 - last), share * (1 - last), last
    assert_allclose(shares_by_loss(loss, means), expected)


@pytest.mark.parametrize(("array", "indices", "axis"), [
    (Value("a", np.dtype(float)), Value("i", np.dtype(int)), 1),
    (Value("a", np.dtype(float)), [0], 0),
    (Value("a", np.dtype(float)), [0], None),
    (np.eye(3), Value("i", np.dtype(int)), None),
])  # fmt: skip
def test_what_cannot_be_taken_in_onnx_is_said(array, indices, axis):
    with pytest.raises(ValueError, match="What can be taken in ONNX are rows or columns"):
        _take(None, array, indices, axis)


def test_raw_scores_of_trees_are_those_that_scikit_learn_says():
    numbers = HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=5).fit(X, Y)
    assert_allclose(_sklearn.raw_of_boosting(numbers, X)[:, 0], numbers.predict(X))
    classes = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5)
    for y in (Y > 0, np.digitize(Y, [-1, 0])):
        raw = _sklearn.raw_of_boosting(classes.fit(X, y), X)
        assert_allclose(raw if raw.shape[1] > 1 else raw[:, 0], classes.decision_function(X))


@pytest.mark.parametrize(("weights", "expected"), [
    ((None, None), [1.0, 0.5, 0.5, 1.0]),
    (([2.0, 3.0], [3.0, 5.0]), [2.0, 1.5, 1.5, 5.0]),
])  # fmt: skip
def test_a_row_that_is_held_out_twice_counts_half_each_time(weights, expected):
    weights = [None if weight is None else np.array(weight) for weight in weights]

    def held_out(rows, weight):
        return SimpleNamespace(
            data=SimpleNamespace(rows=np.array(rows), labels=lambda: (None, weight))
        )

    fitted = SimpleNamespace(known=None)
    twice = [held_out([0, 1], weights[0]), held_out([1, 2], weights[1])]
    assert_array_equal(FittedTable.known_of(fitted, twice).weight, expected)
    once = [held_out([0, 1], weights[0]), held_out([2, 3], weights[1])]
    found = FittedTable.known_of(fitted, once).weight
    assert found is None if weights[0] is None else found.tolist() == [2, 3, 3, 5]


def test_folds_of_all_are_those_of_each_configuration_that_counts():
    def configuration(weight, numbers):
        return SimpleNamespace(weight=weight, members=[SimpleNamespace(number=n) for n in numbers])

    folds = [SimpleNamespace(number=number) for number in range(8)]
    ours, other = configuration(1.0, range(8)), configuration(4 * TOKEN_SHARE, [1, 3, 5, 7])
    token = configuration(TOKEN_SHARE, [0])  # of the eight that members of both have in all
    found = _of_all([ours, other, token], folds)
    assert [fold.number for fold in found] == [1, 3, 5, 7]
    assert _of_all([ours, token], folds) == folds


def test_inputs_of_small_networks_know_their_columns():
    """Numbers, one input for each frequent level, and what else the encoder has."""
    inputs = SimpleNamespace(n_numbers=2, levels=[np.array([1, 2, 4]), np.array([3])])
    assert SmallInputs.sources(inputs, 6).tolist() == [0, 1, 2, 2, 2, 3, 4, 5]


@pytest.mark.parametrize("metric", [MeanSquaredError, MeanAbsoluteError, R2, TweedieDeviance])
def test_metrics_say_in_which_direction_they_are_better(metric):
    y = np.arange(1.0, 5.0)
    right, wrong = (metric()(y, prediction, None) for prediction in (y, y[::-1]))
    assert (right > wrong) == metric.greater_is_better


@pytest.mark.parametrize("n_folds", [3, 31, 40])
def test_a_fold_is_a_part_of_a_code(n_folds):
    """However many folds there are: at 1 a category would be the next one."""
    folds = [Fold(i, np.delete(np.arange(80), [2 * i, 2 * i + 1]), np.array([2 * i, 2 * i + 1]))
             for i in range(n_folds)]  # fmt: skip
    marks = fold_marks(80, np.arange(80), folds, np.random.default_rng(0))
    assert marks.min() > 0
    assert marks.max() < 1
    assert folds_of(marks).min() == 0


def test_errors_of_probabilities():
    mean = np.array([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]])
    said = np.array([[0.0, 1.0], [0.25, 0.75], [1.0, 0.0]])
    assert_array_equal(FittedClasses.errors(None, mean, said), mean - said)
    codes = np.array([1, 0, 0])
    assert_array_equal(FittedClasses.errors(None, mean, codes), mean - np.eye(2)[codes])
    assert FittedClasses.errors(None, mean, None) is mean


def test_trees_predict_on_one_thread():
    """Members may be side by side."""
    given = []
    model = SimpleNamespace(
        n_trees_per_iteration_=2, _baseline_prediction=np.array([[1.0, 2.0]]), _predictors="all",
        _predict_iterations=lambda *values: given.append(values),
    )  # fmt: skip
    raw = _sklearn.raw_of_boosting(model, np.zeros((3, 1)))
    assert_array_equal(raw, [[1.0, 2.0]] * 3)
    ((_, predictors, _, _, n_threads),) = given
    assert (predictors, n_threads) == ("all", 1)


def test_small_networks_of_several_targets_have_fewer_units(monkeypatch):
    units, made = [], _small_networks.SmallNetworks

    def making(*given, **more):
        units.append(more["units"])
        return made(*given, **more)

    monkeypatch.setattr(_small_networks, "SmallNetworks", making)
    monkeypatch.setattr(_small_networks, "KINDS", _small_networks.KINDS[-1:])
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 40)), rng.normal(size=(300, 2))
    for target in (y[:, 0], y):
        model = TabularFNNRegressor(loss="gaussian", n_members=3, max_iter=1, random_state=0)
        model.fit(X, target)
    # As many parameters as make the work of a step, rows times their square, that of all folds.
    n_parameters = np.sqrt(_small_networks.WORK / 3 / 300)
    assert units == [int(n_parameters / 42), int(n_parameters / 2 / 42)]


def test_columns_of_sparse_rows_count_if_half_of_the_rows_fill_them():
    A = np.zeros((6, 2))
    A[:2, 0], A[:3, 1] = 7, 5
    assert _sizes(sparse.csr_array(A)).tolist() == [5]
    assert _sizes(A).tolist() == [7, 5]
