"""Distributions, intervals, quantiles and samples: right by region, and by others' formulas."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from sklearn.datasets import load_diabetes
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor, TabularFNNRegressor
from skfnn._engine.objective.distribution import Calibration, Counts, Curves, Located, Normal
from skfnn.export import to_onnx
from skfnn.losses import Gaussian, Loss, NegativeBinomial, Quantiles
from skfnn.metrics import CRPS, IntervalScore, interval_score, neg_crps, neg_interval_score

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
NET = {"hidden_layer_sizes": (30,), "activation": "tanh", "learning_rate_init": 0.02,
       "random_state": 0}  # fmt: skip
TABLE = {"n_members": 2, "max_iter": 20, "hidden_layer_sizes": (24,), "random_state": 0}


def fan(n, seed=0):
    """A wave whose noise grows from left to right, x in (-1, 1)."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    std = 0.15 + 0.12 * (x + 1)
    return x[:, None], np.sin(4 * x) + std * rng.normal(size=n), std


X, Y, STD = fan(3000)
X_NEW, Y_NEW, STD_NEW = fan(6000, 1)
REGIONS = [(X_NEW[:, 0] >= low) & (X_NEW[:, 0] < low + 0.5) for low in (-1.0, -0.5, 0.0, 0.5)]


def shares(interval):
    """The share of new targets inside, region by region."""
    inside = (interval[:, 0] <= Y_NEW) & (interval[:, 1] >= Y_NEW)
    return [inside[region].mean() for region in REGIONS]


# Fits ----------------------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize("loss", ["gaussian", Gaussian(beta=0.5), "quantiles"], ids=repr)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fan_is_covered_region_by_region(loss, early_stopping):
    more = {"early_stopping": True, "scoring": "loss"} if early_stopping else {}
    model = FNNRegressor(loss=loss, max_iter=150, learning_rate="cosine", n_iter_no_change=150,
                         **NET, **more).fit(X, Y)  # fmt: skip
    for share in shares(model.predict_interval(X_NEW)):
        assert share == pytest.approx(0.9, abs=0.045)
    # Each curve is right, too, and not only the outer ones together.
    for q, curve in zip((0.05, 0.5, 0.95), model.predict_quantiles(X_NEW, [0.05, 0.5, 0.95]).T,
                        strict=True):  # fmt: skip
        below = [(Y_NEW[region] <= curve[region]).mean() for region in REGIONS]
        np.testing.assert_allclose(below, q, atol=0.06 if q == 0.5 else 0.04)


@quiet
def test_the_gaussian_loss_finds_mean_and_standard_deviation():
    model = FNNRegressor(loss="gaussian", solver="lbfgs", max_iter=400, **NET).fit(X, Y)
    mean, std = model.predict(X_NEW, return_std=True)
    np.testing.assert_array_equal(mean, model.predict(X_NEW))
    assert np.abs(mean - np.sin(4 * X_NEW[:, 0])).mean() < 0.05
    np.testing.assert_allclose(std, STD_NEW, rtol=0.3)
    draws = model.sample_y(X_NEW[:5], 4000)
    assert draws.shape == (5, 4000)
    np.testing.assert_allclose(draws.mean(axis=1), mean[:5], atol=0.05)
    np.testing.assert_allclose(draws.std(axis=1), std[:5], rtol=0.06)
    np.testing.assert_array_equal(draws, model.sample_y(X_NEW[:5], 4000))
    assert (draws != model.sample_y(X_NEW[:5], 4000, random_state=1)).mean() > 0.99
    by_seed = [model.sample_y(X_NEW[:1], 1, random_state=seed).item() for seed in range(100)]
    assert len(set(by_seed)) == 100
    nll = -stats.norm.logpdf(Y_NEW, mean, std).mean()
    assert model.evaluate(X_NEW, Y_NEW)["loss"] == pytest.approx(nll, rel=1e-6)


@quiet
def test_without_a_distribution_intervals_are_as_wide_everywhere_and_right_on_average():
    model = FNNRegressor(early_stopping=True, max_iter=60, **NET).fit(X, Y)
    interval = model.predict_interval(X_NEW)
    width = np.diff(interval)[:, 0]
    np.testing.assert_allclose(width, width[0], rtol=1e-5)
    assert np.mean(shares(interval)) == pytest.approx(0.9, abs=0.03)


