"""TabularFNNClassifier and TabularFNNRegressor: raw tables in, honest predictions out."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from helpers import networks_of, with_state
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, make_friedman1
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.following.history import History
from skfnn._engine.network.forward import Forward
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import RegressionTarget
from skfnn.layers import PiecewiseLinearEmbedding
from skfnn.losses import Quantile, SquaredError
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.tabular import _candidates, _cycles, _members, _trials
from skfnn.tabular._cycles import enough_epochs, unexplained
from skfnn.tabular._folds import assign_folds
from skfnn.tabular._members import Member
from skfnn.tabular._recipes import RECIPES, Columns

# The table below has a constant column and an empty one.
pytestmark = pytest.mark.filterwarnings("ignore:Columns with the same value")

BRIEF = {"n_members": 2, "max_iter": 12, "hidden_layer_sizes": (16,), "random_state": 0}

SHARED = {"recipe": "tabm-mini", "max_iter": 12, "hidden_layer_sizes": (16,),
          "learning_rate_init": 0.03, "random_state": 0}  # fmt: skip

_STOCHASTIC = {
    f"check_sample_weight_equivalence_on_{kind}_data": "weights and repeated rows make different "
    "minibatches and folds"
    for kind in ("dense", "sparse")
}
_UNCOMMON = _STOCHASTIC | {
    "check_fit_score_takes_y": "an ordinary fit keeps nothing to go on from: partial_fit says so"
}
_REFUSED = ("check_estimators_partial_fit_n_features", "check_n_features_in_after_fitting")
_REFIT = _UNCOMMON | dict.fromkeys(_REFUSED, "refit is refused by partial_fit, by name")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        TabularFNNClassifier(**BRIEF),
        TabularFNNRegressor(**BRIEF),
        TabularFNNClassifier(
            **{**BRIEF, "n_members": 1},
            numeric_embedding=None,
            batch_size=64,
            learning_rate_init=0.03,
            refit=True,
        ),
        TabularFNNRegressor(**BRIEF, loss="huber", numeric_embedding="plr"),
        TabularFNNClassifier(**SHARED),
        TabularFNNRegressor(**SHARED),
    ],
    expected_failed_checks=lambda estimator: _REFIT if estimator.refit else _UNCOMMON,
)
def test_estimator_check(estimator, check):
    check(estimator)


def frame(n=300, seed=0):
    """A raw table with every kind of column, and a target that depends on all of them."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "number": rng.normal(size=n),
            "holes": np.where(rng.random(n) < 0.2, np.nan, rng.normal(100, 20, n)),
            "few": pd.Categorical(rng.choice(["a", "b", "c"], n)),
            "many": rng.choice([f"level {i}" for i in range(30)], n),
            "flag": rng.random(n) < 0.5,
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D"),
            "empty": np.nan,
            "constant": 1,
        }
    )
    signal = X["number"] + (X["few"] == "a") + 2 * X["flag"] - X["holes"].isna()
    return X, signal.to_numpy(float)


def test_a_raw_table_is_learned():
    X, signal = frame(1200)
    X, X_test, signal, signal_test = train_test_split(X, signal, random_state=0)
    model = TabularFNNRegressor(n_members=2, max_iter=30, random_state=0).fit(X, signal)
    assert model.score(X_test, signal_test) > 0.97
    y, y_test = np.where(signal > 1, "high", "low"), np.where(signal_test > 1, "high", "low")
    model = TabularFNNClassifier(n_members=2, max_iter=30, random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.93
    assert model.classes_.tolist() == ["high", "low"]


def test_unseen_levels_and_holes_at_prediction():
    X, signal = frame()
    model = TabularFNNRegressor(**BRIEF).fit(X, signal)
    new = X.iloc[:3].copy()
    new["few"], new["many"], new["number"] = ["z", None, "a"], "unseen", [np.nan, 1e300, 0.0]
    assert np.isfinite(model.predict(new)).all()


def test_a_category_of_thousands_of_levels():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"id": rng.permutation(5000).astype(str), "x": rng.normal(size=5000)})
    model = TabularFNNRegressor(n_members=2, max_iter=1, random_state=0).fit(X, X["x"])
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("scale", [1e-6, 1e9])
def test_targets_of_any_scale(scale):
    X, y = make_friedman1(200, random_state=0)
    plain = TabularFNNRegressor(**BRIEF).fit(X, y)
    scaled = TabularFNNRegressor(**BRIEF).fit(X, scale * y)
    np.testing.assert_allclose(scaled.predict(X), scale * plain.predict(X), rtol=1e-3)
    np.testing.assert_allclose(scaled.predict_interval(X), scale * plain.predict_interval(X),
                               rtol=1e-2)  # fmt: skip


