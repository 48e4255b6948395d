"""The contestants of ``speed.py``: one training run each, of the same network on the same data.

Each function takes a ``Work`` and data and returns a function without arguments that trains once
and is what gets timed. Whatever can be done once (tracing, compiling, conversion to the library's
own arrays) is done before. Libraries that are not installed are left out.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.neural_network import MLPClassifier

from skfnn import FNNClassifier
from skfnn._engine.program.calls import replay
from skfnn._estimators.step import written_step

RATE = 1e-3


@dataclass(frozen=True)
class Work:
    """A network, its data and its training."""

    name: str
    n_features: int
    hidden: tuple[int, ...]
    n_classes: int
    batch: int
    epochs: int
    n_rows: int = 10_000

    def data(self, n_rows=None):
        """Return Gaussian float64 features and labels by a random linear rule."""
        rng = np.random.default_rng(0)
        X = rng.normal(size=(n_rows or self.n_rows, self.n_features))
        return X, (X @ rng.normal(size=(self.n_features, self.n_classes))).argmax(axis=1)

    def settings(self):
        """Return the parameters that scikit-learn's estimators and ours share."""
        return {
            "hidden_layer_sizes": self.hidden,
            "batch_size": self.batch,
            "max_iter": self.epochs,
            "tol": 0,
            "n_iter_no_change": self.epochs,
            "random_state": 0,
        }

    @property
    def n_steps(self):
        """Training steps in all."""
        return self.epochs * -(-self.n_rows // self.batch)

    @property
    def widths(self):
        """Widths of all layers, input and output included."""
        return (self.n_features, *self.hidden, self.n_classes)


def skfnn(work, X, y):
    """FNNClassifier on float64 data."""
    return lambda: FNNClassifier(**work.settings()).fit(X, y)


def scikit_learn(work, X, y):
    """MLPClassifier on float64 data, in which it computes."""
    return lambda: MLPClassifier(**work.settings()).fit(X, y)


def steps(work, X, y):
    """All training steps of FNNClassifier on one batch: what it takes without data."""
    model = FNNClassifier(**{**work.settings(), "max_iter": 1}).fit(X, y)
    step = written_step(model, work.batch)
    program = step.workspace.bind(step.calls)

    def run():
        for _ in range(work.n_steps):
            replay(program)

    return run


def floor(work, X, y):
    """The matrix products of all training steps, in float32, and nothing else."""
    widths = list(work.widths)
    if work.n_classes == 2:
        widths[-1] = 1  # our network has one score for two classes
    calls = []
    rng = np.random.default_rng(0)

    def array(*shape):
        return rng.normal(size=shape).astype(np.float32)

    below = array(work.batch, widths[0])
    for i, (n_in, n_out) in enumerate(pairwise(widths)):
        W, out = array(n_in, n_out), array(work.batch, n_out)
        calls += [(below, W, out), (below.T, out, np.empty_like(W))]
        if i:
            calls.append((out, W.T, np.empty_like(below)))
        below = out

    def run():
        for _ in range(work.n_steps):
            for A, B, out in calls:
                np.dot(A, B, out)

    return run


def _torch_module(work):
    from torch import nn

    layers, widths = [], work.widths
    for n_in, n_out in pairwise(widths):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def torch(work, X, y):
    """PyTorch, eager, with fused Adam, on float32 tensors."""
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    features, labels = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
    loss = nn.CrossEntropyLoss()

    def run():
        module = _torch_module(work)
        optimizer = torch.optim.Adam(module.parameters(), lr=RATE, fused=True)
        for _ in range(work.epochs):
            for rows in torch.randperm(len(features)).split(work.batch):
                optimizer.zero_grad()
                loss(module(features[rows]), labels[rows]).backward()
                optimizer.step()

    return run


def skorch(work, X, y):
    """Skorch on float32 arrays, its defaults but for what the others have."""
    import torch
    from skorch import NeuralNetClassifier

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    features, labels = X.astype(np.float32), y.astype(np.int64)

    def run():
        NeuralNetClassifier(
            _torch_module(work),
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            optimizer__fused=True,
            lr=RATE,
            batch_size=work.batch,
            iterator_train__shuffle=True,
            max_epochs=work.epochs,
            train_split=None,
            verbose=0,
        ).fit(features, labels)

    return run


def keras(work, X, y):
    """Keras 3 on float32 arrays; compiled and traced before, so that only training is timed."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    layers = [keras.layers.Dense(n, "relu") for n in work.hidden]
    model = keras.Sequential([*layers, keras.layers.Dense(work.n_classes, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    features = X.astype(np.float32)
    model.fit(features, y, batch_size=work.batch, epochs=1, verbose=0)
    return lambda: model.fit(features, y, batch_size=work.batch, epochs=work.epochs, verbose=0)


def jax(work, X, y):
    """JAX: whole epochs as one compiled scan, Adam included; leaves out the last, shorter batch."""
    import jax
    import jax.numpy as jnp

    n_batches = len(X) // work.batch
    features, labels = jnp.asarray(X, jnp.float32), jax.nn.one_hot(y, work.n_classes)

    def loss(params, A, B):
        for W, b in params[:-1]:
            A = jax.nn.relu(A @ W + b)
        W, b = params[-1]
        return -(jax.nn.log_softmax(A @ W + b) * B).sum(axis=1).mean()

    def step(carry, rows):
        params, m, v, t = carry
        gradient = jax.grad(loss)(params, features[rows], labels[rows])
        t += 1
        m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
        v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, gradient)
        size = RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(lambda p, a, b: p - size * a / (jnp.sqrt(b) + 1e-8), params, m, v)
        return (params, m, v, t), None

    @jax.jit
    def epoch(carry, key):
        order = jax.random.permutation(key, len(features))[: n_batches * work.batch]
        return jax.lax.scan(step, carry, order.reshape(n_batches, work.batch))[0]

    def start():
        rng = np.random.default_rng(0)
        widths = work.widths
        params = [
            (jnp.asarray(rng.normal(size=(a, b)) * (2 / a) ** 0.5, jnp.float32), jnp.zeros(b))
            for a, b in pairwise(widths)
        ]
        zeros = jax.tree.map(jnp.zeros_like, params)
        return params, zeros, zeros, 0.0

    def run():
        carry = start()
        for key in jax.random.split(jax.random.key(0), work.epochs):
            carry = epoch(carry, key)
        jax.block_until_ready(carry)

    run()
    return run


CONTESTANTS: dict[str, Callable] = {
    "skfnn": skfnn,
    "steps": steps,
    "floor": floor,
    "MLPClassifier": scikit_learn,
    "PyTorch": torch,
    "skorch": skorch,
    "Keras 3": keras,
    "JAX": jax,
}
_MODULES = {"PyTorch": ["torch"], "skorch": ["torch", "skorch"], "Keras 3": ["keras"],
            "JAX": ["jax"]}  # fmt: skip


def installed() -> list[str]:
    """Return the names of the contestants that are installed."""
    return [
        name
        for name in CONTESTANTS
        if all(importlib.util.find_spec(module) for module in _MODULES.get(name, []))
    ]
