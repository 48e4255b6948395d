"""Small networks beside a recipe's, and the recalibrated spread: loss "gaussian", few rows."""

import pickle
import time

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone

from skfnn import FNNRegressor, TabularFNNRegressor
from skfnn.export import skops_trusted_types
from skfnn.losses import Gaussian
from skfnn.solvers import DivergenceError, Minibatch
from skfnn.tabular import _ensemble, _mean_networks, _small_networks
from skfnn.tabular._clock import Clock
from skfnn.tabular._mixing import Share, bagged, by_likelihood
from skfnn.tabular._widths import spread_of_all, spread_of_one

BRIEF = {"loss": "gaussian", "n_members": 3, "max_iter": 8, "random_state": 0}
OF_MEAN = "networks of the mean"
KINDS = ["lm gaussian", "lm gaussian by feature", "lm", "lm by feature"]


def noisy(n=300, seed=0):
    """Return rows whose noise depends on x, and its standard deviations."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"))
    std = np.exp(0.8 * X["b"] - 1).to_numpy()
    return X, X["a"].to_numpy() + std * rng.normal(size=n), std


def log_likelihood(model, X, y):
    mean, std = model.predict(X, return_std=True)
    return stats.norm.logpdf(y, mean, std).mean()


@pytest.fixture(scope="module")
def fitted():
    X, y, _ = noisy()
    return TabularFNNRegressor(**BRIEF).fit(X, y)


NEW, Y_NEW, STD_NEW = noisy(2000, 1)


# ------------------------------------------------------------------ the parts, by hand


def test_the_mixture_has_the_moments_of_its_draws():
    rng = np.random.default_rng(0)
    means, stds, weights = [1.0, 4.0, -2.0], [0.5, 1.0, 2.0], [1.0, 3.0, 0.5]
    raws = [np.array([[m, 2 * np.log(s)]]) for m, s in zip(means, stds, strict=True)]
    found = Gaussian().distribution(Gaussian().mixture(raws, weights))
    drawn = rng.choice(3, size=400_000, p=np.divide(weights, np.sum(weights)))
    draws = rng.normal(np.array(means)[drawn], np.array(stds)[drawn])
    np.testing.assert_allclose(found.center, draws.mean(), rtol=0.01)
    np.testing.assert_allclose(found.scale, draws.std(), rtol=0.01)
    pooled = Gaussian().pool(np.hstack(raws), 1)
    np.testing.assert_allclose(Gaussian().mixture(raws, [2.0] * 3), pooled, rtol=1e-12)


def test_weights_are_those_of_the_best_mixture():
    best = np.array([0.0, 0.25, 0.75])
    found = by_likelihood(lambda counts: np.abs(counts / counts.sum() - best).sum(), 3)
    np.testing.assert_allclose(found, best, atol=0.05)


def test_bagged_shares_are_between_those_of_the_draws():
    seen = []

    def choose(weight):
        seen.append(weight)
        return np.array([1.0, 0.0, 0.0]) if weight[0] > 1 else np.array([0.0, 0.99, 0.01])

    found = bagged(choose, 4, np.array([1.0, 2.0, 1.0, 0.0]))
    often = np.mean([weight[0] > 1 for weight in seen])
    assert 0 < often < 1
    np.testing.assert_allclose(found[:2] / found[:2].sum(), [often, 1 - often], atol=0.01)
    assert found[2] == 0  # less than is worth the time
    assert all(weight[3] == 0 for weight in seen)


def test_the_spread_of_one_is_the_likeliest_factor():
    rng = np.random.default_rng(0)
    score, weight = np.abs(3 * rng.standard_t(6, size=(5000, 1))), rng.integers(0, 3, 5000)
    factors = np.linspace(5, 25, 2001)
    loss = [np.average(np.log(f) + score[:, 0] ** 2 / f, weights=weight) for f in factors]
    found = spread_of_one(score, weight)
    np.testing.assert_allclose(found, factors[np.argmin(loss)], rtol=0.005)
    np.testing.assert_allclose(found, spread_of_one(np.repeat(score, weight, axis=0), None), 0.005)
    assert spread_of_one(np.full((2, 1), 1e9), None) < 1e6


def test_the_spread_of_all_is_right_for_members_that_differ():
    """Members err by what is common, and by what is their own: simulated, nothing of ours."""
    rng, k, n = np.random.default_rng(0), 5, 200_000
    noise, own = rng.normal(size=n), rng.normal(0, 0.7, size=(k, n))
    variance = np.full((k, n), 1.3)  # what each says; wrong
    one = spread_of_one((np.abs(own[0] - noise) / np.sqrt(variance[0]))[:, None], None)
    between = (own.var(axis=0) / variance.mean(axis=0))[:, None]
    said = variance.mean(axis=0) + own.var(axis=0)  # the mixture's
    factor = spread_of_all(one, between, None, k)
    standardised = np.mean((own.mean(axis=0) - noise) ** 2 / (factor * said))
    assert standardised == pytest.approx(1, abs=0.03)


# ------------------------------------------------------------------ tables


def test_noise_that_depends_on_x_is_found(fitted):
    X, y, _ = noisy()
    alone = TabularFNNRegressor(**{**BRIEF, "max_iter": None}, blend=None).fit(X, y)
    assert log_likelihood(fitted, NEW, Y_NEW) > log_likelihood(alone, NEW, Y_NEW) + 0.03
    _, std = fitted.predict(NEW, return_std=True)
    assert np.corrcoef(np.log(std), np.log(STD_NEW))[0, 1] > 0.9
    shares = fitted.leaderboard_.groupby("candidate", sort=False)["weight"].sum()
    assert list(shares.index) == ["networks", OF_MEAN, *KINDS]
    assert shares.sum() == pytest.approx(1)
    assert shares["networks"] > 0
    assert shares[KINDS[:2]].sum() > 0.5


def test_smooth_targets_are_learned_in_seconds():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(-1, 1, size=(1000, 4)))
    y = (np.sin(3 * X[0] * X[1]) + X[2] ** 3).to_numpy()
    started = time.process_time()
    model = TabularFNNRegressor(loss="gaussian", random_state=0).fit(X[:500], y[:500])
    assert time.process_time() - started < 30  # 8 on a quiet machine
    mean, std = model.predict(X[500:], return_std=True)
    assert np.std(mean - y[500:]) < 0.02 * np.std(y)
    assert log_likelihood(model, X[500:], y[500:]) > 2
    assert std.min() > 0


def test_the_spread_is_that_of_new_rows(fitted):
    mean, std = fitted.predict(NEW, return_std=True)
    assert np.mean(((Y_NEW - mean) / std) ** 2) == pytest.approx(1, abs=0.35)
    low, high = fitted.predict_interval(NEW, coverage=0.8).T
    assert np.mean((low <= Y_NEW) & (high >= Y_NEW)) == pytest.approx(0.8, abs=0.06)
    narrow = TabularFNNRegressor(**BRIEF, blend=None).fit(*noisy()[:2])._fitted
    assert narrow.spread is not None
    assert np.isfinite(narrow.spread).all()


def test_the_spread_widens_what_is_too_narrow(monkeypatch):
    """Members that say a tenth of their spread: held-out rows tell, and it is mended."""
    X, y, _ = noisy()
    expected = TabularFNNRegressor(**BRIEF).fit(X, y).predict(NEW, return_std=True)[1]
    raw = _small_networks.SmallPredictor.raw

    def sure(self, *given):
        found = raw(self, *given)
        found[:, 1:] -= 2 * np.log(10)
        return found

    monkeypatch.setattr(_small_networks.SmallPredictor, "raw", sure)
    monkeypatch.setattr(_ensemble, "mix", equally)
    model = TabularFNNRegressor(**BRIEF).fit(X, y)
    assert model._fitted.spread > 1.2
    np.testing.assert_allclose(
        np.median(model.predict(NEW, return_std=True)[1]), np.median(expected), rtol=0.5
    )


def equally(table, networks, others, folds, *, judge):
    networks[0].weight = 1e-3
    for c in others:
        c.weight = float(c.candidate.name != OF_MEAN)


def test_everything_holds_that_holds_of_a_table(fitted):
    X, y, _ = noisy()
    mean, std = fitted.predict(NEW, return_std=True)
    for again in (pickle.loads(pickle.dumps(fitted)), clone(fitted).fit(X, y)):
        found = again.predict(NEW, return_std=True)
        np.testing.assert_array_equal(found[0], mean)
        np.testing.assert_array_equal(found[1], std)
    sio = pytest.importorskip("skops.io")
    again = sio.loads(sio.dumps(fitted), trusted=skops_trusted_types())
    np.testing.assert_array_equal(again.predict(NEW, return_std=True)[1], std)
    assert np.std(fitted.oof_prediction_ - y) < np.std(y)
    assert np.isfinite(fitted.oof_prediction_).all()
    first = fitted.predict(NEW[:5], return_std=True)
    np.testing.assert_allclose(first, [mean[:5], std[:5]], rtol=1e-4)
    assert fitted.evaluate(NEW, Y_NEW)["loss"] == pytest.approx(
        -log_likelihood(fitted, NEW, Y_NEW) - np.log(fitted._fitted.scale.spread), rel=1e-4
    )


def test_members_in_other_processes_are_the_same(fitted):
    X, y, _ = noisy()
    found = TabularFNNRegressor(**BRIEF, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(found.predict(NEW), fitted.predict(NEW))


def test_the_unit_of_y_changes_nothing(fitted):
    X, y, _ = noisy()
    mean, std = TabularFNNRegressor(**BRIEF).fit(X, 1e4 * y).predict(NEW, return_std=True)
    expected = fitted.predict(NEW, return_std=True)
    np.testing.assert_allclose(mean, 1e4 * expected[0], rtol=0.02, atol=200)
    np.testing.assert_allclose(std, 1e4 * expected[1], rtol=0.05)


def test_rows_of_weight_0_are_absent():
    X, y, _ = noisy()
    wild = pd.concat([X, 50 * X[:20]], ignore_index=True)
    targets, weight = np.append(y, np.full(20, 1e5)), np.append(np.ones(300), np.zeros(20))
    model = TabularFNNRegressor(**BRIEF).fit(wild, targets, sample_weight=weight)
    expected = TabularFNNRegressor(**BRIEF).fit(X, y)
    assert log_likelihood(model, NEW, Y_NEW) == pytest.approx(
        log_likelihood(expected, NEW, Y_NEW), abs=0.1
    )


def test_weights_of_rows_count_for_the_small_ones(monkeypatch):
    """Two populations, one of weight 1e-6: the other alone tells the mean."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 2)))
    other = np.arange(300) % 3 == 0
    y = np.where(other, 9.0, X[0]) + 0.1 * rng.normal(size=300)
    monkeypatch.setattr(_ensemble, "mix", equally)
    model = TabularFNNRegressor(**BRIEF).fit(X, y, np.where(other, 1e-6, 1.0))
    mean, std = model.predict(X, return_std=True)
    assert np.std(mean[~other] - y[~other]) < 0.2
    assert np.median(std) < 0.3