@quiet
@pytest.mark.parametrize("make", [FNNRegressor, TabularFNNRegressor])
def test_counts(make):
    mean = np.exp(1.5 + np.sin(3 * X[:, 0]))
    rng = np.random.default_rng(2)
    y = rng.poisson(rng.gamma(2.0, mean / 2.0))
    settings = NET | {"max_iter": 100} if make is FNNRegressor else TABLE
    model = make(loss="negative_binomial", **settings).fit(X[:2000], y[:2000])
    predicted, std = model.predict(X[2000:], return_std=True)
    np.testing.assert_allclose(predicted, mean[2000:], rtol=0.4)
    np.testing.assert_allclose(std, np.sqrt(mean + mean**2 / 2)[2000:], rtol=0.5)
    interval = model.predict_interval(X[2000:], calibrated=False)
    assert (interval == np.floor(interval)).all()
    inside = (interval[:, 0] <= y[2000:]) & (y[2000:] <= interval[:, 1])
    assert 0.88 < inside.mean() < 0.97
    with pytest.raises(ValueError, match=r"needs y counts, whole numbers >= 0\. Got .* 1\.5"):
        model.fit(X[:3], [0, 1, 1.5])


@quiet
@pytest.mark.parametrize("loss", ["gaussian", Quantiles([0.1, 0.9]), "squared_error"], ids=repr)
def test_several_outputs(loss):
    both = np.column_stack([Y, -1000 * Y])
    for model in (
        FNNRegressor(loss=loss, max_iter=5, early_stopping=True, **NET),
        TabularFNNRegressor(loss=loss, **{**TABLE, "max_iter": 5}),
    ):
        model.fit(X[:400], both[:400])
        assert model.predict(X[:7]).shape == (7, 2)
        interval = model.predict_interval(X[:7])
        assert interval.shape == (7, 2, 2)
        assert (interval[..., 0] < interval[..., 1]).all()
        width = np.diff(interval)[..., 0].mean(axis=0)
        assert width[1] > 30 * width[0]
        if loss != "squared_error":
            assert model.predict_quantiles(X[:7], [0.2, 0.5, 0.7]).shape == (7, 2, 3)
            assert model.predict_quantiles(X[:7], 0.5).shape == (7, 2)
            assert model.sample_y(X[:7], 3).shape == (7, 2, 3)
        if loss == "gaussian":
            assert model.predict(X[:7], return_std=True)[1].shape == (7, 2)
        assert neg_interval_score(model, X[:400], both[:400]) < 0


@quiet
@pytest.mark.parametrize("loss", ["gaussian", Quantiles([0.05, 0.95])], ids=repr)
def test_a_table_model_learns_a_distribution(loss):
    frame = pd.DataFrame({"x": X[:1200, 0], "group": np.where(X[:1200, 0] > 0, "a", "b")})
    new = pd.DataFrame({"x": X_NEW[:, 0], "group": np.where(X_NEW[:, 0] > 0, "a", "b")})
    model = TabularFNNRegressor(loss=loss, **{**TABLE, "max_iter": 60}).fit(
        frame, 1e4 * Y[:1200] + 1e5
    )
    for calibrated in (None, True, False):
        interval = model.predict_interval(new, calibrated=calibrated)
        for share in shares((interval - 1e5) / 1e4):
            assert share == pytest.approx(0.9, abs=0.075)
    median = model.predict_quantiles(new, 0.5)
    np.testing.assert_allclose(median, model.predict(new), atol=3e3)
    assert np.isfinite(model.evaluate(frame, 1e4 * Y[:1200] + 1e5)["loss"])
    assert set(model.history_.columns) >= {"loss", "val_loss"}
    if loss == "gaussian":
        shared = TabularFNNRegressor(recipe="tabm-mini", loss=loss, max_iter=10,
                                     hidden_layer_sizes=(16,), random_state=0)  # fmt: skip
        mean, std = shared.fit(frame, Y[:1200]).predict(new, return_std=True)
        assert (std > 0.05).all()
        assert (std < 1).all()
        assert np.isfinite(mean).all()