def test_small_and_degenerate_data():
    X, y = frame(12)
    for n in (1, 2, 3, 12):
        assert np.isfinite(TabularFNNRegressor(**BRIEF).fit(X[:n], y[:n]).predict(X)).all()
    assert (TabularFNNRegressor(**BRIEF).fit(X, np.full(12, 3.0)).predict(X) == 3).all()
    labels = np.array(["b"] * 9 + ["a"] * 3)  # a class of three rows, in two folds
    assert TabularFNNClassifier(**BRIEF).fit(X, labels).predict_proba(X).shape == (12, 2)
    rare = np.array([0] * 10 + [1, 2])  # classes that a fold's training rows may lack
    np.testing.assert_allclose(
        TabularFNNClassifier(**BRIEF).fit(X, rare).predict_proba(X).sum(axis=1), 1
    )
    one = TabularFNNClassifier(**BRIEF).fit(X, ["only"] * 12)
    assert (one.predict_proba(X) == 1).all()
    assert set(one.predict(X)) == {"only"}
    assert TabularFNNClassifier(**BRIEF).fit(X[["constant"]], labels).predict(X[["constant"]]).size


@pytest.mark.parametrize("fold_of", ["classes", "numbers", "columns"])
def test_folds_are_even(fold_of):
    rng = np.random.default_rng(0)
    y = {"classes": rng.choice(3, 103, p=[0.8, 0.17, 0.03]), "numbers": rng.normal(size=103),
         "columns": rng.normal(size=(103, 2))}[fold_of]  # fmt: skip
    fold = assign_folds(y, 5, rng)
    assert np.ptp(np.bincount(fold)) <= 1
    if fold_of == "classes":
        for label in range(3):
            assert np.ptp(np.bincount(fold[y == label], minlength=5)) <= 2
    if fold_of == "numbers":
        means = [y[fold == i].mean() for i in range(5)]
        assert np.ptp(means) < 0.1  # at random: 0.6


def test_out_of_fold_predictions_are_of_members_that_did_not_see_the_row():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 5)), rng.integers(0, 2, 300)  # nothing to learn but by heart
    model = TabularFNNClassifier(
        n_members=3, max_iter=60, dropout=0.0, label_smoothing=0.0, random_state=0, refit=True
    ).fit(X, y)
    assert np.isfinite(model.oof_prediction_).all()
    assert 0.35 < (model.oof_prediction_.argmax(axis=1) == y).mean() < 0.65
    X, y = load_diabetes(return_X_y=True)
    model = TabularFNNRegressor(n_members=3, max_iter=20, random_state=0).fit(X, y)
    error = np.mean((model.oof_prediction_ - y) ** 2)
    assert np.mean((model.predict(X) - y) ** 2) < error < y.var()
    alone = TabularFNNRegressor(**{**BRIEF, "n_members": 1}, validation_fraction=0.25).fit(X, y)
    assert np.isfinite(alone.oof_prediction_).mean() == pytest.approx(0.25, abs=0.01)


