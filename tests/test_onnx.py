"""ONNX: what onnxruntime computes from an exported model is what the model predicts."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor, export
from skfnn.activations import Activation, Identity
from skfnn.export import to_onnx
from skfnn.export._onnx import FUNCTIONS
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    GaussianNoise,
    L1Sparsity,
    Layer,
    Linear,
    MaskingNoise,
    SharedEnsemble,
    Skip,
    Tied,
)
from skfnn.layers import Flatten as FlattenLayer
from skfnn.losses import Loss, SquaredError
from skfnn.parts import Call, Reads
from skfnn.preprocessing._flatten import Flatten

pytest.importorskip("skl2onnx")
ort = pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4))
TARGETS = {
    "binary": X[:, 0] > 0,
    "strings": np.where(X[:, 0] > 0, "yes", "no").astype(object),
    "multiclass": np.digitize(X[:, 1], [0.5, 1.0]) * 5 - 7,
    "three strings": np.array(["a", "b", "c"])[np.digitize(X[:, 1], [0.5, 1.0])],
    "multilabel": (X[:, :3] > [0, 1, -1]).astype(int),
    "number": X[:, 0] ** 2,
    "numbers": X[:, :2] ** 2,
}
BRIEF = {"max_iter": 3, "learning_rate_init": 0.02, "random_state": 0}


def fitted(target, **params):
    cls = FNNRegressor if target.startswith("number") else FNNClassifier
    return cls(**{**BRIEF, **params}).fit(X, TARGETS[target])


def outputs(model, X, X_sample=None, **options):
    graph = to_onnx(model, X if X_sample is None else X_sample, **options)
    session = ort.InferenceSession(graph.SerializeToString())
    feeds = {
        given.name: X[[given.name]].to_numpy() if isinstance(X, pd.DataFrame) else X
        for given in session.get_inputs()
    }
    return session.run(None, feeds)


def assert_parity(model, X, **options):
    results = outputs(model, X, **options)
    if isinstance(model, FNNRegressor):
        expected = model.predict(X).reshape(len(X), -1)
        np.testing.assert_allclose(results[0], expected, rtol=1e-5, atol=1e-5)
        assert results[0].shape == expected.shape
        return
    labels, probabilities = results
    np.testing.assert_array_equal(labels, model.predict(X))
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=1e-5, atol=1e-5)


ARCHITECTURES = {
    "linear model": {"hidden_layer_sizes": ()},
    "one": {"hidden_layer_sizes": 5},
    "three": {"hidden_layer_sizes": (6, 5, 4)},
    "batch norm before": {"batch_norm": "before", "hidden_layer_sizes": (6, 5)},
    "batch norm after": {"batch_norm": "after", "hidden_layer_sizes": (6, 5)},
    "dropout": {"dropout": 0.3, "hidden_layer_sizes": (6, 5)},
    "skip": {"skip_connections": True, "hidden_layer_sizes": (4, 4, 6)},
    "all": {
        "skip_connections": True,
        "batch_norm": "after",
        "dropout": 0.1,
        "hidden_layer_sizes": (6, 6),
        "activation": ["mish", "gelu"],
    },
    "batch norm first": {"hidden_layers": [BatchNorm(), Dense(6, "silu"), Dropout(0.3)]},
    "activation first": {"hidden_layers": [Activate("tanh"), Linear(3)]},
    "skip first": {"hidden_layers": [Skip([Dense(4, "elu"), BatchNorm()]), Dense(3, "relu")]},
    "nested": {
        "hidden_layers": [
            Skip([Dense(6, "softplus"), Skip([Dropout(0.2), Dense(6, "selu")]), Linear(5)]),
            BatchNorm(),
            Activate("threshold"),
        ]
    },
    "no activation": {"hidden_layers": [Linear(3), Linear(2)]},
    "two inputs wide": {"hidden_layers": [Dense(2, "tanh"), BatchNorm(), Dense(2, "relu")]},
    "dropout only": {"hidden_layers": [Dropout(0.5)]},
}
for activation in Activation.members():
    for example in activation.examples():
        ARCHITECTURES[repr(example)] = {"hidden_layer_sizes": (6, 5), "activation": example}


@pytest.mark.parametrize(
    ("target", "dtype"), [("three strings", np.float64), ("numbers", np.float32)]
)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture(architecture, target, dtype):
    assert_parity(fitted(target, **ARCHITECTURES[architecture]), X.astype(dtype))


def test_at_least_twenty_architectures():
    assert len(ARCHITECTURES) >= 20


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_for_one_row_and_for_many(target, dtype):
    model = fitted(target, hidden_layer_sizes=(5,))
    for rows in (1, 40):
        assert_parity(model, X[:rows].astype(dtype))


@pytest.mark.parametrize("loss", [e for c in Loss.members() for e in c.examples()], ids=repr)
def test_every_loss(loss):
    for target, y in (
        ("strings", TARGETS["strings"]),
        ("multiclass", TARGETS["multiclass"]),
        ("multilabel", TARGETS["multilabel"]),
        ("regression", np.exp(X[:, :2])),
    ):
        kinds = {"strings": "binary"}.get(target, target)
        if kinds not in loss.kinds:
            continue
        cls = FNNRegressor if target == "regression" else FNNClassifier
        y = y if loss.scalable else np.round(y)
        model = cls((4,), loss=loss, **BRIEF).fit(X, y)
        if loss.name in ("hinge", "perceptron"):
            labels, scores = outputs(model, X)
            np.testing.assert_array_equal(labels, model.predict(X))
            expected = model.decision_function(X)
            if target == "strings":
                expected = np.column_stack([-expected, expected])
            np.testing.assert_allclose(scores, expected, rtol=1e-5)
        else:
            assert_parity(model, X)


def test_options_of_the_outputs():
    model = fitted("strings")
    narrow = X.astype(np.float32)
    expected = model.predict_proba(narrow)
    labels, dicts = outputs(model, narrow, options={"zipmap": True})
    assert labels.tolist() == model.predict(X).tolist()
    np.testing.assert_allclose([row["yes"] for row in dicts], expected[:, 1], 1e-5)
    _, no, yes = outputs(model, narrow, options={"zipmap": "columns"})
    np.testing.assert_allclose(np.column_stack([no, yes]), expected, 1e-5)
    _, scores = outputs(model, X, options={"raw_scores": True})
    np.testing.assert_allclose(scores[:, 1], model.decision_function(X), 1e-9)
    np.testing.assert_array_equal(scores[:, 0], -scores[:, 1])
    codes, _ = outputs(model, X, options={"nocl": True})
    np.testing.assert_array_equal(model.classes_[codes], model.predict(X))
    _, _, classes = outputs(model, X, options={"output_class_labels": True})
    assert list(classes) == ["no", "yes"]


def test_one_class_whole_numbers_and_lists():
    model = FNNClassifier((3,), max_iter=1).fit(X, np.full(40, 7))
    labels, probabilities = outputs(model, X)
    assert set(labels) == {7}
    np.testing.assert_array_equal(probabilities, np.ones((40, 1)))
    counts = RNG.integers(0, 9, size=(40, 3))
    model = FNNRegressor((3,), **BRIEF).fit(counts, counts[:, 0])
    np.testing.assert_allclose(outputs(model, counts)[0][:, 0], model.predict(counts), 1e-4, 1e-5)
    np.testing.assert_allclose(
        outputs(model, counts.astype(float), X_sample=counts.astype(float).tolist())[0][:, 0],
        model.predict(counts),
    )


@pytest.mark.parametrize("weights", ["float32", "float64"])
def test_the_sample_decides_the_precision(weights):
    model = fitted("number", dtype=weights)
    wide, narrow = outputs(model, X)[0][:, 0], outputs(model, X.astype(np.float32))[0][:, 0]
    assert (wide.dtype, narrow.dtype) == (np.float64, np.float32)
    np.testing.assert_allclose(wide, model.predict(X), 1e-12)
    np.testing.assert_allclose(narrow, model.predict(X.astype(np.float32)), 1e-5, 1e-6)


def test_pipelines_searches_and_data_frames():
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["kind"] = np.where(X[:, 2] > 0, "x", "y")
    prepare = ColumnTransformer(
        [("numbers", StandardScaler(), list("abcd")), ("kinds", OneHotEncoder(), ["kind"])]
    )
    pipe = make_pipeline(prepare, FNNClassifier((5,), "gelu", batch_norm="before", **BRIEF))
    pipe.fit(frame, TARGETS["strings"])
    labels, probabilities = outputs(pipe, frame)
    np.testing.assert_array_equal(labels, pipe.predict(frame))
    np.testing.assert_allclose(probabilities, pipe.predict_proba(frame), 1e-5, 1e-5)

    pipe = make_pipeline(StandardScaler(), FNNRegressor(**BRIEF))
    search = GridSearchCV(pipe, {"fnnregressor__activation": ["silu", "mish"]}, cv=2)
    search.fit(X, TARGETS["numbers"])
    np.testing.assert_allclose(outputs(search, X)[0], search.predict(X), 1e-5, 1e-5)

    model = FNNRegressor(**BRIEF).fit(frame[list("abcd")], TARGETS["number"])
    result = outputs(model, X, X_sample=frame[list("abcd")])[0]
    np.testing.assert_allclose(result[:, 0], model.predict(frame[list("abcd")]), 1e-5)


def test_columns_of_classes_and_two_scores_for_two_classes():
    y = np.eye(3, dtype=int)[np.arange(40) % 3]
    assert_parity(FNNClassifier(loss="categorical_crossentropy", **BRIEF).fit(X, y), X)
    two = FNNClassifier.from_weights([RNG.normal(size=(4, 2))], [[0.0, 1.0]], classes=["a", "b"])
    assert_parity(two, X)


@pytest.mark.parametrize("step", [True, False])
def test_images(step):
    images = RNG.normal(size=(40, 2, 2)).astype(np.float32)
    if step:
        model = make_pipeline(Flatten(), StandardScaler(), FNNClassifier(**BRIEF))
    else:
        layers = [FlattenLayer(), Dense(3, "tanh")]
        model = FNNClassifier(hidden_layers=layers, **BRIEF)
    assert_parity(model.fit(images, TARGETS["strings"]), images)


def test_searches_and_ensembles_of_classifiers():
    y, narrow = TARGETS["three strings"], X.astype(np.float32)
    pipe = make_pipeline(StandardScaler(), FNNClassifier((5,), **BRIEF))
    search = GridSearchCV(pipe, {"fnnclassifier__activation": ["silu", "mish"]}, cv=2)
    voting = VotingClassifier([("one", FNNClassifier((5,), "gelu", **BRIEF)), ("two", pipe)],
                              voting="soft", flatten_transform=False)  # fmt: skip
    calibrated = CalibratedClassifierCV(FNNClassifier((5,), **BRIEF), cv=2)
    for model in (search, voting, calibrated):
        model.fit(narrow, y)
        labels, probabilities = outputs(model, narrow)
        np.testing.assert_array_equal(labels, model.predict(narrow))
        np.testing.assert_allclose(probabilities, model.predict_proba(narrow), 1e-4, 1e-5)


@pytest.mark.parametrize("tied", [False, True])
def test_codes_of_an_autoencoder_alone_and_before_a_classifier(tied):
    coder = FNNAutoencoder((6, 3), "tanh", tied_weights=tied, noise="gaussian", **BRIEF).fit(X)
    codes = outputs(coder, X)[0]
    np.testing.assert_allclose(codes, coder.transform(X), 1e-9)
    pipe = make_pipeline(StandardScaler(), coder, FNNClassifier((4,), **BRIEF))
    pipe.fit(X, TARGETS["strings"])
    labels, probabilities = outputs(pipe, X.astype(np.float32))
    np.testing.assert_array_equal(labels, pipe.predict(X))
    np.testing.assert_allclose(probabilities, pipe.predict_proba(X), 1e-5, 1e-5)


def test_tied_weights_and_layers_that_act_in_training_only():
    for noise in (GaussianNoise(0.1), MaskingNoise()):
        layers = [noise, Linear(3), Activate("tanh"), L1Sparsity(), Tied(4, 1)]
        assert_parity(fitted("multiclass", hidden_layers=layers), X)


class _Softsign(Activation):
    reads = Reads.NOTHING
    scratch = (float,)

    def forward(self, Z, out, scratch):
        (size,) = scratch
        yield Call(np.absolute, Z, out=size)
        yield Call(np.add, size, 1.0, out=size)
        yield Call(np.divide, Z, size, out=out)

    def backward(self, dA, ref, scratch):
        yield Call(np.divide, dA, scratch[0], out=dA)


class _Arctan(Activation):
    reads = Reads.NOTHING

    def forward(self, Z, out, scratch):
        yield Call(np.arctan, Z, out=out)

    def backward(self, dA, ref, scratch):
        yield from ()


class _Clipped(Activation):
    """Writes constants, compares, chooses."""

    reads = Reads.NOTHING
    scratch = (float, bool, bool)

    def forward(self, Z, out, scratch):
        limit, above, below = scratch
        yield Call(np.copyto, 1.5, out=limit)
        yield Call(np.greater, Z, limit, out=above)
        yield Call(np.copyto, Z, out=out)
        yield Call(np.copyto, limit, out=out, where=above)
        yield Call(np.negative, limit, out=limit)
        yield Call(np.less, Z, limit, out=below)
        yield Call(np.copyto, limit, out=out, where=below)
        yield Call(np.logical_or, above, below, out=above)
        yield Call(np.square, out, out=limit)
        yield Call(np.copyto, limit, out=out, where=above)

    def backward(self, dA, ref, scratch):
        yield from ()


class _HalfOf(Layer):
    """Takes the logistic function of the first column only."""

    inplace = True

    def forward(self, X, Y, cell, training):
        yield Call(np.tanh, X[:, :1], out=Y[:, :1])

    def backward(self, dY, X, Y, cell, dX):
        yield from ()


class _Layer(Layer):
    """Hands on; what it computes beside, subclasses say."""

    reads = Reads.NOTHING

    def backward(self, dY, X, Y, cell, dX):
        if dX is not None:
            yield Call(np.copyto, dY, out=dX)


class _Parts(_Layer):
    """Writes columns in any order, some of them constants, and in other shapes."""

    def scratch(self, n_in):
        return ((n_in, float), (2 * n_in, float), (n_in, np.intp))

    def forward(self, X, Y, cell, training):
        n, k = X.shape
        turned, twice, whole = cell.scratch
        pairs, table = twice.reshape(k, 2, n), np.linspace(-1.0, 1.0, 5)[:, None]
        yield Call(np.copyto, X[:, ::-1], out=turned)
        yield Call(np.copyto, turned[:, 1:2], out=turned[:, 2:])  # one column into several
        yield Call(np.copyto, turned.T, out=pairs[:, 0])
        yield Call(np.copyto, 0.5, out=pairs[:, 1])
        yield Call(np.add.reduce, pairs, out=Y.T, axis=1)
        yield Call(np.multiply, X, 3.0, out=turned)
        yield Call(np.copyto, turned, out=whole, casting="unsafe")
        yield Call(np.subtract, whole, 1, out=whole)
        yield Call(np.take, table[:, 0], whole[:, :2], out=turned[:, :2], axis=0, mode="clip")
        yield Call(np.add, Y[:, 1:3], turned[:, :2], out=Y[:, 1:3])


class _Shuffled(_Layer):
    """Copies random parts of arrays into one another, seen in random shapes."""

    def __init__(self, seed=0):
        self.seed = seed

    def scratch(self, n_in):
        return ((12, float), (12, float), (12, float))

    def forward(self, X, Y, cell, training):
        rng = np.random.default_rng(self.seed)
        first, second, last = cell.scratch
        arrays = [first, second, last.reshape(12, -1).T]  # in the memory of the last, rows are last
        for array in arrays:
            yield Call(np.copyto, 0.1, out=array)
            yield Call(np.copyto, X, out=array[:, 2 : 2 + X.shape[1]])
        for _ in range(12):
            chosen, n = rng.permutation(3)[:2], 2 * int(rng.integers(1, 4))
            given, out = (self._part(arrays[i], n, rng) for i in chosen)
            if rng.random() < 0.5:
                given, out = (
                    part.reshape(-1, n // 2, 2).transpose(1, 2, 0) for part in (given, out)
                )
            if rng.random() < 0.5:
                yield Call(np.add, out, given, out=out)
            else:
                yield Call(np.multiply, given, 0.9, out=out)
            if rng.random() < 0.3:  # four rows for each
                yield Call(np.add, first.reshape(-1, 3), 0.2, out=second.reshape(-1, 3))
        yield Call(np.copyto, X, out=Y)
        for array in arrays:
            yield Call(np.add, Y, array[:, 1 : 1 + 2 * Y.shape[1] : 2], out=Y)

    def _part(self, array, n, rng):
        """Return ``n`` columns that are neighbours, or every second one, in either order."""
        step = int(rng.choice([1, 2]))
        start = int(rng.integers(12 - step * n + 1))
        part = array[:, start : start + step * n : step]
        return part[:, ::-1] if rng.random() < 0.5 else part


class _Upside(_Layer):
    """The last row comes first."""

    def forward(self, X, Y, cell, training):
        yield Call(np.copyto, X[::-1], out=Y)


class _Centred(_Layer):
    """Tells rows from their mean, which is read in parts."""

    def forward(self, X, Y, cell, training):
        mean = cell.row("mean")
        yield Call(np.add.reduce, X, out=mean, axis=0)
        yield Call(np.copyto, X, out=Y)
        yield Call(np.subtract, Y[:, 1:], mean[1:], out=Y[:, 1:])


class _Numbered(_Layer):
    """Adds the number of the row."""

    def forward(self, X, Y, cell, training):
        yield Call(np.add, X, np.arange(float(len(X)))[:, None], out=Y)


class _Retyped(_Layer):
    """Reads the bits of numbers."""

    def forward(self, X, Y, cell, training):
        yield Call(np.copyto, X, out=Y)
        yield Call(np.copyto, Y.view(f"i{Y.itemsize}"), out=Y, casting="unsafe")


class _Sized(_Layer):
    """Computes in another way for two rows."""

    def forward(self, X, Y, cell, training):
        yield Call(np.multiply if len(X) == 2 else np.add, X, 1.0, out=Y)


def test_activations_of_ones_own_need_nothing():
    for activation in (_Softsign(), _Clipped()):
        assert_parity(fitted("multiclass", activation=activation), X)


def test_a_function_without_onnx_form_is_named_and_can_be_registered(monkeypatch):
    model = fitted("number", activation=_Arctan())
    monkeypatch.delitem(FUNCTIONS, np.arctan, raising=False)
    with pytest.raises(ValueError, match=r"arctan has no ONNX form.*register_onnx_function"):
        to_onnx(model, X)
    monkeypatch.setitem(FUNCTIONS, np.arctan, None)  # restored after the test
    export.register_onnx_function(np.arctan, "Atan")
    assert_parity(model, X.astype(np.float32))


@pytest.mark.parametrize(
    "layers", [[_HalfOf()], [_Parts()], [SharedEnsemble(2, [Dense(3, "relu"), _Parts()], 4)]]
)
@pytest.mark.parametrize("opset", [11, 13, 22])
def test_parts_of_arrays_are_followed(layers, opset):
    model = fitted("number", hidden_layers=[Linear(3), *layers])
    for rows in (1, 2, 40):
        assert_parity(model, X[:rows], target_opset=opset)


@pytest.mark.parametrize("seed", range(12))
def test_any_parts_of_arrays_are_followed(seed):
    assert_parity(fitted("number", hidden_layers=[Linear(3), _Shuffled(seed)]), X)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (_Upside(), "from row to row"),
        (_Centred(), "across rows"),
        (_Numbered(), "numbers rows"),
        (_Retyped(), "another type"),
        (_Sized(), "depend on the number of rows"),
    ],
)
def test_what_cannot_be_followed_is_an_error(layer, words):
    with pytest.raises(ValueError, match=words):
        to_onnx(fitted("number", hidden_layers=[Linear(3), layer]), X)


def test_a_sample_is_needed():
    with pytest.raises(TypeError, match="X_sample"):
        to_onnx(fitted("number"))


class _SquaredScores(SquaredError):
    def predict(self, raw):
        return raw**2


def test_a_link_that_is_not_what_its_name_says_is_an_error():
    with pytest.raises(ValueError, match="out_activation='identity'"):
        to_onnx(fitted("number", loss=_SquaredScores()), X)


class _Classifier(FNNClassifier):
    pass


def test_registration_is_idempotent_and_covers_subclasses():
    export.register_onnx_converters()
    export.register_onnx_converters()
    import skl2onnx

    model = _Classifier(activation=Identity(), **BRIEF).fit(X, TARGETS["strings"])
    assert_parity(model, X)
    options = {"zipmap": False}
    graph = skl2onnx.to_onnx(fitted("strings"), X.astype(np.float32), options=options)
    assert [output.name for output in graph.graph.output] == ["label", "probabilities"]


def test_without_skl2onnx_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r"skfnn\[onnx\]"):
        to_onnx(fitted("number"), X)


def test_exported_mlp_converts_too():
    model = fitted("multiclass", activation="tanh", batch_norm="after")
    labels, probabilities = outputs(model.to_sklearn(), X)
    np.testing.assert_array_equal(labels, model.predict(X))
    np.testing.assert_allclose(probabilities, model.predict_proba(X), 1e-5)
