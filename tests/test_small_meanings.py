"""What single statements mean that a bug was planted in, and no test noticed."""

import datetime
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skfnn import FNNRegressor, TabularFNNRegressor
from skfnn._engine.program.once import ROW_ELEMENTS
from skfnn._engine.program.schedule import Scheduled
from skfnn._estimators.advice import warn_of_standstill
from skfnn.inspection import ImportanceDisplay, WeightsDisplay
from skfnn.layers import Dense, SharedEnsemble, Skip
from skfnn.losses import Poisson, Quantiles, SquaredError
from skfnn.preprocessing._dates import _hours
from skfnn.tabular._fitted_numbers import Scale
from skfnn.tabular._recipes import RECIPES
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
