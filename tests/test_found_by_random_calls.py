"""Each of these was found by ``tools/random_calls.py``: what it means, in few lines."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from random_data import TABLES, special
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import PredefinedSplit

from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)
from skfnn._engine.following.monitor import Monitor
from skfnn._engine.objective.weights import in_single
from skfnn._engine.support.keys import as_dicts, as_items
from skfnn.export import skops_trusted_types
from skfnn.inspection import attributions
from skfnn.preprocessing import TabularEncoder
from skfnn.solvers import DivergenceError

pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X[:, 0] - X[:, 1] ** 2
BRIEF = {"n_members": 1, "max_iter": 2, "hidden_layer_sizes": (4,), "random_state": 0}


def table(kind=TabularFNNRegressor, **params):
    return kind(**{**BRIEF, **params})


def test_a_part_of_a_stream_may_have_sure_rows_alone_among_soft_targets():
    soft = np.vstack([RNG.dirichlet(np.ones(3), 20), np.eye(3)[RNG.integers(0, 3, 20)]])

    def parts():
        yield X[:20], soft[:20]
        yield X[20:], soft[20:]

    def whole():
        yield X, soft

    # A stream is a function of its parts, a row of its place: neither is changed by one-hot rows.
    model = table(TabularFNNClassifier, max_iter=30).fit(parts)
    assert model.predict_proba(X).shape == (40, 3)
    again = table(TabularFNNClassifier, max_iter=30).fit(whole)
    assert_array_equal(model.classes_, again.classes_)
    assert abs(model.evaluate(X, soft)["loss"] - again.evaluate(X, soft)["loss"]) < 0.3


@pytest.mark.parametrize(("given", "error", "words"), [
    (sparse.csr_array(X), TypeError, "X is a sparse matrix"),
    (X[:, 0], ValueError, "X must have two dimensions"),
    (None, ValueError, "X must have two dimensions"),
])  # fmt: skip
def test_rows_that_are_no_table_are_refused_by_partial_fit_and_streams(given, error, words):
    with pytest.raises(error, match=words):
        table().partial_fit(given, Y)
    with pytest.raises(error, match=words):
        table().fit(lambda: iter([(given, Y)]))


def test_a_table_of_long_doubles_can_be_gone_on_with():
    """The part of a stream that it is, is known by its values, also where pandas hashes none."""
    model = table().partial_fit(X.astype(np.longdouble), Y)
    assert np.isfinite(model.predict(X)).all()


def test_labels_of_several_a_row_may_be_sparse_part_by_part():
    labels = sparse.csr_array((RNG.random((40, 3)) < 0.4).astype(int))
    model = table(TabularFNNClassifier).partial_fit(X, labels)
    assert model.predict(X).shape == (40, 3)
    expected = table(TabularFNNClassifier).partial_fit(X, labels.toarray())
    assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


def test_a_fold_whose_rows_have_next_to_no_weight_tells_nothing():
    """In single precision their weights are 0, beside those of the others."""
    model = table().partial_fit(X, Y, sample_weight=10.0 ** np.linspace(-300, 300, 40))
    assert np.isfinite(model.predict(X)).all()
    weight = {"no": 1.0, "yes": 1e-300}
    labels = np.where(np.arange(40) % 20 == 0, "no", "yes")  # few folds have a "no"
    rare = table(TabularFNNClassifier, class_weight=weight).partial_fit(X, labels)
    assert np.isfinite(rare.predict_proba(X)).all()


@pytest.mark.parametrize("scorer", ["roc_auc", "neg_log_loss", get_scorer("neg_brier_score")])
@pytest.mark.parametrize("model", [
    table(), FNNRegressor((4,), max_iter=2, early_stopping=True),
], ids=["table", "network"])  # fmt: skip
def test_a_regressor_refuses_scores_of_classes_by_name(model, scorer):
    for name in ("scoring", "metrics"):
        with pytest.raises(ValueError, match=f"{name}=.* needs scores or probabilities of classes"):
            model.set_params(scoring=None, metrics=None).set_params(**{name: scorer}).fit(X, Y)


@pytest.mark.parametrize("columns", ["frame", "polars", "objects"])
def test_a_table_that_goes_on_can_be_saved_by_skops(columns):
    """It holds its latest rows, whatever their columns are."""
    io, n = pytest.importorskip("skops.io"), 40
    kinds = [kind for kind in TABLES if kind not in ("complex", "lists")]
    rows = pd.DataFrame({kind: special(kind, n) for kind in kinds}).assign(number=X[:, 0])
    if columns == "polars":
        rows = pytest.importorskip("polars").DataFrame({"a": X[:, 0], "b": ["x", "y"] * 20})
    elif columns == "objects":
        rows = np.array([[x, str(i % 3), None] for i, x in enumerate(X[:, 0])], dtype=object)
    model = table().partial_fit(rows, Y)
    loaded = io.loads(io.dumps(model), trusted=skops_trusted_types())
    assert_array_equal(loaded.predict(rows), model.predict(rows))
    for each in (model, loaded):  # in which the rows before have a part
        each.partial_fit(rows[:25], Y[:25])
    assert_allclose(loaded.predict(rows), model.predict(rows))


def test_a_linear_table_keeps_directions():
    model = table(hidden_layer_sizes=(), monotonic_cst={0: 1, 1: -1}, max_iter=30).fit(X, Y)
    line = np.zeros((30, 3))
    line[:, 0] = np.linspace(-3, 3, 30)
    assert (np.diff(model.predict(line)) >= -1e-6).all()
    assert np.ptp(model.predict(line)) > 0


@pytest.mark.parametrize("scoring", ["neg_mean_absolute_error", "r2"])
def test_a_scorer_of_a_table_with_an_offset_is_refused_and_a_metric_is_not(scoring):
    model = table(scoring=scoring)
    if scoring == "r2":  # a metric of this package
        assert np.isfinite(model.fit(X, Y, offset=X[:, 1]).predict(X, offset=X[:, 1])).all()
        return
    with pytest.raises(ValueError, match="scoring='neg_mean_absolute_error' has a scorer, which"):
        model.fit(X, Y, offset=X[:, 1])


def test_targets_that_are_no_numbers_are_refused_by_name_part_by_part():
    with pytest.raises(ValueError, match="y must hold numbers"):
        table().partial_fit(X, ["no", "yes"] * 20)


def test_a_table_without_columns_is_refused_by_name():
    alone = pd.DataFrame({"place": np.arange(40) % 4, "y": Y})
    with pytest.raises(ValueError, match="X has no column beside y, sample_weight and groups"):
        table().fit(lambda: iter([alone]), "y", groups="place")
    with pytest.raises(ValueError, match="X has no column"):
        table().partial_fit(alone[[]], Y)


@pytest.mark.parametrize("model", [
    table(TabularFNNClassifier, scoring="neg_mean_absolute_error"),
    FNNClassifier((4,), max_iter=2, early_stopping=True, scoring="neg_mean_absolute_error"),
    FNNClassifier((4,), max_iter=2, metrics="neg_mean_absolute_error"),
], ids=["table", "scoring", "metrics"])  # fmt: skip
def test_a_scorer_that_fails_is_named(model):
    with pytest.raises(ValueError, match=r"A scorer of scoring or metrics, .*could not convert"):
        model.fit(X, np.where(Y > 0, "yes", "no"))


@pytest.mark.parametrize("weight", [1e-300, 1e300])
def test_weights_that_are_none_in_single_precision_are_refused_part_by_part(weight):
    model = FNNRegressor((4,), metrics="r2")
    with pytest.raises(ValueError, match=r"sample_weight has .*divide them by their mean"):
        model.partial_fit(X, Y, sample_weight=np.full(40, weight))
    assert np.isfinite(model.partial_fit(X, Y, sample_weight=np.full(40, 1e-20)).predict(X)).all()


@pytest.mark.parametrize("params", [
    {"metrics": "r2"}, {"scoring": "acuracy", "early_stopping": True},
], ids=["metrics", "scoring"])  # fmt: skip
def test_wrong_metrics_are_refused_before_pretraining(params, monkeypatch):
    monkeypatch.setattr(Monitor, "epoch", lambda *args: pytest.fail("an epoch was trained"))
    model = FNNClassifier((4,), max_iter=2, pretrain="autoencoder", **params)
    with pytest.raises(ValueError, match=next(iter(params))):
        model.fit(X, Y > 0)


def test_a_divergence_of_pretraining_is_one():
    wild = {"solver": "sgd", "learning_rate_init": 1e30}
    model = FNNRegressor((4,), max_iter=5, pretrain="autoencoder", **wild)
    with pytest.raises(
        DivergenceError, match=r"pretrain, hidden layer 1\. Lower learning_rate_init"
    ):
        model.fit(X, Y)


@pytest.mark.parametrize("loss", ["gamma", "poisson"])
def test_predictions_far_out_are_the_largest_number(loss):
    model = FNNRegressor((), loss=loss, max_iter=2, random_state=0).fit(X, np.abs(Y) + 1)
    far = 1e30 * np.sign(model.coefs_[0].T) * np.ones((1, X.shape[1]))
    predicted = model.predict(far)
    assert predicted == np.finfo(predicted.dtype).max


def test_attributions_of_scores_near_zero_may_be_off_by_rounding():
    flat, shares = np.ones((21, 1)), np.tile([0.5, 0.5], (21, 1))
    shares[:10] = [0.4, 0.6]
    model = FNNClassifier((4,), max_iter=2, clip_norm=1e-6, random_state=0).fit(flat, shares)
    assert np.abs(attributions(model, flat[:2], flat, random_state=0).values).max() < 1e-6


def test_probabilities_and_class_weights_are_refused_together_by_parts_too():
    shares = pd.DataFrame({"no": 1 - Y % 1, "yes": Y % 1})
    model = table(TabularFNNClassifier, class_weight="balanced")
    for given in ((X, shares), (lambda: iter([(X, shares)]),)):
        with pytest.raises(ValueError, match="class_weight='balanced' is not available for y of"):
            model.fit(*given)


@pytest.mark.parametrize("beside", [DummyClassifier(), LogisticRegression()])
def test_one_class_beside_another_estimator(beside):
    model = table(TabularFNNClassifier, blend=beside).fit(X, np.zeros(40))
    assert (model.predict(X) == 0).all()
    folds = PredefinedSplit(np.arange(40) // 20)  # each member is trained on one class
    model = table(TabularFNNClassifier, blend=beside, cv=folds).fit(X, np.arange(40) < 20)
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.filterwarnings("error:invalid value:RuntimeWarning")
def test_text_that_says_the_same_in_each_row():
    rows = pd.DataFrame({"words": ["so it goes"] * 40, "number": X[:, 0]})
    model = table(column_kinds={"words": "text"}).fit(rows, Y)
    assert np.isfinite(model.predict(rows)).all()


@pytest.mark.parametrize("given", ["scoring", "metrics"])
@pytest.mark.parametrize("form", [sparse.csr_array, sparse.coo_array, np.ndarray.tolist])
def test_scorers_of_a_table_get_an_array_of_several_labels_a_row(given, form):
    y = form((X[:, :2] > 0).astype(int))

    def right(model, X, y):
        assert isinstance(y, np.ndarray)
        return np.mean(model.predict(X) == y)

    params = {given: [right] if given == "metrics" else right}
    model = table(TabularFNNClassifier, **params).fit(X, y, X_val=X, y_val=y)
    assert 0 <= model.evaluate(X, y).get("right", 0) <= 1


def test_an_area_is_scored_where_half_of_the_held_out_rows_are_of_one_class():
    rows = RNG.normal(size=(200, 3))
    rare = (np.arange(200) % 25 == 0).astype(int)  # one of each fold
    model = table(TabularFNNClassifier, n_members=8, scoring="roc_auc").fit(rows, rare)
    assert np.isfinite(model.predict_proba(rows)).all()
    assert np.isfinite(model.leaderboard_["score"]).all()


def test_an_area_of_rows_of_one_class_is_refused_before_the_first_epoch(monkeypatch):
    monkeypatch.setattr(Monitor, "epoch", None)
    model = table(TabularFNNClassifier, n_members=4, scoring="roc_auc")
    with pytest.raises(ValueError, match=r"scoring=.* has no value for .* held-out rows"):
        model.fit(X, np.arange(40) < 2)
    with pytest.raises(ValueError, match=r"scoring=.* has no value for 20 held-out rows"):
        model.fit(X, Y > 0, X_val=X[:20], y_val=np.zeros(20, bool))


def test_links_are_trusted():
    assert "skfnn.losses.IdentityLink" in skops_trusted_types()


@pytest.mark.parametrize(("params", "columns"), [
    ({"column_kinds": {("a", "b"): "cells", "c": "number"}}, list("abc")),
    ({"column_kinds": {("x", "a"): "number"}}, pd.MultiIndex.from_product([["x"], list("abc")])),
    ({"class_weight": {False: 1.0, True: 3.0}}, list("abc")),
    ({"class_weight": {np.False_: 1.0, np.True_: 3.0}}, list("abc")),
], ids=["cells", "two levels", "classes", "classes of NumPy"])  # fmt: skip
def test_skops_keeps_the_keys_of_parameters(params, columns):
    """JSON has keys of text alone, and ``bool("false")`` is true."""
    io = pytest.importorskip("skops.io")
    rows = pd.DataFrame(X, columns=columns)
    kind = TabularFNNClassifier if "class_weight" in params else TabularFNNRegressor
    model = table(kind, **params).fit(rows, Y > 0)
    loaded = io.loads(io.dumps(model), trusted=skops_trusted_types())
    for name, given in params.items():
        found = getattr(loaded, name)
        assert found == given
        assert [*map(type, found)] == [*map(type, given)]
        assert getattr(model, name) is given
    assert_array_equal(loaded.predict(rows), model.predict(rows))
    encoder = TabularEncoder(column_kinds={("x", "a"): "number"})
    assert io.loads(io.dumps(encoder), trusted=skops_trusted_types()).column_kinds


def test_skops_keeps_a_list_of_dictionaries():
    assert as_dicts(as_items([{True: 1, False: 2}, {"a": 1}])) == [{True: 1, False: 2}, {"a": 1}]
    assert as_items([{"a": 1}]) == [{"a": 1}]
    assert as_items({"a": 1, 2: 3, 0.5: 1}) == {"a": 1, 2: 3, 0.5: 1}


def test_a_function_as_loss_is_all_that_skops_asks_about():
    io = pytest.importorskip("skops.io")
    for model in (FNNRegressor((4,), max_iter=2, loss=half_squared), table(loss=half_squared)):
        saved = io.dumps(model.fit(X, Y))
        unknown = {*io.get_untrusted_types(data=saved)} - {*skops_trusted_types()}
        assert unknown == {f"{__name__}.half_squared"}
        loaded = io.loads(saved, trusted=[*skops_trusted_types(), *unknown])
        assert_array_equal(loaded.predict(X), model.predict(X))


def half_squared(y, raw):
    return 0.5 * ((raw - y) ** 2).sum(axis=1), raw - y


@pytest.mark.parametrize("heavy", [[0], [7], [3, 30]])
@pytest.mark.parametrize("params", [{}, {"recipe": "realmlp-s"}, {"validation_fraction": 0.5}])
def test_a_stream_whose_weight_is_all_in_a_fold_holds_nothing_out(heavy, params):
    """The others' would vanish in single precision, and with them all that others train on."""
    weight = np.full(40, 1e-200)
    weight[heavy] = 1.0
    for labels, kind in ((Y, TabularFNNRegressor), (Y > 0, TabularFNNClassifier)):
        model = table(kind, **params).partial_fit(X, labels, sample_weight=weight)
        assert np.isfinite(model.predict(X)).all()
        model.partial_fit(X[:20] + 1, labels[:20], sample_weight=np.full(20, 1e-250))
        assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("light", [1e-30, 1e-40, 1e-200])
