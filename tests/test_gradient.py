"""The one gradient test: every activation x loss x stack against a finite difference.

In float64, along random directions, the analytic gradient of the whole objective equals the
fourth-order central difference.
"""

import numpy as np
import pytest

from skfnn._engine.network.network import Network
from skfnn._engine.objective.objective import Batch, FullBatch, Objective
from skfnn._engine.program.calls import bind, replay
from skfnn._engine.program.workspace import Workspace
from skfnn.activations import Activation
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    GaussianNoise,
    KLSparsity,
    L1Sparsity,
    Layer,
    Linear,
    MaskingNoise,
    Skip,
    Tied,
)
from skfnn.losses import Loss
from skfnn.parts import Call

N, P = 7, 4


def stacks(activation):
    """Return named hand-made stacks around an activation."""
    dense = Dense(5, activation)
    return {
        "none": [],
        "one": [dense],
        "two": [dense, Dense(3, activation)],
        "dropout": [dense, Dropout(0.4), Dense(3, activation)],
        "dropout first": [Dropout(0.3), dense],
        "dropout twice": [dense, Dropout(0.2), Dropout(0.2)],
        "batch norm before": [Linear(5), BatchNorm(), Activate(activation)],
        "batch norm after": [dense, BatchNorm(), Dense(3, activation)],
        "batch norm first": [BatchNorm(), dense],
        "skip": [dense, Skip([Dense(5, activation), Linear(5)])],
        "skip first, projected": [Skip([dense, Dropout(0.2)])],
        "skip first, same width": [Skip([Dense(P, activation)]), Dense(3, activation)],
        "nested skips": [
            dense,
            Skip([Dense(5, activation), Skip([BatchNorm(), Dense(5, activation)]), Linear(5)]),
        ],
        "skip of an in-place layer": [dense, Skip([Activate(activation)]), Skip([Dropout(0.3)])],
        "activation first": [Activate(activation), Activate(activation), dense],
        "everything": [
            Skip([Linear(5), BatchNorm(), Activate(activation), Dropout(0.2)]),
            Skip([Linear(3), Activate(activation), BatchNorm(), Dropout(0.1)]),
        ],
    }


def autoencoder_stacks():
    """Return named stacks of layers that borrow weights, corrupt, or add to the loss."""
    dense = Dense(5, "tanh")
    return {
        "noise": [MaskingNoise(0.3), GaussianNoise(0.2), dense, GaussianNoise(0.1), Dense(3)],
        "sparse code": [dense, L1Sparsity(0.3), Dense(3, "tanh")],
        "sparse code by divergence": [Dense(5, "logistic"), KLSparsity(0.3, 0.1), Dense(3)],
        "sparse code in a skip": [dense, Skip([Dense(5, "tanh"), L1Sparsity(0.3)])],
        "tied": [dense, Dense(3), L1Sparsity(0.2), Tied(5, 2), Activate("tanh"), Tied(P, 0)],
        "tied twice, inside a skip too": [dense, Tied(P, 0), Skip([Dense(5, "tanh"), Tied(P, 0)])],
    }


def layer_stacks():
    """Return a stack around each layer's examples, from the registry."""
    return {repr(layer): [Dense(4, "tanh"), layer] for cls in Layer.members()
            for layer in cls.examples()}  # fmt: skip