# Errors --------------------------------------------------------------------------------------


@quiet
def test_errors_say_what_would_help():
    model = FNNRegressor(max_iter=2, **NET).fit(X, Y)
    wanted = r"'gaussian', 'negative_binomial', 'quantiles'.* This fit has loss='squared_error'"
    for call in (model.predict_quantiles, model.sample_y):
        with pytest.raises(ValueError, match=wanted):
            call(X)
    with pytest.raises(ValueError, match=f"{wanted[:30]}.*X_val and y_val, or set early_"):
        model.predict_interval(X)
    with pytest.raises(ValueError, match=r"return_std=True needs .*'gaussian', 'neg"):
        model.predict(X, return_std=True)
    with pytest.raises(ValueError, match=r"needs held-out rows.*X_val and y_val, or set early_"):
        model.predict_interval(X, calibrated=True)
    model.fit(X, Y, X_val=X_NEW[:10], y_val=Y_NEW[:10])
    assert model.predict_interval(X[:3], 0.9).shape == (3, 2)
    with pytest.raises(ValueError, match=r"coverage=0\.95 needs more than 10 held-out rows: lower"):
        model.predict_interval(X, 0.95)
    for bad in (0, 1, 90):
        with pytest.raises(ValueError, match=rf"coverage must be in \(0, 1\)\. Got {bad}"):
            model.predict_interval(X, bad)
    model = FNNRegressor(loss=Quantiles([0.1, 0.9]), max_iter=2, **NET).fit(X, Y)
    with pytest.raises(ValueError, match=r"levels that were learned, 0\.1 to 0\.9\. Got 0\.95"):
        model.predict_quantiles(X, [0.5, 0.95])
    with pytest.raises(ValueError, match=r"return_std=True .*predict_quantiles has its spread"):
        model.predict(X, return_std=True)
    for bad in (1.0, [0.5, np.nan], [[0.5]]):
        with pytest.raises(ValueError, match=r"q must hold levels in \(0, 1\)"):
            model.predict_quantiles(X, bad)
    with pytest.raises(ValueError, match=r"n_samples must be an integer >= 1\. Got 0"):
        model.sample_y(X, 0)


@pytest.mark.parametrize("bad", [[], [0.5], [0.9, 0.1], [0.1, 0.1], [0, 0.5], [[0.1, 0.9]], ["a"]])
def test_levels_that_are_none(bad):
    with pytest.raises(ValueError, match=r"quantiles must hold levels in \(0, 1\) in increasing"):
        FNNRegressor(loss=Quantiles(bad)).fit(X, Y)


def test_losses_where_they_do_not_fit():
    with pytest.raises(ValueError, match=r"Gaussian\(beta=0\.5\) needs a minibatch solver"):
        FNNRegressor(loss=Gaussian(beta=0.5), solver="lbfgs").fit(X, Y)
    auto = FNNRegressor((3,), loss=Gaussian(beta=0.5), solver="auto", tol=1e9).fit(X[:50], Y[:50])
    assert np.isfinite(auto.history_["learning_rate"]).all()  # minibatches
    with pytest.raises(ValueError, match="not a loss of FNNAutoencoder"):
        FNNAutoencoder((3,), loss="gaussian").fit(X)
    with pytest.raises(ValueError, match="not a loss of FNNClassifier"):
        FNNClassifier((3,), loss="gaussian").fit(X, Y > 0)
    with pytest.raises(ValueError, match=r"beta.* must be a float in the range \[0.0, 1.0\]"):
        FNNRegressor(loss=Gaussian(beta=2.0)).fit(X, Y)


def test_constant_and_single_targets():
    for loss in ("gaussian", "quantiles", "negative_binomial"):
        for n in (1, 30):
            model = FNNRegressor((3,), loss=loss, random_state=0, tol=1e9)
            model.fit(X[:n], np.full(n, 7.0))
            assert np.isfinite(model.predict_interval(X)).all()
            np.testing.assert_allclose(model.predict(X), 7, rtol=1)


# The contract --------------------------------------------------------------------------------


