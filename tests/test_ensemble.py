"""Members that share their hidden layers: the layer, its objective, the mean of predictions."""

import numpy as np
import pytest
from helpers import difference
from scipy import special
from scipy.sparse import csr_array

from skfnn import FNNClassifier, FNNRegressor
from skfnn._engine.network.forward import Forward
from skfnn._engine.network.network import Network
from skfnn._engine.objective.objective import Batch, Objective
from skfnn._engine.program.calls import bind, replay
from skfnn._engine.program.workspace import Workspace
from skfnn.inspection import NetworkDisplay
from skfnn.layers import Activate, BatchNorm, Dense, Dropout, L1Sparsity, Linear, SharedEnsemble
from skfnn.losses import BinaryCrossEntropy, Link, Loss

N, P, K, UNITS = 9, 5, 3, 2  # rows, inputs, members, outputs of each
INSIDE = [Dense(6, "tanh"), Dense(4, "relu")]
PLAIN = [example for cls in Loss.members() for example in cls.examples()]


def drawn(layers, n_inputs=P, dtype=np.float64):
    rng = np.random.default_rng(0)
    network = Network(layers, n_inputs, dtype, rng)
    network.values += 0.1 * rng.normal(size=network.values.size)
    return network, rng


def member_networks(network):
    """Return each member as a network of its own, with copies of the parameters."""
    views = network.views(network.values)
    own, alone = views[(0,)], []
    for R, V, c in zip(own["R"], own["V"], own["c"], strict=True):
        member = Network([*INSIDE, Linear(len(c))], P, network.dtype, np.random.default_rng(1))
        arrays = member.views(member.values)
        for path in ((0,), (2,)):
            for name in "Wb":
                arrays[path][name][...] = views[(0, *path)][name]
        arrays[(0,)]["W"] *= R[:, None]  # (x r) W = x (r W)
        arrays[(4,)]["W"][...], arrays[(4,)]["b"][...] = V, c
        alone.append(member)
    return alone


