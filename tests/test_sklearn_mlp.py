"""scikit-learn's own tests of MLPClassifier and MLPRegressor, run on ours.

The module is executed with the two names replaced before its parametrize lists capture them.
"""

import importlib.util
import sys

import numpy as np
import pytest
import sklearn.neural_network

import skfnn

# Tests that read or write private attributes of MLP*.
PRIVATE = {
    "test_fit",
    "test_gradient",
    "test_learning_rate_warmstart",
    "test_adaptive_learning_rate",
    "test_n_iter_no_change",
    "test_n_iter_no_change_inf",
}

# Tests that rest on a documented difference (docs/differences.md), each with its reason.
DIFFERENT = {
    "test_mlp_param_dtypes": "minibatch solvers train in float32, whatever the dtype of X",
    "test_mlp_loading_from_joblib_partial_fit": "fit does not keep Adam's moments (a pickle holds "
    "little more than the weights), so that partial_fit after fit starts Adam anew and needs more "
    "than 200 steps for an accuracy of 1e-4",
    "test_mlp_diverging_loss": "a diverging fit is an error at once, also under early stopping",
    "test_predict_proba_multilabel": "log-probabilities are computed from raw scores, so they tell "
    "apart what rounds to probability 1",
    "test_mlp_regressor_dtypes_casting": "in single precision a prediction near 0 may differ by "
    "more than 0.05 % of itself; below with an absolute tolerance",
    "test_early_stopping_stratified": "the message names the user's label 1, not 'True'",
}


def _load():
    spec = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    module = importlib.util.module_from_spec(spec)
    real = sklearn.neural_network.MLPClassifier, sklearn.neural_network.MLPRegressor
    sklearn.neural_network.MLPClassifier = skfnn.FNNClassifier
    sklearn.neural_network.MLPRegressor = skfnn.FNNRegressor
    try:
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.modules.pop(spec.name, None)
        sklearn.neural_network.MLPClassifier, sklearn.neural_network.MLPRegressor = real
    return module


_module = _load()
_tests = {name: test for name, test in vars(_module).items() if name.startswith("test_")}


def _adopt(test):
    # As in scikit-learn's own suite, ConvergenceWarning is not an error here.
    return pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")(test)


globals().update(
    {
        name: _adopt(test)
        for name, test in _tests.items()
        if name not in PRIVATE and name not in DIFFERENT
    }
)


@pytest.fixture
def global_random_seed():
    return 42


def test_numbers_of_either_precision_predict_the_same():
    X, y = _module.X_digits, _module.y_digits
    settings = {"hidden_layer_sizes": (5, 3), "alpha": 1e-5, "max_iter": 150, "tol": 1e-3}
    double = skfnn.FNNRegressor(**settings, random_state=1).fit(X[:300], y[:300])
    single = skfnn.FNNRegressor(**settings, random_state=1).fit(X[:300].astype(np.float32), y[:300])
    np.testing.assert_allclose(
        double.predict(X[300:]), single.predict(X[300:].astype(np.float32)), rtol=5e-4, atol=1e-5
    )


def test_the_lists_name_existing_tests():
    assert PRIVATE | set(DIFFERENT) <= set(_tests)
