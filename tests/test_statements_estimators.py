"""What single statements of the estimators' parameters, advice, offsets and groups mean."""

import functools
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor, TabularFNNRegressor
from skfnn._engine.objective.conformal import Grouped
from skfnn._engine.objective.loss import Loss
from skfnn._estimators import advice, build, groups, monotone, offsets
from skfnn._estimators.advice import _is_better, _sizes, warn_of_scales
from skfnn.constraints import NonNegative
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    Linear,
    MonotoneActivate,
    Skip,
    SortedCurves,
)
from skfnn.losses import Gaussian, Poisson, Quantiles, SquaredError
from skfnn.solvers import LBFGS, Minibatch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(0)  # noqa: NPY002 (for estimators without a random_state)


# ------------------------------------------------------------------ advice


def test_a_rate_is_no_schedule():
    for rate in (0.1, 3, np.float32(0.5)):
        with pytest.raises(ValueError, match="learning_rate_init="):
            advice.check_rate(SimpleNamespace(learning_rate=rate))
    for good in ("constant", True, object()):
        advice.check_rate(SimpleNamespace(learning_rate=good))


def test_a_string_has_no_parameters():
    model = FNNClassifier(solver="adam")
    with pytest.raises(ValueError, match=r"Give the object: solver=Adam\(beta_1=...\)"):
        advice.check_nested(model, {"solver__beta_1": 0.5})
    with pytest.raises(ValueError, match=r"has none of its own\.$"):
        advice.check_nested(model, {"solver__nothing": 0.5})
    with pytest.raises(ValueError, match=r"has none of its own\.$"):
        advice.check_nested(model, {"tol__a": 0.5})
    advice.check_nested(model, {"solver__beta_1": 0.5, "solver": Minibatch("adam")})
    advice.check_nested(model, {"alpha": 1, "nothing__a": 3})


def test_targets_of_text_are_numbers_in_regression():
    model = FNNRegressor()
    found = advice.check_targets(model, np.array(["1", "2.5"]), "regression")
    assert found.tolist() == [1, 2.5]
    words = np.array(["1", "2.5"])
    assert advice.check_targets(model, words, "classification") is words
    for given in (None, np.array([1.0, np.nan]), sparse.csr_array(np.eye(2)), [], [[1], [2]],
                  [1, 2]):  # fmt: skip
        assert advice.check_targets(model, given, "regression") is given or given == [1, 2]
    assert advice.check_targets(model, np.array(["5"]), "regression").tolist() == [5]
    none = np.array([], dtype=object)
    assert advice.check_targets(model, none, "regression") is none
    given = np.array([1, None, 3, None], dtype=object)
    with pytest.raises(ValueError, match="2 of 4 entries, the first in row 1"):
        advice.check_targets(model, given, "classification")
    with pytest.raises(ValueError, match="1 of 4 entries, the first in row 1"):
        advice.check_targets(model, np.array([["1", "2"], ["3", None]], object), "regression")
    with pytest.raises(ValueError, match=r"Got 'x'\. To tell classes apart, use FNNClassifier"):
        advice.check_targets(model, np.array(["1", "x", "y"]), "regression")


def test_sizes_are_of_columns_that_are_not_zero():
    assert _sizes(np.array([[1.0, 0, -5], [2, 0, 3]])).tolist() == [2, 5]
    mostly = sparse.csr_array(np.array([[1.0, 0, -5, 0], [2, 0, 0, 0], [1, 7, 3, 0], [1, 0, 0, 0]]))
    assert _sizes(mostly).tolist() == [2, 5]  # a column that is half filled counts
    assert _sizes(np.zeros((2, 2))).size == 0


def zeroed(model):
    """Return a fitted model whose network says 0 of every row."""
    for array in (*model.coefs_, *model.intercepts_):
        array[...] = 0
    return model


def fitted(cls, y, **params):
    return zeroed(cls((), solver="lbfgs", tol=1e9, random_state=0, **params).fit(X, y))


