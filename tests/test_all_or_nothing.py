"""Calls that fail change nothing; Ctrl-C once ends a fit, twice ends everything."""

import pickle

import numpy as np
import pytest
from faults import held
from sklearn.model_selection import GridSearchCV

from skfnn import FNNClassifier, FNNRegressor
from skfnn._engine.following import interrupts
from skfnn._engine.following.divergence import DivergenceError
from skfnn._engine.following.history import History
from skfnn._engine.following.monitor import Monitor
from skfnn.optimizers import Optimizer
from skfnn.preprocessing import TabularEncoder
from skfnn.preprocessing._flatten import Flatten

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize(("transformer", "wrong"), [
    (TabularEncoder(), np.full((5, 4), np.inf)), (Flatten(), np.full((5, 2, 2), "a")),
])  # fmt: skip
def test_a_transformer_that_refuses_rows_stays_fitted(transformer, wrong):
    transformer.fit(X)
    before = vars(transformer).copy()
    with pytest.raises(ValueError, match=r"inf|convert|numeric"):
        transformer.fit(wrong)
    assert vars(transformer) == before
    assert len(transformer.transform(X)) == len(X)


class CtrlC:
    """A scorer that is interrupted at its calls of these numbers."""

    def __init__(self, *calls):
        self.calls, self.count = calls, 0

    def __call__(self, estimator, X, y):
        self.count += 1
        if self.count in self.calls:
            raise KeyboardInterrupt
        return 0.5


def search(*calls):
    model = FNNClassifier((3,), max_iter=3, tol=0, metrics=CtrlC(*calls), random_state=0)
    return GridSearchCV(model, {"alpha": [1e-4, 1e-3]}, cv=2, refit=False, error_score="raise")


@pytest.mark.filterwarnings("ignore:Stochastic")
def test_one_interrupt_ends_one_fit_and_the_search_goes_on(monkeypatch):
    now = iter(range(0, 1000, 2))
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: next(now))
    searching = search(2, 5)
    with pytest.warns(UserWarning, match="interrupted"):
        searching.fit(X, y)
    assert len(searching.cv_results_["mean_test_score"]) == 2


@pytest.mark.filterwarnings("ignore:Stochastic")
def test_a_second_interrupt_within_a_second_ends_the_search(monkeypatch):
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: 5.0)
    with pytest.warns(UserWarning, match="interrupted"), pytest.raises(KeyboardInterrupt):
        search(2).fit(X, y)


# ------------------------------------------------------------------ finite or refused


@pytest.mark.filterwarnings("ignore:Stochastic")
@pytest.mark.parametrize("batch_norm", ["before", "after"])
@pytest.mark.parametrize("scale", [1e19, 1e30])
def test_running_moments_that_overflow_are_a_divergence(batch_norm, scale):
    """Seen: the fit succeeded, and every probability was NaN."""
    model = FNNClassifier((5,), batch_norm=batch_norm, max_iter=2, random_state=0)
    with pytest.raises(ValueError, match="not finite"):
        model.fit(scale * X, y)


# ------------------------------------------------------------------ history


class Torn:
    """A number that Ctrl-C is pressed at."""

    def __float__(self):
        raise KeyboardInterrupt


def test_a_row_of_the_history_is_written_whole_or_not_at_all():
    history = History()
    history.append(loss=1.0)
    with pytest.raises(KeyboardInterrupt):
        history.append(loss=2.0, rate=Torn())
    assert history.columns == {"loss": [1.0]}
    history.append(loss=3.0, rate=0.5)
    assert history.to_frame().fillna(0).to_dict("list") == {"loss": [1.0, 3.0], "rate": [0.0, 0.5]}


def test_copies_of_a_history_grow_on_their_own():
    one = History()
    one.append(loss=1.0)
    two, three = one.copy(), one.copy()
    two.append(loss=2.0)
    three.append(loss=3.0, accuracy=0.5)
    two.append(loss=4.0)
    one.append(loss=5.0)
    assert [h["loss"] for h in (one, two, three)] == [[1.0, 5.0], [1.0, 2.0, 4.0], [1.0, 3.0]]
    assert "accuracy" not in one.columns
    assert pickle.loads(pickle.dumps(three)).columns["loss"] == [1.0, 3.0]


# ------------------------------------------------------------------ partial_fit


@pytest.mark.parametrize("optimizer", sorted(Optimizer.registry))
def test_a_batch_that_diverges_leaves_partial_fit_as_it_was(optimizer):
    """Seen: one value of 1e20 made that call fail, and all later ones."""
    settings = {"hidden_layer_sizes": (4,), "solver": optimizer, "dropout": 0.2, "random_state": 0}
    disturbed, plain = (FNNRegressor(**settings).partial_fit(X, y) for _ in range(2))
    bad = X.copy()
    bad[3, 1] = 1e20
    before = held(disturbed)
    with pytest.raises(ValueError, match="Scale X"):
        disturbed.partial_fit(bad, y)
    assert held(disturbed) == before
    assert held(pickle.loads(pickle.dumps(disturbed)).partial_fit(X, y)) == held(
        plain.partial_fit(X, y)
    )


def test_an_interrupted_partial_fit_is_as_if_it_had_not_been_called():
    settings = {"hidden_layer_sizes": (4,), "dropout": 0.2, "random_state": 0}
    disturbed, plain = (FNNRegressor(**settings).partial_fit(X, y) for _ in range(2))
    with pytest.warns(UserWarning, match="interrupted"):
        disturbed.set_params(metrics=CtrlC(1)).partial_fit(X, y)
    disturbed.set_params(metrics=None)
    np.testing.assert_array_equal(disturbed.predict(X), plain.predict(X))
    np.testing.assert_array_equal(
        disturbed.partial_fit(X, y).predict(X), plain.partial_fit(X, y).predict(X)
    )


