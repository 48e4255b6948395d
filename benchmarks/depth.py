"""What depth does to gradients, and what skip connections and batch normalisation do about it.

For each network: the norm of the loss gradient with respect to the weights of some of its layers,
before training, and the training loss at the start and after some epochs.

    OPENBLAS_NUM_THREADS=1 python benchmarks/depth.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/depth.py --depth 20 --activation tanh
"""

import argparse
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNClassifier
from skfnn._engine.objective.objective import Batch, Objective
from skfnn._engine.program.calls import bind, replay
from skfnn._engine.program.workspace import Workspace

NETWORKS = {
    "plain": {},
    "batch norm": {"batch_norm": "before"},
    "skip": {"skip_connections": True},
    "skip + batch norm": {"skip_connections": True, "batch_norm": "before"},
}


def gradient_norms(model, X, y):
    """Return the norm of the loss gradient with respect to each weight matrix of layers."""
    network, n = model._fitted.network, len(X)
    batch = Batch.empty(X.astype(network.dtype), n, network.n_outputs, network.dtype, False)
    model._fitted.target.fill(model._fitted.target.encode(y), batch.y, model._fitted.loss.levels)
    workspace = Workspace(network, n, rng=np.random.default_rng(0))
    objective = Objective(network, model._fitted.loss, 0.0)
    replay(bind(objective.calls(workspace, batch, n), network.dtype))
    views = network.views(workspace.grad)
    return [float(np.linalg.norm(views[path]["W"])) for path in sorted(views) if "W" in views[path]]


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--depth", type=int, default=50, help="hidden layers")
    parser.add_argument("--width", type=int, default=32, help="units of each")
    parser.add_argument("--activation", default="relu")
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_digits(return_X_y=True)
    X = X / 16
    shown = sorted({0, options.depth // 4, options.depth // 2, 3 * options.depth // 4,
                    options.depth - 1})  # fmt: skip
    print(f"digits, {options.depth} x {options.width} {options.activation}, Adam; "
          f"chance: loss {np.log(10):.3f}, accuracy 0.1")  # fmt: skip
    columns = [f"|dW| {i + 1}" for i in shown] + ["loss 1", f"loss {options.epochs}", "accuracy"]
    print("| network | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, params in NETWORKS.items():
        settings = {"random_state": 0, "tol": 0, "n_iter_no_change": np.inf, **params}
        sizes = (options.width,) * options.depth
        # A step too small to move a weight leaves the network as it was drawn.
        drawn = FNNClassifier(sizes, options.activation, max_iter=1, learning_rate_init=1e-30,
                              **settings).fit(X, y)  # fmt: skip
        norms = gradient_norms(drawn, X, y)
        model = FNNClassifier(sizes, options.activation, max_iter=options.epochs, **settings)
        model.fit(X, y)
        numbers = [f"{norms[i]:.1e}" for i in shown]
        numbers += [f"{model.loss_curve_[i]:.3g}" for i in (0, -1)]
        print(f"| {name} | " + " | ".join(numbers) + f" | {model.score(X, y):.3f} |", flush=True)


if __name__ == "__main__":
    main()
