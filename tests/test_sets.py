"""Sets of classes, and calibration by group: MAPIE's sets, coverage for whom it was asked."""

import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.objective.conformal import Grouped, Held, as_labels
from skfnn._engine.objective.sets import SetCalibration, sets
from skfnn.model_selection import predict_with

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
pytestmark = quiet
TABLE = {"n_members": 2, "max_iter": 12, "hidden_layer_sizes": (16,), "random_state": 0}
NET = {"hidden_layer_sizes": (20,), "max_iter": 40, "random_state": 0}
METHODS = ("least_ambiguous", "adaptive")


def classes(n=1500, k=4, seed=0):
    X, y = make_classification(n, 8, n_informative=5, n_classes=k, flip_y=0.2, class_sep=0.7,
                               random_state=seed)  # fmt: skip
    return X, np.array(["a", "b", "c", "d", "e"])[y]


X, Y = classes()
FIT, VALID, NEW = slice(0, 500), slice(500, 800), slice(800, None)


@pytest.fixture(scope="module")
def network():
    return FNNClassifier(**NET).fit(X[FIT], Y[FIT], X_val=X[VALID], y_val=Y[VALID])


@pytest.fixture(scope="module")
def table():
    return TabularFNNClassifier(**TABLE).fit(X[FIT], Y[FIT])


def covered(found, y, labels):
    return found[np.arange(len(y)), np.searchsorted(labels, y)].mean()


# Sets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
def test_the_least_ambiguous_sets_are_those_of_mapie(network, coverage):
    mapie = pytest.importorskip("mapie.classification")
    other = mapie.SplitConformalClassifier(network, coverage).conformalize(X[VALID], Y[VALID])
    theirs = other.predict_set(X[NEW])[1][..., 0]
    found = network.predict_set(X[NEW], coverage, allow_empty=True)
    np.testing.assert_array_equal(found, theirs)


def test_the_sets_of_a_table_with_validation_data_are_those_of_mapie(monkeypatch):
    """MAPIE has the scores of the fitted model; here they would not know the epoch."""
    monkeypatch.setattr("skfnn.tabular._honest.FEWEST", np.inf)
    mapie = pytest.importorskip("mapie.classification")
    model = TabularFNNClassifier(**TABLE).fit(X[FIT], Y[FIT], X_val=X[VALID], y_val=Y[VALID])
    other = mapie.SplitConformalClassifier(model, 0.8).conformalize(X[VALID], Y[VALID])
    theirs = other.predict_set(X[NEW])[1][..., 0]
    np.testing.assert_array_equal(model.predict_set(X[NEW], 0.8, allow_empty=True), theirs)


class Halves(np.random.RandomState):
    """Random numbers that are all 1/2, the mean of those that MAPIE draws."""

    def uniform(self, low=0.0, high=1.0, size=None):
        return np.full(size, 0.5)


@pytest.mark.parametrize("coverage", [0.6, 0.9, 0.95])
def test_adaptive_sets_are_those_of_mapie_with_a_half_for_its_random_numbers(network, coverage):
    mapie = pytest.importorskip("mapie.classification")
    other = mapie.SplitConformalClassifier(
        network, coverage, conformity_score="aps", random_state=Halves(0)
    ).conformalize(X[VALID], Y[VALID])
    given = {"include_last_label": "randomized"}
    theirs = other.predict_set(X[NEW], conformity_score_params=given)[1][..., 0]
    found = network.predict_set(X[NEW], coverage, method="adaptive", allow_empty=True)
    np.testing.assert_array_equal(found, theirs)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["network", "table"])
def test_sets_hold_what_was_asked_and_are_nested(kind, method, request):
    model = request.getfixturevalue(kind)
    levels = [0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99]
    found = [model.predict_set(X[NEW], c, method=method) for c in levels]
    bare = [model.predict_set(X[NEW], c, method=method, allow_empty=True) for c in levels]
    for smaller, larger in pairwise(found):
        assert (larger >= smaller).all()
    for c, one in zip(levels, bare, strict=True):
        assert covered(one, Y[NEW], model.classes_) == pytest.approx(c, abs=0.07)
    assert found[0].shape == (700, 4)
    assert found[0].dtype == bool
    first = model.predict(X[NEW]) == model.classes_[:, None]
    assert found[0].T[first].all()  # the likeliest class is in
    np.testing.assert_array_equal(model.predict_set(X[NEW], 0.9, method=method), found[5])