@pytest.mark.parametrize("case", ["several", "categories", "validation", "one", "constant", "few"])
def test_ugly_tables(case):
    X, y, _ = noisy(120)
    given = {}
    settings = dict(BRIEF)
    if case == "several":
        y = np.column_stack([y, X["b"] ** 2, np.zeros(120)])
    elif case == "categories":
        X = pd.DataFrame({"c": np.resize(list("abc"), 120), "d": X["a"].where(X["a"] < 1)})
    elif case == "validation":
        given = {"X_val": NEW[:90], "y_val": Y_NEW[:90]}
    elif case == "one":
        settings["n_members"] = 1
    elif case == "constant":
        y = np.full(120, 3.0)
    elif case == "few":
        X, y = X[:12], y[:12]
    model = TabularFNNRegressor(**settings).fit(X, y, **given)
    mean, std = model.predict(X, return_std=True)
    assert mean.shape == np.shape(y)
    assert np.isfinite(mean).all()
    assert np.isfinite(std).all()
    assert (std > 0).all()
    assert ("lm" in set(model.leaderboard_["candidate"])) == (case != "few")


def test_where_there_are_none():
    X, y, _ = noisy(90)
    of = {
        "another loss": {"loss": "squared_error"},
        "blend": {"blend": None},
        "monotone": {"monotonic_cst": {"a": 1}},
        "recipe": {"recipe": "tabm-mini", "n_members": None},
    }
    for name, settings in of.items():
        model = TabularFNNRegressor(**{**BRIEF, **settings}).fit(X, y)
        assert set(model.leaderboard_["candidate"]) == {"networks"}, name
    pair = (TabularFNNRegressor(n_members=2, max_iter=3, random_state=0, blend=blend).fit(X, y)
            for blend in ("auto", None))  # fmt: skip
    np.testing.assert_array_equal(*(model.predict(NEW) for model in pair))