@quiet
@pytest.mark.parametrize("loss", ["gaussian", "negative_binomial", "quantiles"])
def test_integer_weights_are_repeated_rows(loss):
    y = np.random.default_rng(0).poisson(3, 200).astype(float)
    times = np.random.default_rng(1).integers(0, 3, 200)
    settings = {**NET, "loss": loss, "solver": "lbfgs", "max_iter": 10, "hidden_layer_sizes": (4,)}
    weighted = FNNRegressor(**settings).fit(X[:200], y, sample_weight=times)
    repeated = FNNRegressor(**settings).fit(np.repeat(X[:200], times, 0), np.repeat(y, times))
    np.testing.assert_allclose(
        weighted.predict_interval(X), repeated.predict_interval(X), rtol=1e-4, atol=1e-4
    )


@quiet
def test_pickles_warm_starts_and_partial_fits():
    model = FNNRegressor(loss="gaussian", early_stopping=True, max_iter=4, **NET).fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_interval(X), model.predict_interval(X))
    before = model.predict_interval(X, calibrated=True)
    model.set_params(warm_start=True).fit(X, Y)
    assert (model.predict_interval(X, calibrated=True) != before).any()
    model.set_params(early_stopping=False).partial_fit(X[:100], Y[:100])
    with pytest.raises(ValueError, match="this fit had none"):  # they were another model's
        model.predict_interval(X, calibrated=True)
    large = FNNRegressor((2,), tol=1e9).fit(X, Y, X_val=np.tile(X, (40, 1)), y_val=np.tile(Y, 40))
    assert len(pickle.dumps(large)) < 170_000


@quiet
@pytest.mark.parametrize("loss", ["gaussian", "negative_binomial", Quantiles([0.2, 0.8])], ids=repr)
def test_what_predict_returns_can_be_exported(loss):
    rng = np.random.default_rng(0)
    y = rng.poisson(4, (300, 2)).astype(float)
    model = FNNRegressor(loss=loss, max_iter=5, **NET).fit(X[:300], y)
    if loss != "negative_binomial" or "loss" in MLPRegressor().get_params():  # from 1.7 on
        mlp = model.to_sklearn()
        np.testing.assert_allclose(mlp.predict(X), model.predict(X), rtol=1e-5)
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(to_onnx(model, X[:1]).SerializeToString())
    (out,) = session.run(None, {session.get_inputs()[0].name: X[:50]})
    np.testing.assert_allclose(out, model.predict(X[:50]), rtol=1e-5)


def test_given_weights():
    model = FNNRegressor.from_weights([[[1.0, 0.0]]], [[0.0, np.log(4.0)]], loss="gaussian")
    mean, std = model.predict([[3.0]], return_std=True)
    assert (mean.tolist(), std.tolist()) == ([3.0], [2.0])
    with pytest.raises(ValueError, match=r"'gaussian' needs 2 columns of coefs\[-1\]"):
        FNNRegressor.from_weights([[[1.0]]], [[0.0]], loss="gaussian")


@quiet
def test_scores_and_searches():
    settings = {**NET, "loss": "gaussian", "max_iter": 30}
    pipe = make_pipeline(StandardScaler(), FNNRegressor(**settings))
    search = GridSearchCV(
        pipe, {"fnnregressor__loss": ["gaussian", Quantiles([0.1, 0.9])]}, cv=2, refit="crps",
        scoring={"crps": neg_crps, "interval": neg_interval_score},
    ).fit(X[:600], Y[:600])  # fmt: skip
    assert np.isfinite(search.cv_results_["mean_test_interval"]).all()
    scaled = StandardScaler().fit(X[:600]).transform(X_NEW)
    best = search.best_estimator_[-1]
    expected = -interval_score(Y_NEW, best.predict_interval(scaled))
    assert neg_interval_score(search, X_NEW, Y_NEW) == pytest.approx(expected)
    model = FNNRegressor(
        **settings, early_stopping=True, scoring="neg_crps", metrics=["neg_interval_score", CRPS()]
    ).fit(X, Y, X_val=X_NEW, y_val=Y_NEW)
    best = model.history_["val_neg_crps"].max()
    assert model.best_validation_score_ == best
    assert neg_crps(model, X_NEW, Y_NEW) == pytest.approx(best, rel=1e-4)
    evaluated = model.evaluate(X_NEW, Y_NEW)
    assert evaluated["neg_crps"] == pytest.approx(best, rel=1e-4)
    own = -interval_score(Y_NEW, model.predict_interval(X_NEW, calibrated=False))
    assert evaluated["neg_interval_score"] == pytest.approx(own, rel=1e-4)
    assert IntervalScore(coverage=0.5).coverage == 0.5
    with pytest.raises(ValueError, match="The metric 'neg_crps' needs a loss with a distribution"):
        FNNRegressor((3,), metrics="neg_crps").fit(X, Y)
    with pytest.raises(ValueError, match="neg_crps needs a predicted distribution"):
        neg_crps(FNNRegressor((3,), tol=1e9).fit(X, Y), X, Y)