def test_sets_may_be_empty_where_that_is_wanted():
    x = np.repeat([[0.0], [1.0]], 200, axis=0)
    y = np.repeat([0, 1], 200)
    model = FNNClassifier(**NET, solver="lbfgs").fit(x, y, X_val=x, y_val=y)
    assert not model.predict_set([[0.5]], 0.5, allow_empty=True).any()
    assert model.predict_set([[0.5]], 0.5).sum() == 1


def test_each_class_is_covered_where_that_is_asked():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, 2))
    p = np.where(x[:, 0] > 1.2, 0.5, 0.05)  # few ones, which are hard to tell
    y = (rng.uniform(size=6000) < p).astype(int)
    model = FNNClassifier((8,), max_iter=30, random_state=0)
    model.fit(x[:1500], y[:1500], X_val=x[1500:3500], y_val=y[1500:3500])
    new, true = x[3500:], y[3500:]
    plain, by_class = (
        model.predict_set(new, 0.9, by_class=each, allow_empty=True) for each in (False, True)
    )
    assert covered(plain, true, [0, 1]) == pytest.approx(0.9, abs=0.04)
    assert covered(plain[true == 1], true[true == 1], [0, 1]) < 0.75
    for code in (0, 1):
        of_class = true == code
        share = covered(by_class[of_class], true[of_class], [0, 1])
        assert share == pytest.approx(0.9, abs=0.05)


def test_a_class_of_few_rows_is_calibrated_by_all_with_a_warning():
    y = np.where(np.arange(1500) % 300 == 0, "e", Y)
    model = FNNClassifier(**NET).fit(X[FIT], y[FIT], X_val=X[VALID], y_val=y[VALID])
    with pytest.warns(UserWarning, match="1 of 5 classes"):
        wide = model.predict_set(X[NEW], 0.9, by_class=True)
    with pytest.warns(UserWarning, match="1 of 5 classes"):
        narrow = model.predict_set(X[NEW], 0.8, by_class=True)
    assert (wide >= narrow).all()


def test_weights_of_held_out_rows_shift_the_calibration():
    codes = np.searchsorted(list("abcd"), Y)
    weight = np.where(codes[VALID] == 3, 20.0, 1.0)
    fits = [
        FNNClassifier(**NET).fit(X[FIT], Y[FIT], X_val=X[VALID], y_val=Y[VALID],
                                 sample_weight_val=w)
        for w in (None, weight, np.ones(300))
    ]  # fmt: skip
    plain, weighted, alike = (model.predict_set(X[NEW], 0.9) for model in fits)
    np.testing.assert_array_equal(plain, alike)
    d = codes[NEW] == 3
    assert covered(weighted[d], Y[NEW][d], fits[0].classes_) == pytest.approx(0.9, abs=0.06)
    assert (plain != weighted).any()


@pytest.mark.parametrize("cls", [FNNClassifier, TabularFNNClassifier])
def test_integer_weights_of_validation_rows_are_repeated_rows(cls):
    params = TABLE if cls is TabularFNNClassifier else NET
    weight = np.random.default_rng(0).integers(0, 3, 300).astype(float)
    rows = np.repeat(np.arange(500, 800), weight.astype(int))
    p = cls(**params).fit(X[FIT], Y[FIT]).predict_proba(X)
    y = np.searchsorted(list("abcd"), Y)
    one = SetCalibration(p[VALID], y[VALID], Held(weight))
    other = SetCalibration(p[rows], y[rows], Held())
    for coverage in (0.5, 0.8, 0.9):
        # Not to the digit: n + 1 counts rows, not weights.
        found = [sets(p[NEW], c.limits(coverage, None, False), METHODS[0], True)
                 for c in (one, other)]  # fmt: skip
        assert (found[0] != found[1]).mean() < 0.01


