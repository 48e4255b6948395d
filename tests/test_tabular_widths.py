"""Widths of intervals that follow x: learned of held-out errors, honest, never worse than equal."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import RepeatedKFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skfnn import TabularFNNRegressor
from skfnn.export import skops_trusted_types
from skfnn.metrics import interval_score
from skfnn.model_selection import predict_with
from skfnn.tabular import _widths
from skfnn.tabular._widths import HeldErrors, WidthInputs, learned, share_of_mean

BRIEF = {"n_members": 3, "max_iter": 15, "random_state": 0}


def noisy(n, seed=0):
    """Rows whose noise grows with x and is five times as large at sea."""
    rng = np.random.default_rng(seed)
    x, place = rng.uniform(-1, 1, n), rng.choice(["land", "sea"], n, p=[0.7, 0.3])
    std = 0.2 * np.exp(x) * np.where(place == "sea", 5, 1)
    return pd.DataFrame({"x": x, "place": place}), np.sin(3 * x) + std * rng.normal(size=n), std


X, Y, STD = noisy(900)
NEW, NEW_Y, NEW_STD = noisy(4000, 1)


@pytest.fixture(scope="module")
def adaptive():
    return TabularFNNRegressor(**BRIEF).fit(X, Y)


@pytest.fixture(scope="module")
def equal():
    return TabularFNNRegressor(interval_width="equal", **BRIEF).fit(X, Y)


def inside(interval, y=NEW_Y):
    return (interval[:, 0] <= y) & (y <= interval[:, 1])


def test_widths_follow_the_noise_and_cover_everywhere(adaptive, equal):
    interval, plain = adaptive.predict_interval(NEW), equal.predict_interval(NEW)
    np.testing.assert_array_equal(adaptive.predict(NEW), equal.predict(NEW))
    width = np.diff(interval)[:, 0]
    assert np.ptp(np.diff(plain)) < 1e-9
    assert np.corrcoef(np.log(width), np.log(NEW_STD))[0, 1] > 0.95
    assert interval_score(NEW_Y, interval) < 0.8 * interval_score(NEW_Y, plain)
    quarter = pd.qcut(NEW_STD, 4, labels=False)
    for i in range(4):
        assert inside(interval)[quarter == i].mean() == pytest.approx(0.9, abs=0.04)
    assert inside(plain)[quarter == 3].mean() < 0.75  # what equal widths do there


def test_quantiles_and_samples_follow_and_intervals_are_nested(adaptive):
    q = adaptive.predict_quantiles(NEW, [0.1, 0.5, 0.9])
    assert (np.diff(q) > 0).all()
    assert (NEW_Y[:, None] < q).mean(axis=0) == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
    noisiest = pd.qcut(NEW_STD, 4, labels=False) == 3
    assert (q[:, 2] > NEW_Y)[noisiest].mean() == pytest.approx(0.9, abs=0.04)
    drawn = adaptive.sample_y(NEW[:400], 200).std(axis=1)
    assert np.corrcoef(np.log(drawn), np.log(NEW_STD[:400]))[0, 1] > 0.9
    before = adaptive.predict_interval(NEW, 0.3)
    for coverage in (0.5, 0.9, 0.97):
        interval = adaptive.predict_interval(NEW, coverage)
        assert (interval[:, 0] <= before[:, 0]).all()
        assert (interval[:, 1] >= before[:, 1]).all()
        before = interval


def test_by_hand_it_is_the_conformal_quantile_of_scaled_errors(adaptive):
    """Scores are errors by sizes; a new width is the quantile, by its size and the mean's share."""
    fitted = adaptive._fitted
    A, views = fitted.encoder.transform(NEW), fitted.views(NEW)
    (width,) = fitted.widths.at(A, fitted.errors(adaptive.predict(NEW), None)).T
    half = np.diff(adaptive.predict_interval(NEW, 0.8))[:, 0] / 2
    assert half / width == pytest.approx((half / width)[0])
    assert len(views) == 3
    scores = np.sort(fitted.calibration._scores[:, 0])
    expected = scores[int(np.ceil(901 * 0.8)) - 1] * fitted.scale.spread  # in the unit of y
    assert half[0] == pytest.approx(expected * width[0])


