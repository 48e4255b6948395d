"""What single statements of fitted estimators mean: folding, conversions, insides, spreads."""

import functools
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse, stats
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from skfnn import FNNClassifier, FNNRegressor
from skfnn._engine.objective.distribution import Normal
from skfnn._estimators import fitted as fitted_module
from skfnn._estimators import folding
from skfnn._estimators.fitted import Derived, both_tails, class_probabilities, has_sets
from skfnn._estimators.folding import Stage, link_of, scaling
from skfnn._estimators.introspection import _checked_weights, _hidden_paths, _path, checked_scores
from skfnn._estimators.uncertainty import is_moderated
from skfnn.activations import Identity, Tanh
from skfnn.layers import BatchNorm, Dense, Dropout, Linear, Skip
from skfnn.losses import Gaussian, SquaredError
from skfnn.optimizers import SGD
from skfnn.solvers import LevenbergMarquardt

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X[:, 0] - X[:, 1] ** 2


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(0)  # noqa: NPY002 (for estimators without a random_state)


# ------------------------------------------------------------------ affine maps


def test_maps_one_after_the_other_are_one():
    A, B = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))
    rows = RNG.normal(size=(5, 3))
    factor, wide = np.array([2.0, 3, 4]), np.array([1.0, -1, 2, 5])
    for one, other in (
        (Stage(A, np.arange(4.0)), Stage(B, np.arange(2.0))),
        (Stage(A, np.arange(4.0)), Stage(wide, 1 + np.arange(4.0))),
        (Stage(A, np.arange(4.0)), Stage(2.0, 1.0)),
        (Stage(factor, np.ones(3)), Stage(A, np.arange(4.0))),
        (Stage(factor, np.ones(3)), Stage(factor + 1, np.array([1.0, 0, 2]))),
    ):
        assert_allclose(one.then(other).affine(rows), other.affine(one.affine(rows)))
    assert_array_equal(Stage.identity(3).affine(rows), rows)
    assert one.then(Stage(A, np.ones(4), Tanh(), "here")).source == "here"


@pytest.mark.parametrize("scaler", [
    StandardScaler(), StandardScaler(with_mean=False), StandardScaler(with_std=False),
    RobustScaler(), RobustScaler(with_centering=False), RobustScaler(with_scaling=False),
    MinMaxScaler((-1, 3)), MaxAbsScaler(),
], ids=repr)  # fmt: skip
def test_scalers_are_maps_of_columns(scaler):
    scaler.fit(3 * X + 5)
    assert_allclose(scaling([scaler], 3).affine(X), scaler.transform(X))
    twice = scaling([scaler, StandardScaler().fit(X)], 3).affine(X)
    assert_allclose(twice, StandardScaler().fit(X).transform(scaler.transform(X)))
    with pytest.raises(ValueError, match="was fitted on 3 features, the network on 4"):
        scaling([scaler], 4)


def test_a_scaler_that_clips_is_no_map():
    with pytest.raises(ValueError, match="clips"):
        scaling([MinMaxScaler(clip=True).fit(X)], 3)
    with pytest.raises(TypeError, match="Only a scaler of the columns"):
        scaling([FNNRegressor()], 3)


def folded(layers, y=Y, **params):
    model = FNNRegressor(hidden_layers=layers, max_iter=2, random_state=0, **params).fit(X, y)
    return model, folding.fold(model._fitted.network, Stage.identity(3), "MLP")


def computed(stages, rows):
    for stage in stages:
        rows = stage.affine(rows)
        if stage.f is not None:
            rows = stage.f.forward(rows) if hasattr(stage.f, "forward") else np.tanh(rows)
    return rows


def test_what_is_affine_goes_into_the_linear_map_beside_it():
    layers = [Linear(4), BatchNorm(), Dense(5, "tanh"), BatchNorm(), Dropout(0.5), Linear(2)]
    model, stages = folded(layers, dtype="float64")
    assert [stage.W.shape for stage in stages] == [(3, 5), (5, 1)]
    assert [type(stage.f) for stage in stages] == [Tanh, type(None)]
    rows = np.tanh(stages[0].affine(X))
    assert_allclose(stages[1].affine(rows)[:, 0], model.predict(X))