def check(layers, loss, k=None, weighted=False, alpha=0.0, rows=N, workspace_rows=N, seed=0):
    rng = np.random.default_rng(seed)
    k = k or (3 if "multiclass" in loss.kinds or "regression" in loss.kinds else 2)
    network = Network([*layers, Linear(loss.n_scores(k))], P, np.float64, rng)
    network.values += 0.1 * rng.normal(size=network.values.size)  # gamma = 1, beta = 0 hide errors
    network.state[...] = rng.uniform(0.5, 1.5, network.state.size)
    state = network.state.copy()
    weight = rng.uniform(0.5, 2, (rows, 1)) if weighted else None
    y = np.asfortranarray(loss.sample_y(rng, rows, k))
    raw = np.asfortranarray(np.empty((rows, loss.n_scores(k))))
    batch = Batch(rng.normal(size=(rows, P)), y, weight, raw)
    objective = Objective(network, loss, alpha)
    masks = np.random.default_rng(5)
    start = masks.bit_generator.state
    workspace = Workspace(network, workspace_rows, rng=masks)
    program = bind(objective.calls(workspace, batch, rows), np.float64)
    n = network.n_decay
    penalty = bind(
        objective.penalty_calls(network.values[:n], workspace.grad[:n], np.empty(n), rows),
        np.float64,
    )

    def evaluate():
        masks.bit_generator.state = start  # the same dropout masks each time
        network.state[...] = state
        replay(program)
        replay(penalty)
        added = workspace.take_penalty() / rows
        return objective.mean_loss(y, batch.raw, weight) + added + objective.penalty(rows)

    evaluate()
    gradient, theta = workspace.grad.copy(), network.values.copy()

    def slope(direction, h):
        values = {}
        for step in (-2, -1, 1, 2):
            network.values[...] = theta + step * h * direction
            values[step] = evaluate()
        return (values[-2] - 8 * values[-1] + 8 * values[1] - values[2]) / (12 * h)

    compared = 0
    for _ in range(12):
        direction = rng.normal(size=theta.size)
        numeric, finer = slope(direction, 1e-5), slope(direction, 1e-6)
        if abs(numeric - finer) > 1e-6 * (abs(finer) + 0.1):
            continue  # the two disagree where a kink lies within a step
        np.testing.assert_allclose(direction @ gradient, numeric, rtol=1e-6, atol=1e-7)
        compared += 1
        if compared == 3:
            return
    raise AssertionError("no smooth direction found")


LOSSES = {
    repr(loss): loss for cls in Loss.members() for loss in cls.examples() if loss.differentiable
}
ACTIVATIONS = {
    repr(function): function
    for cls in Activation.members()
    for function in cls.examples()
    if function.differentiable
}
STACKS = stacks("relu")
TANH_STACKS = stacks("tanh") | autoencoder_stacks()


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient(activation, loss, stack):
    check(stacks(ACTIVATIONS[activation])[stack], LOSSES[loss])


@pytest.mark.parametrize("layers", layer_stacks().items(), ids=lambda item: item[0])
def test_gradient_of_each_layer(layers):
    check(layers[1], LOSSES["SquaredError()"])


@pytest.mark.parametrize("stack", TANH_STACKS)
@pytest.mark.parametrize("loss", ["CategoricalCrossEntropy()", "Poisson()"])
def test_gradient_with_weights_penalty_and_a_short_batch(loss, stack):
    layers = TANH_STACKS[stack]
    check(layers, LOSSES[loss], weighted=True, alpha=0.7, rows=5, workspace_rows=11)
    check(layers, LOSSES[loss], rows=1, workspace_rows=3)
    check(layers, LOSSES[loss], k=40)  # scores in the other memory order


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("stack", [name for name in TANH_STACKS if "dropout" not in name])
def test_gradient_of_the_full_batch(stack, weighted, monkeypatch):
    monkeypatch.setattr(FullBatch, "chunk_elements", 1)
    rng = np.random.default_rng(1)
    layers = [layer for layer in TANH_STACKS[stack] if "Dropout" not in repr(layer)]
    layers = [layer for layer in layers if not layer.stochastic]
    loss = LOSSES["CategoricalCrossEntropy()"]
    rows = 600  # several chunks
    network = Network([*layers, Linear(3)], P, np.float64, rng)
    y = loss.sample_y(rng, rows, 3)
    weight = rng.uniform(0.5, 2, (rows, 1)) if weighted else None
    if weighted:
        weight /= weight.mean()
    full = FullBatch(
        Objective(network, loss, 0.5),
        Batch(rng.normal(size=(rows, P)), y, weight, np.empty_like(y)),
    )
    theta = network.values.copy()
    direction = rng.normal(size=theta.size)
    _, gradient = full.value_and_grad(theta)
    slope = direction @ gradient
    value = {s: full.value_and_grad(theta + s * 1e-5 * direction)[0] for s in (-2, -1, 1, 2)}
    numeric = (value[-2] - 8 * value[-1] + 8 * value[1] - value[2]) / 12e-5
    np.testing.assert_allclose(slope, numeric, rtol=1e-6, atol=1e-9)


def test_planted_error_is_noticed():
    """The test above can fail: a wrong derivative does not pass."""

    class Wrong(type(ACTIVATIONS["Tanh()"])):
        def backward(self, dA, ref, scratch):
            yield Call(np.multiply, dA, ref, out=dA)

    try:
        with pytest.raises(AssertionError):
            check([Dense(5, Wrong())], LOSSES["SquaredError()"])
    finally:
        Activation.registry["tanh"] = type(ACTIVATIONS["Tanh()"])
