"""scikit-learn's estimator checks over configurations of both estimators."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfnn import FNNClassifier, FNNRegressor
from skfnn.layers import BatchNorm, Dense, Dropout, Skip
from skfnn.losses import Gaussian, Quantile, Quantiles
from skfnn.optimizers import Adam

_BLOCK = [Dense(6, "gelu"), Skip([Dense(6, "relu"), BatchNorm(), Dropout(0.1)])]

# Along the path of a search that is not convex, rounding differences grow; a few iterations keep
# them below the tolerance of the sample-weight check. (scikit-learn's own instances have 5.)
_FEW = 15
_FAST = {"learning_rate_init": 0.1}

CONFIGURATIONS = [
    FNNClassifier(),
    FNNRegressor(),
    FNNClassifier((), solver="lbfgs"),
    FNNRegressor((), solver="lbfgs"),
    FNNClassifier((5,), solver="lbfgs", max_iter=_FEW),
    FNNRegressor((5,), "tanh", solver="lbfgs", max_iter=_FEW),
    FNNClassifier((8,), solver="sgd", learning_rate="adaptive", learning_rate_init=0.05),
    FNNRegressor(
        (8,), solver="sgd", learning_rate="invscaling", clip_norm=1.0, **_FAST, power_t=0.1
    ),
    FNNClassifier((8,), solver="rmsprop", rho=0.95),
    FNNClassifier((8,), solver="adagrad", learning_rate_init=0.05),
    FNNRegressor((8,), solver="adamw", learning_rate="one_cycle", **_FAST),
    FNNClassifier((8,), solver="nadam", learning_rate="cosine", **_FAST),
    FNNClassifier((8,), solver="auto"),
    FNNRegressor((8,), solver=Adam(beta_2=0.95, learning_rate=0.01)),
    FNNClassifier((8, 8), ["elu", "silu"], batch_norm="before", dropout=0.1),
    FNNRegressor((8, 8), "mish", batch_norm="after", skip_connections=True),
    FNNClassifier((5,), "tanh", solver="lbfgs", batch_norm="before", max_iter=_FEW),
    FNNClassifier((8, 8), skip_connections=True, **_FAST),
    FNNRegressor(hidden_layers=_BLOCK, **_FAST),
    FNNClassifier(hidden_layers=_BLOCK, metrics=["acc"]),
    FNNClassifier((8,), loss="hinge"),
    FNNClassifier((8,), loss="squared_error", dtype="float64", **_FAST),
    FNNClassifier((8,), loss="perceptron", **_FAST),
    FNNClassifier((8,), label_smoothing=0.1, **_FAST),
    FNNRegressor((8,), loss="huber", **_FAST),
    FNNRegressor((8,), loss=Quantile(0.6), **_FAST),
    FNNRegressor((8,), loss="absolute_error", **_FAST),
    FNNRegressor((8,), loss=Gaussian(beta=0.5), **_FAST),
    FNNRegressor((), loss="gaussian", solver="lbfgs", max_iter=_FEW),
    FNNRegressor((8,), loss=Quantiles([0.1, 0.9]), **_FAST),
    FNNRegressor((8,), loss="quantiles", monotonic_cst={0: 1}, **_FAST),
    FNNRegressor((5, 5), "tanh", solver="lbfgs", monotonic_cst={0: -1}, max_iter=_FEW),
]

# Weights and repeated rows are the same objective, but not the same sequence of minibatches.
_STOCHASTIC = (
    "integer weights and repeated rows make different minibatches, so a minibatch solver takes "
    "another path; L-BFGS is held to it"
)


def expected_failures(estimator):
    # "auto" takes L-BFGS on so few rows; they are one batch, whose sums agree in double precision.
    if estimator.solver in ("lbfgs", "auto") or estimator.dtype == "float64":
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": _STOCHASTIC,
        "check_sample_weight_equivalence_on_sparse_data": _STOCHASTIC,
    }


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(CONFIGURATIONS, expected_failed_checks=expected_failures)
def test_estimator_check(estimator, check):
    check(estimator)