def test_the_temperature_is_the_best_for_held_out_rows():
    X, y = load_breast_cancer(return_X_y=True)
    model = TabularFNNClassifier(**BRIEF).fit(X, y)
    p = np.clip(model.oof_prediction_, 1e-12, 1)
    scores = model.temperature_ * (np.log(p[:, 1]) - np.log(p[:, 0]))
    losses = [log_loss(y, 1 / (1 + np.exp(-scores / (t * model.temperature_))))
              for t in (0.8, 1.0, 1.25)]  # fmt: skip
    assert losses[1] == min(losses)


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_intervals_hold_the_share_that_they_say(coverage):
    X, y = make_friedman1(1500, noise=2.0, random_state=0)
    model = TabularFNNRegressor(n_members=3, max_iter=10, random_state=0).fit(X[:700], y[:700])
    low, high = model.predict_interval(X[700:], coverage).T
    assert np.mean((low <= y[700:]) & (y[700:] <= high)) == pytest.approx(coverage, abs=0.06)


def test_intervals_need_enough_held_out_rows():
    X, y = make_friedman1(20, random_state=0)
    model = TabularFNNRegressor(**BRIEF).fit(X, y)
    assert model.predict_interval(X, 0.9).shape == (20, 2)
    with pytest.raises(ValueError, match=r"coverage=0\.99 .*20 held-out rows"):
        model.predict_interval(X, 0.99)
    with pytest.raises(ValueError, match=r"coverage must be in \(0, 1\)\. Got 90"):
        model.predict_interval(X, 90)


def test_several_labels_and_several_outputs():
    X, signal = frame()
    Y = np.column_stack([signal > 1, X["flag"]]).astype(int)
    model = TabularFNNClassifier(**BRIEF).fit(X, Y)
    assert model.predict(X).shape == model.predict_proba(X).shape == (300, 2)
    assert (model.predict(X)[:, 1] == Y[:, 1]).mean() > 0.9
    assert model.decision_function(X).shape == (300, 2)
    Y = np.column_stack([signal, -1e6 * signal])
    model = TabularFNNRegressor(**BRIEF).fit(X, Y)
    assert model.predict(X).shape == model.oof_prediction_.shape == (300, 2)
    assert model.predict_interval(X).shape == (300, 2, 2)
    np.testing.assert_allclose(model.predict(X)[:, 1], -1e6 * model.predict(X)[:, 0], rtol=0.5,
                               atol=3e5)  # fmt: skip


def test_losses_of_the_regressor():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(1000, 1))
    y = 50 * X[:, 0] + 10 * rng.normal(size=1000)
    upper = TabularFNNRegressor(loss=Quantile(quantile=0.9), n_members=2, max_iter=20,
                                random_state=0).fit(X, y)  # fmt: skip
    assert np.mean(y <= upper.predict(X)) == pytest.approx(0.9, abs=0.05)  # seeds: .86 to .91
    counts = rng.poisson(np.exp(1 + 2 * X[:, 0]))
    model = TabularFNNRegressor(loss="poisson", n_members=2, max_iter=20, random_state=0)
    predicted = model.fit(X, counts).predict(X)
    assert (predicted > 0).all()
    np.testing.assert_allclose(predicted, np.exp(1 + 2 * X[:, 0]), rtol=0.35)
    with pytest.raises(ValueError, match="loss='poisson' needs y >= 0"):
        model.fit(X, y)
    with pytest.raises(ValueError, match="loss='hinge' is not a loss of numbers"):
        TabularFNNRegressor(loss="hinge").fit(X, y)


def test_weights_of_rows_and_classes():
    X, signal = frame(400)
    y = (signal > 1).astype(int)
    wrong = np.r_[np.zeros(200), np.ones(200)]
    noisy = np.where(wrong == 1, 1 - y, y)
    model = TabularFNNClassifier(**{**BRIEF, "max_iter": 30})
    assert clone(model).fit(X, noisy, sample_weight=1e-9 + (wrong == 0)).score(X, y) > 0.8
    rare = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:15]]
    plain = clone(model).fit(X.iloc[rare], y[rare])
    balanced = clone(model).set_params(class_weight="balanced").fit(X.iloc[rare], y[rare])
    assert balanced.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.05
    with pytest.raises(ValueError, match="at least one non-zero"):
        model.fit(X, y, sample_weight=np.zeros(400))
    with pytest.raises(ValueError, match=r"class_weight.*\[7\]"):
        model.set_params(class_weight={7: 1}).fit(X, y)