def test_what_helps_no_others_ends_with_its_first_member(fitted):
    """Networks that learned next to nothing of a smooth target; not those of one with steps."""
    members = fitted.leaderboard_.groupby("candidate").size()
    assert members["lm gaussian by feature"] == 3
    assert members.min() == 1
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(-1, 1, size=(300, 3)), columns=list("abc"))
    y = np.sin(2 * X["a"]) + X["b"] * X["c"]
    model = TabularFNNRegressor(**{**BRIEF, "max_iter": 2}).fit(X[:200], y[:200])
    assert model.leaderboard_.groupby("candidate").size()["networks"] == 1
    assert len(model._fitted.histories) == 1
    assert 0 < model._fitted.shares()["networks"] < 0.01
    assert np.std(model.predict(X[200:]) - y[200:]) < 0.05
    assert np.isfinite(model.oof_prediction_).all()
    steps = np.sign(np.sin(25 * X["a"])) + 0.1 * rng.normal(size=300)
    model = TabularFNNRegressor(**{**BRIEF, "max_iter": 60}).fit(X, steps)
    found = model.leaderboard_.groupby("candidate")
    assert found.size()["networks"] == 3
    assert found["weight"].sum()["networks"] > 0.1


def test_larger_tables_have_small_networks_where_targets_are_smooth(monkeypatch):
    """On some of the rows; the recipe's are trained where they learn what the small ones do not."""
    monkeypatch.setattr(_small_networks, "FEW_ROWS", 400)
    monkeypatch.setattr(_small_networks, "SEEN_ROWS", 200)
    rows, fit = [], FNNRegressor.fit

    def counting(self, X, *given):
        rows.append(len(X))
        return fit(self, X, *given)

    monkeypatch.setattr(_small_networks.FNNRegressor, "fit", counting)
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(-1, 1, size=(600, 3)), columns=list("abc"))
    smooth, steps = np.sin(2 * X["a"]) + X["b"] * X["c"], np.sign(np.sin(25 * X["a"]))
    model = TabularFNNRegressor(**BRIEF).fit(X[:500], smooth[:500])
    members = model.leaderboard_.groupby("candidate").size()
    assert {*members.index} - {OF_MEAN} == {"networks", "lm by feature", "lm gaussian by feature"}
    assert members.max() == 3
    assert members["networks"] == 1
    assert set(rows) == {200}
    assert np.std(model.predict(X[500:]) - smooth[500:]) < 0.05
    model = TabularFNNRegressor(**{**BRIEF, "max_iter": 40}).fit(X[:500], steps[:500])
    members = model.leaderboard_.groupby("candidate").size()
    assert members["networks"] == 3


