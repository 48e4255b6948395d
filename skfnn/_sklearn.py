"""What of scikit-learn is private, or not in every version that skfnn supports, in one place.

A new scikit-learn release that moves one of these names breaks this file and no other. What an old
one lacks has a stand-in here.
"""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, TypeVar

import numpy as np
import sklearn
from sklearn.metrics import get_scorer, get_scorer_names, make_scorer
from sklearn.metrics._scorer import _BaseScorer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils import get_tags
from sklearn.utils._param_validation import (
    HasMethods,
    Hidden,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)
from sklearn.utils.metaestimators import available_if as _available_if
from sklearn.utils.validation import _check_sample_weight, has_fit_parameter
from threadpoolctl import threadpool_limits

try:
    from sklearn.callback import CallbackContext, CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackContext:  # type: ignore[no-redef]
        """A task that nobody is told of."""

        def subcontext(self, **kwargs):
            return self

        def call_on_fit_task_begin(self, **kwargs):
            return False

        call_on_fit_task_end = call_on_fit_task_begin

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """``set_callbacks``, which says that it needs another version."""

        def set_callbacks(self, *callbacks):
            """Raise an ``ImportError``: callbacks need scikit-learn 1.9 or later.

            Parameters
            ----------
            *callbacks : object
                The callbacks; without any, nothing happens.

            Returns
            -------
            object
                The estimator itself.
            """
            if callbacks:
                raise ImportError(
                    "set_callbacks needs scikit-learn >= 1.9, in which callbacks are new. "
                    f"Installed is {sklearn.__version__}: "
                    "pip install --upgrade 'scikit-learn>=1.9'."
                )
            return self

        def _init_callback_context(self, *args, **kwargs):
            return CallbackContext()

    def with_callbacks(method):  # type: ignore[misc]
        """Return the method as it is."""
        return method


Method = TypeVar("Method", bound=Callable[..., Any])

__all__ = [
    "RUNNING_FIT",
    "CallbackContext",
    "CallbackSupportMixin",
    "HasMethods",
    "Hidden",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "available_if",
    "check_sample_weight",
    "complete_mlp",
    "gives_weights_to",
    "has_callbacks",
    "mlp_regressor_loss",
    "needs_a_classifier",
    "needs_probabilities",
    "safe_indexing",
    "scorer_names",
    "scorer_of",
    "validate_params",
    "with_callbacks",
]

# What an estimator with callbacks holds while it is being fitted, and only then.
RUNNING_FIT = frozenset({"_callback_fit_ctx", "_parent_callback_ctx", "_skl_callbacks_to_teardown"})
# What gradient boosting holds that skops does not trust without being told.
TREES_IN_FILES = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"


def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """Return scikit-learn's decorator of this name, which keeps the types of the method."""
    return _available_if(check)


def check_sample_weight(sample_weight, X, **options):
    """Return sample weights as an array, one per row of X.

    Raises
    ------
    ValueError
        If all are 0, and as scikit-learn's function of this name does.
    """
    weight = _check_sample_weight(sample_weight, X, **options)
    if not weight.any():  # which scikit-learn looks at from 1.9 on
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def gives_weights_to(scorer):
    """Return whether a scorer is to be given sample weights.

    Not if it has no place for them (``neg_max_error``, a plain function of estimator, X and y), and
    not if ``set_score_request(sample_weight=False)`` declines them.
    """
    if isinstance(scorer, _BaseScorer):
        declined = scorer.get_metadata_routing().score.requests.get("sample_weight") is False
        return "sample_weight" in signature(scorer._score_func).parameters and not declined
    parameters = signature(scorer).parameters
    return "sample_weight" in parameters or any(
        parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()
    )


def scorer_names(of):
    """Return the names of the scorers for "classification" or "regression"."""
    modules = {"classification": ("_classification", "_ranking"), "regression": ("_regression",)}
    return [
        name
        for name in get_scorer_names()
        if get_scorer(name)._score_func.__module__.rpartition(".")[2] in modules[of]
    ]


def scorer_of(function, sign):
    """Return the scorer of a metric function of targets and predictions.

    It is given probabilities or scores where the scorers of scikit-learn with this function are.

    Parameters
    ----------
    function : callable
        ``function(y_true, y_pred)``; a ``functools.partial`` of one gives its keyword arguments.
    sign : {1, -1}
        By what the value is multiplied.
    """
    plain = getattr(function, "func", function)
    methods = [
        scorer._response_method
        for scorer in map(get_scorer, get_scorer_names())
        if scorer._score_func is plain
    ]
    method = methods[0] if methods else "predict"
    return make_scorer(function, response_method=method, greater_is_better=sign > 0)


def needs_probabilities(scorer):
    """Return whether a scorer calls ``predict_proba`` and nothing else."""
    return getattr(scorer, "_response_method", None) == "predict_proba"


def needs_a_classifier(scorer):
    """Return whether a scorer calls nothing but methods that only classifiers have."""
    methods = getattr(scorer, "_response_method", "predict")
    return "predict" not in ([methods] if isinstance(methods, str) else methods)


def has_callbacks(estimator):
    """Return whether callbacks are set, by the user or by a meta-estimator."""
    return bool(getattr(estimator, "_skl_callbacks", ()))


# Hyper-parameters that were found valid, by class: a fit checks those of a dozen parts, most of
# them the same as in the fit before.
_PLAIN = frozenset({bool, int, float, str, type(None)})
_KEPT = 256
_valid: set[tuple] = set()