def test_scores_of_other_packages():
    gp = GaussianProcessRegressor(alpha=0.1).fit(X[:100], Y[:100])
    mean, std = gp.predict(X_NEW, return_std=True)
    expected = -Normal(mean, std).crps(Y_NEW).mean()
    assert neg_crps(gp, X_NEW, Y_NEW) == pytest.approx(expected)
    with pytest.raises(TypeError, match="predict_interval needs a model that has it"):
        neg_interval_score(gp, X_NEW, Y_NEW)
    with pytest.raises(ValueError, match=r"interval must have shape \(2, 2\)"):
        interval_score([1.0, 2.0], [0.0, 3.0])
    # Half the interval score is what the two pinball losses add up to, over the tail.
    low, high = mean - std, mean + std
    pinball = mean_pinball_loss(Y_NEW, low, alpha=0.05) + mean_pinball_loss(Y_NEW, high, alpha=0.95)
    score = interval_score(Y_NEW, np.column_stack([low, high]), 0.9)
    assert score == pytest.approx(pinball / 0.05)


# Distributions -------------------------------------------------------------------------------

RNG = np.random.default_rng(3)
CENTER = RNG.normal(size=(40, 2))
NORMAL = Normal(CENTER, RNG.uniform(0.5, 2, (40, 2)))
COUNTS = Counts(np.exp(2 * CENTER), RNG.uniform(0.01, 3, (40, 2)))
LEVELS = np.array([0.02, 0.1, 0.5, 0.7])
CURVES = Curves(LEVELS, np.sort(RNG.normal(size=(40, 2, 4)), axis=-1))
ALL = {"normal": NORMAL, "counts": COUNTS, "curves": CURVES}


@pytest.mark.parametrize("name", ["normal", "curves"])
def test_ranked_probability_scores_are_integrals(name):
    """The score is twice the pinball loss over all levels: here by quadrature over scores z."""
    found, y = ALL[name], 3 * RNG.normal(size=(40, 2))
    z = np.linspace(-8, 8, 20_001)
    q = stats.norm.cdf(z)
    residual = y[..., None] - found._at(z) if name == "curves" else y[..., None] - found.quantile(q)
    pinball = 2 * np.maximum(q * residual, (q - 1) * residual) * stats.norm.pdf(z)
    expected = integrate.trapezoid(pinball, z)
    np.testing.assert_allclose(found.crps(y), expected, rtol=2e-2 if name == "curves" else 1e-6)


def test_ranked_probability_scores_of_counts_are_sums():
    y, k = np.floor(np.abs(5 * RNG.normal(size=(40, 2)))), np.arange(200_000.0)
    scores = COUNTS.crps(y)
    for i, j in ((0, 0), (7, 1), (20, 0), (33, 1)):
        below = stats.nbinom.cdf(k, COUNTS.size[i, j], COUNTS.share[i, j])
        assert scores[i, j] == pytest.approx(((below - (y[i, j] <= k)) ** 2).sum(), rel=1e-8)