@pytest.mark.filterwarnings("ignore:(Stochastic|Training interrupted)")
def test_an_interrupt_of_pretraining_ends_all_phases(monkeypatch):
    """Seen: it ended one layer's training, and the rest went on."""
    epochs, epoch = [], Monitor.epoch

    def interrupted(monitor, *given):
        epochs.append(monitor)
        if len(epochs) == 2:
            raise KeyboardInterrupt
        return epoch(monitor, *given)

    monkeypatch.setattr(Monitor, "epoch", interrupted)
    model = FNNClassifier((4, 3), pretrain="autoencoder", max_iter=5, random_state=0).fit(X, y)
    assert len(epochs) == 2
    assert model.history_["phase"].tolist() == ["pretrain 1"]
    assert np.isfinite(model.predict_proba(X)).all()


# ------------------------------------------------------------------ what is to blame


@pytest.mark.parametrize(("given", "params", "blamed", "innocent"), [
    ({"X": 1e25 * X}, {}, "Scale X, which has values up to", "Scale y"),
    ({"y": 1e25 * X[:, 0]}, {}, "Scale y, which has values up to", "Scale X"),
    ({"sample_weight": np.full(40, 1e-35)}, {}, r"Lower alpha, which is 0.0001, over .* 1e\+31",
     "Scale X"),
    ({}, {"alpha": 1e35}, r"Lower alpha, which is 1e\+35\.", "Scale X"),
    ({}, {"learning_rate_init": 1e30, "solver": "sgd"}, r"^((?!Scale).)*learning_rate_init=1e\+30",
     "Scale X"),
])  # fmt: skip
def test_a_divergence_blames_what_is_to_blame(given, params, blamed, innocent):
    settings = {"hidden_layer_sizes": (4,), "max_iter": 20, "random_state": 0}
    model = FNNRegressor(**{**settings, **params})
    with pytest.raises(DivergenceError, match=blamed) as caught:
        model.fit(**{"X": X, "y": X[:, 0], **given})
    assert innocent not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.filterwarnings("ignore:(Stochastic|L-BFGS)")
def test_only_the_ratios_of_weights_count_without_penalty(solver, scale):
    """Seen: weights of 1e308 gave a useless model without a word."""
    weight = np.ldexp(np.linspace(1, 2, len(y)), -1)
    models = [
        FNNClassifier((4,), alpha=0, solver=solver, max_iter=5, random_state=0).fit(
            X, y, factor * weight, X_val=X, y_val=y, sample_weight_val=factor * weight
        )
        for factor in (1.0, scale)
    ]
    one, other = (model.predict_proba(X) for model in models)
    np.testing.assert_allclose(one, other, rtol=1e-4)
    one, other = (model.evaluate(X, y, scale * weight) for model in models)
    assert one == pytest.approx(other, rel=1e-4)


def test_weights_that_partial_fit_could_not_use_are_refused():
    with pytest.raises(ValueError, match=r"sample_weight has values up to 1e\+300.*as they are"):
        FNNRegressor().partial_fit(X, y, sample_weight=np.full(len(y), 1e300))


def test_the_product_of_weights_must_be_a_number():
    with pytest.raises(ValueError, match="sample_weight times class_weight"):
        FNNClassifier(class_weight={0: 1e300, 1: 1.0}).fit(X, y, np.full(len(y), 1e300))


@pytest.mark.parametrize(("returned", "error", "message"), [
    (np.nan, ValueError, "scoring returned nan in epoch 1"),
    (None, TypeError, "must return a number.*returned None"),
    ("good", TypeError, "must return a number.*returned 'good'"),
])  # fmt: skip
def test_a_scorer_that_returns_no_number_is_named(returned, error, message):
    model = FNNClassifier((3,), early_stopping=True, scoring=lambda estimator, X, y: returned)
    with pytest.raises(error, match=message):
        model.fit(X, y)


@pytest.mark.parametrize("given", [
    {"early_stopping": True, "scoring": "neg_log_loss"}, {"metrics": ["accuracy", "neg_log_loss"]},
])  # fmt: skip
def test_scores_of_probabilities_are_refused_before_training_without_any(given, monkeypatch):
    monkeypatch.setattr(Monitor, "epoch", None)  # no epoch is to be run
    with pytest.raises(ValueError, match=r"needs probabilities, which loss='hinge' does not have"):
        FNNClassifier((3,), loss="hinge", **given).fit(X, y)


def test_rows_that_overflow_are_refused_at_prediction():
    model = FNNRegressor.from_weights([[[2.0], [2.0]]], [[0.0]])
    for row in (np.full((1, 2), 1e308), np.full((1, 2), 3e38, np.float32)):
        with pytest.raises(ValueError, match=r"X has values up to .*Scale X"):
            model.predict(row)
    assert model.predict(np.full((1, 2), 1e300)).tolist() == [4e300]


def test_weights_are_assigned_all_or_none():
    model = FNNClassifier((4,), solver="lbfgs", random_state=0).fit(X, y)
    before = held(model)
    with pytest.raises(
        ValueError, match=r"coefs_ must hold arrays of shapes \[\(3, 4\), \(4, 1\)\]"
    ):
        model.coefs_ = [np.ones((3, 4)), np.ones((4, 2))]
    assert held(model) == before