def test_the_mean_and_the_variance_have_weights_of_their_own(fitted):
    """The mean is that of the weights; the variance has members that hardly count in the mean."""
    table = fitted._fitted
    raws, weights = table.scored(NEW)
    means = np.stack([table.scale.decode(raw[:, 0]) for raw in raws])
    expected = np.clip(
        np.average(means, axis=0, weights=weights), table.scale.low, table.scale.high
    )
    np.testing.assert_allclose(fitted.predict(NEW), expected, rtol=1e-6)
    heat = np.array(table.temperatures)
    counts = np.array(weights) * heat / np.sum(weights)
    assert counts.sum() == pytest.approx(1, abs=1e-6)
    assert len(set(heat.round(3))) > 1
    variance = np.stack([np.exp(raw[:, 1]) for raw in raws])  # by temperature, as raws are
    between = np.average((means - expected) ** 2, axis=0, weights=weights) / table.scale.spread**2
    within = np.average(variance, axis=0, weights=weights) + between
    _, std = fitted.predict(NEW, return_std=True)
    inside = (expected > table.scale.low) & (expected < table.scale.high)
    told = table.spread * np.sqrt(within) * table.scale.spread
    np.testing.assert_allclose(std[inside], told[inside], rtol=1e-5)


def test_one_that_cannot_be_trained_is_left_out(monkeypatch, capsys):
    fit = FNNRegressor.fit

    def failing(self, *given, **more):
        if self.loss == "gaussian":
            raise np.linalg.LinAlgError("The curvature is not finite.")
        return fit(self, *given, **more)

    monkeypatch.setattr(_small_networks.FNNRegressor, "fit", failing)
    X, y, _ = noisy(90)
    model = TabularFNNRegressor(**BRIEF, verbose=1).fit(X, y)
    assert set(model.leaderboard_["candidate"]) == {"networks", OF_MEAN, "lm", "lm by feature"}
    assert "'lm gaussian' is left out: The curvature is not finite." in capsys.readouterr().out