def test_the_same_bits_again_in_parallel_from_a_pickle_and_from_threads():
    X, signal = frame()
    model = TabularFNNRegressor(**BRIEF).fit(X, signal)
    expected = model.predict(X)
    again = clone(model).fit(X, signal)
    parallel = clone(model).set_params(n_jobs=2).fit(X, signal)
    for other in (again, parallel, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict(X), expected)
    with ThreadPoolExecutor(4) as pool:
        for part in pool.map(model.predict, [X] * 8):
            np.testing.assert_array_equal(part, expected)
    rows = np.concatenate([model.predict(X[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(rows, expected[:20], rtol=1e-9)
    n_bytes = sum(network.values.nbytes for network in networks_of(model))
    assert len(pickle.dumps(model)) < 1.5 * n_bytes + 60_000


def test_validation_data_of_ones_own_and_refit():
    X, signal = frame(400)
    model = TabularFNNRegressor(**BRIEF)
    model.fit(X[:300], signal[:300], X_val=X[300:], y_val=signal[300:])
    assert model.oof_prediction_ is None
    assert model.predict_interval(X).shape == (400, 2)
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        model.fit(X, signal, X_val=X)
    with pytest.raises(ValueError, match="classes that y does not have"):
        TabularFNNClassifier(**BRIEF).fit(X, signal > 0, X_val=X[:2], y_val=[True, "b"])
    refitted = clone(model).set_params(refit=True).fit(X, signal)
    before = clone(model).fit(X, signal)
    np.testing.assert_array_equal(refitted.oof_prediction_, before.oof_prediction_)
    assert (refitted.predict(X) != before.predict(X)).any()


def test_the_best_epoch_of_each_member_comes_back():
    X, y = load_diabetes(return_X_y=True)
    model = TabularFNNRegressor(**BRIEF).fit(X, y)
    for member, best in enumerate(model.best_epochs_):
        losses = model.history_.loc[member, "val_loss"]
        assert losses.loc[best] == losses.min()
    assert model.n_iter_ == 12
    longer = TabularFNNRegressor(**{**BRIEF, "max_iter": None}).fit(X, y)
    lengths = longer.history_.groupby("member").size()  # small tables get up to 256 epochs
    for best, length in zip(longer.best_epochs_, lengths, strict=True):
        own = 52 if best <= 18 else 120 if best <= 52 else 256
        assert length == own or length < min(own, lengths[0])


def test_a_short_time_limit_still_gives_a_model():
    X, signal = frame()
    model = TabularFNNRegressor(time_limit=1e-6, random_state=0).fit(X, signal)
    assert model.n_iter_ == 1
    assert len(model._fitted.predictors) == 1
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipes(recipe):
    X, signal = frame(200)
    model = TabularFNNRegressor(recipe=recipe, max_iter=5, random_state=0).fit(X, signal)
    assert len(model._fitted.predictors) == RECIPES[recipe].members(200)
    assert model.summary()["parameters"].sum() == networks_of(model)[0].values.size
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize(
    ("n_rows", "n_members"),
    [(1, 5), (124, 5), (175, 7), (250, 10), (500, 10), (600, 8), (1000, 5), (10**5, 5), (10**6, 3)],
)
def test_tables_of_some_hundred_rows_get_more_members(n_rows, n_members):
    assert RECIPES["ensemble"].members(n_rows) == n_members
    assert all(RECIPES[name].members(n_rows) == 1 for name in set(RECIPES) - {"ensemble"})


@pytest.mark.parametrize(("n_numbers", "entries"), [(3, (8, 4)), (32, (8, 4)), (33, (4, 4))])
def test_many_numbers_are_embedded_in_fewer_columns(n_numbers, entries):
    for regression in (False, True):
        layers = RECIPES["ensemble"].layers(
            Columns(n_numbers, n_numbers, [], regression=regression, member=1), 2
        )
        (pieces,) = [k for k in layers if isinstance(k, PiecewiseLinearEmbedding)]
        assert pieces.n_entries == entries[regression]


def test_the_number_of_members_that_was_asked_for():
    X, signal = frame(250)
    model = TabularFNNRegressor(n_members=2, max_iter=2, random_state=0).fit(X, signal)
    assert len(model._fitted.predictors) == 2


def members_of(model, X):
    """Raw scores (n, members, outputs) of the members inside the only network of a model."""
    (network,) = networks_of(model)
    raw = Forward(network, len(X), np.float64)(model.encoder_.transform(X))
    return raw.reshape(len(X), 32, -1)


def test_members_that_share_layers_give_the_mean_of_their_predictions():
    X, signal = frame()
    model = TabularFNNRegressor(**SHARED, loss="poisson").fit(X, np.exp(signal))
    scale = model._fitted.scale
    each = np.exp(members_of(model, X)[:, :, 0]) * scale.spread
    expected = np.clip(each.mean(axis=1), scale.low, scale.high)
    np.testing.assert_allclose(model.predict(X), expected)
    assert each.std(axis=1).mean() > 0.01  # they differ
    y = np.digitize(signal, [0, 1])
    model = with_state(TabularFNNClassifier(**SHARED).fit(X, y), scaling=None)
    tempered = np.log(softmax(members_of(model, X), axis=2).mean(axis=1)) / model.temperature_
    np.testing.assert_allclose(model.predict_proba(X), softmax(tempered, axis=1))
    assert np.isfinite(model.oof_prediction_).all(axis=1).mean() == pytest.approx(0.2, abs=0.01)


def test_members_that_share_layers_learn_every_kind_of_target():
    X, signal = frame(400)
    model = TabularFNNRegressor(**{**SHARED, "max_iter": 40})
    assert model.fit(X, signal).score(X, signal) > 0.9
    Y = np.column_stack([signal, -1e6 * signal])
    assert clone(model).fit(X, Y).score(X, Y) > 0.9
    upper = clone(model).set_params(loss=Quantile(quantile=0.9)).fit(X, signal)
    assert 0.8 < np.mean(signal <= upper.predict(X)) <= 1
    model = TabularFNNClassifier(**{**SHARED, "max_iter": 40})
    labels = np.column_stack([signal > 1, X["flag"]]).astype(int)
    assert (clone(model).fit(X, labels).predict(X) == labels).mean() > 0.95
    wrong = np.arange(400) % 3 == 0
    noisy = np.where(wrong, signal <= 1, signal > 1)
    assert clone(model).fit(X, noisy, sample_weight=1e-9 + ~wrong).score(X, signal > 1) > 0.9


def test_members_that_share_layers_start_apart():
    X, signal = frame(100)
    model = TabularFNNRegressor(**{**SHARED, "max_iter": 1, "learning_rate_init": 1e-12})
    network = networks_of(model.fit(X, signal))[0]
    (R,) = network.weights("R")
    assert network.layers[-1].widths == [16] * model.encoder_.n_numbers_ + [8]
    assert (np.ptp(R[:, :16], axis=1) < 1e-6).all()
    assert (np.ptp(R[:, 15:17], axis=1) > 1e-6).all()
    model.set_params(numeric_embedding=None).fit(X, signal)
    (R,) = networks_of(model)[0].weights("R")
    np.testing.assert_allclose(np.abs(R), 1, atol=1e-6)


def test_patience_ends_training():
    X, _ = frame(200)
    y = np.random.default_rng(0).integers(0, 2, 200)  # nothing to learn
    model = TabularFNNClassifier(**{**SHARED, "max_iter": 300}).fit(X, y)
    assert model.n_iter_ == model.best_epochs_[0] + 17 < 300


def test_in_a_search_and_in_cross_validation():
    X, signal = frame(150)
    search = GridSearchCV(
        TabularFNNClassifier(**BRIEF), {"weight_decay": [0.0, 0.02]}, cv=2, scoring="roc_auc"
    )
    assert search.fit(X, signal > 1).best_score_ > 0.7
    assert cross_val_score(TabularFNNRegressor(**BRIEF), X, signal, cv=2).mean() > 0.3


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"recipe": "best"}, "recipe='best' is not a known recipe. Allowed are .'ensemble'"),
        ({"hidden_layer_sizes": (8, 0)}, r"hidden_layer_sizes must be > 0, got \[8, 0\]"),
        ({"n_members": 0}, "'n_members' parameter.*0"),
        ({"numeric_embedding": "waves"}, "'numeric_embedding' parameter.*'waves'"),
        ({"time_limit": 0}, "'time_limit' parameter"),
        ({"validation_fraction": 0.5}, "validation_fraction=0.5 has no effect with 5 members"),
        ({"time_limit": 5, "n_jobs": 2}, "n_jobs=2 has no effect with time_limit=5"),
    ],
)
def test_bad_parameters_are_refused(params, message):
    X, signal = frame(30)
    with pytest.raises(ValueError, match=message):
        TabularFNNRegressor(**params).fit(X, signal)


