"""Pretraining by autoencoders."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor
from skfnn._engine.network.forward import Forward
from skfnn.layers import BatchNorm, Dense, Dropout, MaskingNoise, Skip

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS / 16
X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
BRIEF = {"max_iter": 4, "learning_rate_init": 0.01, "random_state": 0}
# Steps too small to move a weight: what pretraining left can be read off the fitted network.
STILL = {
    "solver": "sgd",
    "learning_rate_init": 1e-30,
    "alpha": 0,
    "max_iter": 1,
    "dtype": "float64",
}
CODER = FNNAutoencoder(max_iter=4, learning_rate_init=0.01, tied_weights=True)


@quiet
def test_with_few_labels_pretraining_beats_a_random_start():
    """100 labelled digits, 1,000 without labels: mean test accuracy over ten seeds."""
    settings = {"activation": "logistic", "learning_rate_init": 0.005, "max_iter": 100,
                "batch_size": 50, "tol": 1e-3}  # fmt: skip
    coder = FNNAutoencoder(loss="binary_crossentropy", tied_weights=True, learning_rate_init=0.005,
                           max_iter=30)  # fmt: skip
    random_start, pretrained = [], []
    for seed in range(10):
        few, rest, y, y_rest = train_test_split(
            DIGITS, LABELS, train_size=100, stratify=LABELS, random_state=seed
        )
        unlabeled, test, _, y_test = train_test_split(
            rest, y_rest, train_size=1000, random_state=seed
        )
        model = FNNClassifier((100, 100), random_state=seed, **settings)
        random_start.append(model.fit(few, y).score(test, y_test))
        model.set_params(pretrain=coder).fit(few, y, X_unlabeled=unlabeled)
        pretrained.append(model.score(test, y_test))
    difference = np.array(pretrained) - random_start
    assert difference.mean() > 0.005  # measured: 0.016
    assert (difference > 0).sum() >= 7


@quiet
def test_the_layers_are_encoders_on_what_the_layers_below_give():
    """The same by hand: an autoencoder on X, and one on its codes."""
    model = FNNClassifier((8, 3), "tanh", pretrain=CODER, random_state=3, **STILL).fit(X, Y)
    H = X
    for W, b, units in zip(model.coefs_, model.intercepts_, (8, 3), strict=False):
        seed = _seeds(3)[0 if units == 8 else 1]
        coder = clone(CODER).set_params(
            hidden_layer_sizes=(units,), activation="tanh", random_state=seed,
            initializer="glorot_uniform",
        )  # fmt: skip
        coder.fit(H)
        np.testing.assert_allclose(W, coder.coefs_[0], rtol=1e-6)
        np.testing.assert_allclose(b, coder.intercepts_[0], rtol=1e-6)
        H = np.tanh(H @ W + b)


def _seeds(random_state):
    streams = np.random.RandomState(random_state).randint(np.iinfo(np.int32).max, size=3)
    rng = np.random.default_rng(tuple(int(s) for s in streams))
    return [int(rng.integers(2**31)) for _ in range(2)]


@quiet
def test_without_pretraining_nothing_changes_and_with_it_the_start_is_reproducible():
    plain = FNNClassifier((8, 3), **BRIEF).fit(X, Y)
    model = FNNClassifier((8, 3), pretrain="autoencoder", **BRIEF)
    first, second = clone(model).fit(X, Y), clone(model).fit(X, Y)
    np.testing.assert_array_equal(first._fitted.network.values, second._fitted.network.values)
    assert not np.array_equal(first.coefs_[0], plain.coefs_[0])
    assert "phase" not in plain.history_
    other = clone(model).set_params(random_state=1).fit(X, Y)
    assert not np.array_equal(first.coefs_[0], other.coefs_[0])


@quiet
def test_the_history_tells_the_phases_apart():
    model = FNNClassifier((8, 3), pretrain=CODER, warm_start=True, metrics=["acc"], **BRIEF)
    history = model.fit(X, Y).history_
    assert history.index.is_unique
    assert history["phase"].tolist() == ["pretrain 1"] * 4 + ["pretrain 2"] * 4 + ["fit"] * 4
    assert history.columns[0] == "phase"
    assert history["acc"].isna().tolist() == [True] * 8 + [False] * 4
    assert model.loss_curve_ == history.loc[history["phase"] == "fit", "loss"].tolist()
    assert model.n_iter_ == 4
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).history_, history)
    # Going on: no pretraining again.
    assert model.fit(X, Y).history_["phase"].tolist()[8:] == ["fit"] * 8
    assert model.partial_fit(X, Y).history_["phase"].tolist()[8:] == ["fit"] * 9
    # A fresh fit starts anew.
    assert len(model.set_params(warm_start=False).fit(X, Y).history_) == 12


@quiet
def test_partial_fit_pretrains_in_its_first_call_only():
    model = FNNClassifier((8,), pretrain=CODER, **BRIEF)
    for _ in range(3):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    assert model.history_["phase"].tolist() == ["pretrain 1"] * 4 + ["fit"] * 3


CASES = {
    "batch norm before": {"hidden_layer_sizes": (6, 4), "batch_norm": "before"},
    "batch norm after": {"hidden_layer_sizes": (6, 4), "batch_norm": "after", "dropout": 0.2},
    "skip": {"hidden_layer_sizes": (6, 6), "skip_connections": True},
    "skip and batch norm": {
        "hidden_layer_sizes": (6, 6), "skip_connections": True, "batch_norm": "before",
    },
    "layers": {
        "hidden_layers": [
            BatchNorm(), Dense(6, "tanh"), Dropout(0.1), Skip([Dense(6, "relu"), Dense(6)]),
        ]
    },
    "activations": {"hidden_layer_sizes": (6, 5, 4), "activation": ["selu", "threshold", "gelu"]},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("as_sparse", [False, True])
@quiet
def test_with_every_kind_of_layer(case, as_sparse):
    data = sparse.csr_array(X) if as_sparse else X
    model = FNNClassifier(pretrain=CODER, **CASES[case], **BRIEF).fit(data, Y)
    assert np.isfinite(model.loss_)
    assert np.isfinite(model.predict_proba(data)).all()
    linear = sum("Linear" in name for name in model.summary()["layer"]) - 1
    assert model.history_["phase"].nunique() == linear + 1


@quiet
def test_batch_norm_before_the_activation_keeps_what_was_learned():
    settings = {"pretrain": CODER, "random_state": 0, **STILL}
    plain = FNNClassifier((6,), "tanh", **settings).fit(X, Y)
    before = FNNClassifier((6,), "tanh", batch_norm="before", **settings).fit(X, Y)

    def hidden(model, n_layers):
        return Forward(model._fitted.network.part(0, n_layers), len(X), np.float64)(X)

    np.testing.assert_allclose(hidden(before, 3), hidden(plain, 2), atol=1e-5)
    after = FNNClassifier((6,), "tanh", batch_norm="after", **settings).fit(X, Y)
    np.testing.assert_allclose(hidden(after, 3).mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(hidden(after, 3).std(axis=0), 1, atol=1e-3)


@quiet
def test_a_fitted_autoencoder_gives_its_encoder():
    coder = FNNAutoencoder((8, 3), "tanh", max_iter=5, random_state=0).fit(X)
    for given in (coder, FrozenEstimator(coder)):
        model = FNNRegressor((8, 3), "tanh", pretrain=given, random_state=0, **STILL).fit(X, Y)
        for i in range(2):
            np.testing.assert_allclose(model.coefs_[i], coder.coefs_[i], rtol=1e-6)
            np.testing.assert_allclose(model.intercepts_[i], coder.intercepts_[i], rtol=1e-6)
        assert "phase" not in model.history_
    copied = clone(FNNRegressor((8, 3), "tanh", pretrain=FrozenEstimator(coder), **STILL)).fit(X, Y)
    np.testing.assert_allclose(copied.coefs_[0], coder.coefs_[0], rtol=1e-6)
    with pytest.raises(ValueError, match=r"shapes \[\(4, 8\), \(8, 3\)\], the hidden layers"):
        FNNClassifier((8,), "tanh", pretrain=coder).fit(X, Y)
    with pytest.raises(ValueError, match=r"hidden layer 1: the encoder has activation Tanh"):
        FNNClassifier((8, 3), "relu", pretrain=coder).fit(X, Y)
    with pytest.raises(ValueError, match="no effect beside a fitted autoencoder"):
        FNNClassifier((8, 3), "tanh", pretrain=coder).fit(X, Y, X_unlabeled=X)


@pytest.mark.parametrize("labelled", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("unlabelled", [np.asarray, sparse.csr_array])
@quiet
def test_unlabelled_rows_are_used(labelled, unlabelled):
    rows = np.vstack([X[::10], X])
    model = FNNClassifier((6,), "tanh", pretrain=CODER, random_state=0, **STILL)
    model.fit(labelled(X[::10]), Y[::10], X_unlabeled=unlabelled(X))
    coder = clone(CODER).set_params(
        hidden_layer_sizes=(6,), activation="tanh", random_state=_seeds(0)[0]
    )
    np.testing.assert_allclose(model.coefs_[0], coder.fit(rows).coefs_[0], rtol=1e-4)
    # Labelled rows count with their weights, the others with weight 1.
    weight = np.linspace(0.5, 1.5, 15)
    model.fit(X[::10], Y[::10], weight, X_unlabeled=X)
    coder.fit(rows, sample_weight=np.append(weight, np.ones(len(X))))
    np.testing.assert_allclose(model.coefs_[0], coder.coefs_[0], rtol=1e-4)


@quiet
def test_unlabelled_rows_are_routed():
    with config_context(enable_metadata_routing=True):
        network = FNNClassifier((6,), pretrain=CODER, **BRIEF).set_fit_request(X_unlabeled=True)
        model = make_pipeline(StandardScaler(), network, transform_input=["X_unlabeled"])
        model.fit(X[::10], Y[::10], X_unlabeled=X)
    direct = clone(network).fit(
        model[0].transform(X[::10]), Y[::10], X_unlabeled=model[0].transform(X)
    )
    np.testing.assert_array_equal(direct.coefs_[0], model[-1].coefs_[0])


@quiet
def test_grid_search_over_pretraining():
    grid = [
        {"pretrain": [None, "autoencoder"]},
        {"pretrain": [FNNAutoencoder(noise=MaskingNoise())], "pretrain__noise__rate": [0.1, 0.5]},
    ]
    search = GridSearchCV(FNNClassifier((6,), **BRIEF), grid, cv=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@quiet
def test_held_out_rows_take_no_part():
    """Early stopping's validation rows are not seen by the autoencoders."""
    settings = {**STILL, "early_stopping": True, "pretrain": CODER, "random_state": 0}
    model = FNNClassifier((6,), "tanh", **settings)
    first = model.fit(X, Y).coefs_[0].copy()
    streams = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=3)
    _, held_out = train_test_split(
        np.arange(len(X)), test_size=0.1, random_state=streams[0], stratify=Y
    )
    changed = X.copy()
    changed[held_out] += 10
    np.testing.assert_array_equal(model.fit(changed, Y).coefs_[0], first)


