"""What was learned is one object: what follows from weights follows from those that predict."""

import pickle
import pickletools
import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers import needs_sklearn
from sklearn.base import BaseEstimator

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor
from skfnn._engine.following import interrupts
from skfnn.losses import Huber
from skfnn.solvers import LevenbergMarquardt, Solver

RNG = np.random.default_rng(0)
X, X_VAL, X_NEW = (RNG.normal(size=(n, 4)) for n in (60, 200, 50))
Y, Y_VAL = (np.sin(A[:, 0]) + 0.3 * RNG.normal(size=len(A)) for A in (X, X_VAL))
LABELS = np.where(Y > 0, "yes", "no")
VALID = {"X_val": X_VAL, "y_val": Y_VAL}
quiet = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore:Training interrupted"
)


def conformal(scores, coverage=0.9):
    """The score that a share of new rows stays below, by the definition."""
    return np.sort(scores)[int(np.ceil((len(scores) + 1) * coverage)) - 1]


def assert_intervals_are_those_of_the_weights(model):
    """By what the model predicts, for squared errors without and with a posterior."""
    if hasattr(model, "noise_variance_"):
        found = model._fitted.posterior
        variances = np.diagonal(np.linalg.inv(found.lower @ found.lower.T))
        determined = (1 - found.prior.strengths * variances)[found.prior.strengths > 0].sum()
        np.testing.assert_allclose(model.n_effective_parameters_, determined, rtol=1e-6)
        left = len(X) - determined
        np.testing.assert_allclose(
            model.noise_variance_, ((Y - model.predict(X)) ** 2).sum() / left, rtol=1e-6
        )
    center, spread = model.predict(X_VAL), 1.0
    if hasattr(model, "noise_variance_"):
        center, spread = model.predict(X_VAL, return_std=True)
    half = conformal(np.abs(Y_VAL - center) / spread)
    width = np.diff(model.predict_interval(X_NEW))[:, 0]
    scale = model.predict(X_NEW, return_std=True)[1] if np.ndim(spread) else 1.0
    np.testing.assert_allclose(width, 2 * half * scale, rtol=1e-5)


# ------------------------------------------------------------------ derived from the weights


@quiet
@needs_sklearn("1.9", "callbacks")
@pytest.mark.parametrize("params", [
    {"solver": "adam", "learning_rate_init": 0.02}, {"solver": "lm"},
    {"solver": "lm", "alpha": "bayes"},
], ids=str)  # fmt: skip
def test_restored_weights_have_intervals_of_their_own(params):
    """Seen: 90 % intervals covered .999 at 4 times the width; noise of .000002, not .05."""
    from skfnn.callbacks import EarlyStopping

    model = FNNRegressor((10,), "tanh", max_iter=60, tol=0, n_iter_no_change=100, random_state=0,
                         **params)  # fmt: skip
    stopping = EarlyStopping("val_loss", patience=50, restore_best_weights=True)
    last = FNNRegressor(**model.get_params()).fit(X, Y, **VALID)
    model.set_callbacks(stopping).fit(X, Y, **VALID)
    assert stopping.best_epoch_ < model.n_iter_
    assert (model.predict(X) != last.predict(X)).any()
    assert_intervals_are_those_of_the_weights(model)


@quiet
@needs_sklearn("1.9", "callbacks")
@pytest.mark.parametrize("format", ["skops", "pickle"])
@pytest.mark.parametrize("solver", ["adam", "lm"])
def test_a_checkpoint_has_what_follows_from_its_weights(solver, format, tmp_path):
    """Seen: after a refit on 100 y the file's intervals were those of the fit before."""
    skops = pytest.importorskip("skops.io")
    from skfnn.callbacks import ModelCheckpoint
    from skfnn.export import skops_trusted_types

    checkpoint = ModelCheckpoint(tmp_path / "model.skops")
    if format == "pickle":
        checkpoint._io = type("Io", (), {"dump": lambda m, path: path.write_bytes(pickle.dumps(m))})
    model = FNNRegressor((6,), "tanh", solver=solver, max_iter=12, random_state=0)
    model.fit(X, Y, **VALID).set_callbacks(checkpoint)
    model.fit(X, 100 * Y, X_val=X_VAL, y_val=100 * Y_VAL)
    if format == "pickle":
        saved = pickle.loads(checkpoint.last_path_.read_bytes())
    else:
        saved = skops.load(checkpoint.last_path_, trusted=skops_trusted_types())
    np.testing.assert_array_equal(saved.predict(X_NEW), model.predict(X_NEW))
    np.testing.assert_allclose(
        saved.predict_interval(X_NEW), model.predict_interval(X_NEW), rtol=1e-9
    )
    assert_same_std(saved, model, solver)