def test_groups_pipelines_pickles_and_skops(adaptive):
    expected = adaptive.predict_interval(NEW)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(adaptive)).predict_interval(NEW), expected
    )
    piped = make_pipeline(FunctionTransformer(), clone(adaptive)).fit(X, Y)
    np.testing.assert_array_equal(predict_with(piped, "predict_interval", NEW), expected)
    turned = TransformedTargetRegressor(clone(adaptive), transformer=StandardScaler()).fit(X, Y)
    found = predict_with(turned, "predict_interval", NEW)
    np.testing.assert_allclose(np.diff(found), np.diff(expected), rtol=0.02)
    grouped = clone(adaptive).fit(X, Y, calibration_groups="place").predict_interval(NEW)
    for place in ("land", "sea"):
        assert inside(grouped)[NEW["place"] == place].mean() == pytest.approx(0.9, abs=0.04)
    sio = pytest.importorskip("skops.io")
    again = sio.loads(sio.dumps(adaptive), trusted=skops_trusted_types())
    np.testing.assert_array_equal(again.predict_interval(NEW), expected)


def test_it_is_in_the_unit_of_y(adaptive):
    other = clone(adaptive).fit(X, 1e6 * Y + 5e7)
    np.testing.assert_allclose(
        np.diff(other.predict_interval(NEW)),
        1e6 * np.diff(adaptive.predict_interval(NEW)),
        rtol=1e-2,
    )


def test_a_loss_with_a_distribution_has_widths_of_its_own():
    with pytest.raises(
        ValueError, match="interval_width='equal' has no effect with loss='gaussian'"
    ):
        TabularFNNRegressor(loss="gaussian", interval_width="equal", **BRIEF).fit(X, Y)
    with pytest.raises(ValueError, match="interval_width"):
        TabularFNNRegressor(interval_width="narrow", **BRIEF).fit(X, Y)
    model = TabularFNNRegressor(loss="gaussian", **BRIEF).fit(X, Y)
    assert model._fitted.widths is None


@pytest.mark.parametrize(("settings", "given"), [
    ({"loss": "poisson"}, {}),
    ({"loss": "absolute_error", "blend": "trees"}, {}),
    ({"blend": ("line", make_pipeline(StandardScaler(), LinearRegression()))}, {}),
    ({"cv": TimeSeriesSplit(3)}, {}),
    ({"cv": RepeatedKFold(n_splits=3, n_repeats=2, random_state=0)}, {}),
    ({"n_members": 1}, {}),
    ({"refit": True}, {}),
    ({}, {"X_val": NEW[["x"]][:300], "y_val": NEW_STD[:300]}),
    ({}, {"groups": np.repeat(np.arange(30), 10)}),
    ({}, {"offset": np.linspace(0, 1, 300)}),
])  # fmt: skip
def test_it_goes_with_other_options(settings, given):
    x, rng = X[["x"]][:300], np.random.default_rng(0)
    y = np.exp(x["x"].to_numpy()) * rng.gamma(4, 0.25, 300)
    if "blend" in settings and isinstance(settings["blend"], tuple):
        settings = {"blend": [settings["blend"]]}
    model = TabularFNNRegressor(**{**BRIEF, "max_iter": 5, **settings}).fit(x, y, **given)
    offset = {"offset": given["offset"]} if "offset" in given else {}
    interval = model.predict_interval(x, 0.8, **offset)
    assert np.isfinite(interval).all()
    assert (np.diff(interval) > 0).all()
    assert inside(interval, y).mean() > 0.7