def test_linear_layers_alone_stay_where_all_are_linear():
    _, stages = folded([Dense(4, "identity"), Dense(2, "identity")])
    assert [type(stage.f) for stage in stages] == [Identity, Identity, type(None)]
    _, stages = folded([Dense(4, "identity"), Dense(2, "tanh")])
    assert [stage.W.shape for stage in stages] == [(3, 2), (2, 1)]
    _, stages = folded([Dense(4, "tanh"), Dense(2, "identity")])
    assert [stage.W.shape for stage in stages] == [(3, 4), (4, 1)]


def test_weights_keep_their_precision_where_nothing_is_lost():
    _, plain = folded([Dense(4, "tanh")])
    assert {stage.W.dtype for stage in plain} == {np.dtype(np.float32)}
    assert {stage.b.dtype for stage in plain} == {np.dtype(np.float32)}
    _, normed = folded([Linear(4), BatchNorm(), Dense(3, "tanh")])
    assert {stage.W.dtype for stage in normed} == {np.dtype(np.float64)}


def test_what_an_mlp_cannot_express_is_said():
    for layers, match in (([Dense(4, "mish")], "cannot express layer"),
                          ([Dense(4, "tanh"), Dense(4, "relu")], "one activation for all"),
                          ([Skip([Dense(3)])], "without connections past a layer")):  # fmt: skip
        with pytest.raises(ValueError, match=match):
            folded(layers)
    link_of(SquaredError())
    link_of(Gaussian())

    class Doubled(SquaredError):
        def predict(self, raw):
            return 2 * raw

    with pytest.raises(ValueError, match="its predict is not the inverse of its link"):
        link_of(Doubled())


def test_a_layer_that_says_what_it_does_not_do_is_found_out():
    network = FNNRegressor((3,), max_iter=1).fit(X, Y)._fitted.network
    W, b = network.published("coefs")[0], network.published("intercepts")[0]
    with np.errstate(all="ignore"):
        folding._check_declared(network, 0, "it", "MLP", lambda rows: rows @ W + b)
        with pytest.raises(ValueError, match="what it declares"):
            folding._check_declared(network, 0, "it", "MLP", lambda rows: rows @ W + b + 1e-4)


# ------------------------------------------------------------------ to MLP* and back


@pytest.mark.parametrize("y", [Y, np.column_stack([Y, X[:, 0]])], ids=["one", "two"])
def test_an_mlp_of_numbers_predicts_the_same(y):
    model = FNNRegressor((4, 3), "tanh", solver="sgd", max_iter=3, random_state=0, momentum=0.3,
                         learning_rate="invscaling").fit(X, y)  # fmt: skip
    mlp = model.to_sklearn()
    assert_allclose(mlp.predict(X), model.predict(X), rtol=1e-4)
    assert (mlp.n_layers_, mlp.n_outputs_, mlp.out_activation_) == (4, y.ndim, "identity")
    assert mlp.hidden_layer_sizes == (4, 3)
    assert (mlp.solver, mlp.momentum, mlp.learning_rate) == ("sgd", 0.3, "invscaling")
    assert mlp.n_iter_ == 3
    assert mlp.t_ == 120
    assert mlp.loss_curve_ == model.loss_curve_
    again = FNNRegressor.from_sklearn(mlp)
    assert_allclose(again.predict(X), model.predict(X), rtol=1e-5)
    assert again.loss_curve_ == model.loss_curve_
    assert (again.n_iter_, again.t_, again.loss_) == (3, 120, model.loss_)
    assert again.dtype == "float32"