@pytest.mark.parametrize("cls", [FNNClassifier, TabularFNNClassifier])
def test_class_weights_do_not_shift_the_calibration(cls):
    """They change what is learned, and not which rows come."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 3))
    y = np.where(x[:, 0] + rng.normal(size=4000) > 1.8, "rare", "usual")
    params = TABLE if cls is TabularFNNClassifier else {**NET, "early_stopping": True,
                                                        "validation_fraction": 0.4}  # fmt: skip
    model = cls(**params, class_weight="balanced").fit(x[:2000], y[:2000])
    found = model.predict_set(x[2000:], 0.8, method="adaptive", allow_empty=True)
    exact = model.predict_set(x[2000:], 0.8, allow_empty=True)
    assert covered(exact, y[2000:], model.classes_) == pytest.approx(0.8, abs=0.04)
    assert covered(found, y[2000:], model.classes_) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("cls", [FNNClassifier, TabularFNNClassifier])
def test_too_few_rows_give_all_classes_and_a_warning(cls):
    params = TABLE if cls is TabularFNNClassifier else NET
    model = cls(**params).fit(X[FIT], Y[FIT], X_val=X[:8], y_val=Y[:8])
    with pytest.warns(UserWarning, match=r"coverage=0.9 needs 9 held-out rows, and this fit had 8"):
        assert model.predict_set(X[NEW], 0.9).all()
    model.predict_set(X[NEW], 0.88)  # eight are enough


def test_one_class_has_one_set():
    model = TabularFNNClassifier(**TABLE).fit(X[:100], np.zeros(100, int))
    assert model.predict_set(X[:5]).tolist() == [[True]] * 5


def test_sets_of_one_hot_rows_and_of_two_classes():
    one_hot = np.eye(4, dtype=int)[np.searchsorted(list("abcd"), Y)]
    model = FNNClassifier(loss="categorical_crossentropy", **NET)
    model.fit(X[FIT], one_hot[FIT], X_val=X[VALID], y_val=one_hot[VALID])
    assert (model.predict_set(X[NEW], 0.9) & (one_hot[NEW] == 1)).any(axis=1).mean() > 0.85
    two = FNNClassifier(early_stopping=True, **NET).fit(X, Y == "a")
    assert two.predict_set(X[NEW]).shape == (700, 2)
    moderated = FNNClassifier((5,), solver="lm", alpha="bayes", early_stopping=True,
                              max_iter=10, random_state=0).fit(X, Y == "a")  # fmt: skip
    share = covered(moderated.predict_set(X, 0.9), Y == "a", [False, True])
    assert share == pytest.approx(0.9, abs=0.06)


def test_errors_of_sets_say_what_would_help(network):
    with pytest.raises(
        ValueError, match=r"held-out rows.*give fit X_val and y_val, or set early_s"
    ):
        FNNClassifier(**NET).fit(X, Y).predict_set(X)
    with pytest.raises(ValueError, match="give fit X_val and y_val, or fit on more rows"):
        TabularFNNClassifier(**TABLE).fit(X[:8], Y[:8]).predict_set(X)
    with pytest.raises(ValueError, match="loss='log_loss'"):
        FNNClassifier(loss="hinge", early_stopping=True, **NET).fit(X, Y == "a").predict_set(X)
    many = np.column_stack([Y == "a", Y == "b", X[:, 0] > 0]).astype(int)
    with pytest.raises(ValueError, match="several labels per row"):
        TabularFNNClassifier(**TABLE).fit(X, many).predict_set(X)
    for bad in (0, 1, 1.2, -0.1, np.nan):
        with pytest.raises(ValueError, match="coverage must be in"):
            network.predict_set(X, bad)
    with pytest.raises(ValueError, match="method must be one of"):
        network.predict_set(X, method="aps")
    with pytest.raises(ValueError, match="cannot both be"):
        network.predict_set(X, by_class=True, calibration_groups=Y)
    with pytest.raises(ValueError, match="give fit calibration_groups, too"):
        network.predict_set(X, calibration_groups=Y)


@pytest.mark.parametrize("kind", ["network", "table"])
def test_sets_survive_pickling_and_skops(kind, request, tmp_path):
    model = request.getfixturevalue(kind)
    expected = model.predict_set(X[NEW], 0.8)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_set(X[NEW], 0.8),
                                  expected)  # fmt: skip
    io = pytest.importorskip("skops.io")
    from skfnn.export import skops_trusted_types

    io.dump(model, tmp_path / "model.skops")
    other = io.load(tmp_path / "model.skops", trusted=skops_trusted_types())
    np.testing.assert_array_equal(other.predict_set(X[NEW], 0.8), expected)


# Groups --------------------------------------------------------------------------------------


def groups_of_noise(n, seed=0):
    """Rows of three regions, whose targets are noisy to three degrees."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "west"], n, p=[0.5, 0.3, 0.2])
    std = pd.Series(region).map({"north": 0.1, "south": 0.4, "west": 1.5}).to_numpy()
    x = rng.uniform(-1, 1, n)
    return pd.DataFrame({"x": x, "region": region}), np.sin(3 * x) + std * rng.normal(size=n)


FRAME, T = groups_of_noise(3000)
NEW_FRAME, NEW_T = groups_of_noise(5000, 1)
REGION, NEW_REGION = FRAME["region"].to_numpy(), NEW_FRAME["region"].to_numpy()


def by_group(interval, y, groups):
    inside = (interval[:, 0] <= y) & (y <= interval[:, 1])
    return {name: inside[groups == name].mean() for name in np.unique(groups)}