def test_several_outputs_have_widths_of_their_own():
    both = np.column_stack([Y, np.random.default_rng(0).normal(size=len(Y))])
    model = TabularFNNRegressor(**BRIEF).fit(X, both)
    width = np.diff(model.predict_interval(NEW))[..., 0]
    assert np.corrcoef(np.log(width[:, 0]), np.log(NEW_STD))[0, 1] > 0.9
    assert np.log(width[:, 1]).std() < 0.15


@pytest.mark.parametrize("y", [
    np.zeros(150), np.arange(150.0) % 2, np.append(np.arange(149.0), 1e9),
    np.exp(np.linspace(-200, 200, 150)),
], ids=["constant", "two values", "far out", "many sizes"])  # fmt: skip
def test_widths_are_finite_whatever_targets_are(y):
    model = TabularFNNRegressor(**BRIEF).fit(X[:150], y)
    far = pd.DataFrame({"x": [1e30, -1e30, np.nan, 0.0], "place": ["sea", "moon", None, "land"]})
    for rows in (X[:150], far):
        assert np.isfinite(model.predict_interval(rows)).all()


# ------------------------------------------------------------------ what is learned


def errors(n, seed=0, slope=0.7, n_outputs=1):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, 4)).astype(np.float32)
    score = np.exp(slope * A[:, :1]) * np.abs(rng.normal(size=(n, n_outputs)))
    return A, score


def held_errors(A, score, **given):
    known = {"weight": None, "rows": np.arange(len(A)), "fold": np.arange(len(A)) % 5}
    return HeldErrors(A, A[:, 1:2].astype(float), score, **{**known, **given})


def test_a_row_is_told_its_size_by_what_has_not_seen_its_error():
    A, score = errors(400)
    _, before = learned(held_errors(A, score), 4, 0)
    held = held_errors(A, score)
    mine = held.parts() == 0
    others = score * np.random.default_rng(1).uniform(0.7, 1.4, (400, 1))
    _, after = learned(held_errors(A, np.where(mine[:, None], others, score)), 4, 0)
    np.testing.assert_array_equal(after[mine], before[mine])
    assert (after[~mine] != before[~mine]).mean() > 0.9


def test_equal_widths_stay_where_errors_do_not_depend_on_x():
    worse = []
    for seed in range(8):
        A, score = errors(300, seed, slope=0)
        new, target = errors(4000, seed + 100, slope=0)
        found = learned(held_errors(A, score), 4, 0)
        if found is not None:
            widths, sizes = found
            half = np.quantile(score / sizes, 0.9) * widths.at(new, new[:, 1:2].astype(float))
            own = interval_score(target[:, 0], np.hstack([-half, half]))
            half = np.full_like(half, np.quantile(score, 0.9))
            worse.append(own / interval_score(target[:, 0], np.hstack([-half, half])))
    assert len(worse) < 5
    assert np.mean([*worse, 1]) < 1.02


def test_few_rows_and_rows_of_weight_0_tell_nothing():
    A, score = errors(400)
    few = np.zeros(400)
    few[: _widths.LEAST_ROWS - 1] = 1
    assert learned(held_errors(A, score, weight=few), 4, 0) is None
    assert learned(held_errors(A, np.where(A[:, :1] > -0.2, 0, score)), 4, 0) is None  # most are 0


def test_no_row_is_wider_than_any_held_out_one():
    A, score = errors(400)
    widths, sizes = learned(held_errors(A, score), 4, 0)
    far = widths.at(100 * A, A[:, 1:2] * 1e6)
    assert far.max() <= sizes.max() * (1 + 1e-9)
    assert far.min() >= sizes.min() * (1 - 1e-9)