@pytest.mark.parametrize("name", KINDS[:2])
def test_an_interrupt_keeps_what_there_is(monkeypatch, name):
    trained = _small_networks.SmallNetworks.trained

    def interrupted(self, fold):
        if self.name == name and fold.number == 1:
            raise KeyboardInterrupt
        return trained(self, fold)

    monkeypatch.setattr(_small_networks.SmallNetworks, "trained", interrupted)
    monkeypatch.setattr(_ensemble, "helps", lambda *given: True)
    X, y, _ = noisy(150)
    with pytest.warns(UserWarning, match="interrupted"):
        model = TabularFNNRegressor(**BRIEF).fit(X, y)
    shares = model._fitted.shares()
    assert len(model._fitted.histories) == 1 + 3
    assert list(shares) == ["networks", OF_MEAN, *KINDS[: KINDS.index(name) + 1]]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["networks"] == pytest.approx(0, abs=0.01)
    mean, std = model.predict(NEW, return_std=True)
    assert np.isfinite(mean).all()
    assert (std > 0).all()


def test_a_network_that_diverges_begins_again_at_a_lower_rate(monkeypatch):
    """As often as that may help, and never at another rate than the user's."""
    solve, rates = Minibatch.solve, []

    def diverging(self, *given):
        rates.append(self.learning_rate_init)
        if self.learning_rate_init > highest:
            raise DivergenceError("The loss is nan in step 2.")
        return solve(self, *given)

    monkeypatch.setattr(Minibatch, "solve", diverging)
    X, y, _ = noisy(60)
    settings = {**BRIEF, "n_members": 2, "max_iter": 2, "blend": None}
    highest = 0.03
    model = TabularFNNRegressor(**settings).fit(X, y)
    assert rates == [0.1, 0.025] * 2
    assert np.isfinite(model.predict(X)).all()
    highest = 0.0
    with pytest.raises(DivergenceError, match=r"Lower learning_rate_init=0\.00625"):
        TabularFNNRegressor(**settings).fit(X, y)
    with pytest.raises(DivergenceError, match=r"Lower learning_rate_init=0\.1\."):
        TabularFNNRegressor(**settings, learning_rate_init=0.1).fit(X, y)
    assert rates[4:] == [0.1, 0.025, 0.00625, 0.1]