def test_one_row_that_has_next_to_all_weight_is_no_unit_of_the_targets(light):
    """Their deviation by weight is next to none: others would be 1e20 of them away."""
    weight = np.where(np.arange(40) == 7, 1.0, light)
    for method in ("fit", "partial_fit"):
        model = getattr(table(), method)(X, Y, sample_weight=weight)
        assert_allclose(model.predict(X), Y[7], atol=1e-3 * np.ptp(Y))


def test_no_positive_weight_vanishes_in_single_precision():
    weight = in_single(np.array([0.0, 1e-300, 1e-18, 1.0, 39.0]))
    assert weight.dtype == np.float32
    assert weight[0] == 0
    assert_allclose(weight[1:], [1e-18, 1e-18, 1.0, 39.0])
    assert (weight[1:] ** 2 > 0).all()


def test_a_scorer_that_calls_what_an_estimator_has_not_is_named():
    def predicted(model, X, y):
        return model.predict(X).mean()

    with pytest.raises(ValueError, match=r"A scorer of scoring or metrics, .*has failed"):
        FNNAutoencoder(2, max_iter=2, metrics=predicted).fit(X)


@pytest.mark.parametrize("groups", [np.arange(39), np.arange(41), np.zeros((40, 2))])
@pytest.mark.parametrize("params", [{}, {"warm_start": True}])
def test_groups_that_are_not_one_for_each_row_are_refused(groups, params):
    model = table(**params)
    with pytest.raises(ValueError, match=r"groups|inconsistent numbers|1d array"):
        model.fit(X, Y, groups=groups)
    assert not hasattr(model, "_fitted")
    column = table(**params).fit(X, Y, groups=np.arange(40)[:, None])
    assert_array_equal(
        column.predict(X), table(**params).fit(X, Y, groups=np.arange(40)).predict(X)
    )
