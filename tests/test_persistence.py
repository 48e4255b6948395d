"""Saved models: pickles under another scikit-learn, skops files."""

import copy
import importlib
import pickle
import pickletools
import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from helpers import FAMILIES, examples, full_repr
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skfnn
from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
    export,
)
from skfnn.activations import Activation
from skfnn.layers import BatchNorm, Dense, Dropout, Flatten, KLSparsity, Skip
from skfnn.losses import Huber
from skfnn.metrics import Accuracy
from skfnn.optimizers import Adam
from skfnn.parts import Call, Reads
from skfnn.schedules import Cosine, Scheduled
from skfnn.tabular._recipes import RECIPES

VERSION = skfnn.__version__
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4))
FRAME = pd.DataFrame(X, columns=list("abcd"))
LEVELS = [f"level {i}" for i in range(10)] * 4
TABLE = FRAME.assign(e=LEVELS, f=pd.Categorical(["x", "y"] * 20)).mask(X[:, [0] * 6] > 2)
STRINGS = np.where(X[:, 0] > 0, "yes", "no").astype(object)
BRIEF = {"max_iter": 2, "random_state": 0}


@cache
def fitted_models():
    return list(_models())


def _models():
    yield FNNClassifier(
        (5, 5), ["gelu", "tanh"], batch_norm="after", dropout=0.1, solver=Adam(), metrics=["acc"],
        learning_rate=Cosine(), **BRIEF,
    ).fit(FRAME, STRINGS)  # fmt: skip
    layers = [Flatten(), Skip([Dense(4, "relu"), BatchNorm(), Dropout(0.1)]), Dense(3, "silu")]
    yield FNNClassifier(
        hidden_layers=layers, early_stopping=True, scoring=Accuracy(), **BRIEF
    ).fit(X, (X[:, :3] > 0).astype(int))  # fmt: skip
    one_hot = np.eye(3, dtype=int)[np.arange(40) % 3]
    yield FNNClassifier(loss="categorical_crossentropy", solver="lbfgs", **BRIEF).fit(X, one_hot)
    yield FNNRegressor((4,), loss=Huber(delta=0.5), **BRIEF).partial_fit(X, X[:, 0])
    yield FNNRegressor(max_iter=2, random_state=np.random.RandomState(0)).fit(X, X[:, :2])
    mlp = FNNClassifier((4,), **BRIEF).fit(X, np.arange(40) % 3).to_sklearn()
    yield FNNClassifier.from_sklearn(mlp)
    yield FNNClassifier((4,), pretrain="autoencoder", **BRIEF).fit(X, STRINGS)
    coder = FNNAutoencoder((3, 2), tied_weights=True, noise="gaussian", sparsity=KLSparsity())
    yield coder.set_params(activation="logistic", **BRIEF).fit(X)
    small = {"n_members": 2, "hidden_layer_sizes": (4,), **BRIEF}
    yield TabularFNNClassifier(**small).fit(TABLE, STRINGS)
    yield TabularFNNRegressor(loss=Huber(delta=0.5), **small).fit(X, X[:, :2])
    yield TabularFNNRegressor(recipe="tabm-mini", **{**small, "n_members": 1}).fit(X, X[:, 0])


@pytest.fixture(params=range(11))
def model(request):
    return fitted_models()[request.param]


def assert_same(model, loaded):
    data = FRAME if hasattr(model, "feature_names_in_") else X
    data = TABLE if getattr(model, "n_features_in_", 0) == TABLE.shape[1] else data
    method = "predict" if hasattr(model, "predict") else "transform"
    np.testing.assert_array_equal(getattr(loaded, method)(data), getattr(model, method)(data))
    pd.testing.assert_frame_equal(loaded.history_, model.history_)
    assert repr(loaded).split(" at 0x")[0] == repr(model).split(" at 0x")[0]  # a RandomState
    if getattr(model, "_progress", None) is not None:  # goes on where it stood, dropout included
        model = copy.deepcopy(model)
        model.partial_fit(X, X[:, 0])
        loaded.partial_fit(X, X[:, 0])
        np.testing.assert_array_equal(loaded._fitted.network.values, model._fitted.network.values)


def modules(pickled):
    """The modules that a pickle imports from."""
    names, strings = set(), []
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name == "GLOBAL":
            names.add(argument.split()[0])
        elif opcode.name == "STACK_GLOBAL":
            names.add(strings[-2])
        elif "UNICODE" in opcode.name:
            strings.append(argument)
    return names


def test_a_pickle_imports_nothing_of_scikit_learn(model):
    # Protocol 2 names every class in full; later ones look names up in a memo.
    found = modules(pickle.dumps(model, protocol=2))
    assert any(name.startswith("skfnn") for name in found)
    foreign = {name.split(".")[0] for name in found} - {"skfnn"}
    assert foreign <= {"numpy", "_codecs", "__builtin__", "copy_reg", "collections"}


def test_a_pickle_loads_under_another_version_of_scikit_learn(model, monkeypatch):
    saved = pickle.dumps(model)
    monkeypatch.setattr("sklearn.base.__version__", "1.9.99")
    assert_same(model, pickle.loads(saved))  # a warning is an error here