def test_a_start_that_fails_is_tried_again(monkeypatch):
    """The evidence of the first fold tells what to expect."""
    tried = []
    started = _small_networks.SmallNetworks._started

    def poor(self, fold, rows, start):
        model = started(self, fold, rows, start)
        tried.append((self.name, fold.number, start))
        if fold.number == 1 and start == 0:
            model._fitted.posterior.log_evidence -= 1e4
        return model

    monkeypatch.setattr(_small_networks.SmallNetworks, "_started", poor)
    monkeypatch.setattr(_ensemble, "helps", lambda *given: True)
    X, y, _ = noisy(150)
    TabularFNNRegressor(**BRIEF).fit(X, y)
    for name in KINDS:
        assert [start for kind, fold, start in tried if kind == name and fold == 0] == [0, 1, 2]
        assert [start for kind, fold, start in tried if kind == name and fold == 1][:2] == [0, 1]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_evidence_of_the_gaussian_loss():
    """With alpha="bayes", weights that noise alone would need fade; without, they are kept."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 5))
    y = X[:, 0] + rng.normal(size=120)
    new = rng.normal(size=(2000, 5))
    settings = {"loss": "gaussian", "solver": "lm", "max_iter": 100, "random_state": 0}
    errors, stds = {}, {}
    for alpha in (1e-6, "bayes"):
        model = FNNRegressor((8,), "tanh", alpha=alpha, **settings)
        mean, stds[alpha] = model.fit(X, y).predict(new, return_std=True)
        errors[alpha] = np.std(mean - new[:, 0])
    assert errors["bayes"] < 0.5 < errors[1e-6]
    assert np.median(stds["bayes"]) == pytest.approx(1, abs=0.25)


# ------------------------------------------------------------------ networks of the mean


def test_squared_errors_with_the_scores_of_a_distribution():
    rng = np.random.default_rng(0)
    y, raw = rng.normal(size=(50, 2)), rng.normal(size=(50, 4))
    loss = _mean_networks.SquaredErrors()
    np.testing.assert_allclose(loss.value(y, raw), 0.5 * ((raw[:, :2] - y) ** 2).sum(axis=1))
    out, step = np.full((50, 4), np.nan), 1e-6
    for call in loss.gradient(y, raw, out, ()):
        call.function(*call.inputs, out=call.out)
    for j in range(4):
        moved = raw + step * np.eye(4)[j]
        slope = (loss.value(y, moved) - loss.value(y, raw - step * np.eye(4)[j])) / (2 * step)
        np.testing.assert_allclose(out[:, j], slope, atol=1e-8)


def wavy(n, seed):
    """Return rows, and targets with little noise, all of it on one side."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.uniform(-1, 1, size=(n, 3)), columns=list("abc"))
    y = 100 * np.sin(3 * X["a"]) * X["b"] + np.where(X["c"] > 0, 10, 0.5) * rng.normal(size=n)
    return X, y.to_numpy()


WAVY = {**BRIEF, "max_iter": 12}
WAVY_NEW, WAVY_Y_NEW = wavy(2000, 1)


@pytest.fixture(scope="module")
def larger():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_small_networks, "MOST_ROWS", 1000)
        return TabularFNNRegressor(**WAVY).fit(*wavy(1500, 0))


def test_networks_of_the_mean_make_errors_smaller(larger):
    members = larger.leaderboard_.groupby("candidate")
    assert dict(members.size()) == {"networks": 3, OF_MEAN: 3}
    assert members["weight"].sum()[OF_MEAN] > 0.3
    alone = TabularFNNRegressor(**WAVY, blend=None).fit(*wavy(1500, 0))
    errors = [np.std(model.predict(WAVY_NEW) - WAVY_Y_NEW) for model in (larger, alone)]
    assert errors[0] < 0.97 * errors[1]
    told = [log_likelihood(model, WAVY_NEW, WAVY_Y_NEW) for model in (larger, alone)]
    assert told[0] > told[1] - 0.05


def test_a_network_of_the_mean_says_how_large_its_held_out_errors_are(larger):
    table = larger._fitted
    views = table.views(WAVY_NEW)
    for predictor, view in list(zip(table.predictors, views, strict=True))[3:]:
        raw = predictor.raw(view)
        assert np.ptp(raw[:, 1]) == 0
        errors = raw[:, 0] - table.scale.encode(WAVY_Y_NEW)
        assert np.exp(raw[0, 1] / 2) == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.3)