@pytest.mark.parametrize("name", ALL)
def test_quantiles_samples_and_limits_agree(name):
    found = ALL[name]
    levels = np.array([0.1, 0.3, 0.5, 0.65])
    quantiles = found.quantile(levels)
    assert quantiles.shape == (40, 2, 4)
    assert (np.diff(quantiles) >= 0).all()
    draws = found.sample(20_000, np.random.default_rng(0))
    assert draws.shape == (40, 2, 20_000)
    below = (draws[..., None, :] <= quantiles[..., None]).mean(axis=-1)
    if name == "counts":
        assert (below >= levels - 0.02).all()
        strictly = (draws[..., None, :] < quantiles[..., None]).mean(axis=-1)
        assert (strictly <= levels + 0.02).all()
        np.testing.assert_allclose(draws.mean(-1), found.center, rtol=0.1, atol=0.05)
        np.testing.assert_allclose(draws.std(-1), found.std, rtol=0.1, atol=0.05)
    else:
        np.testing.assert_allclose(below, np.broadcast_to(levels, below.shape), atol=0.02)
    # What lies within the limits of a score are the targets of at most that score.
    y = draws[..., 0]
    for score in (0.3, 1.0, 2.5):
        low, high = np.moveaxis(found.limits(np.array([score, score])), -1, 0)
        inside = (low <= y) & (y <= high)
        if name == "counts":
            assert inside[found.score(y) <= score].all()
        else:
            np.testing.assert_array_equal(inside, found.score(y) <= score)
    np.testing.assert_allclose(
        found.interval(0.8)[..., 0], found.limits(np.full(2, stats.norm.ppf(0.9)))[..., 0]
    )


def test_scores_far_out_are_finite():
    far = np.full((40, 2), 1e6)
    for found in ALL.values():
        score = found.score(far)
        assert np.isfinite(score).all()
        assert np.isfinite(found.limits(score[0])).all()
        assert np.isfinite(found.crps(far)).all()
    flat = Curves(LEVELS, np.zeros((3, 1, 4), np.float32))  # all curves in one place
    low, high = flat.limits(flat.score(np.ones((3, 1)))[0])[0, 0]
    assert low <= high
    assert high == pytest.approx(1, rel=1e-3)


def test_moments_of_counts_are_those_of_scipy():
    size, share = COUNTS.size, COUNTS.share
    mean, variance = stats.nbinom.stats(size, share)
    np.testing.assert_allclose(COUNTS.center, mean)
    np.testing.assert_allclose(COUNTS.std, np.sqrt(variance))


def test_other_units():
    y = RNG.normal(size=(40, 2))
    for found in (NORMAL, CURVES, Located(CENTER, NORMAL.scale)):
        moved = found.affine(np.array([5.0, -1.0]), np.array([10.0, 0.1]))
        there = np.array([5.0, -1.0]) + np.array([10.0, 0.1]) * y
        np.testing.assert_allclose(moved.score(there), found.score(y), rtol=1e-6)
        np.testing.assert_allclose(
            moved.limits(np.ones(2))[..., 1],
            np.array([5.0, -1.0]) + np.array([10.0, 0.1]) * found.limits(np.ones(2))[..., 1],
        )
    with pytest.raises(ValueError, match="Counts have no other unit"):
        COUNTS.affine(0.0, 2.0)