@pytest.fixture(scope="module")
def grouped():
    model = TabularFNNRegressor(**TABLE)
    return model.fit(FRAME, T, calibration_groups="region")


def test_each_group_is_covered(grouped):
    marginal = TabularFNNRegressor(**TABLE).fit(FRAME, T)
    before = by_group(marginal.predict_interval(NEW_FRAME), NEW_T, NEW_REGION)
    assert before["north"] > 0.97
    assert before["west"] < 0.75
    after = by_group(grouped.predict_interval(NEW_FRAME), NEW_T, NEW_REGION)
    for share in after.values():
        assert share == pytest.approx(0.9, abs=0.05)
    np.testing.assert_array_equal(marginal.predict(NEW_FRAME), grouped.predict(NEW_FRAME))


def test_an_array_is_as_good_as_a_column(grouped):
    model = TabularFNNRegressor(**TABLE).fit(FRAME, T, calibration_groups=REGION)
    with pytest.raises(ValueError, match="give those of X, too"):
        model.predict_interval(NEW_FRAME)
    np.testing.assert_array_equal(
        model.predict_interval(NEW_FRAME, calibration_groups=NEW_REGION),
        grouped.predict_interval(NEW_FRAME),
    )
    np.testing.assert_array_equal(
        grouped.predict_interval(NEW_FRAME, calibration_groups="region"),
        grouped.predict_interval(NEW_FRAME),
    )


def test_intervals_of_a_group_are_those_of_its_rows_alone():
    """MAPIE's Mondrian intervals are its intervals, a group at a time."""
    mapie = pytest.importorskip("mapie.regression")
    x, group = FRAME[["x"]].to_numpy(), REGION
    model = FNNRegressor(**NET).fit(x[:1000], T[:1000], X_val=x[1000:2000], y_val=T[1000:2000],
                                    calibration_groups_val=group[1000:2000])  # fmt: skip
    found = model.predict_interval(x[2000:], 0.9, calibration_groups=group[2000:])
    for name in np.unique(group):
        held, new = group[1000:2000] == name, group[2000:] == name
        other = mapie.SplitConformalRegressor(model, 0.9)
        other.conformalize(x[1000:2000][held], T[1000:2000][held])
        theirs = other.predict_interval(x[2000:][new])[1][..., 0]
        np.testing.assert_allclose(found[new], theirs, rtol=1e-5)


def test_groups_of_the_rows_that_early_stopping_holds_out():
    x = FRAME[["x"]].to_numpy()
    model = FNNRegressor(early_stopping=True, validation_fraction=0.4, **NET)
    model.fit(x, T, calibration_groups=REGION)
    found = model.predict_interval(NEW_FRAME[["x"]].to_numpy(), calibration_groups=NEW_REGION)
    for share in by_group(found, NEW_T, NEW_REGION).values():
        assert share == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize("cls", [FNNClassifier, TabularFNNClassifier])
def test_sets_by_group(cls):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, 3))
    group = rng.choice(["clear", "dim"], 6000, p=[0.8, 0.2])
    flipped = rng.uniform(size=6000) < np.where(group == "dim", 0.4, 0.02)
    y = np.where(flipped, 1 - (x[:, 0] > 0), x[:, 0] > 0)
    params = TABLE if cls is TabularFNNClassifier else {**NET, "early_stopping": True,
                                                        "validation_fraction": 0.4}  # fmt: skip
    model = cls(**params).fit(x[:3000], y[:3000], calibration_groups=group[:3000])
    found = model.predict_set(x[3000:], 0.9, calibration_groups=group[3000:])
    for name in ("clear", "dim"):
        at = group[3000:] == name
        share = covered(found[at], y[3000:][at], [0, 1])
        assert share > 0.86, name
        if name == "dim":
            assert share == pytest.approx(0.9, abs=0.05)
    by_class = model.predict_set(x[3000:], 0.9, by_class=True)
    assert by_class.shape == found.shape


def test_new_and_small_groups_take_all_rows_with_one_warning(grouped):
    some = NEW_FRAME.head(400).assign(region="east")
    plain = TabularFNNRegressor(**TABLE).fit(FRAME, T)
    labels = np.where(np.arange(3000) < 5, "small", REGION)
    model = TabularFNNRegressor(**TABLE).fit(FRAME, T, calibration_groups=labels)
    with pytest.warns(UserWarning, match=r"'east' \(0\)") as seen:
        new = model.predict_interval(some, calibration_groups=some["region"])
    assert len(seen) == 1
    np.testing.assert_allclose(new, plain.predict_interval(some))
    levels = (0.5, 0.8, 0.83, 0.84, 0.9, 0.95)
    small = np.repeat("small", 400)
    with pytest.warns(UserWarning, match=r"'small' \(5\)"):
        found = [model.predict_interval(some, c, calibration_groups=small) for c in levels]
    for one, other in pairwise(found):
        assert (other[:, 0] <= one[:, 0]).all()
        assert (other[:, 1] >= one[:, 1]).all()