def test_networks_of_the_mean_go_where_others_go(larger):
    X, y = wavy(1500, 0)
    found = pickle.loads(pickle.dumps(larger)).predict(WAVY_NEW, return_std=True)
    np.testing.assert_array_equal(found, larger.predict(WAVY_NEW, return_std=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_small_networks, "MOST_ROWS", 1000)
        again = TabularFNNRegressor(**WAVY, n_jobs=2).fit(X, y)
        np.testing.assert_array_equal(again.predict(WAVY_NEW), larger.predict(WAVY_NEW))
        for other in ({"refit": True}, {"monotonic_cst": {"a": 1}}):
            model = TabularFNNRegressor(**{**WAVY, "max_iter": 2}, **other).fit(X, y)
            assert set(model.leaderboard_["candidate"]) == {"networks"}
    tiny = TabularFNNRegressor(**WAVY).fit(X[:40], y[:40])
    assert set(tiny.leaderboard_["candidate"]) == {"networks"}


def test_what_is_left_is_told_of_the_recipes_networks_alone(monkeypatch, capsys):
    """Small ones may be trained on all folds or not, and take other seconds."""
    monkeypatch.setattr(_ensemble, "helps", lambda *given: True)
    clocks, left = set(), Clock.left

    def seen(self, *given):
        clocks.add(self)
        return left(self, *given)

    monkeypatch.setattr(Clock, "left", seen)
    X, y, _ = noisy(200)
    model = TabularFNNRegressor(**BRIEF, verbose=1).fit(X, y)
    seconds = model.leaderboard_.groupby("candidate")["seconds"].sum()
    (clock,) = clocks
    assert clock.beside >= seconds.drop("networks").sum()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Member")]
    told = ["About" in line for line in lines]
    own = [" of '" not in line for line in lines]
    assert sum(own) == 3
    assert told == [of_recipe and "Member 3" not in line
                    for of_recipe, line in zip(own, lines, strict=True)]  # fmt: skip


def test_networks_of_the_mean_are_left_out_where_there_is_hardly_any_noise(monkeypatch, capsys):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(-1, 1, size=(400, 2)), columns=list("ab"))
    smooth, noise = np.sin(2 * X["a"]) + X["b"], 0.5 * rng.normal(size=400)
    found = []
    for y in (smooth, smooth + noise):
        model = TabularFNNRegressor(**{**BRIEF, "max_iter": 40}, verbose=1).fit(X, y)
        found.append(OF_MEAN in set(model.leaderboard_["candidate"]))
    assert found == [False, True]
    said = f"{OF_MEAN!r} is left out: hardly any noise is in the target."
    assert capsys.readouterr().out.count(said) == 1
    monkeypatch.setattr(_mean_networks, "FEW_ROWS", 400)  # larger tables have them in any case
    model = TabularFNNRegressor(**{**BRIEF, "max_iter": 40}).fit(X, smooth)
    assert OF_MEAN in set(model.leaderboard_["candidate"])


def test_the_share_of_another_is_a_regression_of_errors_on_the_difference():
    ours, other = np.array([[3.0], [1.0], [2.0]]), np.array([[1.0], [-1.0], [3.0]])
    # Errors of (1 - s) ours + s other are least squares at s = sum(ours * d) / sum(d * d).
    share = Share.of(ours, other, None)
    assert share.best == pytest.approx((3 * 2 + 1 * 2 - 2 * 1) / (4 + 4 + 1))
    weighted = Share.of(ours, other, np.array([1.0, 0.0, 2.0]))
    assert weighted.best == pytest.approx((3 * 2 - 2 * 2 * 1) / (4 + 2 * 1))
    members = Share.of(ours, other, None, (0.5, 1.5))  # of the members' means less is error
    assert members.best == pytest.approx((6 - 3 * 0.5) / (9 - 3 * 2.0))
    assert Share.of(ours, ours, None) == (0.0, 0.0)