def test_widths_are_whole_numbers():
    X, signal = frame(30)
    with pytest.raises(TypeError, match=r"hidden_layer_sizes must hold integers.*8\.5"):
        TabularFNNRegressor(hidden_layer_sizes=(8.5,)).fit(X, signal)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_verbose_prints_a_line_a_member(n_jobs, capsys):
    X, signal = frame(60)
    TabularFNNRegressor(**BRIEF, n_jobs=n_jobs, verbose=True).fit(X, signal)
    assert capsys.readouterr().out.count("best epoch") == 2


@pytest.mark.parametrize(
    ("max_iter", "best", "n_epochs"),
    [(60, 1, 12), (60, 4, 12), (60, 5, 28), (60, 12, 28), (60, 13, 60), (60, 60, 60),
     (15, 1, 7), (15, 3, 7), (15, 4, 15), (64, 1, 14), (64, 5, 14), (64, 6, 31)],
)  # fmt: skip
def test_training_ends_after_a_cycle_without_a_better_epoch(max_iter, best, n_epochs, monkeypatch):
    """60 epochs are cycles of 4, 8, 16 and 32.

    Those of 64 end within an epoch, of which the end is waited for.
    """

    def score(self, y, raw, weight):
        score.epoch += 1
        return -abs(score.epoch - best)

    score.epoch = 0
    monkeypatch.setattr(LossAndError, "__call__", score)
    monkeypatch.setattr("skfnn.tabular._honest.FEWEST", np.inf)  # whose halves have scores, too
    X = np.random.default_rng(0).normal(size=(80, 3))
    model = TabularFNNClassifier(n_members=1, max_iter=max_iter, random_state=0)
    assert model.fit(X, X[:, 0] > 0).n_iter_ == n_epochs
    assert model.best_epochs_ == [best]