NUMBERS = functools.cache(lambda: fitted(FNNRegressor, X[:, 0]))
CLASSES = functools.cache(lambda: fitted(FNNClassifier, X[:, 0] > 0))
COUNTS = functools.cache(lambda: fitted(FNNRegressor, np.arange(40), loss="poisson"))


def scales(model, rows, y, weight=None, used=None):
    """Return the figures of the warning, or None."""
    data = SimpleNamespace(X=np.asarray(rows, float), y=np.asarray(y), rows=used,
                           weight=weight, target=model._fitted.target)  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_scales(model, model._fitted, data)
    return caught[0].message.figures if caught else None


def columns(first, second, n=40):
    rows = np.zeros((n, 2))
    rows[0] = first, second
    return rows


SIGNS = np.tile([1.0, -1.0], 20)


def test_columns_a_thousand_times_as_large_are_told_and_not_before():
    assert scales(NUMBERS(), columns(1, 1000), SIGNS) is None
    assert scales(NUMBERS(), columns(2, 1999), SIGNS) is None
    found = scales(NUMBERS(), columns(1, -1001), SIGNS)
    assert found == {"sizes_of_columns": 1001, "size_of_y": 1}
    assert scales(NUMBERS(), columns(1, 1001), SIGNS / 2)["size_of_y"] == 0.5
    assert scales(CLASSES(), columns(1, 1001), np.arange(40) % 2) == {
        "sizes_of_columns": 1001, "size_of_y": 0
    }  # fmt: skip


def test_targets_of_more_than_500_are_told_where_training_begins_at_them():
    assert scales(NUMBERS(), columns(1, 2), 500 * SIGNS) is None
    found = scales(NUMBERS(), columns(1, 2), 501 * SIGNS)
    assert found == {"sizes_of_columns": 2, "size_of_y": 501}
    assert scales(NUMBERS(), columns(0, 0), 501 * SIGNS)["sizes_of_columns"] == 1
    assert scales(COUNTS(), columns(1, 2), 501 + SIGNS) is None
    assert scales(CLASSES(), columns(1, 2), 501 + np.arange(40) % 2) is None


def test_rows_that_count_tell_the_scales():
    rows = columns(1, 1001)
    rows[5] = 1, 1
    assert scales(NUMBERS(), rows, SIGNS, weight=np.arange(40.0)) is None
    assert scales(NUMBERS(), rows, SIGNS, weight=np.ones(40)) is not None
    assert scales(NUMBERS(), rows, SIGNS, used=np.arange(1, 40)) is None
    assert scales(NUMBERS(), rows, SIGNS, used=np.arange(10)) is not None


@pytest.mark.parametrize(("n", "told"), [(2000, True), (4000, False)])
def test_2000_rows_tell_the_scales(n, told):
    rows = np.ones((n, 2))
    rows[1] = 1, 2000
    assert (scales(NUMBERS(), rows, np.resize(SIGNS, n)) is not None) == told
    rows[1] = 1, 1
    rows[-1] = 1, 2000  # the last is among them
    assert scales(NUMBERS(), rows, np.resize(SIGNS, n)) is not None


def test_a_fit_that_is_good_is_not_warned_of():
    model = FNNRegressor((), solver="lbfgs").fit(X, 600 * X[:, 0])
    assert scales(model, X, 600 * X[:, 0]) is None
    overflowing = zeroed(FNNRegressor((), solver="lbfgs", tol=1e9).fit(X, X[:, 0]))
    overflowing.coefs_[0][...] = np.inf
    assert scales(overflowing, columns(1, 2000), SIGNS) is None


def test_a_hundredth_of_the_variance_is_better_than_a_constant():
    y = np.tile([10.0, -10.0], 50)
    one, two = np.zeros(100), np.zeros(100)
    one[:1], two[:2] = y[:1], y[:2]
    assert not _is_better(y, one, False)  # a hundredth, and no more
    assert _is_better(y, two, False)
    both = np.column_stack([y, y])
    assert _is_better(both, np.column_stack([0 * y, two]), False)
    assert not _is_better(both, np.column_stack([0 * y, one]), False)
    assert _is_better(1e180 * y, -1e180 * y, False)  # nobody knows
    assert not _is_better(np.ones(4), np.zeros(4), False)


