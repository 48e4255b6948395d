"""Random calls, drawn by hypothesis: 500 here, any number by ``tools/random_calls.py``."""

import os
from collections import Counter
from importlib.util import find_spec

import pytest
from random_calls import (
    CHECKS,
    code,
    log_cosh,
    minus_gap,
    no_gradient,
    run,
    share_of_equal,
    wrong_gradient,
)
from random_data import (
    ARRIVALS,
    CLASSES,
    CONTAINERS,
    GROUPS,
    OFFSETS,
    SOFT,
    TABLES,
    TARGETS,
    VALUES,
    WEIGHTS,
)
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, KFold

from skfnn.activations import Activation
from skfnn.initializers import Initializer
from skfnn.layers import BatchNorm, Dense, Dropout, Skip
from skfnn.losses import Huber, Loss, Quantile, Quantiles, Tweedie
from skfnn.optimizers import SGD, Adam, Optimizer
from skfnn.schedules import Schedule

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

# What needs an optional package is drawn where that is there.
NEEDS = {
    "arrow": "pyarrow", "polars": "polars", "skops": "skops", "parquet": "pyarrow",
    "written": "pyarrow",
}  # fmt: skip
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
METRICS = [None, "accuracy", "r2", ["mse", "mae"], "nonsense"]
DIRECTIONS = [
    None, [1], [-1, 0], [0, 1, 1], {0: 1}, {0: -1, 1: 1}, {"c0": 1}, {"c9": 1}, {0: 2}, [0] * 9,
]  # fmt: skip
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
        share_of_equal,
        minus_gap,
    ],
    "metrics": METRICS,
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
    "loss": [
        *names(Loss),
        Huber(delta=0.5),
        Quantile(quantile=0.9),
        Quantiles([0.2, 0.7]),
        Tweedie(power=1.2),
        log_cosh,
        wrong_gradient,
        no_gradient,
        "log_los",
    ],
    "monotonic_cst": DIRECTIONS,
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
    "column_kinds": [
        None,
        {0: "category"},
        {"c0": "text"},
        {"c0": "drop"},
        {("c0", "c1"): "cells"},
        {0: "nonsense"},
    ],
    "monotonic_cst": DIRECTIONS,
    "blend": [
        "auto",
        None,
        "trees",
        DummyClassifier(),
        DummyRegressor(),
        LogisticRegression(),
        Ridge(),
        ["trees", ("line", Ridge())],
        [("same", Ridge()), ("same", Ridge())],
        "forests",
    ],
    "cv": [
        None,
        2,
        3,
        KFold(2, shuffle=True, random_state=0),
        GroupKFold(2),
        [([0, 1, 2, 3], [4, 5])],
        [([0], [])],
        1,
        99,
        "two",
    ],
    "scoring": [
        None,
        "accuracy",
        "r2",
        "neg_log_loss",
        "neg_mean_absolute_error",
        "roc_auc",
        share_of_equal,
        minus_gap,
        "acuracy",
    ],
    "metrics": METRICS,
    "warm_start": [True, False],
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
    "TabularFNNRegressor": {
        **TABLE, "interval_width": ["adaptive", "equal", "narrow"],
        "loss": [
            *names(Loss), Huber(delta=0.5), Quantile(quantile=0.9), Quantiles([0.2, 0.7]),
            Tweedie(power=1.2), log_cosh, wrong_gradient, "log_los",
        ],
    },
}  # fmt: skip
# Where nothing else is drawn: small and quick.
SMALL = {"max_iter": 2, "random_state": 0}
# How a call may come, of those that take a table, and of all others.
WAYS = {True: [None] * 7 + ARRIVALS, False: [None] * 6 + ["one part", "two parts"]}


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
        "arrival": draw(st.sampled_from(present(WAYS[tabular]))),
    }
    if kind != "FNNAutoencoder":
        targets = [TARGETS] if regression else [CLASSES, CLASSES, SOFT]
        case["y"] = some("normal" if regression else "codes", *targets)
        case["validated"] = draw(st.sampled_from([False] * 4 + [True]))
        case["offset"] = draw(st.sampled_from([None] * 5 * len(OFFSETS) + OFFSETS))
        case["calibration"] = draw(st.sampled_from([None] * 9 * len(GROUPS) + GROUPS))
        if tabular:
            case["groups"] = draw(st.sampled_from([None] * 9 * len(GROUPS) + GROUPS))
    space, chosen = KINDS[kind], dict(SMALL)
    if kind != "FNNAutoencoder":
        chosen["hidden_layer_sizes"] = (4,)
    if tabular:
        chosen["n_members"] = 1
    if kind == "FNNAutoencoder":
        chosen["hidden_layer_sizes"] = 2
    for name in draw(st.lists(st.sampled_from(sorted(space)), max_size=5, unique=True)):
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


def test_the_code_of_a_failure_runs():
    case = {"kind": "FNNRegressor", "n": 4, "p": 1, "seed": 0, "check": "spread", **SMALL,
            "y": "normal", "loss": Quantiles([0.2, 0.7]), "solver": SGD(momentum=0.5)}  # fmt: skip
    exec(code(case), {})
