"""What the playground page runs: a network on two-dimensional data, trained by skfnn.

The same file runs in the browser (Pyodide), in the server that tests the page, and when the
recorded runs are made. States are plain JSON.
"""

import base64
import itertools
import json
import warnings

import numpy as np
from sklearn.datasets import make_circles, make_moons

from skfnn import FNNClassifier

GRID = 24  # points along a side of the square [-1, 1] x [-1, 1]
ROWS = 300
SEED = 0
DEFAULTS = {
    "data": "circles", "noise": 0.1, "layers": [4, 3], "activation": "tanh", "loss": "log_loss",
    "solver": "adam", "learning_rate": 0.03, "alpha": 0.0, "dropout": 0.0, "batch_norm": False,
    "skip_connections": False, "batch_size": 20,
}  # fmt: skip


def make_data(name, noise):
    """Return (X, y) in [-1, 1]: a data set by name."""
    rng = np.random.default_rng(SEED)
    half = ROWS // 2
    if name == "circles":
        X, y = make_circles(ROWS, noise=noise, factor=0.45, random_state=SEED)
        X = 0.7 * X
    elif name == "moons":
        X, y = make_moons(ROWS, noise=noise, random_state=SEED)
        X = (X - [0.5, 0.25]) / 1.6
    elif name == "spirals":
        t = np.sqrt(rng.uniform(0.02, 1, half)) * 2.5 * np.pi
        arm = np.column_stack([t * np.cos(t), t * np.sin(t)]) / (2.7 * np.pi)
        X, y = np.vstack([arm, -arm]), np.repeat([0, 1], half)
        X = X + 0.4 * noise * rng.standard_normal(X.shape)
    elif name == "xor":
        X = rng.uniform(-0.95, 0.95, (ROWS, 2))
        y = (X[:, 0] * X[:, 1] > 0).astype(int)
        X = X + 0.5 * noise * rng.standard_normal(X.shape)
    else:
        raise ValueError(f"data={name!r} is none of circles, moons, spirals, xor.")
    order = rng.permutation(ROWS)
    return np.clip(X[order], -1, 1), np.asarray(y)[order]


def _bytes(values):
    """Return numbers in [-1, 1] as base64 of one byte each."""
    return base64.b64encode(np.round(127.5 * (np.clip(values, -1, 1) + 1)).astype("u1")).decode()


class Playground:
    """A network, its data and its history.

    Parameters
    ----------
    config : dict
        What the controls say; ``DEFAULTS`` holds where they say nothing.
    """

    def __init__(self, config):
        self.config = {**DEFAULTS, **config}
        X, y = make_data(self.config["data"], self.config["noise"])
        half = len(X) // 2
        self.X, self.y, self.X_val, self.y_val = X[:half], y[:half], X[half:], y[half:]
        axis = np.linspace(-1, 1, GRID)
        self.grid = np.column_stack([part.ravel() for part in np.meshgrid(axis, -axis)])
        self.model = FNNClassifier(**self.params())
        self.curves = {"loss": [], "val_loss": []}
        self.epoch = 0
        self._fit()  # one epoch: before it there is no network to look into

    def params(self):
        """Return the estimator's parameters."""
        config = self.config
        params = {
            "hidden_layer_sizes": tuple(config["layers"]),
            "activation": config["activation"],
            "loss": config["loss"],
            "solver": config["solver"],
            "learning_rate_init": config["learning_rate"],
            "batch_size": config["batch_size"],
            "alpha": config["alpha"],
            "random_state": SEED,
        }
        if config["layers"] and config["dropout"]:
            params["dropout"] = config["dropout"]
        if config["layers"] and config["batch_norm"]:
            params["batch_norm"] = "before"
        if config["layers"] and config["skip_connections"]:
            params["skip_connections"] = True
        return params

    def code(self):
        """Return the fit as scikit-learn code."""
        params = {**self.params(), "max_iter": self.epoch, "n_iter_no_change": self.epoch}
        lines = [f"    {name}={value!r}," for name, value in params.items()]
        return "\n".join(
            ["from skfnn import FNNClassifier", "", "model = FNNClassifier(", *lines, ")",
             "model.fit(X_train, y_train)"]
        )  # fmt: skip

    def _fit(self):
        with warnings.catch_warnings(action="ignore"):
            self.model.partial_fit(self.X, self.y, classes=[0, 1])
        self.epoch += 1
        for name, X, y in (("loss", self.X, self.y), ("val_loss", self.X_val, self.y_val)):
            self.curves[name].append(round(float(self.model.evaluate(X, y)["loss"]), 5))

    def step(self, epochs=1):
        """Train for some epochs; return the state."""
        for _ in range(epochs):
            self._fit()
        return self.state()

    def state(self):
        """Return everything that the page shows."""
        model = self.model
        raw = model.decision_function(self.grid)
        units = [
            [_bytes(column / (np.abs(column).max() or 1)) for column in hidden.T]
            for hidden in model.hidden_activations(self.grid)
        ]
        widths = [2, *self.config["layers"], 1]
        shapes = list(itertools.pairwise(widths))
        weights = []
        for W in model.coefs_:  # those of projections beside skip connections are left out
            if len(weights) < len(shapes) and W.shape == shapes[len(weights)]:
                weights.append(np.round(W, 3).tolist())
        return {
            "epoch": self.epoch,
            **self.curves,
            "accuracy": round(float(np.mean(model.predict(self.X) == self.y)), 3),
            "val_accuracy": round(float(np.mean(model.predict(self.X_val) == self.y_val)), 3),
            "output": _bytes(np.tanh(raw / 2)),
            "units": units,
            "weights": weights,
            "listing": model.step_listing(),
            "code": self.code(),
        }

    def points(self):
        """Return the rows as [x1, x2, class, 1 for validation]."""
        rows = zip((self.X, self.X_val), (self.y, self.y_val), (0, 1), strict=True)
        return [
            [round(float(a), 3), round(float(b), 3), int(label), part]
            for X, y, part in rows
            for (a, b), label in zip(X, y, strict=True)
        ]


_current = None


def call(text):
    """Answer a request of the page, JSON to JSON: {"reset": config} or {"step": epochs}."""
    global _current
    request = json.loads(text)
    try:
        if "reset" in request:
            _current = Playground(request["reset"])
            answer = {**_current.state(), "points": _current.points(), "grid": GRID}
        else:
            answer = _current.step(request["step"])
    except ValueError as error:  # a fit that diverged says what to do
        answer = {"error": str(error)}
    return json.dumps(answer)