@pytest.mark.parametrize(("n", "more"), [(100, 15), (400, 30), (40_000, 400)])
def test_three_standard_errors_or_a_hundredth_are_better_than_the_commonest_class(n, more):
    y = np.arange(n) % 2
    for right, better in ((n // 2 + more - 1, False), (n // 2 + more + 1, True)):
        decided = np.where(np.arange(n) < right, y, 1 - y)
        assert _is_better(y, decided, True) == better
        both = np.column_stack([decided, 1 - y])
        assert _is_better(np.column_stack([y, y]), both, True) == better
    most = np.arange(n) % 5 == 0
    assert not _is_better(most, np.zeros(n, bool), True)
    soft = np.column_stack([1 - y, y]) * 0.8 + 0.1
    assert _is_better(soft, y, True)
    assert not _is_better(soft, np.zeros(n, int), True)


def test_just_three_standard_errors_are_not_more():
    y = np.arange(64) % 2  # 3 / 16 = 12 / 64
    for right, better in ((44, False), (45, True)):
        assert _is_better(y, np.where(np.arange(64) < right, y, 1 - y), True) == better


def test_another_estimator_is_named_where_it_takes_what_is_given():
    missing = ValueError("Input X contains NaN.\nMore.")
    told = advice.better_suited(missing, FNNClassifier())
    assert told.startswith("Input X contains NaN.\nFNNClassifier takes numbers alone. TabularFNNC")
    text = advice.better_suited(
        ValueError("could not convert string to float: 'a'"), FNNRegressor()
    )
    assert "TabularFNNRegressor takes columns of text" in text
    for error, model in ((missing, FNNAutoencoder()), (ValueError("Input y contains NaN"),
                         FNNRegressor()), (ValueError("Input X contains infinity"), FNNRegressor()),
                         (missing, TabularFNNRegressor())):  # fmt: skip
        assert advice.better_suited(error, model) is None


def test_advice_names_what_an_estimator_has():
    known = {name for name, cls in Loss.registry.items() if "regression" in cls.kinds}
    assert set(advice.laplace_losses()) <= known
    assert "squared_error" in advice.laplace_losses()
    assert "log_loss" not in advice._losses(lambda cls: True)
    assert advice._losses(lambda cls: False) == []
    spread = advice.ways_to_a_std(FNNRegressor())
    assert "'gaussian'" in spread
    assert "'quantiles'" not in spread
    assert "solver='lm'" in spread
    assert "solver" not in advice.ways_to_a_std(TabularFNNRegressor())
    assert "'quantiles'" in advice.ways_to_a_distribution(FNNRegressor())
    assert "'absolute_error'" not in advice.ways_to_a_distribution(FNNRegressor())
    assert "early_stopping=True" in advice.held_out_rows(FNNRegressor())
    assert "fit on more rows" in advice.held_out_rows(TabularFNNRegressor())
    assert "had none" in advice.held_out_advice(FNNRegressor(), 0.9, 0)
    assert "more than 1 held-out rows" in advice.held_out_advice(FNNRegressor(), 0.9, 1)
    with pytest.warns(UserWarning, match=r"coverage=0.9 needs 9 held-out rows, and this fit had 8"):
        advice.warn_of_few_held_out(0.9, 8)
    assert [advice._is_number(value) for value in ("1e3", "x", None, 2)] == [True, False, False,
                                                                             True]  # fmt: skip


# ------------------------------------------------------------------ from parameters to parts


def kinds(layers):
    return [type(layer) for layer in layers]


def test_hidden_layers_are_linear_maps_and_what_follows():
    plain = build.hidden_layers(FNNRegressor((3, 2)))
    assert kinds(plain) == [Linear, Activate] * 2
    assert [layer.units for layer in plain[::2]] == [3, 2]
    before = build.hidden_layers(FNNRegressor((3,), batch_norm="before", dropout=0.25))
    assert kinds(before) == [Linear, BatchNorm, Activate, Dropout]
    assert before[-1].rate == 0.25
    after = build.hidden_layers(FNNRegressor((3, 2), batch_norm="after", dropout=[0.0, 0.5]))
    assert kinds(after) == [Linear, Activate, BatchNorm, Linear, Activate, BatchNorm, Dropout]
    each = build.hidden_layers(FNNRegressor((3, 2), activation=["tanh", "relu"]))
    assert [layer.activation.name for layer in each[1::2]] == ["tanh", "relu"]


def test_blocks_beside_skips_start_small_where_nothing_normalises():
    (first, second) = build.hidden_layers(FNNRegressor((3, 2), skip_connections=True))
    assert kinds([first, second]) == [Skip, Skip]
    assert [block.layers[0].initializer.factor for block in (first, second)] == [0.5, 0.5]
    (single,) = build.hidden_layers(FNNRegressor((3,), skip_connections=True))
    assert not hasattr(single.layers[0].initializer, "factor")
    normed = build.hidden_layers(FNNRegressor((3, 2), skip_connections=True, batch_norm="before"))
    assert not hasattr(normed[0].layers[0].initializer, "factor")
    plain = build.hidden_layers(FNNRegressor((3, 2)))
    assert not hasattr(plain[0].initializer, "factor")


def test_layer_sizes_are_whole_and_positive():
    assert build.layer_sizes(3) == [3]
    assert build.layer_sizes([np.int64(1), 2]) == [1, 2]
    for wrong, error in (((True,), TypeError), ((1.5,), TypeError), ((0,), ValueError),
                         (2.0, TypeError)):  # fmt: skip
        with pytest.raises(error, match="hidden_layer_sizes"):
            build.layer_sizes(wrong)


def test_rates_of_dropout_are_below_1():
    for good in (0.0, 0.99, [0, 0.5], None or 0):
        build.hidden_layers(FNNRegressor((3, 2), dropout=good))
    for wrong in (1.0, -0.01, [0, 1], ["a", 0], [0.1]):
        with pytest.raises(ValueError, match="dropout must be"):
            build.hidden_layers(FNNRegressor((3, 2), dropout=wrong))


def test_options_without_hidden_layers_are_refused():
    for wrong in ({"dropout": 0.1}, {"batch_norm": "before"}, {"skip_connections": True},
                  {"pretrain": "autoencoder"}):  # fmt: skip
        with pytest.raises(ValueError, match="has no effect without hidden layers"):
            build.hidden_layers(FNNRegressor((), **wrong))
    assert build.hidden_layers(FNNRegressor((), dropout=[])) == []
    assert build.option(SimpleNamespace(), "dropout") == 0
    assert build.option(SimpleNamespace(dropout=0.5), "dropout") == 0.5
    assert build.option(SimpleNamespace(), "skip_connections") is False


def test_flatten_comes_first_or_not_at_all():
    build.hidden_layers(FNNRegressor(hidden_layers=[Flatten(), Dense(3)]))
    for wrong in ([Dense(3), Flatten()], [Flatten(), Flatten()], [Skip([Flatten()])]):
        with pytest.raises(ValueError, match=r"Flatten\(\) must come first"):
            build.hidden_layers(FNNRegressor(hidden_layers=wrong))
    assert build.hidden_layers(FNNRegressor(hidden_layers=[])) == []
    for wrong, error in (([3], TypeError), ([Skip([])], ValueError), ([Dense(0)], ValueError)):
        with pytest.raises(error):
            build.hidden_layers(FNNRegressor(hidden_layers=wrong))
    with pytest.raises(ValueError, match="hidden_layers replaces dropout"):
        build.hidden_layers(FNNRegressor(hidden_layers=[Dense(3)], dropout=0.5))


def solver_of(n_rows=10, incremental=False, **params):
    model = FNNRegressor(**params)
    return build.choose_solver(model, n_rows, build.hidden_layers(model), incremental)


def test_auto_is_lbfgs_up_to_1000_rows():
    assert type(solver_of(1000, solver="auto")) is LBFGS
    assert type(solver_of(1001, solver="auto")) is Minibatch
    assert type(solver_of(10, True, solver="auto")) is Minibatch
    assert type(solver_of(10, solver="auto", dropout=0.5)) is Minibatch
    assert type(solver_of(10, solver="auto", clip_norm=1.0)) is Minibatch
    held = [Dense(3, constraint=NonNegative())]
    assert type(solver_of(10, solver="auto", hidden_layers=held)) is LBFGS
    assert type(solver_of(10, solver="lbfgs", hidden_layers=held)) is LBFGS
    with pytest.raises(ValueError, match="cannot hold constraint"):
        solver_of(10, solver="lm", hidden_layers=held)


def test_parameters_without_effect_are_refused():
    for wrong in ({"solver": "lbfgs", "dropout": 0.5}, {"solver": "lbfgs", "clip_norm": 1.0},
                  {"solver": LBFGS(max_iter=3), "max_iter": 7}):  # fmt: skip
        with pytest.raises(ValueError, match=r"no effect|full batch"):
            solver_of(10, **wrong)
    solver_of(10, solver="sgd", max_fun=99, beta_1=0.3)  # MLP* takes these without a word
    assert solver_of(10, solver=LBFGS(max_iter=3)).max_iter == 3
    assert solver_of(10, solver="lbfgs", max_iter=7).max_iter == 7


def test_full_batch_is_what_the_solver_is():
    for solver, full in (("lbfgs", True), ("lm", True), ("adam", False), ("auto", False),
                         (LBFGS(), True), (Minibatch(), False), ("nothing", False)):  # fmt: skip
        assert build.is_full_batch(FNNRegressor(solver=solver)) == full
    assert build.l2_strength(FNNRegressor(alpha=0.5)) == 0.5
    assert build.l2_strength(FNNRegressor(alpha="bayes")) == 0


def test_a_fitted_solver_goes_by_the_rows_of_an_epoch():
    def fitted(t, n_iter):
        class Fitted(FNNRegressor):
            t_, n_iter_ = t, n_iter

        return Fitted((2,), solver="auto")

    assert type(build.fitted_solver(fitted(3000, 3))) is LBFGS
    assert type(build.fitted_solver(fitted(3003, 3))) is Minibatch
    assert type(build.fitted_solver(fitted(0, 0))) is LBFGS


def test_losses_belong_to_kinds_of_targets():
    assert build.resolve_loss(FNNRegressor(), "regression").name == "squared_error"
    assert build.resolve_loss(FNNClassifier(), "multiclass").probabilistic
    for model, kind in ((FNNRegressor(loss="log_loss"), "regression"),
                        (FNNClassifier(loss="gaussian"), "binary"),
                        (FNNAutoencoder(loss="gaussian"), "reconstruction")):  # fmt: skip
        with pytest.raises(ValueError, match="is not a loss of"):
            build.resolve_loss(model, kind)
    assert build.resolve_loss(FNNAutoencoder(), "reconstruction")
    assert build.resolve_loss(FNNAutoencoder(loss="log_loss"), "reconstruction")
    with pytest.raises(ValueError, match=r"label_smoothing=0\.1 has no effect"):
        build.resolve_loss(FNNClassifier(loss="hinge", label_smoothing=0.1), "binary")
    build.resolve_loss(FNNClassifier(loss="hinge"), "binary")
    with pytest.raises(ValueError, match="is not a loss of"):
        build.resolve_loss(FNNAutoencoder(loss="hinge"), "reconstruction")
    model = FNNRegressor(loss=Quantiles([0.1, 0.9]))
    assert not build.resolve_loss(model, "regression").independent
    model.set_params(monotonic_cst=[1, 0]).n_features_in_ = 2
    assert build.resolve_loss(model, "regression").independent


def test_initial_weights_are_those_of_the_activation_unless_told():
    for given in ("glorot_normal", "he_uniform"):
        assert build.hidden_layers(FNNRegressor((3,), initializer=given))[0].initializer == given
    for function in ("relu", "tanh", "silu"):
        linear, activate = build.hidden_layers(FNNRegressor((3,), function))
        assert linear.initializer == activate.activation.initializer
    model = FNNRegressor((3,), "silu", monotonic_cst=[1, 0])
    model.n_features_in_ = 2
    with pytest.raises(ValueError, match="is not known to be monotone"):
        build.hidden_layers(model)
    assert kinds(build.hidden_layers(model.set_params(activation="tanh"))) == [Linear, Activate]
    layers = [Dense(2, constraint="max_norm")]
    for params, of in (({"monotonic_cst": [1, 0], "activation": "tanh"}, "monotonic_cst="),
                       ({"hidden_layers": layers}, "Linear|Dense")):  # fmt: skip
        held = FNNRegressor(solver="lm", **params)
        held.n_features_in_ = 2
        with pytest.raises(ValueError, match=rf"of ({of})"):
            build.choose_solver(held, 9, build.hidden_layers(held))


# ------------------------------------------------------------------ offsets


def test_an_offset_has_a_score_for_each_row_and_output():
    one, two = SimpleNamespace(n_outputs=1), SimpleNamespace(n_outputs=2)
    assert offsets.check_offset(None, 2, one, SquaredError()) is None
    for given in ([1, 2], [[1], [2]]):
        assert offsets.check_offset(given, 2, one, SquaredError()).tolist() == [[1], [2]]
        assert offsets.check_offset(given, 2, one, Gaussian()).tolist() == [[1, 0], [2, 0]]
    found = offsets.check_offset([[1, 2]], 1, two, Gaussian())
    assert found.tolist() == [[1, 2, 0, 0]]
    for wrong, target, shape in (([1, 2, 3], one, "2,"), ([[1, 2], [3, 4]], one, "2,"),
                                 ([1, 2], two, "2, 2"), ([[1], [2]], two, "2, 2")):  # fmt: skip
        with pytest.raises(ValueError, match=rf"offset must have shape \({shape}\)"):
            offsets.check_offset(wrong, 2, target, SquaredError())
    with pytest.raises(ValueError, match="NaN"):
        offsets.check_offset([np.nan, 1], 2, one, SquaredError())


@pytest.mark.parametrize(("offset", "offset_val", "validation", "good"), [
    (None, None, False, True), ([1], None, False, True), (None, [1], False, False),
    (None, None, True, True), ([1], [1], True, True), ([1], None, True, False),
    (None, [1], True, False),
])  # fmt: skip
def test_training_and_validation_have_an_offset_or_none(offset, offset_val, validation, good):
    if good:
        offsets.check_both(offset, offset_val, validation)
        return
    match = "offset" if not validation else ("offset_val is not" if offset else "offset is not")
    with pytest.raises(ValueError, match=match):
        offsets.check_both(offset, offset_val, validation)


def test_an_offset_is_needed_where_the_fit_had_one():
    fitted = SimpleNamespace(has_offset=True, target=SimpleNamespace(n_outputs=1),
                             loss=SquaredError())  # fmt: skip
    with pytest.raises(ValueError, match="give that of X, too"):
        offsets.needed_offset(None, 1, fitted)
    assert offsets.needed_offset([2], 1, fitted).tolist() == [[2]]
    with pytest.raises(ValueError, match="cannot be exported"):
        offsets.refuse_offset(fitted)
    fitted.has_offset = False
    assert offsets.needed_offset(None, 1, fitted) is None
    offsets.refuse_offset(fitted)


def test_the_constant_beside_an_offset_has_the_mean_of_the_targets():
    y, weight = np.array([[1.0], [2], [6]]), np.array([1.0, 1, 2])
    offset = np.array([[0.5], [-1], [0.3]])
    assert_allclose(offsets.best_constant(SquaredError(), y, weight, None), [15 / 4])
    rest = (y - offset)[:, 0] @ weight / 4
    assert_allclose(offsets.best_constant(SquaredError(), y, weight, offset), [rest])
    found = offsets.best_constant(Poisson(), y, weight, offset)
    assert_allclose(np.exp(offset[:, 0] + found[0]) @ weight, y[:, 0] @ weight)
    wide = np.array([[0.0], [900], [0]])
    assert_allclose(offsets.best_constant(Poisson(), y, weight, wide), np.log(15) - 900)
    far = offsets.best_constant(Poisson(), y, weight, offset + 900)
    assert_allclose(far, found - 900)


# ------------------------------------------------------------------ groups of rows


FRAME = pd.DataFrame({"a": [1, 2, 1], "b": ["x", "y", "x"]})


def test_groups_are_a_column_or_labels():
    labels, column = groups.labels_of("b", FRAME, 3)
    assert (labels.tolist(), column) == (["x", "y", "x"], "b")
    labels, column = groups.labels_of([5, 6, 5], FRAME, 3)
    assert (labels.tolist(), column) == (["5", "6", "5"], None)
    for wrong in ([1, 2], [[1], [2], [3]], "c"):
        with pytest.raises(ValueError, match="calibration_groups"):
            groups.labels_of(wrong, FRAME, 3)
    with pytest.raises(ValueError, match="names a column, and X is an array"):
        groups.labels_of("a", FRAME[["a"]].to_numpy(), 3)


def test_groups_of_new_rows_are_by_default_the_column_of_the_fit():
    calibration = Grouped.__new__(Grouped)
    for column, given, expected in (("b", None, ["x", "y", "x"]), ("b", "a", ["1", "2", "1"]),
                                    (None, [7, 8, 9], ["7", "8", "9"])):  # fmt: skip
        object.__setattr__(calibration, "column", column)
        assert groups.labels_at(calibration, given, FRAME, 3).tolist() == expected
    with pytest.raises(ValueError, match="as an array: give those of X, too"):
        groups.labels_at(calibration, None, FRAME, 3)
    assert groups.labels_at(None, None, FRAME, 3) is None
    with pytest.raises(ValueError, match="this fit has none"):
        groups.labels_at(None, "a", FRAME, 3)


def test_groups_are_of_the_rows_that_are_held_out():
    groups.check_groups(("a", None), None)
    groups.check_groups(("a", None), FRAME)  # a column, which both have
    groups.check_groups((None, [1]), FRAME)
    groups.check_groups((None, None), FRAME)
    groups.check_groups(([1, 2, 1], [1]), FRAME)
    for wrong, validation in (((None, [1]), None), (([1, 2], None), FRAME)):
        with pytest.raises(ValueError, match="calibration_groups"):
            groups.check_groups(wrong, validation)
    given, none = (FRAME, np.zeros((3, 2)), None), (None, None, None)
    other = (FRAME.assign(a=[4, 5, 6]), np.zeros((3, 2)), [1.0, 2, 3])
    for validation, said, expected in ((none, ("a", None), ["1", "2", "1"]),
                                       (other, ("a", None), ["4", "5", "6"]),
                                       (other, (None, "b"), ["x", "y", "x"]),
                                       (other, ("b", "a"), ["4", "5", "6"])):  # fmt: skip
        held = groups.of_fit(given, validation, said)
        assert held.labels.tolist() == expected
        assert (held.weight is None) == (validation is none)
    assert groups.of_fit(given, none, (None, None)).labels is None
    assert groups.of_fit(given, none, ([7, 8, 9], None)).labels.tolist() == ["7", "8", "9"]
    assert groups.of_fit(given, other, (None, [7, 8, 9])).labels.tolist() == ["7", "8", "9"]


# ------------------------------------------------------------------ directions


def test_directions_are_one_a_column():
    names = ["a", "b", "c"]
    assert monotone.directions(None, 3, names) is None
    assert monotone.directions([0, 0, 0], 3, names) is None
    assert monotone.directions([1, 0, -1], 3, None) == (1, 0, -1)
    assert monotone.directions({"c": -1}, 3, names) == (0, 0, -1)
    assert monotone.directions({0: 1, 2: -1}, 3, None) == (1, 0, -1)
    assert monotone.directions({1: 1}, 3, names) == (0, 1, 0)
    for wrong in ([1, 0], [2, 0, 0], [0.5, 0, 0], {"d": 1}, {3: 1}, {-1: 1}, {True: 1}, {"a": 2}):
        with pytest.raises(ValueError, match="monotonic_cst"):
            monotone.directions(wrong, 3, names)
    with pytest.raises(ValueError, match="X had no column names"):
        monotone.directions({"a": 1}, 3, None)


@pytest.mark.parametrize(("units", "directions", "n"), [
    (9, (1, 0), 6), (4, (1, 0), 3), (1, (1, 0), 1), (2, (0, -1), 1), (9, (1, -1), 9),
])  # fmt: skip
def test_two_thirds_of_the_units_see_columns_with_a_direction(units, directions, n):
    assert monotone.n_directed(units, directions) == n
    assert monotone.of_units(units, n) == (1,) * n + (0,) * (units - n)


def monotone_blocks(skip, sizes=(3, 3), given=(1, 0, -1), activation="relu"):
    blocks = [[Linear(units), Activate(activation)] for units in sizes]
    return monotone.hidden_layers(given, blocks, skip)


def test_units_of_the_first_kind_come_first_in_every_layer():
    layers = monotone_blocks(False)
    assert kinds(layers) == [Linear, MonotoneActivate] * 2
    held = [layer.constraint for layer in layers[::2]]
    assert [tuple(c.directions) for c in held] == [(1, 0, -1), (1, 1, 0)]
    bounded = monotone_blocks(False, activation="tanh")
    assert kinds(bounded) == [Linear, Activate] * 2
    one, two = monotone_blocks(True, sizes=(2, 2)), monotone_blocks(True)
    assert kinds(one) == [Skip, Skip]
    assert kinds(two) == [Linear, MonotoneActivate, Skip]  # not X itself beside the first


def test_the_output_keeps_directions():
    linear = Linear(1)
    assert monotone.output(linear, None, SquaredError(), 1) is linear
    held = monotone.output(linear, (1, 0), SquaredError(), 1)
    assert tuple(held.constraint.directions) == (1, 0)
    curves = Quantiles([0.1, 0.9]).located_freely()
    assert type(monotone.output(Linear(2), None, curves, 1)) is SortedCurves
    model = FNNRegressor((6,), monotonic_cst=[1, 0])
    model.n_features_in_ = 2
    layer = monotone.output_layer(model, SquaredError(), 1)
    assert tuple(layer.constraint.directions) == (1, 1, 1, 1, 0, 0)
    model.set_params(hidden_layer_sizes=())
    assert tuple(monotone.output_layer(model, SquaredError(), 1).constraint.directions) == (1, 0)
    model.set_params(hidden_layer_sizes=(9, 3))
    assert tuple(monotone.output_layer(model, SquaredError(), 1).constraint.directions) == (1, 1, 0)
    for name, value in (("batch_norm", "before"), ("pretrain", "autoencoder")):
        held = FNNRegressor(**{name: value}, monotonic_cst=[1, 0])
        held.n_features_in_ = 2
        with pytest.raises(ValueError, match="cannot be held with"):
            monotone.directions_of(held)


def test_several_classes_and_falling_activations_have_no_direction():
    model = FNNClassifier(monotonic_cst=[1, 0])
    with pytest.raises(ValueError, match="needs fit"):
        monotone.directions_of(model)
    model.n_features_in_ = 2
    with pytest.raises(ValueError, match="is for two classes"):
        monotone.check_kind(model, "multiclass")
    monotone.check_kind(model, "binary")
    monotone.check_kind(FNNClassifier(), "multiclass")
    with pytest.raises(ValueError, match="is not known to be monotone"):
        monotone.check_activation(model, SimpleNamespace(monotone=False))
    monotone.check_activation(model, SimpleNamespace(monotone=True))