def test_labels_are_told_by_what_they_say():
    assert as_labels([1, 2, 1]).tolist() == as_labels([1.0, 2.0, 1.0]).tolist()
    assert as_labels(["1", "2", "1"]).tolist() == ["1", "2", "1"] == as_labels([1, 2, 1]).tolist()
    assert as_labels(pd.Series([1, None], dtype="Int64")).tolist() == ["1", "<missing>"]
    assert as_labels([None, np.nan, "a"]).tolist() == ["<missing>", "<missing>", "a"]
    assert as_labels(pd.Categorical(["u", None, "v"])).tolist() == ["u", "<missing>", "v"]
    assert as_labels([0.25, np.nan]).tolist() == ["0.25", "<missing>"]
    assert as_labels([True, False]).tolist() == ["True", "False"]
    assert as_labels([]).tolist() == []


def test_a_group_without_weight_is_as_good_as_absent():
    scores, labels = np.arange(40.0)[:, None], np.repeat(["a", "b"], 20)
    weight = np.repeat([1.0, 0.0], 20)
    found = Grouped(scores, Held(weight, labels))
    assert set(found.parts) == {"a"}
    assert found.score(0.9) == 18


def test_errors_of_groups_say_what_would_help():
    x = FRAME[["x"]].to_numpy()
    net = FNNRegressor(**NET)
    with pytest.raises(ValueError, match=r"calibration_groups needs held-out rows.*early_stop"):
        net.fit(x, T, calibration_groups=REGION)
    with pytest.raises(ValueError, match="calibration_groups_val needs X_val"):
        clone(net).set_params(early_stopping=True).fit(x, T, calibration_groups_val=REGION)
    with pytest.raises(ValueError, match="give calibration_groups_val"):
        net.fit(x, T, X_val=x, y_val=T, calibration_groups=REGION)
    with pytest.raises(ValueError, match=r"a group for each of the 3000 rows.*\(7,\)"):
        TabularFNNRegressor(**TABLE).fit(FRAME, T, calibration_groups=REGION[:7])
    with pytest.raises(ValueError, match="'regoin' is no column"):
        TabularFNNRegressor(**TABLE).fit(FRAME, T, calibration_groups="regoin")
    with pytest.raises(ValueError, match="array without names"):
        TabularFNNRegressor(**TABLE).fit(x, T, calibration_groups="region")
    model = TabularFNNRegressor(**TABLE).fit(FRAME, T)
    with pytest.raises(ValueError, match="give fit calibration_groups, too"):
        model.predict_interval(FRAME, calibration_groups="region")
    with pytest.raises(ValueError, match="no effect with calibrated=False"):
        model.predict_interval(FRAME, calibrated=False, calibration_groups="region")


def test_sets_of_another_model_would_be_as_good():
    """Calibration is no part of the network: logistic regression's probabilities will do."""
    p = LogisticRegression(max_iter=1000).fit(X[FIT], Y[FIT]).predict_proba(X)
    codes = np.searchsorted(list("abcd"), Y)
    found = SetCalibration(p[VALID], codes[VALID], Held())
    inside = sets(p[NEW], found.limits(0.9, None, False), "least_ambiguous", False)
    assert inside[np.arange(700), codes[NEW]].mean() == pytest.approx(0.9, abs=0.04)


def test_groups_are_routed_through_a_pipeline():
    x = FRAME[["x"]].to_numpy()
    net = FNNRegressor(early_stopping=True, **NET)
    with config_context(enable_metadata_routing=True):
        last = clone(net).set_fit_request(calibration_groups=True)
        pipe = make_pipeline(StandardScaler(), last).fit(x, T, calibration_groups=REGION)
        with pytest.raises(ValueError, match="calibration_groups"):
            make_pipeline(StandardScaler(), clone(net)).fit(x, T, calibration_groups=REGION)
    scaled = StandardScaler().fit_transform(x)
    by_hand = clone(net).fit(scaled, T, calibration_groups=REGION)
    np.testing.assert_array_equal(
        predict_with(pipe, "predict_interval", x, calibration_groups=REGION),
        by_hand.predict_interval(scaled, calibration_groups=REGION),
    )