def assert_same_std(saved, model, solver):
    if solver == "lm":
        np.testing.assert_allclose(
            saved.predict(X_NEW, return_std=True)[1], model.predict(X_NEW, return_std=True)[1]
        )


class Kept:
    """A callback that keeps the model of each epoch."""

    def __init__(self):
        self.models = []

    def setup(self, estimator, context):
        pass

    teardown = setup

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if fitted_estimator is not None and context.task_name in ("epoch", "iteration"):
            self.models.append(fitted_estimator)


@quiet
@needs_sklearn("1.9", "callbacks")
@pytest.mark.parametrize("alpha", [1e-3, "bayes"])
def test_each_epoch_has_its_own_posterior_however_late_it_is_asked_for(alpha):
    kept = Kept()
    solver = LevenbergMarquardt(alpha=alpha, n_init=1)
    model = FNNRegressor((6,), "tanh", solver=solver, max_iter=4, random_state=0)
    model.set_callbacks(kept).fit(X, Y, **VALID)
    assert len(kept.models) == model.n_iter_ == 4
    for model in kept.models:
        assert_intervals_are_those_of_the_weights(model)
    for one, other in zip(kept.models, kept.models[1:], strict=False):
        assert (one.predict(X) != other.predict(X)).any()
        assert one.noise_variance_ > other.noise_variance_
        assert (one.alpha_ != other.alpha_).any() == (alpha == "bayes")


@quiet
@needs_sklearn("1.9", "callbacks")
def test_the_checkpoint_of_a_first_fit_is_moderated():
    """Seen: its probabilities were off by up to .31."""
    kept = Kept()
    solver = LevenbergMarquardt(moderated=True)
    model = FNNClassifier((5,), "tanh", solver=solver, max_iter=8, alpha=0.1, random_state=0)
    model.set_callbacks(kept).fit(X, LABELS)
    found = kept.models[-1].predict_proba(X_NEW)
    np.testing.assert_allclose(found, model.predict_proba(X_NEW))
    plain = model.set_params(solver__moderated=False).predict_proba(X_NEW)
    assert np.abs(found - plain).max() > 0.01


class CtrlC:
    """A scorer that is interrupted at its third call."""

    def __init__(self):
        self.count = 0

    def __call__(self, estimator, X, y):
        self.count += 1
        if self.count == 6:
            raise KeyboardInterrupt
        return 0.0


@quiet
@pytest.mark.parametrize("params", [{"solver": "adam"}, {"solver": "lm"}], ids=str)
def test_an_interrupted_fit_has_intervals_of_its_last_epoch(params):
    interrupts.forget()
    model = FNNRegressor((5,), "tanh", max_iter=20, metrics=CtrlC(), random_state=0, **params)
    model.fit(X, Y, **VALID)
    assert 0 < model.n_iter_ < 20
    assert_intervals_are_those_of_the_weights(model)


@quiet
def test_huber_estimates_its_noise_as_squared_errors_do():
    """Seen: the noise variance was 1, whatever the unit of y."""
    y = 0.01 * Y
    models = [
        FNNRegressor((4,), "tanh", loss=loss, solver="lm", random_state=0).fit(X, y)
        for loss in ("squared_error", Huber(delta=1e3))
    ]
    (one, std), (other, found) = (model.predict(X_NEW, return_std=True) for model in models)
    np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found, std, rtol=1e-4)
    assert std.max() < 1


# ------------------------------------------------------------------ views


@quiet
def test_a_scorer_is_shown_an_estimator_like_any_other():
    """Seen: a tuple on the view hid a method: 'tuple' object is not callable."""
    seen = []

    def scorer(estimator, X, y):
        seen.append((hasattr(estimator, "alpha_"), estimator.predict(X)))
        shadowed = [
            name for cls in type(estimator).__mro__ for name in vars(cls)
            if name in vars(estimator) and callable(vars(cls)[name])
        ]  # fmt: skip
        assert not shadowed
        with pytest.raises(ValueError, match="held-out rows"):
            estimator.predict_interval(X, calibrated=True)  # nothing is known of these weights
        return 0.0

    model = FNNRegressor((4,), "tanh", solver="lm", max_iter=4, random_state=0)
    model.fit(X, Y, **VALID).set_params(metrics=[scorer]).fit(X, Y, **VALID)
    assert len(seen) == 2 * model.n_iter_
    assert not any(known for known, _ in seen)
    assert not vars(model).keys() - model.get_params().keys() - {"_fitted", "n_features_in_"}


