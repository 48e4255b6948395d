"""What each statement of a table's fit means: what a fit leaves, of numbers; cells in ONNX."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import r2_score

from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import RegressionTarget
from skfnn.losses import AbsoluteError, Gamma, Gaussian, NegativeBinomial, Poisson, SquaredError
from skfnn.metrics import R2
from skfnn.tabular._cells import (
    Bins,
    CellColumns,
    ExactValues,
    Levels,
    Lookup,
    Pairs,
    Part,
    Values,
)
from skfnn.tabular._fitted import HeldOut
from skfnn.tabular._fitted_numbers import FittedNumbers, Scale, check_domain
from skfnn.tabular._predictors import NetworkPredictor, Predictor

ONE = RegressionTarget(1, True)


def special(loss):
    return loss.specialise("regression")


SQUARED, GAUSSIAN, POISSON = special(SquaredError()), special(Gaussian()), special(Poisson())


# ---------------------------------------------------------------- the unit of targets


@pytest.mark.parametrize("factor", [1.0, 1e-200, 1e140, -3.0])
def test_targets_are_learned_in_deviations_from_their_mean(factor):
    y = factor * np.array([1.0, 2.0, 6.0])
    found = Scale.of(y, SQUARED)
    assert found.shift == pytest.approx(3 * factor)
    assert found.spread == pytest.approx(abs(factor) * np.sqrt(14 / 3))
    assert (found.low, found.high) == (min(y), max(y))
    np.testing.assert_allclose(
        found.encode(y), np.sign(factor) * np.array([-2, -1, 3]) / 14**0.5 * 3**0.5
    )
    np.testing.assert_allclose(found.decode(found.encode(y)), y)


def test_each_output_has_its_unit_and_a_constant_one_is_not_divided():
    y = np.array([[1.0, 5.0], [3.0, 5.0]])
    found = Scale.of(y, SQUARED)
    assert (found.shift.tolist(), found.spread.tolist()) == ([2, 5], [1, 1])
    assert (found.low.tolist(), found.high.tolist()) == ([1, 5], [3, 5])
    assert Scale.of(np.full(3, 7.0), SQUARED).spread == 1


def test_positive_targets_are_divided_by_their_mean_and_not_shifted():
    y = np.array([1.0, 2.0, 6.0])
    found = Scale.of(y, special(Gamma()))
    assert (found.shift, found.spread) == (0, 3)
    counts = Scale.of(y, special(NegativeBinomial()))  # whose counts have no other unit
    assert (counts.shift, counts.spread) == (0, 1)
    assert Scale.of(np.zeros(3), POISSON).spread == 1


def test_rows_without_weight_are_absent_and_none_is_all_there_is():
    y, weight = np.array([1.0, 2.0, 6.0, 100.0]), np.array([1.0, 1.0, 2.0, 0.0])
    found = Scale.of(y, SQUARED, weight)
    assert (found.shift, found.high) == (pytest.approx(3.75), 6)
    assert found.spread == pytest.approx(np.sqrt(0.25 * (2.75**2 + 1.75**2 + 2 * 2.25**2)))
    extreme = Scale.of(np.array([0.0, 1.0]), SQUARED, np.array([1.0, 1e-300]))
    assert extreme.spread == pytest.approx(1e-9)  # its weight counts as 1e-18
    assert extreme.shift == pytest.approx(1e-18)


def test_targets_up_to_1e150_can_be_squared():
    Scale.of(np.array([-1e150, 0.0]), SQUARED)
    for y in ([-1.001e150, 0.0], [0.0, 1.001e150]):
        with pytest.raises(ValueError, match="squares overflow"):
            Scale.of(np.array(y), SQUARED)


def test_targets_outside_of_the_domain_of_a_loss_are_refused():
    check_domain(np.array([0.0, 1.0]), POISSON, "poisson")
    with pytest.raises(ValueError, match=r"Got values from -1\.0 to 2\.0"):
        check_domain(np.array([2.0, -1.0]), POISSON, "poisson")


# ---------------------------------------------------------------- predictions


def of(loss=SQUARED, target=ONE, scale=None, given="squared_error", **more):
    k = target.n_outputs
    shape = () if target.one_dimensional else (k,)
    if scale is None:
        scale = Scale(np.full(shape, 10.0), np.full(shape, 2.0), *np.full((2, *shape), [[-9.0]] * 2
                      if shape else -9.0))  # fmt: skip
        scale = scale._replace(high=np.full(shape, 99.0))
    return FittedNumbers(None, target, loss, scale=scale, given_loss=given, **more)


TWO = RegressionTarget(2, False)


def test_predictions_are_kept_between_the_least_and_the_largest_target():
    raw = np.array([[-50.0], [-1.0], [50.0]], np.float32)
    assert of().predicted(raw).tolist() == [-9, 8, 99]
    assert of().unlimited().predicted(raw).tolist() == [-90, 8, 110]
    assert of().within(np.array([7.0]), np.array([8.0])).predicted(raw).tolist() == [7, 8, 8]
    both = of(target=TWO).within(np.array([0.0, 1.0]), np.array([5.0, 9.0]))
    assert both.predicted(np.array([[9.0, 9.0], [-9, -9]])).tolist() == [[5, 9], [0, 1]]
    with pytest.raises(ValueError, match="needs y"):
        of(POISSON, given="poisson").within(np.array([-1.0]), np.array([1.0]))


def test_further_targets_are_in_the_unit_of_the_fit():
    assert of().encode_targets(np.array([10.0, 14.0])).tolist() == [0, 2]
    assert of().encode_targets(np.array([[10.0], [14.0]])).tolist() == [0, 2]
    assert of(target=TWO).encode_targets(np.array([[10.0, 14.0]])).tolist() == [[0, 2]]
    with pytest.raises(ValueError, match="must have 1 outputs"):
        of().encode_targets(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="needs y"):
        of(POISSON).encode_targets(np.array([-1.0]))


def test_offsets_are_in_the_unit_of_members_but_for_a_log_link():
    offset = np.array([[4.0, 8.0]])
    np.testing.assert_array_equal(of(target=TWO).encode_offset(offset), [[2, 4]])
    np.testing.assert_array_equal(of(GAUSSIAN).encode_offset(offset), [[2, 4]])  # of both scores
    assert of(POISSON).encode_offset(offset) is offset


def test_raw_scores_of_predictions():
    np.testing.assert_array_equal(of().raw_of(np.array([10.0, 14.0])), [[0], [2]])
    scale = Scale(0.0, 2.0, 0.0, 99.0)
    found = of(POISSON, scale=scale).raw_of(np.array([2.0, 8.0, 0.0]))
    np.testing.assert_allclose(found[:, 0], [0, np.log(4), np.log(np.finfo(float).tiny)])
    assert of(target=TWO).raw_of(np.array([[10.0, 14.0]])).tolist() == [[0, 2]]


def test_errors_are_in_the_unit_of_members():
    mean = np.array([10.0, 14.0])
    assert of().errors(mean, None).tolist() == [[0], [2]]
    assert of().errors(mean, np.array([1.0, 0.5])).tolist() == [[-1], [1.5]]


@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 3.0])])
def test_loss_and_score_are_in_the_unit_of_members(weight):
    y, raw = np.array([0.0, 1.0, 3.0]), np.array([[0.5], [1.0], [2.0]])
    expected = np.average((y - raw[:, 0]) ** 2, weights=weight) / 2
    for found in (of().judged(10 + 2 * raw[:, 0], y, weight),
                  of().evaluation(([raw], [1.0]), y, weight)):  # fmt: skip
        assert found["loss"] == pytest.approx(expected)
        assert found["r2"] == pytest.approx(r2_score(y, raw[:, 0], sample_weight=weight))
    found = of().measured(R2(), ([raw], [1.0]), y, weight)
    assert found == pytest.approx(r2_score(y, raw[:, 0], sample_weight=weight))


def test_a_distribution_is_judged_by_its_own_scores():
    y = np.array([0.0, 1.0, 3.0])
    raw = np.array([[0.5, 0.0], [1.0, np.log(4)], [2.0, 0.0]])
    fitted = of(GAUSSIAN, given="gaussian")
    found = fitted.evaluation(([raw], [1.0]), y, None)
    each = 0.5 * (np.log(2 * np.pi) + raw[:, 1] + (y - raw[:, 0]) ** 2 / np.exp(raw[:, 1]))
    assert found["loss"] == pytest.approx(each.mean())
    assert found["r2"] == pytest.approx(r2_score(y, raw[:, 0]))

    class Width:
        of_distribution = True

        def __call__(self, y, found, weight):
            return y.tolist(), found.center[:, 0].tolist(), found.std[:, 0].tolist()

    seen = fitted.measured(Width(), ([raw], [1.0]), y, None)
    assert seen == ([10, 12, 16], [11, 12, 14], [2, 4, 2])
    assert (fitted.single_valued, fitted.by_moments) == (False, True)
    assert (of().single_valued, of().by_moments) == (True, False)
    assert fitted.described == "loss='gaussian'"
    assert (of().of_means, of(special(AbsoluteError())).of_means) == (True, False)


def test_a_distribution_has_the_spread_that_held_out_rows_tell():
    raw = np.array([[0.5, np.log(4)]])
    plain, wide = of(GAUSSIAN), of(GAUSSIAN, spread=np.array([3.0]))
    assert plain.plain() is plain
    assert wide.plain().spread is None
    for fitted, std in ((plain, 4), (wide, 12)):
        found = fitted.located(fitted.of_all([raw], [1.0]), fitted.mean([raw], [1.0]))
        assert (found.center[0, 0], found.std[0, 0]) == (11, pytest.approx(std))


def test_the_mean_of_distributions_is_a_mixture_by_moments():
    raws = [np.array([[0.0, 0.0]]), np.array([[3.0, np.log(2)]])]
    found = of(GAUSSIAN).of_all(raws, [1.0, 2.0])
    variance = (1 * (1 + 4) + 2 * (2 + 1)) / 3  # means 2 away, and 1
    np.testing.assert_allclose(found, [[2, np.log(variance)]])
    assert of().of_all([np.array([[0.0]]), np.array([[3.0]])], [1.0, 2.0]).tolist() == [[2]]


# ---------------------------------------------------------------- what held-out rows tell


class Says(Predictor):
    """A member that says a number, and where it has one the logarithm of a variance."""

    columns = None

    def __init__(self, *said):
        self.said = said

    def raw(self, A, dtype=None, rows=None):
        return np.tile(np.array(self.said), (len(A), 1))


def held(y, raw, rows=None, weight=None, weights=(1.0,), predictors=()):
    n = len(y) if rows is None else max(rows) + 1
    whole, of_all = np.zeros(n), None if weight is None else np.zeros(n)
    place = slice(None) if rows is None else rows
    whole[place] = y
    if weight is not None:
        of_all[place] = weight
    data = Data(np.zeros((n, 1)), whole, of_all, ONE, (0.0, 1.0), rows=rows)
    return HeldOut(data, [raw], list(weights), predictors)


def informed(loss, members, errors, has_offset=False, **more):
    """A fit of two folds, of 30 rows each, that errs by so many units of members."""
    predictors = [Says(*said) for said in members]
    fitted = of(loss, predictors=predictors, weights=[1.0] * len(members),
                temperatures=[1.0] * len(members), has_offset=has_offset, **more)  # fmt: skip
    parts = []
    for i, predictor in enumerate(predictors):
        rows = np.arange(30 * i, 30 * i + 30)
        raw = predictor.raw(np.zeros((30, 1)))
        parts.append(held(raw[:, 0] + errors, raw, rows, predictors=[predictor]))
    views = [np.zeros((5, 1))] * len(members)
    return fitted.informed((61,), parts, lambda n: (views, None))


ERRORS = np.linspace(-1, 1, 30)


def test_the_error_of_a_mean_is_less_by_what_members_differ():
    """Members say 0 and 1: their variance around the mean is a quarter."""
    found = informed(SQUARED, [(0.0,), (1.0,)], ERRORS)
    np.testing.assert_array_equal(found.oof_prediction, [*[10] * 30, *[12] * 30, np.nan])
    share = np.sqrt(max(1 - 0.25 / np.mean(ERRORS**2), 1 / 2))
    scores = np.sort(np.abs(np.tile(ERRORS, 2))) * share
    assert found.calibration.score(0.5)[0] == pytest.approx(scores[30])  # the 31-st of 61
    few = informed(SQUARED, [(0.0,), (0.2,)], ERRORS)
    share = np.sqrt(1 - 0.01 / np.mean(ERRORS**2))
    scores = np.sort(np.abs(np.tile(ERRORS, 2)))
    assert few.calibration.score(0.5)[0] == pytest.approx(scores[30] * share)
    offset = informed(SQUARED, [(0.0,), (1.0,)], ERRORS, has_offset=True)
    assert offset.calibration.score(0.5)[0] == pytest.approx(scores[30])
    assert found.widths is None
    signed = found.calibration.errors.at(np.array([0.25, 0.75]))[0]
    assert signed[0] < 0 < signed[1]


def test_one_fold_or_members_that_know_rows_by_heart_tell_nothing_of_a_mean():
    scores = np.sort(np.abs(ERRORS))
    alone = informed(SQUARED, [(0.0,)], ERRORS)
    assert alone.calibration.score(0.5)[0] == pytest.approx(scores[15])  # the 16-th of 31
    fitted = of(predictors=[Says(0.0), Says(1.0)], weights=[1.0, 1.0], temperatures=[1.0, 1.0])
    parts = [held(ERRORS, np.zeros((30, 1)), np.arange(i, i + 30)) for i in (0, 30)]
    assert not fitted._differ(parts)


def test_a_spread_is_that_of_single_members_and_that_of_all():
    """Errors are of a mean square of m beside a variance of 1; ten rows more would be right."""
    found = informed(GAUSSIAN, [(0.0, 0.0), (1.0, 0.0)], ERRORS)
    one = (60 * np.mean(ERRORS**2) + 10) / 70
    every = max(one - 0.25, one / 2) / 1.25
    assert found.spread == pytest.approx(np.sqrt(every))
    scores = np.sort(np.abs(np.tile(ERRORS, 2))) / np.sqrt(one)
    assert found.calibration.score(0.5)[0] == pytest.approx(scores[30])
    alone = informed(GAUSSIAN, [(0.0, 0.0)], ERRORS)
    one = (30 * np.mean(ERRORS**2) + 10) / 40
    assert alone.spread == pytest.approx(np.sqrt(one))
    wide = informed(GAUSSIAN, [(0.0, 2.0), (1.0, 2.0)], np.e * ERRORS)  # variances of e^2
    one = (60 * np.mean(ERRORS**2) + 10) / 70
    between = 0.25 / np.exp(2)
    every = max(one - between, one / 2) / (1 + between)
    assert wide.spread == pytest.approx(np.sqrt(every))
    again = informed(GAUSSIAN, [(0.0, 0.0), (1.0, 0.0)], ERRORS, spread=np.array([9.0]))
    assert again.spread == pytest.approx(found.spread)  # as if it had had none


def test_without_held_out_rows_nothing_is_told():
    fitted = of(oof_prediction=1, calibration=2, widths=3)
    found = fitted.informed((9,), [], None)
    assert (found.oof_prediction, found.calibration, found.widths) == (None, None, None)


def test_validation_rows_are_told_by_the_mean_of_all():
    fitted = of(predictors=[Says(0.0), Says(1.0)], weights=[1.0, 3.0], temperatures=[1.0, 1.0])
    parts = [held(ERRORS, np.full((30, 1), said), weights=[weight])
             for said, weight in ((0.0, 1.0), (1.0, 3.0))]  # fmt: skip
    found = fitted.informed((9,), parts, None)
    assert found.oof_prediction is None
    scores = np.sort(np.abs(ERRORS - 0.75))
    assert found.calibration.score(0.5)[0] == pytest.approx(scores[15])


def test_widths_are_learned_where_they_may_be_and_networks_are_there():
    rng = np.random.default_rng(0)
    n = 400
    A = rng.normal(size=(n, 1)).astype(np.float32)
    columns = CellColumns(1)
    encoder = SimpleNamespace(n_numbers_=1, n_levels_=[], transform=lambda X: X)
    predictor = NetworkPredictor(SimpleNamespace(), columns)
    y = rng.normal(size=n) * np.exp(A[:, 0])
    data = Data(A, y, None, ONE, (0.0, 1.0), rows=np.arange(n))
    part = HeldOut(data, [np.zeros((n, 1))], [1.0], [predictor])
    whole = HeldOut(Data(A, y, None, ONE, (0.0, 1.0)), [np.zeros((n, 1))], [1.0], [predictor])
    for own in (part, whole):
        fitted = FittedNumbers(encoder, ONE, SQUARED, [predictor], [1.0], [1.0], adaptive=True,
                               scale=of().scale, given_loss="")  # fmt: skip
        found = fitted.informed((n,), [own], None)
        few, many = np.full((1, 1), -1.5, np.float32), np.full((1, 1), 1.5, np.float32)
        widths = [found._found(np.zeros((1, 1)), np.zeros(1), [X]).scale[0, 0] for X in (few, many)]
        assert widths[1] > 2 * widths[0]
        equal = of(predictors=[predictor], weights=[1.0], temperatures=[1.0])
        assert equal.informed((n,), [own], None).widths is None
    none = of(adaptive=True, predictors=[Says(0.0)], weights=[1.0], temperatures=[1.0])
    assert none.informed((n,), [part], None).widths is None


# ---------------------------------------------------------------- cells in ONNX


class Computed:
    """A graph whose nodes are computed at once, each as the standard says of its operator."""

    def node(self, kind, *given, dtype=None, axis=None, **more):
        if kind == "LabelEncoder":  # whose attributes have these names from version 2 on
            assert (more["op_domain"], more["op_version"]) == ("ai.onnx.ml", 2)
            table = dict(zip(more["keys_int64s"], more["values_int64s"], strict=True))
            return np.vectorize(lambda key: table.get(key, more["default_int64"]))(given[0])
        if kind == "Slice":
            x, (start,), (stop,), (on,) = given
            return np.take(x, range(*slice(start, stop).indices(x.shape[on])), axis=on)
        if kind in ("Concat", "Gather"):
            take = np.concatenate(given, axis) if kind == "Concat" else np.take(*given, axis=axis)
            return take
        function = {"MatMul": np.matmul, "Abs": np.abs, "Mul": np.multiply, "Div": np.divide,
                    "Add": np.add, "Sub": np.subtract, "Equal": np.equal, "Less": np.less,
                    "Not": np.logical_not, "Round": np.rint}[kind]  # fmt: skip
        return function(*given)

    @staticmethod
    def cast(x, dtype):
        return x.astype(dtype)


GRID = np.array([[0.5, 0, -1, 0, 0, 1], [np.nan, 1, 1, 1, 0, 2], [1.25, 0, 0, 0, 1, 7],
                 [-2.0, 0, 1, 0, 0, 0], [0.5, 0, -1, 1, 0, 1], [3.0, 0, 1, 0, 1, 2]])  # fmt: skip
NUMBER = Part("x", "number", slice(0, 1), missing=1)
SIGN, SHOWN = Part("two", "levels", slice(2, 3)), Part("some", "levels", slice(3, 5))
CODE = Part("code", "code", slice(5, 6))


def in_graph(A):
    """Rows as they come to a graph, in which a missing number is any."""
    return np.nan_to_num(A, nan=0.7).astype(np.float32)


@pytest.mark.parametrize(
    "division",
    [Levels(SIGN), Levels(SHOWN), Levels(CODE), Values.of(NUMBER, GRID[:4]),
     Bins.of(NUMBER, GRID.astype(np.float32)), Bins(NUMBER, np.empty(0)),
     Values.of(Part("x", "number", slice(0, 1)), GRID[[0, 2]]),
     Values.of(Part("x", "number", slice(0, 1), missing=1), GRID[1:2])],
)  # fmt: skip
def test_a_division_says_the_same_in_a_graph(division):
    A = GRID if division.parts[0].missing else in_graph(GRID)
    expected = division.codes(A)
    found = division.onnx(Computed(), in_graph(GRID))
    assert found.shape == (6, 1)
    assert found[:, 0].tolist() == expected.tolist()
    assert found.dtype == np.int64


def test_codes_of_cells_are_the_same_in_a_graph():
    values, levels = Values.of(NUMBER, GRID), Levels(CODE)
    one = ExactValues(values).known(GRID[:4])
    two = Pairs(levels, values).known(GRID[:5])
    for cells in (one, two):
        found = cells.onnx(Computed(), in_graph(GRID))
        assert found[:, 0].tolist() == cells.codes(GRID).tolist()
    for behind in (0, 4, 6):
        columns = CellColumns(behind, [two], [one])
        expected = columns.transform(GRID)
        found = columns.onnx(Computed(), in_graph(GRID))
        np.testing.assert_array_equal(found[2:], expected[2:])
    A = in_graph(GRID)
    assert CellColumns(0).onnx(Computed(), A) is A


def test_a_lookup_is_the_same_in_a_graph():
    table = Lookup(np.array([30, 10]), np.array([3, 1]), default=9)
    keys = np.array([[10], [20], [30]])
    assert table.onnx(Computed(), keys)[:, 0].tolist() == [1, 9, 3]
    empty = Lookup(np.array([], int), np.array([], int), default=4)
    assert empty.onnx(Computed(), keys)[:, 0].tolist() == [4, 4, 4]
