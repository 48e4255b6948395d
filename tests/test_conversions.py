"""Every layer of the registry is converted exactly, or refused by name."""

import re

import numpy as np
import pytest
from helpers import examples, label

from skfnn import FNNRegressor
from skfnn.export import to_onnx, to_sklearn
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    KLSparsity,
    L1Sparsity,
    Layer,
    Linear,
    MaskingNoise,
    ParametricActivate,
    Scale,
    Select,
    Skip,
    Tied,
)
from skfnn.parts import Call, Param, Reads, check_part

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X = np.random.default_rng(0).normal(size=(40, 4))
LAYERS = [
    layer
    for layer in examples(Layer)
    if not isinstance(layer, Flatten) and list(getattr(layer, "layers", "some"))
]
# What the tests below would not notice: that more than these are refused.
FOLD = {Linear, Tied, BatchNorm, Dropout, MaskingNoise, GaussianNoise, Scale, L1Sparsity,
        KLSparsity}  # fmt: skip


def fitted(layers):
    """A regressor of these layers, whose parameters and moments are far from their start."""
    model = FNNRegressor(hidden_layers=layers, max_iter=1, random_state=0, dtype="float64")
    model.fit(X, X[:, 0])
    network, rng = model._fitted.network, np.random.default_rng(1)
    network.values += 0.3 * rng.normal(size=network.values.size)
    network.state[...] += rng.uniform(0.1, 0.2, network.state.size)
    return model