def test_members_are_the_networks_that_they_stand_for():
    network, rng = drawn([SharedEnsemble(UNITS, INSIDE, K)])
    X = rng.normal(size=(200, P))  # several chunks
    Y = Forward(network, 200)(X).reshape(200, K, UNITS)
    for j, member in enumerate(member_networks(network)):
        np.testing.assert_allclose(Y[:, j], Forward(member, 200)(X), rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", PLAIN, ids=repr)
def test_objective_and_gradient_are_means_over_separate_networks(loss, weighted):
    network, rng = drawn([SharedEnsemble(loss.n_scores(UNITS), INSIDE, K)])
    X, y = rng.normal(size=(N, P)), np.asfortranarray(loss.sample_y(rng, N, UNITS))
    weight = rng.uniform(0.5, 2, (N, 1)) if weighted else None

    def value_and_gradient(network):
        raw = np.empty((N, network.n_outputs), order="F")
        objective, workspace = Objective(network, loss, 0.0), Workspace(network, N + 4)
        replay(bind(objective.calls(workspace, Batch(X, y, weight, raw), N), np.float64))
        return objective.mean_loss(y, raw, weight), network.views(workspace.grad)

    value, gradient = value_and_gradient(network)
    values, gradients = zip(*map(value_and_gradient, member_networks(network)), strict=True)
    np.testing.assert_allclose(value, np.mean(values))
    for j, alone in enumerate(gradients):
        np.testing.assert_allclose(gradient[(0,)]["V"][j], alone[(4,)]["W"] / K, atol=1e-14)
        np.testing.assert_allclose(gradient[(0,)]["c"][j], alone[(4,)]["b"] / K, atol=1e-14)
    shared = np.mean([alone[(2,)]["W"] for alone in gradients], axis=0)
    np.testing.assert_allclose(gradient[(0, 2)]["W"], shared, atol=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "layers",
    [
        [SharedEnsemble(UNITS, [Dense(6, "tanh"), Dropout(0.3), BatchNorm()], K)],
        [Dense(4, "tanh"), SharedEnsemble(UNITS, [Dense(3, "silu"), L1Sparsity(0.3)], 20)],
        [Dense(4, "tanh"), SharedEnsemble(UNITS, [SharedEnsemble(2, [Dense(3, "tanh")], 2)], K)],
        [SharedEnsemble(3, INSIDE, 2), SharedEnsemble(UNITS, INSIDE, K, "normal")],
        [SharedEnsemble(UNITS, [Activate("tanh")], 1)],
    ],
    ids=["all", "penalty inside", "nested", "two", "one member"],
)
def test_gradient_of_the_mean_loss(layers, weighted):
    """By a finite difference, on a batch smaller than the workspace."""
    network, rng = drawn(layers)
    loss = BinaryCrossEntropy()
    X, y = rng.normal(size=(N, P)), np.asfortranarray(loss.sample_y(rng, N, UNITS))
    weight = rng.uniform(0.5, 2, (N, 1)) if weighted else None
    raw = np.empty((N, network.n_outputs))
    masks = np.random.default_rng(5)
    start = masks.bit_generator.state
    objective, workspace = Objective(network, loss, 0.0), Workspace(network, N + 4, rng=masks)
    program = bind(objective.calls(workspace, Batch(X, y, weight, raw), N), np.float64)
    theta, direction = network.values.copy(), rng.normal(size=network.values.size)

    def value(step):
        masks.bit_generator.state = start
        network.values[...] = theta + step * direction
        replay(program)
        return objective.mean_loss(y, raw, weight) + workspace.take_penalty() / N

    value(0.0)
    slope = direction @ workspace.grad
    np.testing.assert_allclose(slope, difference(value, 0.0, 1e-5), rtol=1e-7)


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("loss", PLAIN, ids=repr)
def test_pooled_scores_predict_the_mean_of_predictions(loss, n_outputs):
    raw = 3 * np.random.default_rng(0).normal(size=(20, 4 * n_outputs))
    for given in (raw, np.asfortranarray(raw)):
        one = loss.link.pool(given, n_outputs)
        assert one.shape == (20, n_outputs)
        parts = np.split(raw, 4, axis=1)
        mean = np.mean([loss.predict(part) for part in parts], axis=0)
        np.testing.assert_allclose(loss.predict(one), mean)
    assert loss.link.pool(parts[0], n_outputs) is parts[0]


def test_pooling_keeps_small_probabilities():
    one = BinaryCrossEntropy().link.pool(np.array([[-800.0, -800.0], [800.0, 790.0]]), 1)
    np.testing.assert_allclose(one, [[-800.0], [790.0 + np.log(2 / (1 + np.exp(-10)))]])
    assert special.expit(one[1, 0]) == 1


def test_pooling_needs_a_link_that_says_how():
    class CubeRoot(Link):
        name = "cube root"

    with pytest.raises(ValueError, match="CubeRoot, out_activation='cube root', has no pooled"):
        CubeRoot().pool(np.zeros((2, 4)), 2)


def test_factors_at_the_start():
    rng = np.random.default_rng(0)
    signs = SharedEnsemble(1, INSIDE, 50).params(4)["R"].draw(rng)
    assert set(signs.ravel()) == {-1.0, 1.0}
    grouped = SharedEnsemble(1, INSIDE, 50, "normal", [2, 3]).params(6)["R"].draw(rng)
    assert [len(np.unique(row)) for row in grouped] == [3] * 50
    assert (np.diff(grouped[:, :2]) == 0).all()
    assert (np.diff(grouped[:, 2:5]) == 0).all()
    assert 0.8 < grouped.std() < 1.2
    with pytest.raises(ValueError, match=r"widths=\[2, 3\].* more columns than the 4"):
        SharedEnsemble(1, INSIDE, 50, "normal", [2, 3]).params(4)["R"].draw(rng)


@pytest.mark.parametrize("sparse", [False, True])
def test_as_a_hidden_layer_of_the_estimators(sparse):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = X[:, 0] * X[:, 1] > 0
    given = csr_array(X) if sparse else X
    layers = [SharedEnsemble(4, [Dense(16, "relu"), Dense(16, "relu")], 8), Activate("relu")]
    model = FNNClassifier(
        hidden_layers=layers, max_iter=60, n_iter_no_change=60, learning_rate="cosine",
        learning_rate_init=0.01, random_state=0,
    ).fit(given, y)  # fmt: skip
    assert model.score(given, y) > 0.95
    assert model.summary().loc["0", "layer"] == "SharedEnsemble"
    assert model.hidden_activations(given)[0].shape == (300, 32)
    with pytest.raises(ValueError, match=r"layer='0\.1' is inside SharedEnsemble"):
        model.hidden_activations(given, layer="0.1")
    assert "matmul" in model.step_listing()


def test_with_lbfgs():
    X = np.random.default_rng(0).normal(size=(100, 2))
    layers = [SharedEnsemble(2, [Dense(8, "tanh"), BatchNorm()], 4)]
    model = FNNRegressor(
        hidden_layers=layers, solver="lbfgs", max_iter=99, tol=1e-2, random_state=0
    )
    weight = np.random.default_rng(1).uniform(0.5, 2, 100)
    assert model.fit(X, X[:, 0] * X[:, 1], weight).score(X, X[:, 0] * X[:, 1]) > 0.95


def test_what_has_no_form_for_members_says_so():
    X = np.random.default_rng(0).normal(size=(30, 2))
    layers = [SharedEnsemble(2, [Dense(3, "relu")], 4)]
    model = FNNRegressor(hidden_layers=layers, max_iter=2, learning_rate="cosine").fit(X, X[:, 0])
    with pytest.raises(ValueError, match="layer 0, SharedEnsemble"):
        model.to_sklearn()
    pytest.importorskip("matplotlib")
    with pytest.raises(ValueError, match="NetworkDisplay cannot draw SharedEnsemble"):
        NetworkDisplay.from_estimator(model)