# Those that are learned one by one are sorted by the network.
@pytest.mark.parametrize(
    "loss", [loss for loss in Quantiles.examples() if not loss.independent], ids=repr
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_curves_cannot_cross(loss, dtype):
    raw = (100 * np.random.default_rng(0).normal(size=(200, loss.n_scores(2)))).astype(dtype)
    curves = loss.curves(raw)
    assert curves.dtype == dtype
    assert (np.diff(curves) >= 0).all()
    middle = list(loss.learned_levels()).index(0.5)
    np.testing.assert_array_equal(curves[..., middle], loss.predict(raw))
    assert (np.diff(loss.distribution(raw).values) > 0).all()


@pytest.mark.parametrize(
    "loss", [loss for cls in Loss.members() for loss in cls.examples() if loss.parameters > 1],
    ids=repr,
)  # fmt: skip
def test_pooled_members_are_their_mixture(loss):
    members = np.random.default_rng(0).normal(size=(6, 5, loss.n_scores(2)))
    pooled = loss.pool(members.reshape(6, -1), 2)
    assert pooled.shape == (6, loss.n_scores(2))
    assert loss.pool(pooled, 2) is pooled
    own = [loss.distribution(members[:, i]) for i in range(5)]
    one = loss.distribution(pooled)
    if isinstance(loss, Quantiles):
        mean = np.mean([found.values for found in own], axis=0)
        np.testing.assert_allclose(one.values, mean, rtol=1e-5)
        return
    mean = np.mean([found.center for found in own], axis=0)
    second = np.mean([found.center**2 + found.std**2 for found in own], axis=0)
    np.testing.assert_allclose(one.center, mean)
    np.testing.assert_allclose(one.std**2, second - mean**2)


def test_the_default_distribution_is_none():
    for cls in Loss.members():
        for loss in cls.examples():
            if "regression" not in loss.kinds or loss.parameters > 1:
                continue
            found = loss.distribution(np.zeros((3, 2)))
            assert found.std is None
            assert not found.is_distribution
            np.testing.assert_array_equal(found.center, loss.predict(np.zeros((3, 2))))
    assert (Loss.resolve("poisson", "loss").distribution(np.log([[4.0]])).scale == 2).all()
    limits = Loss.resolve("gamma", "loss").distribution(np.log([[4.0]])).limits(np.array([2.0]))
    assert limits.ravel().tolist() == pytest.approx([0, 12])  # targets are not negative


# Calibration ---------------------------------------------------------------------------------


def test_the_calibrated_score_is_the_order_statistic():
    scores = np.random.default_rng(0).permutation(np.arange(1.0, 20.0))[:, None]
    held_out = Calibration(np.hstack([scores, 10 * scores]))
    for coverage, rank in ((0.5, 10), (0.9, 18), (0.95, 19), (0.001, 1)):
        assert held_out.score(coverage).tolist() == [rank, 10 * rank]
    assert held_out.score(0.951) is None
    many = Calibration(np.arange(100_000.0)[:, None])
    assert 90_000 <= many.score(0.9)[0] <= 90_030
    assert Calibration(np.empty((0, 1))).score(0.5) is None


def test_weights_of_held_out_rows_count():
    scores = np.array([[3.0], [1.0], [2.0], [9.0]])
    weight = np.array([2.0, 4.0, 2.0, 0.0])
    times = (weight / 2).astype(int)
    one, many = Calibration(scores, weight), Calibration(np.repeat(scores, times, axis=0))
    assert one.n_rows == 3
    assert one.score(0.5)[0] == many.score(0.5)[0] == 2.0
    assert Calibration(scores, 7 * weight).score(0.5)[0] == 2.0


def test_conformal_intervals_hold_on_average_for_a_model_that_is_wrong():
    rng = np.random.default_rng(0)
    diabetes, y = load_diabetes(return_X_y=True)
    inside = []
    for seed in range(20):
        order = rng.permutation(len(y))
        train, held_out, new = np.split(order, [100, 300])
        model = FNNRegressor((3,), tol=1e9, random_state=seed)  # hardly trained
        model.fit(diabetes[train], y[train], X_val=diabetes[held_out], y_val=y[held_out])
        low, high = model.predict_interval(diabetes[new], 0.8).T
        inside.append(np.mean((low <= y[new]) & (y[new] <= high)))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.03)


def test_the_constant_of_counts_is_the_fit_of_their_likelihood():
    y = np.random.default_rng(0).negative_binomial(3, 0.2, 5000).astype(float)
    z, a = NegativeBinomial().constant(y[:, None], None)
    assert np.exp(z) == pytest.approx(12, rel=0.05)
    assert np.exp(a) == pytest.approx(1 / 3, rel=0.1)


@pytest.mark.parametrize("metric", [CRPS(), IntervalScore(coverage=0.7)], ids=repr)
@pytest.mark.parametrize("n_outputs", [None, 1, 2])
def test_metrics_of_distributions_weigh_rows(metric, n_outputs):
    rng = np.random.default_rng(0)
    y = rng.normal(size=30 if n_outputs is None else (30, n_outputs))
    found = Normal(rng.normal(size=(30, n_outputs or 1)), np.full((30, n_outputs or 1), 0.5))
    times = rng.integers(0, 3, 30)
    repeated = Normal(*(np.repeat(part, times, axis=0) for part in (found.center, found.scale)))
    many = metric(np.repeat(y, times, axis=0), repeated, None)
    assert metric(y, found, times) == pytest.approx(many, rel=1e-12)
    assert type(many) is float