@pytest.mark.parametrize(("share", "n_epochs"), [(0.11, 12), (0.09, 28)])
def test_numbers_with_little_noise_get_a_third_cycle(share, n_epochs, monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)), rng.normal(size=200)
    monkeypatch.setattr(_cycles, "unexplained", lambda *given: np.array([share]))
    model = TabularFNNRegressor(n_members=1, max_iter=60, random_state=0).fit(X, y)
    assert model.best_epochs_[0] <= 4
    assert model.n_iter_ == n_epochs


@pytest.mark.parametrize(
    ("share", "scores", "given", "tried"),
    [(0.05, (-1.0, -0.89), None, [0.02, 0.08, 0.08]),  # clearly better
     (0.05, (-1.0, -0.91), None, [0.02, 0.08, 0.02]),
     (0.11, (-1.0, -0.5), None, [0.02, 0.02]),  # much noise
     (0.05, (-1.0, -0.5), 0.03, [0.03, 0.03])],  # the user's
)  # fmt: skip
def test_the_first_member_tries_a_firmer_decay(share, scores, given, tried, monkeypatch):
    trained = []

    def train(task, *others):
        trained.append(task.recipe.weight_decay)
        member = _members.train(task, *others)
        member.score = scores[len(trained) > 1]
        return member

    monkeypatch.setattr(_candidates, "train", train)
    monkeypatch.setattr(_trials, "unexplained", lambda *given: np.array([share]))
    X, signal = frame()
    TabularFNNRegressor(**BRIEF, weight_decay=given).fit(X, signal)
    assert trained == tried