def test_an_mlp_of_distributions_has_the_mean():
    model = FNNRegressor((4,), "relu", loss="gaussian", max_iter=3, random_state=0).fit(X, Y)
    mlp = model.to_sklearn()
    assert mlp.coefs_[-1].shape == (4, 1)
    assert_allclose(mlp.predict(X), model.predict(X), rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(
    "loss" not in MLPRegressor().get_params(), reason="MLPRegressor has losses since 1.7"
)
def test_counts_have_an_exponential_output():
    model = FNNRegressor((), loss="poisson", max_iter=3, random_state=0).fit(X, np.arange(40))
    mlp = model.to_sklearn()
    assert_allclose(mlp.predict(X), model.predict(X), rtol=1e-5)


def test_two_classes_are_one_logistic_unit():
    labels = np.where(Y > 0, "yes", "no")
    model = FNNClassifier((4,), "tanh", loss="log_loss", max_iter=3, random_state=0).fit(X, labels)
    for given in (model, FNNClassifier((4,), "tanh", loss="categorical_crossentropy", max_iter=3,
                                       random_state=0).fit(X, labels)):  # fmt: skip
        mlp = given.to_sklearn()
        assert (mlp.n_outputs_, mlp.out_activation_) == (1, "logistic")
        assert mlp.coefs_[-1].shape == (4, 1)
        assert_allclose(mlp.predict_proba(X), given.predict_proba(X), rtol=1e-4)
        assert mlp.predict(X).tolist() == given.predict(X).tolist()
    several = np.column_stack([Y > 0, X[:, 0] > 0]).astype(int)
    both = FNNClassifier((4,), "tanh", max_iter=3, random_state=0).fit(X, several)
    mlp = both.to_sklearn()
    assert_allclose(mlp.predict_proba(X), both.predict_proba(X), rtol=1e-4)
    assert_array_equal(mlp.predict(X), both.predict(X))
    again = FNNClassifier.from_sklearn(mlp)
    assert_array_equal(again.predict(X), both.predict(X))
    assert again.hidden_layer_sizes == (4,)


def test_several_classes_have_a_softmax():
    labels = np.array(list("abc"))[np.arange(40) % 3]
    model = FNNClassifier((4,), "tanh", max_iter=3, random_state=0).fit(X, labels)
    mlp = model.to_sklearn()
    assert (mlp.n_outputs_, mlp.out_activation_) == (3, "softmax")
    assert_allclose(mlp.predict_proba(X), model.predict_proba(X), rtol=1e-4)
    assert mlp.predict(X).tolist() == model.predict(X).tolist()
    sgd = FNNRegressor((), solver=SGD(momentum=0.3), max_iter=1).fit(X, Y)
    assert (sgd.to_sklearn().solver, sgd.to_sklearn().momentum) == ("sgd", 0.3)
    assert sgd.to_sklearn().learning_rate == "constant"


def test_sums_that_overflow_are_told_of_any_row():
    rows = np.zeros((2, 3))
    rows[1] = 1e308
    model = FNNRegressor.from_weights([np.full((3, 1), 10.0)], [0.0])
    with pytest.raises(ValueError, match=r"X has values up to 1e\+308"):
        model.predict(rows)


def test_sizes_come_back_as_they_were_written():
    for given in (4, [4], (4,)):
        mlp = MLPRegressor(hidden_layer_sizes=given, solver="lbfgs", max_iter=5).fit(X, Y)
        assert FNNRegressor.from_sklearn(mlp).hidden_layer_sizes == given
        assert type(FNNRegressor.from_sklearn(mlp).hidden_layer_sizes) is type(given)
    early = MLPClassifier(max_iter=3, early_stopping=True).fit(X, Y > 0)
    model = FNNClassifier.from_sklearn(early)
    assert model.validation_scores_ == early.validation_scores_
    assert model.best_validation_score_ == early.best_validation_score_
    with pytest.raises(TypeError, match="takes a fitted MLPRegressor"):
        FNNRegressor.from_sklearn(early)
    frame = pd.DataFrame(X, columns=list("abc"))
    named = FNNRegressor((), max_iter=1).fit(frame, Y).to_sklearn()
    assert named.feature_names_in_.tolist() == ["a", "b", "c"]
    assert named.n_features_in_ == 3


def test_other_solvers_and_schedules_are_the_defaults_of_an_mlp():
    model = FNNRegressor((), solver="nadam", learning_rate="cosine", max_iter=1).fit(X, Y)
    mlp = model.to_sklearn()
    assert (mlp.solver, mlp.learning_rate) == ("adam", "constant")
    assert FNNRegressor((), solver="lbfgs", tol=1e9).fit(X, Y).to_sklearn().solver == "lbfgs"


def test_classes_that_an_mlp_does_not_have():
    single = FNNClassifier((), max_iter=1).fit(X, np.ones(40))
    hinge = FNNClassifier((), loss="hinge", max_iter=1).fit(X, Y > 0)
    for model in (single, hinge):
        with pytest.raises(ValueError, match="MLPClassifier cannot express"):
            model.to_sklearn()


# ------------------------------------------------------------------ a look inside


LAYERS = [Dense(4, "tanh"), Dropout(0.5), Skip([Dense(2), BatchNorm()]), BatchNorm()]


def test_a_hidden_layer_ends_before_the_next_that_makes_units():
    model = FNNRegressor(hidden_layers=LAYERS, max_iter=1, random_state=0).fit(X, Y)
    network = model._fitted.network
    paths = _hidden_paths(network)
    n = len(network.layers) - 1
    assert paths[-1] == (n - 1,)
    found = model.hidden_activations(X)
    assert [a.shape for a in found] == [(40, 4), (40, 2)]
    assert_array_equal(model.hidden_activations(X, -1), found[-1])
    assert_array_equal(model.hidden_activations(X, 0), found[0])
    assert_allclose(model.hidden_activations(X, "0"),
                    X @ model.coefs_[0] + model.intercepts_[0], rtol=1e-4, atol=1e-5)  # fmt: skip
    assert_allclose(found[0], np.tanh(model.hidden_activations(X, "0")), rtol=1e-4, atol=1e-5)
    last = model.hidden_activations(X, str(n))
    assert_allclose(last[:, 0], model.predict(X), rtol=1e-5)
    for wrong in (2, -3):
        with pytest.raises(ValueError, match="is not the number of a hidden layer"):
            _path(network, paths, wrong)
    assert _path(network, paths, -2) == paths[0]
    for wrong in (True, 1.5):
        with pytest.raises(TypeError, match="layer must be an int"):
            _path(network, paths, wrong)
    with pytest.raises(ValueError, match="is not a position"):
        _path(network, paths, "99")
    some = sparse.csr_array(np.where(X > 0, X, 0))
    assert_allclose(model.hidden_activations(some)[0], model.hidden_activations(some.toarray())[0],
                    rtol=1e-5)  # fmt: skip


def test_gradients_are_differences_of_the_objective():
    weight = RNG.uniform(0.5, 2, 40)
    model = FNNRegressor((2,), "tanh", alpha=0.3, max_iter=1, dtype="float64", random_state=0)
    model.fit(X, Y)
    found = model.loss_gradient(X, Y, weight)
    error = (model.predict(X) - Y) ** 2 / 2
    penalty = 0.3 / (2 * weight.sum()) * sum((W**2).sum() for W in model.coefs_)
    assert_allclose(found.loss, weight @ error / weight.sum() + penalty)
    W = model.coefs_[0]
    before, step = W[1, 0], 1e-6
    W[1, 0] = before + step
    up = model.loss_gradient(X, Y, weight).loss
    W[1, 0] = before - step
    down = model.loss_gradient(X, Y, weight).loss
    W[1, 0] = before
    assert_allclose(found.coefs[0][1, 0], (up - down) / (2 * step), rtol=1e-5)
    assert_array_equal(found.parameters["0", "W"], found.coefs[0])
    many = model.loss_gradient(X, Y, np.full(40, 2e30))  # only their ratio counts, but for alpha
    assert_allclose(many.loss, error.mean())
    with pytest.raises(ValueError, match="X has 2 features"):
        model.loss_gradient(X[:, :2], Y)
    known = FNNRegressor((), solver="lbfgs", tol=1e9).fit(X, Y, offset=Y)
    raw = known.predict(X, offset=np.zeros(40))
    assert_allclose(known.loss_gradient(X, Y, offset=Y).loss,
                    (raw**2).mean() / 2 + 1e-4 / 80 * (known.coefs_[0] ** 2).sum())  # fmt: skip
    assert [g.shape for g in found.intercepts] == [(2,), (1,)]


def test_labels_are_smoothed_and_weights_scaled_in_gradients():
    plain = FNNClassifier((), max_iter=1, random_state=0).fit(X, Y > 0)
    smooth = FNNClassifier((), max_iter=1, random_state=0, label_smoothing=0.2).fit(X, Y > 0)
    for one, other in zip(smooth.coefs_ + smooth.intercepts_, plain.coefs_ + plain.intercepts_,
                          strict=True):  # fmt: skip
        one[...] = other
    p = plain.predict_proba(X)[:, 1]
    y = np.where(Y > 0, 0.9, 0.1)
    slope = plain.loss_gradient(X, Y > 0).intercepts[0]
    assert_allclose(slope, np.mean(p - (Y > 0)), rtol=1e-4)
    assert_allclose(smooth.loss_gradient(X, Y > 0).intercepts[0], np.mean(p - y), rtol=1e-4)


@pytest.mark.parametrize(("coefs", "intercepts", "match"), [
    ([], [], "must hold one array for each layer"),
    ([np.ones((2, 1))], [], "must hold one array for each layer"),
    ([np.ones(2)], [[0.0]], r"coefs\[0\] must be a matrix"),
    ([np.ones((2, 0))], [[]], r"coefs\[0\] must be a matrix"),
    ([np.ones((2, 1))], [[0.0, 1]], r"intercepts\[0\] must have shape"),
    ([np.ones((2, 3)), np.ones((2, 1))], [[0.0] * 3, [0.0]], r"coefs\[1\] must have 3 rows"),
    ([np.full((2, 1), np.nan)], [[0.0]], r"coefs\[0\] must hold finite"),
    ([np.ones((2, 1))], [[np.inf]], r"intercepts\[0\] must hold finite"),
    ([np.array([["a"], ["b"]])], [[0.0]], r"coefs\[0\] must hold finite"),
])  # fmt: skip
def test_weights_that_are_given_fit_together(coefs, intercepts, match):
    with pytest.raises(ValueError, match=match):
        _checked_weights(coefs, intercepts)


def test_outputs_follow_from_the_columns_of_the_last_weights():
    given = [np.ones((2, 3)), np.ones((3, 4))], [np.zeros(3), np.zeros(4)]
    made = SimpleNamespace(coefs=given[0], intercepts=given[1], params={"loss": "gaussian"})
    found, n = checked_scores(made)
    assert n == 2
    assert found.params["hidden_layer_sizes"] == (3,)
    made.params = {"loss": "squared_error"}
    assert checked_scores(made)[1] == 4
    made.params = {"loss": "squared_error", "hidden_layer_sizes": (3,)}
    with pytest.raises(TypeError, match="follows from coefs"):
        checked_scores(made)
    odd = SimpleNamespace(coefs=[np.ones((2, 3))], intercepts=[np.zeros(3)],
                          params={"loss": "gaussian"})  # fmt: skip
    with pytest.raises(ValueError, match="needs 2 columns"):
        checked_scores(odd)
    model = FNNRegressor.from_weights([np.array([[2.0], [1.0]])], [0.5])
    assert model.predict([[1.0, 3.0]]).tolist() == [5.5]
    assert FNNRegressor.from_weights([np.eye(2)], [[0, 0]]).predict([[1, 3]]).tolist() == [[1, 3]]
    assert model.coefs_[0].dtype == np.float64
    single = FNNRegressor.from_weights([np.ones((2, 1), np.float32)], [np.zeros(1, np.float32)])
    assert single.coefs_[0].dtype == np.float32
    assert (
        FNNRegressor.from_weights([np.ones((2, 1))], [0.5], dtype="float32").coefs_[0].dtype
        == np.float32
    )


# ------------------------------------------------------------------ what was learned


def test_what_follows_from_weights_is_computed_once():
    calls = []
    derived = Derived(learn=lambda: calls.append(1) or ("p", "c"))
    assert [derived.settle(), derived.settle()] == [("p", "c")] * 2
    assert len(calls) == 1
    assert Derived(calibration=3).settle() == (None, 3)


def test_probabilities_have_both_tails():
    binary = SimpleNamespace(kind="binary", classes=[0, 1])
    raw = np.array([[2.0], [-50.0]], np.float32)
    assert both_tails(binary, raw).tolist() == [[-2, 2], [50, -50]]
    assert both_tails(binary, raw).dtype == np.float64
    other = SimpleNamespace(kind="multiclass", classes=[0, 1, 2])
    assert both_tails(other, raw).shape == (2, 1)
    loss = FNNClassifier(max_iter=1).fit(X, Y > 0)._fitted.loss
    assert_allclose(class_probabilities(binary, loss, raw)[1], [1, np.exp(-50)], rtol=1e-6)
    assert class_probabilities(binary, loss, np.array([[1e4]])).min() > 0
    single = SimpleNamespace(kind="binary", classes=[0])
    assert class_probabilities(single, loss, raw).tolist() == [[1], [1]]
    assert has_sets(other, loss)
    assert not has_sets(SimpleNamespace(kind="multilabel"), loss)
    assert not has_sets(other, SimpleNamespace(probabilistic=False))


class Posterior:
    """Weights whose scores have a variance of the first column."""

    noise = 4.0

    def variance(self, network, X, known_bias):
        self.known_bias = known_bias
        return X[:, :1] ** 2


class TwoScores(Posterior):
    """The same of a loss with two scores, whose bias is not known."""

    def variance(self, network, X, known_bias):
        assert not known_bias
        return np.column_stack([X[:, 0] ** 2, np.ones(len(X))])


def test_variances_of_the_mean_and_of_noise_add_up():
    model = FNNRegressor((), max_iter=1).fit(X, Y)
    raw, posterior = np.ones((2, 1)), Posterior()
    rows = np.array([[0.0, 0, 0], [3, 0, 0]])
    found = fitted_module.described(None, model._fitted.loss, posterior, rows, raw)
    assert isinstance(found, Normal)
    assert_allclose(found.std[:, 0], [2, np.sqrt(13)])
    assert posterior.known_bias
    gaussian = FNNRegressor((), loss="gaussian", max_iter=1).fit(X, Y)._fitted.loss
    scores = np.array([[1.0, 0.7], [1.0, -0.2]])
    own = gaussian.distribution(scores)
    alone = fitted_module.described(None, gaussian, None, rows, scores)
    assert_array_equal(alone.std, own.std)
    if gaussian.laplace:
        both = fitted_module.described(None, gaussian, TwoScores(), rows, scores)
        assert_allclose(both.std[:, 0] ** 2, own.std[:, 0] ** 2 + np.array([0, 9]))


def test_scores_are_moderated_by_how_unsure_weights_are():
    raw, rows = np.array([[2.0], [2.0]], np.float32), np.array([[0.0], [3.0]])
    found = fitted_module.moderated(LevenbergMarquardt(moderated=True), Posterior(), None, raw,
                                    lambda: rows)  # fmt: skip
    assert_allclose(found[:, 0], [2, 2 / np.sqrt(1 + np.pi * 9 / 8)], rtol=1e-6)
    assert found.dtype == np.float32
    for solver, posterior in ((LevenbergMarquardt(), Posterior()), ("lm", Posterior()),
                              (LevenbergMarquardt(moderated=True), None)):  # fmt: skip
        assert fitted_module.moderated(solver, posterior, None, raw, None) is raw


# ------------------------------------------------------------------ intervals, quantiles, draws


@functools.cache
def gaussian():
    model = FNNRegressor((), loss="gaussian", solver="lbfgs", tol=1e9, random_state=0)
    return model.fit(X, Y)


@functools.cache
def valid():
    model = FNNRegressor((), solver="lbfgs", tol=1e9, random_state=0)
    return model.fit(X, Y, X_val=X[:9], y_val=Y[:9] + 1)


def test_intervals_of_a_distribution_hold_nine_tenths():
    center, std = gaussian().predict(X, return_std=True)
    z = stats.norm.ppf(0.95)
    found = gaussian().predict_interval(X)
    assert_allclose(found, np.column_stack([center - z * std, center + z * std]), rtol=1e-6)
    assert_allclose(gaussian().predict_interval(X, calibrated=False), found)
    levels = gaussian().predict_quantiles(X)
    assert_allclose(levels, center[:, None] + std[:, None] * stats.norm.ppf(
        [0.05, 0.25, 0.5, 0.75, 0.95]), rtol=1e-6, atol=1e-9)  # fmt: skip
    assert_allclose(gaussian().predict_quantiles(X, 0.25), levels[:, 1])
    assert gaussian().predict_quantiles(X, [0.25]).shape == (40, 1)
    for wrong in (0, 1, [0.5, 1.0], [[0.5]]):
        with pytest.raises(ValueError, match=r"q must hold levels in \(0, 1\)"):
            gaussian().predict_quantiles(X, wrong)
    for wrong in (0, 1, 1.5):
        with pytest.raises(ValueError, match=r"coverage must be in \(0, 1\)"):
            gaussian().predict_interval(X, wrong)


def test_draws_of_other_random_states_are_others():
    found = [gaussian().sample_y(X[:1], random_state=state).item() for state in range(150)]
    assert len(set(found)) == 150


def test_one_draw_a_row_unless_told():
    assert gaussian().sample_y(X).shape == (40, 1)
    assert_array_equal(gaussian().sample_y(X), gaussian().sample_y(X, 1, random_state=0))
    assert gaussian().sample_y(X, 3).shape == (40, 3)
    assert not np.array_equal(gaussian().sample_y(X, random_state=1), gaussian().sample_y(X))
    for wrong in (0, 1.5):
        with pytest.raises(ValueError, match="n_samples must be an integer >= 1"):
            gaussian().sample_y(X, wrong)


def test_intervals_by_held_out_rows_are_as_wide_as_the_errors_there():
    errors = np.sort(np.abs(valid().predict(X[:9]) - Y[:9] - 1))
    for coverage, place in ((0.5, 5), (0.9, 9), (0.3, 3)):
        found = valid().predict_interval(X, coverage)
        assert_allclose((found[:, 1] - found[:, 0]) / 2, errors[place - 1], rtol=1e-6)
        assert_allclose(found.mean(axis=1), valid().predict(X), rtol=1e-6, atol=1e-9)
    for calibrated in (None, True):
        with pytest.raises(ValueError, match="needs more than 9 held-out rows"):
            valid().predict_interval(X, 0.95, calibrated=calibrated)
    with pytest.raises(ValueError, match="needs a predicted distribution"):
        FNNRegressor((), solver="lbfgs", tol=1e9).fit(X, Y).predict_interval(X)
    with pytest.raises(ValueError, match="calibrated=True needs held-out rows"):
        gaussian().predict_interval(X, calibrated=True)
    with pytest.raises(ValueError, match="no effect with calibrated=False"):
        valid().predict_interval(X, calibrated=False, calibration_groups=np.zeros(40))


def test_few_held_out_rows_widen_the_predicted_intervals():
    model = FNNRegressor((), loss="gaussian", solver="lbfgs", tol=1e9)
    for shift in (0.0, 50.0):
        model.fit(X, Y, X_val=X[:9], y_val=Y[:9] + shift)
        center, std = model.predict(X, return_std=True)
        off = (np.abs(model.predict(X[:9]) - Y[:9] - shift) / std[:9]).max()
        z = max(stats.norm.ppf(0.975), off)
        with pytest.warns(UserWarning, match="needs 19 held-out rows, and this fit had 9"):
            found = model.predict_interval(X, 0.95)
        assert_allclose(found, np.column_stack([center - z * std, center + z * std]), rtol=1e-5)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            plain = model.predict_interval(X, 0.95, calibrated=False)
            model.predict_interval(X, 0.9)
        assert_allclose(plain[:, 1] - plain[:, 0], 2 * stats.norm.ppf(0.975) * std, rtol=1e-5)


def test_several_targets_keep_their_axis():
    both = FNNRegressor((), loss="gaussian", solver="lbfgs", tol=1e9)
    both.fit(X, np.column_stack([Y, X[:, 0]]))
    assert both.predict_interval(X).shape == (40, 2, 2)
    assert both.predict_quantiles(X, 0.5).shape == (40, 2)
    assert both.sample_y(X, 3).shape == (40, 2, 3)
    with pytest.raises(ValueError, match="return_std=True needs a standard deviation"):
        valid().predict(X, return_std=True)


def test_what_weights_know_is_there_after_lm_alone():
    solver = LevenbergMarquardt(alpha="bayes", groups="features", n_init=1)
    model = FNNRegressor((2,), "tanh", random_state=0, max_iter=20, solver=solver).fit(X, Y)
    assert_allclose(model.feature_relevance_.sum(), 1)
    strengths = model.alpha_
    ratio = (strengths["feature 0"] / strengths["feature 1"]) ** -0.5
    assert_allclose(model.feature_relevance_[0] / model.feature_relevance_[1], ratio)
    for name in ("alpha_", "n_effective_parameters_", "log_marginal_likelihood_",
                 "feature_relevance_"):  # fmt: skip
        with pytest.raises(AttributeError, match="belongs to a fit with solver='lm'"):
            getattr(gaussian(), name)
    plain = FNNRegressor((), solver="lm", max_iter=5).fit(X, Y)
    assert not is_moderated(plain, plain._fitted)
    with pytest.raises(AttributeError, match="groups='features'"):
        _ = plain.feature_relevance_
