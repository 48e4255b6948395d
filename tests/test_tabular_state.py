"""What a fit of a table leaves: one object; and candidates of another kind on the folds."""

import pickle
import pickletools
from functools import partial

import numpy as np
import pytest
from helpers import members_alone, with_state
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.following.history import History
from skfnn.tabular import _compatibility
from skfnn.tabular._candidates import Candidate
from skfnn.tabular._ensemble import assembled
from skfnn.tabular._members import Member
from skfnn.tabular._predictors import Predictor
from skfnn.tabular._search import Configuration

BRIEF = {"n_members": 3, "max_iter": 4, "hidden_layer_sizes": (8,), "random_state": 0}
IRIS = load_iris(return_X_y=True, as_frame=True)
DIABETES = load_diabetes(return_X_y=True, as_frame=True)
KINDS = [(TabularFNNClassifier, IRIS), (TabularFNNRegressor, DIABETES)]
each = pytest.mark.parametrize(("kind", "data"), KINDS, ids=["classes", "numbers"])


@each
def test_an_estimator_holds_its_parameters_and_one_object(kind, data):
    model = kind(**BRIEF).fit(*data)
    assert set(vars(model)) - set(model.get_params()) == {"_fitted"}
    for name in ("encoder_", "oof_prediction_", "n_features_in_", "n_iter_", "history_"):
        assert hasattr(model, name)
        with pytest.raises(AttributeError, match=f"{kind.__name__!r} object has no.*{name}"):
            getattr(kind(), name)
    before = model._fitted
    model.fit(*data)
    assert model._fitted is not before


@each
def test_a_pickle_does_not_know_in_which_file_a_class_is(kind, data):
    saved = pickle.dumps(kind(**BRIEF).fit(*data), protocol=2)
    names = [str(arg) for code, arg, _ in pickletools.genops(saved) if code.name == "GLOBAL"]
    assert any(name.startswith("skfnn.tabular ") for name in names)
    assert not [name for name in names if name.startswith("skfnn.tabular._")]


@each
def test_what_was_saved_before_there_were_pairs_and_weights_is_taken(kind, data):
    model = kind(**BRIEF).fit(*data)
    if kind is TabularFNNClassifier:
        model = with_state(model, scaling=None)
    fitted = model._fitted
    state = {
        **model.get_params(), "encoder_": fitted.encoder, "_target": fitted.target,
        "_loss": fitted.loss, "_members": [p.network for p in fitted.predictors],
        "_histories": fitted.histories, "best_epochs_": fitted.best_epochs,
        "oof_prediction_": None,
    }  # fmt: skip
    if kind is TabularFNNRegressor:
        scale = fitted.scale
        state |= {"_shift": scale.shift, "_spread": scale.spread, "_range": (scale.low, scale.high)}
    else:
        state |= {"temperature_": fitted.temperatures[0], "sharpening_": fitted.sharpening}
    found = _compatibility.upgraded(state)
    again = model._view(found.pop("_fitted"))
    assert set(found) == set(model.get_params())
    np.testing.assert_array_equal(again.predict(data[0]), model.predict(data[0]))


def test_intervals_and_temperature_are_those_of_the_members_that_count():
    X, y = DIABETES
    model = TabularFNNRegressor(interval_width="equal", **BRIEF).fit(X, y)
    errors = np.sort(np.abs(y - model.oof_prediction_))
    low, high = model.predict_interval(X, coverage=0.8).T
    expected = errors[int(np.ceil(0.8 * (len(y) + 1))) - 1]
    alone = [one.predict(X) for one in members_alone(model)]
    expected *= np.sqrt(1 - np.var(alone, axis=0).mean() / (errors**2).mean())  # of their mean
    np.testing.assert_allclose((high - low) / 2, expected, rtol=1e-6)
    X, y = IRIS
    model = TabularFNNClassifier(**BRIEF).fit(X, y)
    alone = members_alone(model)  # of which no held-out rows are known
    assert {one.temperature_ for one in alone} == {1.0}
    assert all(one.oof_prediction_ is None for one in alone)


# ------------------------------------------------------------------ a candidate of another kind


class Line(Predictor):
    """A linear model of the encoder's rows."""

    class columns:
        """They are taken as they are."""

        @staticmethod
        def transform(A):
            return A

    def __init__(self, model):
        self.model = model

    def raw(self, A, dtype=None, rows=None):
        return self.model.predict(A if rows is None else A[rows]).reshape(-1, 1)


class Lines(Candidate):
    """A linear model a fold."""

    name = "lines"

    def __init__(self, networks):
        self.networks = networks

    data = property(lambda self: self.networks.data)
    validation = property(lambda self: self.networks.validation)

    def valid(self, fold):
        return self.networks.valid(fold)

    def first(self, fold, trainer):
        trainer.take(self.member(fold))

    def other(self, fold, trainer):
        return partial(self.member, fold)

    def member(self, fold):
        X, y = self.data.X, self.data.y
        line = Line(LinearRegression().fit(X[fold.rows], y[fold.rows]))
        raw = line.raw(X[fold.held])
        score = -float(np.mean((raw[:, 0] - y[fold.held]) ** 2))
        return Member(fold.number, line, History(), 1, 1, raw, False, True, score)


def test_a_linear_model_joins_the_ensemble(monkeypatch):
    X, y = DIABETES
    made = []

    def with_lines(table, configurations, folds, judge):
        (own,) = configurations
        lines = Lines(own.candidate)
        more = Configuration({}, [lines.member(fold) for fold in folds], 3, lines)
        made.append(assembled(table, [own, more], folds, judge))
        return made[-1]

    monkeypatch.setattr("skfnn.tabular._ensemble.assembled", with_lines)
    model = TabularFNNRegressor(**BRIEF).fit(X, y)
    assert model._fitted.weights == [1.0] * 3 + [3.0] * 3
    assert model.leaderboard_["weight"].sum() == pytest.approx(1)
    predictions = np.array([one.predict(X) for one in members_alone(model)])
    expected = np.average(predictions, axis=0, weights=model._fitted.weights)
    np.testing.assert_allclose(model.predict(X), expected)
    oof = model.oof_prediction_
    networks_alone = with_state(model, weights=[1.0] * 3 + [0.0] * 3)
    assert np.abs(networks_alone.predict(X) - model.predict(X)).max() > 1
    assert oof.shape == y.shape
    assert np.isfinite(oof).all()