def test_lbfgs_throughout():
    model = FNNClassifier((5,), "tanh", pretrain="autoencoder", solver="lbfgs", alpha=0.1, tol=0.01)
    assert model.fit(X, Y).score(X, Y) > 0.9
    assert model.history_["learning_rate"].isna().all()


@pytest.mark.parametrize(
    ("params", "fit", "said"),
    [
        ({}, {"X_unlabeled": X}, "X_unlabeled has no effect with pretrain=None"),
        ({"pretrain": "autoencoder", "hidden_layer_sizes": ()}, {}, "no effect without hidden"),
        ({"pretrain": "autoencoder", "hidden_layers": [BatchNorm()]}, {}, "without a linear map"),
        ({"pretrain": "autoencode"}, {}, "'pretrain' parameter"),
        ({"pretrain": 3}, {}, "'pretrain' parameter"),
        ({"pretrain": StandardScaler()}, {}, "None, 'autoencoder' or an FNNAutoencoder"),
        ({"pretrain": CODER}, {"X_unlabeled": X[:, :2]}, "X_unlabeled: X has 2 features"),
        ({"pretrain": CODER}, {"X_unlabeled": X * np.nan}, "X_unlabeled: Input X contains NaN"),
        (
            {"pretrain": FNNAutoencoder(loss="binary_crossentropy")},
            {},
            r"pretrain, hidden layer 1: loss='binary_crossentropy' needs X in \[0, 1\]",
        ),
        (
            {"pretrain": FNNAutoencoder(noise="masking", solver="lbfgs")},
            {},
            "pretrain, hidden layer 1: dropout and noise need a minibatch solver",
        ),
    ],
)
def test_bad_calls(params, fit, said):
    with pytest.raises((ValueError, TypeError), match=said):
        FNNClassifier(**params, max_iter=1).fit(X, Y, **fit)
