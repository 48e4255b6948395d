"""Layers and losses against PyTorch, where it is installed."""

import math

import numpy as np
import pytest

from skfnn._engine.network.forward import Forward
from skfnn._engine.network.network import Network
from skfnn._engine.objective.objective import Batch, Objective
from skfnn._engine.program.calls import bind, replay
from skfnn._engine.program.workspace import Workspace
from skfnn.activations import Activation
from skfnn.layers import Activate, BatchNorm, Dense, Dropout, Linear, SharedEnsemble, Skip
from skfnn.losses import Loss, Quantiles

torch = pytest.importorskip("torch")
functional = torch.nn.functional

N, P, K = 23, 6, 4
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}
PRECISIONS = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def gaussian(raw, y):
    mean, log_variance = raw.split(K, dim=1)
    options = {"full": True, "eps": 0, "reduction": "none"}
    return functional.gaussian_nll_loss(mean, y, torch.exp(log_variance), **options).sum(1)


def quantiles(raw, y):
    """The median, then the steps from curve to curve: upwards, and downwards."""
    levels = Quantiles().learned_levels().tolist()
    middle, *steps = raw.split(K, dim=1)
    n_up = len(levels) - 1 - levels.index(0.5)
    curves = {levels.index(0.5): middle}
    for j, step in enumerate(steps[:n_up], levels.index(0.5)):
        curves[j + 1] = curves[j] + functional.softplus(step)
    for j, step in zip(range(levels.index(0.5), 0, -1), steps[n_up:], strict=True):
        curves[j - 1] = curves[j] - functional.softplus(step)
    pinballs = [
        torch.maximum(level * (y - curves[j]), (level - 1) * (y - curves[j]))
        for j, level in enumerate(levels)
    ]
    return torch.stack(pinballs).mean(0).sum(1)


def negative_binomial(raw, y):
    log_mean, log_dispersion = raw.double().split(K, dim=1)
    counts = torch.distributions.NegativeBinomial(
        torch.exp(-log_dispersion), logits=log_mean + log_dispersion
    )
    return -counts.log_prob(y.double()).sum(1)


LOSSES = {
    "Gaussian()": gaussian,
    "Quantiles()": quantiles,
    "NegativeBinomial()": negative_binomial,
    "BinaryCrossEntropy()": lambda raw, y: functional.binary_cross_entropy_with_logits(
        raw, y, reduction="none"
    ).sum(1),
    "CategoricalCrossEntropy()": lambda raw, y: functional.cross_entropy(raw, y, reduction="none"),
    "SigmoidSquaredError()": lambda raw, y: 0.5 * ((torch.sigmoid(raw) - y) ** 2).sum(1),
    "SoftmaxSquaredError()": lambda raw, y: 0.5 * ((torch.softmax(raw, 1) - y) ** 2).sum(1),
    "SquaredError()": lambda raw, y: 0.5 * functional.mse_loss(raw, y, reduction="none").sum(1),
    "Hinge()": lambda raw, y: torch.relu(1 - y * raw).sum(1),
    "PerceptronLoss()": lambda raw, y: torch.relu(-y * raw).sum(1),
    "Huber()": lambda raw, y: functional.huber_loss(raw, y, reduction="none").sum(1),
    "Quantile()": lambda raw, y: torch.maximum(0.5 * (y - raw), -0.5 * (y - raw)).sum(1),
    "AbsoluteError()": lambda raw, y: functional.l1_loss(raw, y, reduction="none").sum(1),
    # Half deviances: torch's values up to a function of y, hence the same gradients.
    "Poisson()": lambda raw, y: (
        functional.poisson_nll_loss(raw, y, reduction="none") - y + torch.xlogy(y, y)
    ).sum(1),
    "Tweedie()": lambda raw, y: (
        2 * torch.exp(raw / 2) + 2 * y * torch.exp(-raw / 2) - 4 * torch.sqrt(y)
    ).sum(1),
    "Gamma()": lambda raw, y: (raw + y * torch.exp(-raw) - torch.log(y) - 1).sum(1),
}

FUNCTIONS = {
    "identity": lambda Z: Z,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "mish": functional.mish,
    "softplus": functional.softplus,
}