def test_the_share_that_is_not_explained_is_one_minus_r2():
    rng = np.random.default_rng(0)
    y, raw, weight = rng.normal(size=(50, 2)), rng.normal(size=(50, 2)), rng.random(50)
    data = Data(np.zeros((50, 1)), y, weight, RegressionTarget(2, False), None)
    expected = 1 - r2_score(y, raw, sample_weight=weight, multioutput="raw_values")
    found = unexplained(SquaredError().specialise("regression"), data, raw)
    np.testing.assert_allclose(found, expected)
    data.y[:, 1] = 3.0
    found = unexplained(SquaredError().specialise("regression"), data, raw)
    np.testing.assert_allclose(found, [expected[0], 1.0])


@pytest.mark.parametrize(
    ("scores", "enough"),
    [([-1, -2, -3, -4], 10),  # at least so many
     ([-9] * 20 + [-1] + [-2] * 39, 28), ([-9] * 20 + [-1] * 40, 60),
     ([-9] * 20 + [-1] + [-1.06] * 39, 28), ([-9] * 20 + [-1] + [-1.04] * 39, 60),
     ([-9] * 28 + [-1] + [-9] * 31, 60), ([-9] * 27 + [-1] + [-9] * 32, 28)],
)  # fmt: skip
def test_the_epochs_that_are_enough_end_with_a_cycle(scores, enough):
    assert enough_epochs(scores, 60) == enough


def test_no_member_takes_more_epochs_than_the_first_one_needed():
    X, signal = frame(400)
    y = (signal + 2 * np.random.default_rng(0).normal(size=400) > 0).astype(int)
    settings = {"n_members": 3, "hidden_layer_sizes": (8,), "random_state": 1}
    model = TabularFNNClassifier(**settings).fit(X, y)
    first, *others = model.history_.groupby("member").size()
    assert all(length < first for length in others)
    both = TabularFNNClassifier(**settings, n_jobs=2).fit(X, y)
    pd.testing.assert_frame_equal(both.history_.drop(columns="seconds"),
                                  model.history_.drop(columns="seconds"))  # fmt: skip


@pytest.mark.parametrize(("last", "times"), [(0.49, 5), (0.51, 2.5)])
def test_how_much_longer_is_told_by_what_the_last_half_gained(last, times):
    history = History()
    for loss in [3.0, 2.0, 1.0, 2.0, 1.5, last]:
        history.append(val_loss=loss)
    member = Member(0, None, history, 6, 6, None, False, True, -last)
    assert _trials.longer(member) == times


@pytest.mark.parametrize(("noise", "n_jobs"), [(0.0, None), (0.0, 2), (0.3, None)])
def test_a_target_without_noise_gets_more_epochs(noise, n_jobs):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(200, 2))
    y = np.sin(3 * X[:, 0]) + X[:, 1] ** 2 + noise * rng.normal(size=200)
    settings = {"n_members": 2, "hidden_layer_sizes": (24,), "random_state": 0}
    model = TabularFNNRegressor(**settings, n_jobs=n_jobs).fit(X, y)
    assert (model.n_iter_ > 256) == (noise == 0)
    if noise == 0:
        given = TabularFNNRegressor(max_iter=20, **settings, n_jobs=n_jobs).fit(X, y)
        assert given.n_iter_ <= 20
        limited = TabularFNNRegressor(time_limit=1e-3, **settings).fit(X, y)
        assert limited.n_iter_ <= 256
