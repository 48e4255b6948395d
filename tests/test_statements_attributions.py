"""What single statements of attributions mean: by formulas that are worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skfnn import FNNClassifier, FNNRegressor
from skfnn.inspection import attributions
from skfnn.inspection._attributions import (
    _by_gradient,
    _check_sums,
    _numbers,
    _response_of,
    _same_columns,
    _some,
)
from skfnn.inspection._gradients import (
    Networks,
    _halved,
    _on_paths,
    _quadrature,
    final_of,
    integrated,
    why_not,
)
from skfnn.inspection._models import as_table, column_names_of, with_final
from skfnn.inspection._orders import _Mixed, _orders, sampled
from skfnn.solvers import LevenbergMarquardt

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(0)  # noqa: NPY002 (for estimators without a random_state)


# ------------------------------------------------------------------ attributions


@pytest.mark.parametrize(("expected", "base", "limit"), [
    ([0.0, 10.0], 5.0, 1e-3 + 1e-5 + 1e-6),  # the range, a hundredth of the size, rounding
    ([0.0, 10.0], 20.0, 2e-3 + 1e-5 + 1e-6),  # the base is part of the range
    ([-10.0, -10.0], -10.0, 1e-5 + 1e-6),
    ([0.0, 0.0], 0.0, 1e-6),
])  # fmt: skip
def test_sums_may_be_off_by_a_ten_thousandth_of_the_range(expected, base, limit):
    expected, base = np.array(expected)[:, None], np.array([base])
    for sign in (1, -1):
        _check_sums(expected + sign * np.array([[0.995 * limit], [0]]), expected, base)
        with pytest.raises(RuntimeError, match="Attributions and base value are off by"):
            _check_sums(expected + sign * np.array([[0], [1.005 * limit]]), expected, base)


def test_sums_may_be_off_by_rounding_and_must_hold_for_every_output():
    zeros = np.zeros((2, 2))
    _check_sums(zeros + np.array([0, 1e-6]), zeros, np.zeros(2))
    for off in ([0, 1.5e-6], [np.nan, 0]):
        with pytest.raises(RuntimeError):
            _check_sums(zeros + np.array(off), zeros, np.zeros(2))


def test_numbers_stay_and_others_are_counted_by_their_text():
    given = np.array([[1, 2], [3, 4]])
    assert _numbers(given).dtype == float
    assert_array_equal(_numbers(given), given)
    frame = pd.DataFrame({
        "text": ["b", None, "a", "b"], "number": [1.5, np.nan, 2, 3],
        "digits": ["3", "10", None, "4"],
        "when": pd.to_datetime(["1970-01-02", None, "1970-01-01", "1970-01-03"]),
        "long": pd.to_timedelta([2, None, 1, 3], "D"), "flag": [True, False, True, True],
        "level": pd.Categorical(["y", "x", None, "x"]),
    })  # fmt: skip
    found = _numbers(frame)
    assert_array_equal(found[:, 0], [1, np.nan, 0, 1])
    assert_array_equal(found[:, 1], [1.5, np.nan, 2, 3])
    assert_array_equal(found[:, 2], [3, 10, np.nan, 4])
    for k, first in ((3, 1), (4, 2)):
        assert np.isnan(found[1, k])
        day = found[3, k] - found[0, k]
        assert day > 0
        assert_array_equal(found[[0, 2, 3], k], [first * day, (first - 1) * day, (first + 1) * day])
    assert_array_equal(found[:, 5], [1, 0, 1, 1])
    assert_array_equal(found[:, 6], [1, 0, np.nan, 0])
    mixed = np.array([[1, "b"], [2, "a"]], dtype=object)
    assert_array_equal(_numbers(mixed), [[1, 1], [2, 0]])


def test_so_many_rows_of_the_background_are_drawn_each_once():
    rows = np.arange(10.0)[:, None]
    rng = np.random.RandomState(0)
    assert _some(rows, 10, rng) is rows
    found = _some(rows, 9, rng)[:, 0]
    assert len(set(found)) == 9
    assert (np.diff(found) > 0).all()
    assert len(_some(rows, 1, rng)) == 1
    frame = _some(pd.DataFrame({"a": rows[:, 0]}), 4, rng)
    assert frame.index.tolist() == [0, 1, 2, 3]
    assert list(frame) == ["a"]
    for wrong in (0, 1.5, -1):
        with pytest.raises(ValueError, match="n_background must be an integer >= 1"):
            _some(rows, wrong, rng)


class Noting(RegressorMixin, BaseEstimator):
    """The sum of the columns; notes how many rows it is asked of."""

    def fit(self, X, y=None):
        self.asked_ = []
        return self

    def predict(self, X):
        self.asked_.append(len(X))
        return X.sum(axis=1)


def test_50_rows_of_the_background_count_unless_told():
    model = Noting().fit(None)
    rows = np.arange(80.0)[:, None]
    found = attributions(model, rows[:3], rows, random_state=0)
    assert max(model.asked_) == 50
    assert found.values.shape == (3, 1)
    assert found.base_values.shape == (3,)
    assert_allclose(found.values[:, 0] + found.base_values, [0, 1, 2])
    assert attributions(model, rows[:3], rows[:60], n_background=60).base_values[0] == 29.5


def test_the_background_has_the_columns_of_the_rows():
    one, other = (
        pd.DataFrame([[1, 2]], columns=["a", "b"]),
        pd.DataFrame([[3, 4]], columns=["b", "a"]),
    )
    assert list(_same_columns(other, one)) == ["a", "b"]
    array = np.ones((1, 2))
    assert _same_columns(array, np.zeros((5, 2))) is array
    for wrong in (one.assign(c=1), one[["a"]], one.rename(columns={"b": "c"}), array):
        with pytest.raises(ValueError, match="background must have the columns of X"):
            _same_columns(wrong, one)
    with pytest.raises(ValueError, match="background must have the columns of X"):
        _same_columns(np.ones((1, 3)), array)


def test_the_response_is_the_log_odds_of_classes_where_there_are_such():
    assert _response_of(LinearRegression(), "auto") == "predict"
    assert _response_of(LinearRegression(), "predict") == "predict"
    assert _response_of(LogisticRegression(), "auto") == "decision_function"
    assert _response_of(LogisticRegression(), "predict_proba") == "predict_proba"
    assert _response_of(RandomForestClassifier(), "auto") == "predict_proba"
    for model, wrong in ((LogisticRegression(), "predict"), (LinearRegression(), "predict_proba"),
                         (LinearRegression(), "nothing")):  # fmt: skip
        with pytest.raises(ValueError, match="response_method"):
            _response_of(model, wrong)


def test_gradients_are_taken_where_they_can_be_unless_told():
    network = FNNRegressor((), solver="lbfgs", max_iter=1).fit(np.eye(3), np.arange(3.0))
    other = LinearRegression().fit(np.eye(3), np.arange(3.0))
    ways = ("auto", "gradient", "permutation")
    assert [_by_gradient(network, way) for way in ways] == [True, True, False]
    assert [_by_gradient(other, way) for way in ("auto", "permutation")] == [False, False]
    with pytest.raises(ValueError, match="method='gradient' is not possible"):
        _by_gradient(other, "gradient")


def test_outputs_of_attributions_have_the_names_of_classes():
    X = np.random.default_rng(0).normal(size=(30, 2))
    forest = RandomForestClassifier(3, random_state=0).fit(X, np.arange(30) % 3 + 5)
    found = attributions(forest, X[:4], X[4:9], random_state=0)
    assert found.values.shape == (4, 2, 3)
    assert list(found.output_names) == ["5", "6", "7"]
    assert list(found.feature_names) == ["x0", "x1"]
    base = forest.predict_proba(X[4:9]).mean(axis=0)
    assert_allclose(found.base_values, np.tile(base, (4, 1)))


# ------------------------------------------------------------------ ... by permutation


@pytest.mark.parametrize(("n", "p"), [(1, 1), (4, 3), (5, 4), (6, 1)])
def test_each_second_order_is_the_one_before_reversed(n, p):
    found = _orders(np.random.default_rng(0), n, p)
    assert found.shape == (n, p)
    assert_array_equal(np.sort(found, axis=1), np.tile(np.arange(p), (n, 1)))
    even = n - n % 2
    assert_array_equal(found[1:even:2], p - 1 - found[0:even:2])
    many = _orders(np.random.default_rng(0), 600, 3)
    assert len(np.unique(many, axis=0)) == 6


def test_both_orders_of_two_columns_share_out_a_product():
    x, b = np.array([[3.0, 5.0], [1.0, 1.0]]), np.tile([[1.0, 2.0]], (2, 1))
    values, base = sampled(lambda rows: rows.prod(axis=1, keepdims=True), x, b,
                           np.random.default_rng(0))  # fmt: skip
    assert_allclose(values[0, :, 0], [2 * (2 + 5) / 2, 3 * (1 + 3) / 2])
    assert_allclose(values[1, :, 0], [0, -1])
    assert base.tolist() == [2]


def test_parts_of_a_sum_are_what_each_column_adds():
    rng = np.random.default_rng(0)
    x, b = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    weights = np.array([[1.0, 0, 2, -1], [0, 3, 1, 1]]).T
    values, base = sampled(lambda rows: rows @ weights, x, b, rng)
    expected = (x - b.mean(axis=0))[:, :, None] * weights
    assert_allclose(values, expected, atol=1e-12)
    assert_allclose(base, b.mean(axis=0) @ weights)


@pytest.mark.parametrize(("p", "n_start", "between"), [
    (3, 5000, [8192, 1808]), (2, 8193, [8192, 1]), (1, 9000, []),
])  # fmt: skip
def test_8192_rows_are_predicted_at_a_time(p, n_start, between):
    model = Noting().fit(None)
    b = np.arange(float(n_start * p)).reshape(n_start, p)
    values, _ = sampled(lambda rows: model.predict(rows)[:, None], np.ones((1, p)), b,
                        np.random.default_rng(0))  # fmt: skip
    assert model.asked_ == [1, n_start, *between]
    assert_allclose(values[0, :, 0], 1 - b.mean(axis=0))


def test_rows_are_mixed_of_two_tables_cell_by_cell():
    which = np.array([[0, 2], [3, 1]])
    one, other = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    assert_array_equal(_Mixed(one, other).rows(which), [[1, 6], [7, 4]])
    frames = [pd.DataFrame(t, columns=["a", "b"]).assign(b=lambda t: t["b"].astype(str))
              for t in (one, other)]  # fmt: skip
    mixed = _Mixed(*frames).rows(which)
    assert mixed.to_dict("list") == {"a": [1, 7], "b": ["6", "4"]}
    assert mixed.index.tolist() == [0, 1]


# ------------------------------------------------------------------ ... by gradients


class Formula:
    """Takes the place of networks: functions of the columns, and their derivatives."""

    def __init__(self, function, slope, p=1):
        self.function, self.slope, self.n_calls = function, slope, 0
        self.gradients, self.shares = [self], [np.eye(p)]

    def embedded(self, X):
        return [X]

    def scores(self, E):
        if isinstance(E, list):  # of all networks
            return [self.function(E[0])]
        return self.function(E)

    def response(self, raws):
        return raws[0]

    def derivatives(self, raws):
        n, k = raws[0].shape
        return [np.tile(np.eye(k), (n, 1, 1))]

    def products(self, E, seeds):
        self.n_calls += 1
        return np.einsum("nk,nkp->np", seeds, self.slope(E))


def on_path(formula, low, high, allowed=1e-6, whole=True, times=8):
    low, high = np.atleast_2d(low).astype(float), np.atleast_2d(high).astype(float)
    ends = formula.function(low), formula.function(high)
    if whole:
        return _on_paths(formula, [(low, high)], ends, np.array([allowed]))
    return _halved(formula, [(low, high)], ends, np.array([allowed]), times)


def power(k):
    return Formula(lambda E: E**k, lambda E: (k * E ** (k - 1))[:, None, :])


def step(slopes, height, at=0.0):
    """A plane with a step where the first column passes a value."""
    slopes = np.array(slopes, float)
    return Formula(lambda E: E @ slopes[:, None] + height * (E[:, :1] > at),
                   lambda E: np.tile(slopes, (len(E), 1, 1)), len(slopes))  # fmt: skip


def test_powers_are_integrated_by_seven_points_and_checked_by_three():
    paths = [(np.array([[1.0], [0.0]]), np.array([[3.0], [1.0]]))]
    found, off = _quadrature(power(6), paths)  # of degree 5: both rules are exact
    assert_allclose(found[:, 0, 0], [3**6 - 1, 1])
    assert_allclose(off, 0, atol=1e-10)
    found, off = _quadrature(power(9), paths)
    assert_allclose(found[1, 0, 0], 1)
    nodes, weights = np.polynomial.legendre.leggauss(3)
    three = weights @ (9 * ((nodes + 1) / 2) ** 8) / 2
    assert_allclose(off[1, 0, 0], 1 - three)


def test_what_belongs_to_two_columns_is_shared():
    formula = power(2)
    formula.shares = [np.array([[0.25, 0.75]])]
    found, _ = _quadrature(formula, [(np.zeros((1, 1)), np.full((1, 1), 2.0))])
    assert_allclose(found[0, :, 0], [1, 3])


def test_a_path_is_halved_where_three_points_say_something_else():
    formula = power(9)
    assert_allclose(on_path(formula, 0, 1), 1)
    assert formula.n_calls > 1
    once = power(9)
    assert_allclose(on_path(once, 0, 1, allowed=1.0), 1)
    assert once.n_calls == 1
    assert on_path(power(9), 0, 1, times=0, whole=False).shape == (1, 1, 1)


def test_a_path_is_halved_up_to_eight_times_where_the_response_jumps():
    formula = step([0], 1.0, at=0.3)
    assert_allclose(on_path(formula, 0, 1), 1)  # all that is left goes to the only column
    assert formula.n_calls == 1 + 2 * 8
    flat = step([0], 0.0)
    assert on_path(flat, 0, 1, allowed=0.0) == 0
    assert flat.n_calls == 1


def test_only_paths_that_are_not_sure_are_halved():
    formula = step([1], 1.0, at=0.3)
    rows = []
    products = formula.products
    formula.products = lambda E, seeds: rows.append(len(E)) or products(E, seeds)
    on_path(formula, [[0], [0.5]], [[1], [1]])
    assert rows == [14] + [7] * 16  # seven points a path


def test_what_is_left_goes_to_columns_by_their_size():
    assert_allclose(on_path(step([1, -3], 0.4), [-1, 0], [1, 2])[0, :, 0],
                    [2 + 0.4 * 2 / 8, -6 + 0.4 * 6 / 8])  # fmt: skip
    assert_allclose(on_path(step([0, 0], 0.4), [-1, 0], [1, 2])[0, :, 0], [0.2, 0.2])
    assert_allclose(on_path(step([0.1, -0.3], 0.04), [-1, 0], [1, 2])[0, :, 0],
                    [0.2 + 0.04 * 2 / 8, -0.6 + 0.04 * 6 / 8])  # fmt: skip


def test_halves_meet_in_the_middle():
    """Two columns that do not interact: the part of each is known."""
    centre = np.array([0.3, 0.7])
    formula = Formula(lambda E: np.tanh(20 * (E - centre)).sum(axis=1, keepdims=True),
                      lambda E: (20 / np.cosh(20 * (E - centre)) ** 2)[:, None, :], 2)  # fmt: skip
    low, high = np.array([0.1, 0.2]), np.array([0.6, 1.1])
    expected = np.tanh(20 * (high - centre)) - np.tanh(20 * (low - centre))
    assert_allclose(on_path(formula, low, high)[0, :, 0], expected, atol=1e-5)


def test_a_column_that_is_not_sure_is_enough():
    def slopes(E):
        return np.column_stack([9 * E[:, 0] ** 8, np.ones(len(E))])[:, None, :]

    formula = Formula(lambda E: E[:, :1] ** 9 + E[:, 1:], slopes, 2)
    assert_allclose(on_path(formula, [0, 0], [1, 1])[0, :, 0], [1, 1])
    assert formula.n_calls > 1


def test_an_output_is_as_sure_as_it_has_to_be():
    def function(E):
        return np.column_stack([E[:, 1], E[:, 0] ** 9])

    def slopes(E):
        zero = np.zeros(len(E))
        return np.stack([np.column_stack([zero, zero + 1]),
                         np.column_stack([9 * E[:, 0] ** 8, zero])], axis=1)  # fmt: skip

    formula = Formula(function, slopes, 2)
    low, high = np.zeros((1, 2)), np.ones((1, 2))
    found = _halved(formula, [(low, high)], (function(low), function(high)), np.array([1e-6, 9]), 8)
    assert_allclose(found[0], [[0, 1], [1, 0]], atol=1e-9)
    assert formula.n_calls == 2  # once for each output


def test_two_probabilities_of_one_score_have_opposite_parts():
    X = np.random.default_rng(0).normal(size=(40, 2))
    model = FNNClassifier((3,), "tanh", solver="lbfgs", tol=1e9, random_state=0)
    model.fit(X, X[:, 0] > 0)
    found = attributions(model, X[:3], X[3:9], response_method="predict_proba", method="gradient")
    assert_allclose(found.values[..., 0], -found.values[..., 1], atol=1e-9)
    sums = found.values.sum(axis=1) + found.base_values
    assert_allclose(sums, model.predict_proba(X[:3]), atol=1e-6)


def test_each_output_has_to_be_sure():
    def two(E):
        return np.column_stack([E[:, 0], 1.0 * (E[:, 0] > 0.3)])

    formula = Formula(two, lambda E: np.tile([[[1.0], [0.0]]], (len(E), 1, 1)))
    found = _on_paths(formula, [(np.zeros((1, 1)), np.ones((1, 1)))],
                      (two(np.zeros((1, 1))), two(np.ones((1, 1)))), np.full(2, 1e-6))  # fmt: skip
    assert_allclose(found[0, 0], [1, 1])
    assert formula.n_calls == 2 * (1 + 2 * 8)


@pytest.mark.parametrize(("height", "n_calls"), [(0.9e-3, 1), (1.1e-3, 17), (1.9e-3, 17)])
def test_a_thousandth_of_the_range_may_be_missed(height, n_calls):
    for size in (1, 50):
        formula = step([size], size * height, at=0.3)
        values, base = integrated(formula, np.array([[1 - height]]), np.zeros((1, 1)))
        assert_allclose(values, size, rtol=1e-6)
        assert base == 0
        assert formula.n_calls == n_calls


def test_each_row_is_compared_with_each_of_the_background():
    rng = np.random.default_rng(0)
    x, b = rng.normal(size=(12, 2)), rng.normal(size=(11, 2))  # 132 paths, of which 73 at a time
    values, base = integrated(step([2, -1], 0.0), x, b)
    assert_allclose(values[..., 0], (x - b.mean(axis=0)) * [2, -1], atol=1e-12)
    assert_allclose(base, b.mean(axis=0) @ [2, -1])


def test_networks_are_asked_for_512_rows_at_a_time():
    X = np.random.default_rng(0).normal(size=(1030, 2))
    model = FNNRegressor((3,), "tanh", solver="lbfgs", max_iter=5, random_state=0).fit(X, X[:, 0])
    found = attributions(model, X[:1], X, n_background=1030)
    assert_allclose(found.base_values, model.predict(X).mean(), rtol=1e-6)
    assert_allclose(found.values.sum() + found.base_values[0], model.predict(X[:1])[0], rtol=1e-5)


def test_derivatives_are_those_of_the_response_by_scores():
    X = np.random.default_rng(0).normal(size=(40, 2))
    model = FNNClassifier((), solver="lbfgs", max_iter=5).fit(X, np.arange(40) % 3)
    networks = Networks(model, "predict_proba")
    raw = np.array([[0.5, 0.0, -1.0]])
    p = np.exp(raw[0]) / np.exp(raw[0]).sum()
    (found,) = networks.derivatives([raw])
    assert_allclose(networks.response([raw])[0], p, rtol=1e-6)
    assert_allclose(found[0], np.diag(p) - np.outer(p, p), atol=1e-6)
    assert networks.small == [False]
    assert_array_equal(networks.shares[0], np.eye(2))


# ------------------------------------------------------------------ models and tables


def test_tables_are_frames_or_arrays():
    frame = pd.DataFrame({"a": [1, 2]}, index=[5, 6])
    assert as_table(frame).to_dict("list") == {"a": [1, 2]}
    assert as_table(frame).index.tolist() == [0, 1]
    assert as_table([[1, 2], [3, 4]]).dtype.kind == "i"
    assert as_table([[1, "a"]]).tolist() == [[1, "a"]]
    assert np.isnan(as_table(np.array([[np.nan, 1.0]]))[0, 0])
    with pytest.raises(TypeError, match="background is sparse"):
        as_table(sparse.csr_array(np.eye(2)), "background")


def test_columns_have_the_names_given_or_theirs_or_those_of_the_fit():
    frame, array = pd.DataFrame([[1, 2]], columns=["a", "b"]), np.ones((1, 2))
    known = SimpleNamespace(feature_names_in_=np.array(["p", "q"]))
    assert column_names_of(frame, None, known) == ["a", "b"]
    assert column_names_of(frame, ["c", 1], known) == ["c", "1"]
    assert column_names_of(array, None, known) == ["p", "q"]
    assert column_names_of(array, None, None) == ["x0", "x1"]
    with pytest.raises(ValueError, match="feature_names must hold 2 names, one a column"):
        column_names_of(array, "abc", None)


def test_another_model_takes_the_place_at_the_end():
    X, y = np.eye(4), np.arange(4.0)
    pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(X, y)
    whole = TransformedTargetRegressor(pipeline).fit(X, y)
    search = SimpleNamespace(best_estimator_=whole)
    new = object()
    found = with_final(search, new)
    assert found.regressor_.steps[-1] == ("linearregression", new)
    assert found.regressor_.steps[0] == whole.regressor_.steps[0]
    assert whole.regressor_[-1] is not new  # stays as it is
    long = make_pipeline(StandardScaler(), MinMaxScaler(), LinearRegression()).fit(X, y)
    assert final_of(SimpleNamespace(best_estimator_=long)) is long[-1]


def test_gradients_explain_networks_behind_scalers():
    X = np.random.default_rng(0).normal(size=(30, 2))
    given = {"solver": "lbfgs", "tol": 1e9, "random_state": 0}
    long = make_pipeline(StandardScaler(), MinMaxScaler(), FNNRegressor((2,), **given))
    long.fit(X, X[:, 0])
    assert why_not(long) is None
    assert why_not(SimpleNamespace(best_estimator_=long)) is None
    other = make_pipeline(StandardScaler(), PCA(), FNNRegressor((), **given)).fit(X, X[:, 0])
    assert "comes before the networks" in why_not(other)
    nested = make_pipeline(PCA(), long).fit(X, X[:, 0])
    assert "PCA() comes before" in why_not(nested)
    assert "is no network" in why_not(LinearRegression())
    for y, sure in ((X[:, 0], True), (X[:, 0] > 0, False)):
        cls = FNNRegressor if sure else FNNClassifier
        model = cls((), solver=LevenbergMarquardt(alpha=1.0), max_iter=5).fit(X, y)
        assert (why_not(model) is None) == sure
    found = attributions(long, X[:2], X[2:9], method="gradient")
    assert_allclose(found.values.sum(axis=1) + found.base_values, long.predict(X[:2]), atol=1e-6)