class Reference:
    """The network's layers by torch's functions, on copies of its parameters.

    ``masks`` are those of the dropout layers, in order.
    """

    def __init__(self, network, training, masks=()):
        self.training, self.masks = training, list(masks)
        self.params = {
            path: {name: torch.tensor(a, requires_grad=True) for name, a in arrays.items()}
            for path, arrays in network.views(network.values.copy()).items()
        }
        self.moments = {
            path: {name: torch.tensor(a) for name, a in arrays.items()}
            for path, arrays in network.state_views(network.state.copy()).items()
        }

    def __call__(self, layers, X, inside=()):
        for i, layer in enumerate(layers):
            path = (*inside, i)
            p = self.params.get(path, {})
            if isinstance(layer, Linear):
                X = functional.linear(X, p["W"].T, p["b"])
            elif isinstance(layer, Activate):
                X = FUNCTIONS[Activation.resolve(layer.activation, "").name](X)
            elif isinstance(layer, BatchNorm):
                running = self.moments[path]
                X = functional.batch_norm(
                    X, None if self.training else running["mean"],
                    None if self.training else running["var"],
                    p["gamma"], p["beta"], self.training, eps=layer.epsilon,
                )  # fmt: skip
            elif isinstance(layer, Dropout):
                X = X * self.masks.pop(0) if self.training else X
            elif isinstance(layer, Skip):
                X = (X @ p["P"] if "P" in p else X) + self(layer.inner(), X, path)
            elif isinstance(layer, SharedEnsemble):
                rows = (X[:, None] * p["R"]).flatten(0, 1)
                H = self(layer.inner(), rows, path).unflatten(0, (len(X), -1))
                X = (torch.einsum("nkh,kho->nko", H, p["V"]) + p["c"]).flatten(1)
            else:
                raise AssertionError(f"no reference for {layer!r}")
        return X

    def gradient(self, network):
        """Return the gradients as one vector, laid out as the network's values."""
        flat = np.zeros_like(network.values)
        for path, arrays in network.views(flat).items():
            for name, array in arrays.items():
                array[...] = self.params[path][name].grad.numpy()
        return flat


STACKS = {
    "batch norm before": [Linear(5), BatchNorm(), Activate("tanh")],
    "batch norm after": [Dense(5, "tanh"), BatchNorm(epsilon=1e-3), Dense(4, "silu")],
    "dropout": [Dropout(0.2), Dense(5, "tanh"), Dropout(0.4)],
    "skip": [Skip([Dense(P, "gelu"), Linear(P)]), Skip([Dense(3, "tanh")])],
    "all": [
        Skip([Linear(5), BatchNorm(), Activate("tanh"), Dropout(0.2)]),
        Skip([Dense(5, "elu"), Skip([BatchNorm(), Dense(5, "mish")]), Dropout(0.3)]),
    ],
    "shared ensemble": [
        Dense(5, "tanh"),
        SharedEnsemble(3, [Linear(4), BatchNorm(), Activate("tanh"), Skip([Dense(4)])], 6),
    ],
}
STACKS |= {name: [Dense(5, name), Dense(4, name)] for name in FUNCTIONS}


def drawn(layers, dtype, seed=0, output=Linear(K)):  # noqa: B008
    """Return a network with random parameters, scales and moments."""
    rng = np.random.default_rng(seed)
    network = Network([*layers, output], P, dtype, rng)
    network.values += 0.2 * rng.normal(size=network.values.size).astype(dtype)
    network.state[...] = rng.uniform(0.5, 1.5, network.state.size)
    return network, rng


def close(ours, theirs, dtype):
    scale = max(1.0, float(np.abs(theirs).max()))
    np.testing.assert_allclose(ours / scale, theirs / scale, rtol=0, atol=TOLERANCE[dtype])