def names(model):
    """The types of its elementary layers, those inside too, for messages."""
    return "|".join(
        sorted({re.escape(type(layer).__name__) for layer in model._fitted.network.layers})
    )


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("layer", LAYERS, ids=label)
def test_to_sklearn_is_exact_or_refuses(layer, activation):
    model = fitted([Dense(4, activation), layer, Dense(3, activation)])
    if type(layer) in FOLD or repr(layer) == f"Activate(activation={activation!r})":
        mlp = to_sklearn(model)
        np.testing.assert_allclose(mlp.predict(X), model.predict(X), rtol=1e-9, atol=1e-9)
        return
    try:
        mlp = to_sklearn(model)
    except ValueError as error:
        message = str(error)
        assert re.search(rf"cannot express layer \d+, .*({names(model)})", message)
    else:
        np.testing.assert_allclose(mlp.predict(X), model.predict(X), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("layer", LAYERS, ids=label)
def test_to_onnx_is_exact(layer):
    pytest.importorskip("skl2onnx")
    ort = pytest.importorskip("onnxruntime")
    model = fitted([Dense(4, "tanh"), layer, Dense(3, "relu")])
    graph = to_onnx(model, X)
    (found,) = ort.InferenceSession(graph.SerializeToString()).run(None, {"X": X})
    # onnxruntime has erf in single precision only
    np.testing.assert_allclose(found[:, 0], model.predict(X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("layer", LAYERS, ids=label)
def test_hidden_activations_are_those_of_the_layers_that_make_units(layer):
    before, model = fitted([Dense(4, "tanh")]), fitted([Dense(4, "tanh"), layer])
    hidden = model.hidden_activations(X)
    made = sum(part.makes_units for part in model._fitted.network.layers[:-1])
    assert len(hidden) == made
    np.testing.assert_allclose(
        (hidden[-1] @ model.coefs_[-1])[:, 0] + model.intercepts_[-1], model.predict(X)
    )
    np.testing.assert_array_equal(
        model.hidden_activations(X, str(len(model._fitted.network.layers) - 2)), hidden[-1]
    )
    if not layer.makes_units:
        assert len(hidden) == len(before.hidden_activations(X)) == 1
        assert layer.n_outputs(4) == (len(layer.columns) if isinstance(layer, Select) else 4)


def test_which_layers_make_units():
    kept = {cls for cls in Layer.members() if not cls.makes_units}
    changes = {Activate, ParametricActivate, BatchNorm, Dropout, MaskingNoise, GaussianNoise, Scale}
    assert changes < kept
    assert {cls.__name__ for cls in kept - changes} == {
        "L1Sparsity", "KLSparsity", "MonotoneActivate", "Select",
    }  # fmt: skip
    assert all(not cls.makes_units for cls in Layer.members() if cls.inplace)


def test_a_parametric_activation_keeps_its_slope():
    """Its slope was dropped once: it was taken for the activation alone."""
    model = fitted([Linear(4), ParametricActivate("relu", lr_factor=1.0), Dense(3, "relu")])
    with pytest.raises(ValueError, match=r"cannot express layer 1, ParametricActivate\("):
        to_sklearn(model)
    assert len(model.hidden_activations(X)) == 2


class Shifted(Activate):
    """A subclass that computes something else and declares what it has inherited."""

    def forward(self, X, Y, cell, training):
        yield from super().forward(X, Y, cell, training)
        yield Call(np.add, Y, 0.5, out=Y)


class Doubled(Linear):
    """As well."""

    def forward(self, X, Y, cell, training):
        yield from super().forward(X, Y, cell, training)
        yield Call(np.multiply, Y, 2.0, out=Y)


class QuietPenalty(L1Sparsity):
    """One that inherits what it declares, and rightly."""


@pytest.mark.parametrize("layer", [Shifted("relu"), Doubled(4)], ids=label)
def test_a_declaration_that_forward_does_not_keep_is_noticed(layer):
    with pytest.raises(ValueError, match=rf"{type(layer).__name__}.*is not what its forward"):
        to_sklearn(fitted([Dense(4, "relu"), layer, Dense(3, "relu")]))
    to_sklearn(fitted([Dense(4, "relu"), QuietPenalty(), Dense(3, "relu")]))
    for cls in (Shifted, Doubled, QuietPenalty):
        Layer.registry[cls.name] = cls.__base__


class LayerNorm(Layer):
    """Each row less its mean, over its standard deviation, times a trained factor."""

    makes_units = False
    reads = Reads.NOTHING  # scratch keeps what the backward pass needs

    def __init__(self, epsilon=1e-5):
        self.epsilon = epsilon

    def params(self, n_in):
        return {"gain": Param((n_in,), lambda rng: np.ones(n_in))}

    def scratch(self, n_in):
        return (n_in, float), (n_in, float), (1, float), (1, float)

    def forward(self, X, Y, cell, training):
        xhat, work, mean, scale = cell.scratch
        n = float(X.shape[1])
        yield Call(np.add.reduce, X, axis=1, keepdims=True, out=mean)
        yield Call(np.divide, mean, n, out=mean)
        yield Call(np.subtract, X, mean, out=xhat)
        yield Call(np.multiply, xhat, xhat, out=work)
        yield Call(np.add.reduce, work, axis=1, keepdims=True, out=scale)
        yield Call(np.divide, scale, n, out=scale)
        yield Call(np.add, scale, float(self.epsilon), out=scale)
        yield Call(np.sqrt, scale, out=scale)
        yield Call(np.reciprocal, scale, out=scale)
        yield Call(np.multiply, xhat, scale, out=xhat)
        yield Call(np.multiply, xhat, cell.gain, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        xhat, work, mean, scale = cell.scratch
        yield Call(np.multiply, dY, xhat, out=work)
        yield Call(np.dot, cell.ones, work, out=cell.dgain)
        if dX is None:
            return
        # dX = scale (g - mean(g) - xhat mean(g xhat)) with g = dY gain
        n = float(X.shape[1])
        yield Call(np.multiply, dY, cell.gain, out=dX)
        yield Call(np.multiply, dX, xhat, out=work)
        yield Call(np.add.reduce, work, axis=1, keepdims=True, out=mean)
        yield Call(np.divide, mean, n, out=mean)
        yield Call(np.multiply, xhat, mean, out=work)
        yield Call(np.add.reduce, dX, axis=1, keepdims=True, out=mean)
        yield Call(np.divide, mean, n, out=mean)
        yield Call(np.subtract, dX, mean, out=dX)
        yield Call(np.subtract, dX, work, out=dX)
        yield Call(np.multiply, dX, scale, out=dX)


class Extremes(Layer):
    """The largest, the least and the product of each row: reductions in several forms."""

    def n_outputs(self, n_in):
        return 3

    def scratch(self, n_in):
        return ((1, float),) * 3

    def forward(self, X, Y, cell, training):
        high, low, product = cell.scratch
        yield Call(np.maximum.reduce, X, axis=1, keepdims=True, out=high)
        yield Call(np.minimum.reduce, X, axis=1, keepdims=True, out=low)
        yield Call(np.multiply.reduce, X, axis=1, keepdims=True, out=product)
        yield Call(np.add, high, low, out=high)
        yield Call(np.matmul, high, np.array([[1.0, 2.0, 3.0]]).astype(X.dtype), out=Y)
        yield Call(np.add, Y, product, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        if dX is not None:
            yield Call(np.copyto, 0.0, out=dX)


class Cumulative(Layer):
    """Calls a function that has no ONNX form."""

    def forward(self, X, Y, cell, training):
        yield Call(np.add.accumulate, X, axis=1, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        if dX is not None:
            yield Call(np.add.accumulate, dY[:, ::-1], axis=1, out=dX[:, ::-1])


class Where(Layer):
    """Reduces with an option that the ONNX form does not have."""

    def scratch(self, n_in):
        return (n_in, bool), (1, float)

    def forward(self, X, Y, cell, training):
        positive, total = cell.scratch
        yield Call(np.greater, X, 0.0, out=positive)
        yield Call(np.add.reduce, X, axis=1, keepdims=True, initial=1.0, out=total)
        yield Call(np.copyto, X, out=Y)
        yield Call(np.add, X, total, out=Y, where=positive)

    def backward(self, dY, X, Y, cell, dX):
        if dX is not None:
            yield Call(np.copyto, dY, out=dX)


def test_a_layer_of_ones_own_with_reductions_is_right():
    check_part(LayerNorm())
    check_part(Skip([LayerNorm(0.1), Linear(4)]))
    check_part(Cumulative())


@pytest.mark.parametrize("opset", [11, 13, 17, 18, 20])
@pytest.mark.parametrize("layer", [LayerNorm(), Extremes()], ids=label)
def test_reductions_have_an_onnx_form(layer, opset):
    pytest.importorskip("skl2onnx")
    ort = pytest.importorskip("onnxruntime")
    model = fitted([Dense(5, "tanh"), layer, Dense(3, "relu")])
    graph = to_onnx(model, X, target_opset=opset)
    (found,) = ort.InferenceSession(graph.SerializeToString()).run(None, {"X": X})
    np.testing.assert_allclose(found[:, 0], model.predict(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (Cumulative(), r"add\.accumulate has no ONNX form\. Register one"),
        (
            Where(),
            r"The ONNX form of add\.reduce does not take .*\['axis', 'initial', 'keepdims'\]",
        ),
    ],
    ids=label,
)
def test_what_has_no_onnx_form_is_refused_by_name(layer, words):
    pytest.importorskip("skl2onnx")
    with pytest.raises(ValueError, match=rf"forward of {type(layer).__name__}.*, layer 2: {words}"):
        to_onnx(fitted([Dense(4, "tanh"), layer]), X)