def test_a_pipeline_warns_of_scikit_learns_own_steps_only(monkeypatch):
    pipe = make_pipeline(StandardScaler(), FNNClassifier(**BRIEF)).fit(X, STRINGS)
    saved = pickle.dumps(pipe)
    monkeypatch.setattr("sklearn.base.__version__", "1.9.99")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = pickle.loads(saved)
    assert {warning.category for warning in caught} == {InconsistentVersionWarning}
    assert {warning.message.estimator_name for warning in caught} == {"Pipeline", "StandardScaler"}
    np.testing.assert_array_equal(loaded.predict_proba(X), pipe.predict_proba(X))


@pytest.mark.parametrize("save", ["pickle", "skops"])
def test_a_file_says_which_version_of_skfnn_it_is_of(model, save, monkeypatch):
    if save == "skops":
        sio = pytest.importorskip("skops.io")
        saved = sio.dumps(model)

        def load():
            return sio.loads(saved, trusted=export.skops_trusted_types())
    else:
        saved = pickle.dumps(model)

        def load():
            return pickle.loads(saved)

    monkeypatch.setattr("skfnn.__version__", "9.9.9")
    # Fitted table estimators hold an encoder, which is an estimator, too.
    message = f"{type(model).__name__} was saved by skfnn {VERSION}, and this is skfnn 9.9.9"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = load()
    assert message in {str(warning.message)[: len(message)] for warning in caught}
    assert all(issubclass(w.category, InconsistentVersionWarning) for w in caught)
    monkeypatch.undo()
    assert_same(model, loaded)
    assert "_skfnn_version" not in vars(loaded)


def test_skops_loads_with_the_trusted_types_and_not_without(model):
    sio = pytest.importorskip("skops.io")
    saved = sio.dumps(model)
    trusted = export.skops_trusted_types()
    assert set(sio.get_untrusted_types(data=saved)) <= set(trusted)
    assert_same(model, sio.loads(saved, trusted=trusted))
    with pytest.raises(TypeError, match=type(model).__name__):
        sio.loads(saved)


def test_skops_loads_an_exported_estimator_without_trusted_types():
    sio = pytest.importorskip("skops.io")
    mlp = FNNClassifier((4,), **BRIEF).fit(X, STRINGS.astype(str)).to_sklearn()
    loaded = sio.loads(sio.dumps(mlp))
    np.testing.assert_array_equal(loaded.predict(X), mlp.predict(X))


class _Own(Activation):
    name = "own"
    reads = Reads.NOTHING

    def forward(self, Z, out, scratch):
        yield Call(np.copyto, Z, out=out)

    def backward(self, dA, ref, scratch):
        yield from ()


del Activation.registry["own"]  # other tests iterate over the registry


def test_types_of_ones_own_are_not_trusted():
    sio = pytest.importorskip("skops.io")
    model = FNNRegressor((3,), activation=_Own(), **BRIEF).fit(X, X[:, 0])
    saved, trusted = sio.dumps(model), export.skops_trusted_types()
    untrusted = set(sio.get_untrusted_types(data=saved)) - set(trusted)
    assert {name.rsplit(".", 1)[-1] for name in untrusted} == {"_Own"}
    assert_same(model, sio.loads(saved, trusted=[*trusted, *untrusted]))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.family)
def test_every_component_of_every_registry_can_be_saved(family):
    """Inside an estimator, as a user has them; numbers that follow a schedule, too."""
    sio = pytest.importorskip("skops.io")
    parts = [*examples(family), Dropout(Scheduled(0.15, "flat_cos")), Scheduled(0.1, Cosine())]
    model = FNNClassifier(metrics=parts)
    trusted = export.skops_trusted_types()
    loaded = sio.loads(sio.dumps(model), trusted=trusted)
    assert full_repr(loaded) == full_repr(model)
    assert full_repr(pickle.loads(pickle.dumps(model))) == full_repr(model)


@pytest.mark.parametrize("recipe", [*RECIPES, replace(RECIPES["realmlp"], dropout=0.2)], ids=str)
def test_every_recipe_can_be_saved(recipe):
    """Seen: "realmlp" holds hyper-parameters that follow a schedule, which were not trusted."""
    sio = pytest.importorskip("skops.io")
    model = TabularFNNRegressor(recipe=recipe, n_members=1, max_iter=1, hidden_layer_sizes=(4,))
    model.fit(TABLE, X[:, 0])
    assert_same(model, sio.loads(sio.dumps(model), trusted=export.skops_trusted_types()))


def ours_inside(thing, seen):
    """The classes of this package that a file of an object holds, at any depth."""
    if id(thing) in seen or isinstance(thing, (str, bytes, type, np.random.Generator)):
        return
    seen[id(thing)] = thing
    if type(thing).__module__.startswith("skfnn"):
        yield type(thing)
        thing = thing.__getstate__()  # what a file holds of it
    parts = []
    if isinstance(thing, dict):
        parts = [*thing, *thing.values()]
    elif isinstance(thing, (list, tuple, set)):
        parts = list(thing)
    for part in parts:
        yield from ours_inside(part, seen)


def test_all_that_a_fitted_model_holds_is_trusted(model):
    names = {f"{cls.__module__}.{cls.__qualname__}" for cls in ours_inside(model, {})}
    assert names <= {*export.skops_trusted_types()}


@pytest.mark.filterwarnings("ignore:.* will be gone in 0.4:FutureWarning")  # files of 0.2 hold them
def test_every_trusted_type_can_be_imported():
    for name in export.skops_trusted_types():
        module, cls = name.rsplit(".", 1)
        assert isinstance(getattr(importlib.import_module(module), cls), type)