def validate_params(estimator):
    """Check an object's hyper-parameters against its ``_parameter_constraints``.

    Raises
    ------
    InvalidParameterError
        A ``ValueError`` that names the parameter, what is allowed and the value given.
    """
    key = _key(estimator)
    if key is not None and key in _valid:
        return
    estimator._validate_params()
    if key is not None:
        if len(_valid) >= _KEPT:
            _valid.clear()
        _valid.add(key)


def _key(estimator):
    """Return class and hyper-parameters, if these are numbers, words and tuples of such."""
    own = vars(estimator)
    values = [own.get(name, own) for name in type(estimator)._get_param_names()]
    for value in values:
        if type(value) not in _PLAIN and not (
            type(value) is tuple and all(type(item) in _PLAIN for item in value)
        ):
            return None
    # 1, 1.0 and True are equal, and not valid for the same parameters.
    return type(estimator), *(
        (repr(value) if type(value) is tuple else type(value), value) for value in values
    )


def mlp_regressor_loss(link):
    """Return the ``loss`` of an ``MLPRegressor`` with this inverse link, as keyword arguments.

    Raises
    ------
    ValueError
        If its version has no such loss.
    """
    if "loss" in signature(MLPRegressor).parameters:
        return {"loss": "poisson" if link == "exp" else "squared_error"}
    if link == "exp":
        raise ValueError(
            "MLPRegressor cannot express an exponential output before scikit-learn 1.7. Installed "
            f"is {sklearn.__version__}. export.to_onnx can express it."
        )
    return {}


def complete_mlp(mlp, labels=None):
    """Give an ``MLP*`` with all public fitted attributes the private ones that it goes on with.

    Parameters
    ----------
    mlp : MLPClassifier or MLPRegressor
        The estimator; changed in place.
    labels : ndarray, optional
        For a classifier, the classes, or an identity matrix of the labels of a multilabel one.
    """
    if labels is not None:
        mlp._label_binarizer = LabelBinarizer().fit(labels)
        mlp._label_binarizer.classes_ = mlp.classes_  # of their own dtype, as predictions are
    mlp._no_improvement_count = 0
    mlp._best_coefs = [array.copy() for array in mlp.coefs_]
    mlp._best_intercepts = [array.copy() for array in mlp.intercepts_]


def boosting(loss, **params):
    """Return scikit-learn's gradient boosting: a classifier without a loss, else a regressor."""
    from sklearn import ensemble  # takes half a second to import

    kind = "Regressor" if loss else "Classifier"
    return getattr(ensemble, f"HistGradientBoosting{kind}")(**loss, **params)


def boosted(model, given, valid):
    """Fit gradient boosting; rows that are not trained on end it, where there are some.

    Parameters
    ----------
    model : HistGradientBoostingClassifier or HistGradientBoostingRegressor
        The estimator.
    given, valid : tuple of (X, y, weight)
        Rows to train on and to judge by; None without the latter.

    Returns
    -------
    estimator
        The fitted estimator.
    """
    more = {}
    judged = valid is not None and "X_val" in signature(model.fit).parameters
    model.set_params(early_stopping=judged)  # before scikit-learn 1.7 there are all rounds
    if judged:
        more = dict(zip(("X_val", "y_val", "sample_weight_val"), valid, strict=True))
    X, y, weight = given
    with threadpool_limits(1, user_api="openmp"):  # sums over rows are the same on any machine
        return model.fit(X, y, weight, **more)


def raw_of_boosting(model, X):
    """Return the raw scores (n, k) of fitted gradient boosting for valid rows in double precision.

    Its own methods look at each row's values again, which takes as long as hundreds of trees.
    """
    raw = np.zeros((len(X), model.n_trees_per_iteration_), order="F")
    raw += model._baseline_prediction
    model._predict_iterations(X, model._predictors, raw, False, 1)
    return raw


def nodes_of_boosting(model):
    """Return the trees of fitted gradient boosting, as (nodes, output), and where they start from.

    Nodes are records: ``is_leaf``, ``value``, ``feature_idx``, ``num_threshold``, ``left``,
    ``right``, ``missing_go_to_left``.
    """
    rounds = model._predictors
    trees = [(tree.nodes, k) for together in rounds for k, tree in enumerate(together)]
    return trees, np.ravel(model._baseline_prediction)


def takes_missing(estimator):
    """Return whether an estimator takes NaN, by its tags."""
    return get_tags(estimator).input_tags.allow_nan


def seeded(estimator, seed):
    """Return an estimator whose random states that are None, also inside, are a number."""
    names = [name for name, value in estimator.get_params().items()
             if value is None and name.rpartition("__")[2] == "random_state"]  # fmt: skip
    return estimator.set_params(**dict.fromkeys(names, seed))


def weights_for(estimator, weight):
    """Return the keyword arguments by which ``fit`` of an estimator is given weights of rows.

    Raises
    ------
    ValueError
        If there are weights, and it takes none.
    """
    if weight is None:
        return {}
    lead = ""
    while isinstance(estimator, Pipeline):
        step, estimator = estimator.steps[-1]
        lead = f"{lead}{step}__"
    if not has_fit_parameter(estimator, "sample_weight"):
        raise ValueError(f"{estimator!r} takes no sample_weight")
    return {f"{lead}sample_weight": weight}
