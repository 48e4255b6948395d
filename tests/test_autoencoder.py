"""FNNAutoencoder: codes, reconstructions, noise, sparsity, tied weights."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfnn import FNNAutoencoder
from skfnn.layers import GaussianNoise, KLSparsity, MaskingNoise

_FEW = 15  # as in test_estimator_checks.py
_FAST = {"learning_rate_init": 0.05}
CONFIGURATIONS = [
    FNNAutoencoder(),
    FNNAutoencoder((5, 2), ["tanh", "identity"], tied_weights=True, **_FAST),
    FNNAutoencoder((3,), "tanh", solver="lbfgs", max_iter=_FEW),
    FNNAutoencoder((5, 2), "tanh", solver="lbfgs", tied_weights=True, max_iter=_FEW, sparsity=0.1),
    FNNAutoencoder((3,), "logistic", solver="lbfgs", sparsity=KLSparsity(), max_iter=_FEW),
    FNNAutoencoder((3,), "logistic", noise="masking", sparsity=KLSparsity(), **_FAST),
    FNNAutoencoder((8, 3), noise=GaussianNoise(0.3), solver="sgd", learning_rate="adaptive"),
    FNNAutoencoder((3,), loss="huber", metrics=["mae"], solver="auto"),
    FNNAutoencoder((3,), noise=MaskingNoise(0.1), dtype="float64", **_FAST),
]
_STOCHASTIC = "integer weights and repeated rows make different minibatches"


def expected_failures(estimator):
    if estimator.solver == "lbfgs":
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