def compare(layers, loss, dtype, weighted=False, output=None):
    output = output or Linear(loss.n_scores(K))
    network, rng = drawn(layers, dtype, output=output)
    X = rng.normal(size=(N, P)).astype(dtype)
    y = np.asfortranarray(loss.sample_y(rng, N, K).astype(dtype))
    weight = rng.uniform(0.5, 2, (N, 1)).astype(dtype) if weighted else None
    batch = Batch(X, y, weight, np.empty((N, network.n_outputs), dtype, order="F"))
    workspace = Workspace(network, N, rng=np.random.default_rng(1))
    masks = [torch.tensor(mask) for mask in dropout_masks(network, dtype)]
    reference = Reference(network, True, masks)
    objective = Objective(network, loss, 0.0)
    replay(bind(objective.calls(workspace, batch, N), dtype))

    raw = reference(network.layers, torch.tensor(X))
    target = torch.tensor(np.ascontiguousarray(y))
    members = raw.split(loss.n_scores(K), dim=1)  # one, unless the output is an ensemble
    values = sum(LOSSES[repr(loss)](part, target) for part in members) / len(members)
    (values if weight is None else values * torch.tensor(weight[:, 0])).mean().backward()
    close(batch.raw, raw.detach().numpy(), dtype)
    total = objective.total_loss(y, batch.raw, None)
    close(np.array(total / N), values.mean().detach().numpy(), dtype)
    if len(members) == 1:
        close(loss.value(y, batch.raw), values.detach().numpy(), dtype)
    close(workspace.grad, reference.gradient(network), dtype)


def dropout_masks(network, dtype):
    """Return the masks that a generator of the same seed gives, layer by layer."""
    rng = np.random.default_rng(1)

    def of(layers, n_in):
        for layer in layers:
            if isinstance(layer, Dropout):
                bits = rng.bit_generator.random_raw(-(-N * n_in // 4)).view(np.uint16)
                level = math.ceil(layer.rate * 2**16)
                kept = bits[: N * n_in].reshape(N, n_in) >= level
                yield kept.astype(dtype) / dtype(1 - level / 2**16)
            yield from of(layer.inner(), n_in)
            n_in = layer.n_outputs(n_in)

    return list(of(network.layers, network.n_inputs))


@PRECISIONS
@pytest.mark.parametrize("stack", STACKS)
def test_layers_in_training(stack, dtype):
    compare(STACKS[stack], Loss.registry["squared_error"](), dtype)
    compare(STACKS[stack], Loss.registry["categorical_crossentropy"](), dtype, weighted=True)


@PRECISIONS
@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss, dtype):
    (instance,) = [e for c in Loss.members() for e in c.examples() if repr(e) == loss]
    compare([Dense(5, "tanh")], instance, dtype)


@PRECISIONS
@pytest.mark.parametrize("loss", ["CategoricalCrossEntropy()", "SquaredError()", "Quantile()"])
def test_the_mean_of_members_losses(loss, dtype):
    (instance,) = [e for c in Loss.members() for e in c.examples() if repr(e) == loss]
    ensemble = SharedEnsemble(K, [Dense(6, "gelu"), Dense(5, "tanh")], 12, "normal")
    compare([Dense(5, "tanh")], instance, dtype, weighted=True, output=ensemble)


def test_no_loss_is_left_out():
    plain = {repr(cls()) for cls in Loss.members() if cls.examples()}
    assert plain == set(LOSSES)


@PRECISIONS
@pytest.mark.parametrize("stack", STACKS)
def test_layers_at_prediction(stack, dtype):
    network, rng = drawn(STACKS[stack], dtype)
    X = rng.normal(size=(N, P)).astype(dtype)
    theirs = Reference(network, False)(network.layers, torch.tensor(X)).detach().numpy()
    close(Forward(network, N)(X), theirs, dtype)


@PRECISIONS
def test_running_moments(dtype):
    """After three batches: torch's, with its momentum as a list of rates."""
    network, rng = drawn([BatchNorm(momentum=0.6)], dtype)
    network.state_views(network.state)[(0,)]["count"][...] = 0
    mean, var = torch.zeros(P, dtype=torch.float64), torch.ones(P, dtype=torch.float64)
    loss = Loss.registry["squared_error"]()
    X, y = np.empty((N, P), dtype), np.zeros((N, K), dtype)
    workspace = Workspace(network, N)
    program = bind(
        Objective(network, loss, 0.0).calls(workspace, Batch(X, y, None, np.empty_like(y)), N),
        dtype,
    )
    for rate in (1.0, 0.5, 0.4):  # max(1 - momentum, 1 / t)
        X[...] = rng.normal(size=X.shape)
        replay(program)
        functional.batch_norm(
            torch.tensor(X.astype(float)), mean, var, training=True, momentum=rate
        )
        batch = torch.tensor(X.astype(float)).var(0)  # torch's running variance is unbiased
        var -= rate * batch / N
    running = network.state_views(network.state)[(0,)]
    close(running["mean"], mean.numpy(), dtype)
    close(running["var"], var.numpy(), dtype)
