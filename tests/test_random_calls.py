"""Random calls, drawn by hypothesis: 500 here, any number by ``tools/random_calls.py``."""

import os
from collections import Counter
from importlib.util import find_spec

import pytest
from random_calls import CLASSES, CONTAINERS, TABLES, TARGETS, VALUES, WEIGHTS, code, run

from skfnn.activations import Activation
from skfnn.initializers import Initializer
from skfnn.layers import BatchNorm, Dense, Dropout, Skip
from skfnn.losses import Huber, Loss, Quantile
from skfnn.optimizers import SGD, Adam, Optimizer
from skfnn.schedules import Schedule

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

# What needs an optional package is drawn where that is there.
NEEDS = {"arrow": "pyarrow", "polars": "polars", "skops": "skops"}
CASES = int(os.environ.get("SKFNN_RANDOM_CALLS", "500"))
SEEN = Counter()


def present(names):
    return [name for name in names if name not in NEEDS or find_spec(NEEDS[name])]


def names(family):
    return sorted(family.registry)


# Values of each parameter; those out of range are to be refused by name.
SHARED = {
    "hidden_layer_sizes": [(), (4,), (4, 3), 5, (3,) * 4, (0,), "many", None],
    "max_iter": [1, 2, 3, 0],
    "batch_size": ["auto", 1, 3, 1000, 0],
    "learning_rate_init": [1e-3, 0.1, 1e3, 0.0],
    "random_state": [0, 1, -1],
    "verbose": [False],
}
NETWORK = {
    **SHARED,
    "activation": [*names(Activation), ("relu", "tanh"), "rellu"],
    "alpha": [0, 1e-4, 1.0, 1e6, 1e-300, -1],
    "solver": [*names(Optimizer), "lbfgs", "auto", Adam(), SGD(momentum=0.5), "adma"],
    "learning_rate": [*names(Schedule), 0.01],
    "initializer": [*names(Initializer), "auto"],
    "power_t": [0.5, 0.0],
    "shuffle": [True, False],
    "tol": [0.0, 1e-4, 1e9],
    "momentum": [0.0, 0.9, 1.0, 2.0],
    "nesterovs_momentum": [True, False],
    "early_stopping": [True, False],
    "validation_fraction": [0.1, 0.5, 0.0, 1.5],
    "n_iter_no_change": [1, 10, 0],
    "scoring": [
        None,
        "loss",
        "accuracy",
        "r2",
        "neg_log_loss",
        "neg_mean_squared_error",
        "acuracy",
    ],
    "metrics": [None, "accuracy", "r2", ["mse", "mae"], "nonsense"],
    "beta_1": [0.0, 0.9, 1.0],
    "beta_2": [0.0, 0.999],
    "epsilon": [1e-8, 1.0, 1e-300],
    "clip_norm": [None, 1.0, 1e-6, 0.0],
    "max_fun": [15000, 1],
    "dtype": ["auto", "float32", "float64", "float16"],
    "warm_start": [True, False],
}
PLAIN = {
    **NETWORK,
    "hidden_layers": [None, [Dense(3), BatchNorm(), Dropout(0.3), Skip([Dense(3, "silu")])]],
    "dropout": [0.0, 0.3, [0.1, 0.2], 1.0],
    "batch_norm": [None, "before", "after", "between"],
    "skip_connections": [True, False],
    "pretrain": [None, "autoencoder"],
    "loss": [*names(Loss), Huber(delta=0.5), Quantile(quantile=0.9), "log_los"],
}
SMOOTHING = {"label_smoothing": [0.0, 0.1, 1.0]}
BALANCE = {"class_weight": [None, "balanced", {"no": 2.0}, {0: 1.0, 1: 1e-300}, {0: -1.0}]}
TABLE = {
    **SHARED,
    "recipe": ["ensemble", "realmlp", "realmlp-s", "tabm-mini", "tabm"],
    "n_members": [1, 2, 0],
    "numeric_embedding": ["recipe", None, "plr", "piecewise_linear", "pbld", "pdlb"],
    "dropout": [0.0, 0.3, 1.0],
    "weight_decay": [0.0, 0.1, -1.0],
    "validation_fraction": [0.2, 0.5, 1.0],
    "refit": [True, False],
    "categorical_features": ["from_dtype", [0], [99], ["c0"]],
}
KINDS = {
    "FNNClassifier": {**PLAIN, **SMOOTHING, **BALANCE},
    "FNNRegressor": PLAIN,
    "FNNAutoencoder": {
        **NETWORK, "hidden_layer_sizes": [2, (3, 2), (), 0], "tied_weights": [True, False],
        "noise": [None, "gaussian", "masking", "none"], "sparsity": [0.0, 0.1, -1.0],
        "loss": [*names(Loss)],
    },
    "TabularFNNClassifier": {**TABLE, **SMOOTHING, **BALANCE},
    "TabularFNNRegressor": {**TABLE, "loss": ["squared_error", "huber", "poisson", "log_loss"]},
}  # fmt: skip
# Where nothing else is drawn: small and quick.
SMALL = {"max_iter": 2, "random_state": 0}
CHECKS = ["pickle", "skops", "clone", "again", "scale", "column", "evaluate"]


@st.composite
def cases(draw):
    """Draw a case: mostly what is usual, with some of everything."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    tabular, regression = kind.startswith("Tabular"), kind.endswith("Regressor")

    def some(usual, *others):
        return draw(st.one_of(st.just(usual), *map(st.sampled_from, others)))

    case = {
        "kind": kind,
        "n": draw(st.integers(1, 40)),
        "p": draw(st.integers(1, 5)),
        "seed": draw(st.integers(0, 99)),
        "container": some("array", present(CONTAINERS), *([TABLES, TABLES] if tabular else [])),
        "values": some("normal", ["normal", "integers"], VALUES),
        "weight": some(None, WEIGHTS),
        "check": draw(st.sampled_from(present(CHECKS))),
    }
    if kind != "FNNAutoencoder":
        case["y"] = some("normal", TARGETS) if regression else some("codes", CLASSES)
    space, chosen = KINDS[kind], dict(SMALL)
    if kind != "FNNAutoencoder":
        chosen["hidden_layer_sizes"] = (4,)
    if tabular:
        chosen["n_members"] = 1
    if kind == "FNNAutoencoder":
        chosen["hidden_layer_sizes"] = 2
    for name in draw(st.lists(st.sampled_from(sorted(space)), max_size=6, unique=True)):
        chosen[name] = draw(st.sampled_from(space[name]))
    if "hidden_layers" in chosen and chosen["hidden_layers"] is not None:
        chosen.pop("hidden_layer_sizes")
    return {**case, **chosen}


@hypothesis.settings(
    max_examples=CASES,
    derandomize="SKFNN_RANDOM_SEED" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    report_multiple_bugs=True,
)
@hypothesis.given(cases())
def test_a_random_call_is_refused_by_name_or_holds_all_promises(case):
    hypothesis.note(code(case))
    SEEN[run(**case)] += 1


def test_many_calls_were_fitted():
    """Else the cases above would say little."""
    print(dict(SEEN))
    assert SEEN["fitted"] > 0.2 * CASES
    assert SEEN["refused"] > 0.1 * CASES