@pytest.mark.parametrize("model", [FNNClassifier((3,)), FNNRegressor((3,)), FNNAutoencoder((2,))])
@quiet
def test_an_estimator_holds_its_parameters_and_one_object(model):
    model.set_params(max_iter=2, random_state=0).fit(X, LABELS if "Cl" in str(model) else Y)
    assert set(vars(model)) == {*model.get_params(deep=False), "_fitted", "n_features_in_"}


@quiet
def test_predictions_of_a_fit_that_is_replaced_are_those_of_one_fit():
    """Seen: in other threads, predictions that were neither the old nor the new."""
    model = FNNClassifier((3,), max_iter=2, random_state=0).fit(X, LABELS)
    other = FNNClassifier((3,), max_iter=2, random_state=0).fit(X, np.arange(60) % 3)
    old = model._fitted

    class Replaced(FNNClassifier):
        def _validate_features(self, X):
            self._fitted = other._fitted  # a refit ends between two lines
            return X

    raced = Replaced(**model.get_params())
    vars(raced).update(vars(model))
    np.testing.assert_array_equal(raced.predict_proba(X), model.predict_proba(X))
    raced._fitted = old
    np.testing.assert_array_equal(raced.predict(X), model.predict(X))


# ------------------------------------------------------------------ solvers


class Wrapped(Solver):
    """A solver that runs another."""

    full_batch = True

    def __init__(self, inner=None):
        self.inner = inner

    def run(self, problem, monitor):
        self.inner.run(problem, monitor)


@quiet
def test_run_works_alone():
    """Seen: Levenberg-Marquardt's ``run`` needed what its ``solve`` had left on it."""
    inner = LevenbergMarquardt(max_iter=30, alpha=1e-3)
    params = {"hidden_layer_sizes": (4,), "activation": "tanh", "random_state": 0}
    wrapped = FNNRegressor(solver=Wrapped(inner), **params).fit(X, Y)
    plain = FNNRegressor(solver="lm", max_iter=30, alpha=1e-3, **params).fit(X, Y)
    np.testing.assert_array_equal(wrapped.predict(X), plain.predict(X))
    assert set(vars(inner)) == set(inner.get_params())


# ------------------------------------------------------------------ pickles

# Classes in files of the tables: to be given a public path.
EXCLUDED = ("skfnn.tabular._",)


def globals_of(pickled):
    """The names that a pickle imports."""
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name == "GLOBAL":  # up to protocol 3
            yield argument.replace(" ", ".")


def fits():
    """Fitted estimators of every kind."""
    root = Path(__file__).parents[1]
    tool = runpy.run_path(str(root / "tools" / "save_models.py"))
    for name, model, A, y in tool["models"]():
        yield name, model.fit(A) if y is None else model.fit(A, y)
    brief = {"max_iter": 2, "random_state": 0}
    yield (
        "moderated",
        FNNClassifier((3,), solver=LevenbergMarquardt(moderated=True), **brief).fit(X, LABELS),
    )
    yield "partial_fit", FNNRegressor((3,), **brief).partial_fit(X, Y)
    yield "held-out rows", FNNRegressor((3,), **brief).fit(X, Y, **VALID)
    yield "pretrained", FNNClassifier((3,), pretrain="autoencoder", **brief).fit(X, LABELS)
    yield "several labels", FNNClassifier((3,), **brief).fit(X, X > 0)
    one_hot = np.eye(3, dtype=int)[np.arange(60) % 3]
    yield "one-hot", FNNClassifier((3,), loss="categorical_crossentropy", **brief).fit(X, one_hot)
    yield "given weights", FNNRegressor.from_weights([np.ones((4, 1))], [[0.0]])


def test_no_pickle_knows_in_which_file_a_class_is():
    pytest.importorskip("skops")  # tools/save_models.py needs it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models = dict(fits())
    for name, model in models.items():
        assert isinstance(model, BaseEstimator)
        for path in set(globals_of(pickle.dumps(model, protocol=2))):
            module = path.rpartition(".")[0]
            if not path.startswith("skfnn.") or path.startswith(EXCLUDED):
                continue
            private = [part for part in module.split(".") if part.startswith("_")]
            assert private in ([], ["_engine"], ["_estimators"]), (name, path)
            assert module.count(".") == 1 or not private, (name, path)