def test_levels_that_are_frequent_are_told_apart():
    rng = np.random.default_rng(0)
    code = rng.integers(1, 4, 600)
    A = np.column_stack([rng.normal(size=600), code + 3 / 32]).astype(np.float32)  # marked folds
    score = np.where(code == 2, 5.0, 1.0)[:, None] * np.abs(rng.normal(size=(600, 1)))
    held = held_errors(A, score)
    held = HeldErrors(A, np.zeros((600, 1)), score, None, held.rows, held.fold)
    widths, _ = learned(held, 1, 1)
    told = widths.at(np.array([[0.0, 1], [0, 2], [0, 3], [0, 7]]), np.zeros((4, 1)))[:, 0]
    assert told[1] > 4 * told[[0, 2]].max()
    assert told[0] < told[3] < told[1]  # of a level that is not told apart
    rare = WidthInputs.of(held.at(np.arange(30)), 1, 1)
    assert rare.levels[0].tolist() == []


def test_parts_keep_folds_and_rows_together():
    rows = np.concatenate([np.arange(60), np.arange(60)])  # each is held out twice
    fold = np.concatenate([np.arange(60) // 10, 6 + np.arange(60) % 6])
    part = held_errors(*errors(120), rows=rows, fold=fold).parts()
    assert set(part) == {0, 1, 2}
    np.testing.assert_array_equal(part[:60], part[60:])
    np.testing.assert_array_equal(part[:60], np.arange(60) // 10 % 3)
    for rows, fold in ((None, None), (np.arange(120), np.full(120, 4))):  # at random
        part = held_errors(*errors(120), rows=rows, fold=fold).parts()
        assert np.bincount(part).tolist() == [40, 40, 40]


# ------------------------------------------------------------------ the mean of members


def test_the_error_of_the_mean_is_that_of_members_less_their_variance():
    rng = np.random.default_rng(0)
    y, common = rng.normal(size=(2, 20_000, 1))
    members = common + rng.normal(size=(5, 20_000, 1))
    single = np.sqrt(np.mean((members - y) ** 2, axis=0))
    share = share_of_mean(members.var(axis=0), (None, None), single, 5)
    error = np.sqrt(np.mean((members.mean(axis=0) - y) ** 2))
    assert share * np.sqrt(np.mean(single**2)) == pytest.approx(error)
    assert share_of_mean(99 * np.ones((3, 1)), (None, None), single, 4) == 0.5
    assert share_of_mean(np.ones((3, 1)), (None, None), np.zeros((3, 1)), 4) == 1


def test_intervals_are_right_where_members_differ_more_than_targets_are_noisy():
    rng = np.random.default_rng(0)
    Z, new = rng.uniform(-1, 1, (500, 5)), rng.uniform(-1, 1, (3000, 5))

    def f(Z):
        return np.sin(4 * Z[:, 0]) * Z[:, 1] + np.abs(Z[:, 2])

    model = TabularFNNRegressor(n_members=5, max_iter=40, random_state=0, interval_width="equal")
    shares = inside(model.fit(Z, f(Z)).predict_interval(new), f(new)).mean()
    half = np.quantile(np.abs(f(Z) - model.oof_prediction_), 0.9)
    of_single = (np.abs(model.predict(new) - f(new)) <= half).mean()
    assert of_single > 0.92  # what errors of single members would have given
    assert shares == pytest.approx(0.9, abs=0.02)


def test_variances_of_a_mixture_shrink_by_what_its_members_differ():
    one = np.array([1.2, 2.0])
    alike = _widths.spread_of_all(one, np.zeros((3, 2)), None, 4)
    np.testing.assert_array_equal(alike, one)
    between = np.array([[0.2, 1.0], [0.4, 3.0]])
    # The second mean of squares is at least a fourth: the errors of four members are independent.
    found = _widths.spread_of_all(one, between, None, 4)
    np.testing.assert_allclose(found, [(1.2 - 0.3) / 1.3, (2.0 / 4) / 3.0])
    found = _widths.spread_of_all(one, between, np.array([3.0, 1.0]), 4)
    np.testing.assert_allclose(found, [(1.2 - 0.25) / 1.25, (2.0 - 1.5) / 2.5])
