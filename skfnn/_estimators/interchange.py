"""From a fitted estimator to scikit-learn's ``MLPClassifier`` / ``MLPRegressor``, and back."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.validation import check_is_fitted

from .._engine.following.history import History
from .._engine.objective.targets import ClassTarget, RegressionTarget
from .._sklearn import complete_mlp, mlp_regressor_loss
from ..optimizers import SGD, Adam
from . import build
from .fitted import state_of
from .folding import MLP_ACTIVATIONS, Stage, fold, link_of, scaling
from .introspection import Given
from .uncertainty import refuse_moderated

_MLP: dict[str, type] = {"classification": MLPClassifier, "regression": MLPRegressor}
_SCHEDULES = ("constant", "invscaling", "adaptive")
# What MLP* and these estimators tell of a fit under the same names.
_HISTORY = (
    "n_iter_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
    "t_",
)


def to_sklearn(self: Any, *, scaler: Any = None) -> Any:
    """Return the fitted ``MLPClassifier`` or ``MLPRegressor`` that predicts the same.

    For networks that ``MLP*`` can express: dense hidden layers with one activation out of
    "identity", "logistic", "tanh" and "relu"; softmax, logistic, identity or exponential
    output. Batch normalisation and linear layers without activation are folded into the linear
    map beside them, dropout is left out. Training parameters that ``MLP*`` has are carried
    over, the others (another solver, schedule or loss, class weights, ...) have ``MLP*``'s
    defaults there: they count only where the returned estimator is trained further. Nothing is
    left of ``Flatten``: it takes rows of features.

    Parameters
    ----------
    scaler : fitted scaler, default=None
        A ``StandardScaler``, ``MinMaxScaler``, ``MaxAbsScaler`` or ``RobustScaler`` to fold
        into the first layer: the returned estimator then takes unscaled features.

    Returns
    -------
    MLPClassifier or MLPRegressor
        A fitted estimator with arrays of its own: in the dtype of ``coefs_``, or in double
        precision where something had to be folded. ``MLP*`` computes in that precision or that
        of X, the higher of the two; this estimator computes in that of X.

    Raises
    ------
    ValueError
        If ``MLP*`` cannot express a part of the network; the message names it. See
        :func:`skfnn.export.to_onnx` for those.
    TypeError
        If ``scaler`` is of another type.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = FNNClassifier((8,), batch_norm="before", solver="lbfgs", tol=0.01).fit(X, y)
    >>> mlp = model.to_sklearn()
    >>> type(mlp).__name__, [W.shape for W in mlp.coefs_]
    ('MLPClassifier', [(4, 8), (8, 3)])
    >>> np.allclose(mlp.predict_proba(X), model.predict_proba(X))
    True
    """
    return to_mlp(self, [] if scaler is None else [scaler])


def from_sklearn(cls: Any, mlp: Any) -> Any:
    """Return the fitted estimator that predicts the same as a fitted ``MLP*``.

    Parameters and fitted attributes are carried over, so that ``partial_fit`` and
    ``warm_start`` go on from its weights; the optimizer's memory is not carried over.
    ``dtype`` is that of its weights.

    Parameters
    ----------
    mlp : MLPClassifier or MLPRegressor
        A fitted estimator, for the same task.

    Returns
    -------
    FNNClassifier or FNNRegressor
        A fitted estimator with arrays of its own.

    Raises
    ------
    TypeError
        If ``mlp`` is an estimator of another kind.
    NotFittedError
        If it is not fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skfnn import FNNClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> mlp = MLPClassifier((8,), solver="lbfgs", max_iter=1000, random_state=0).fit(X, y)
    >>> model = FNNClassifier.from_sklearn(mlp)
    >>> np.allclose(model.predict_proba(X), mlp.predict_proba(X))
    True
    """
    if not isinstance(mlp, _MLP[cls._kind]):
        raise TypeError(
            f"{cls.__name__}.from_sklearn takes a fitted {_MLP[cls._kind].__name__}. Got {mlp!r}."
        )
    check_is_fitted(mlp)
    return _from_mlp(cls, mlp)


def to_mlp(estimator: Any, scalers: Sequence[Any]):
    """Return the fitted ``MLP*`` for an estimator behind fitted scalers, applied in this order."""
    check_is_fitted(estimator)
    fitted = state_of(estimator)
    network, loss = fitted.network, fitted.loss
    target: Any = fitted.target
    refuse_moderated(estimator)
    cls = _MLP[estimator._kind]
    if target.kind != "regression":
        _check_classes(target, loss, cls.__name__)
    link = link_of(loss).name
    stages = fold(network, scaling(scalers, network.n_inputs), cls.__name__)
    last, k = stages[-1], target.n_outputs  # of a distribution, what predict returns
    stages[-1] = replace(last, W=last.W[:, :k].copy(), b=last.b[:k].copy())
    outputs = {"n_outputs_": target.n_outputs, "out_activation_": link}
    if link == "softmax" and target.n_outputs == 2:  # the logistic function of the difference
        stages[-1] = stages[-1].then(Stage(np.array([[-1.0], [1.0]]), np.zeros(1)))
        outputs = {"n_outputs_": 1, "out_activation_": "logistic"}
    params = _mlp_params(estimator, cls)
    params["hidden_layer_sizes"] = tuple(len(stage.b) for stage in stages[:-1])
    if len(stages) > 1:
        params["activation"] = MLP_ACTIVATIONS[type(stages[0].f)]
    if cls is MLPRegressor:
        params |= mlp_regressor_loss(link)
    mlp = cls(**params)
    mlp.coefs_ = [stage.W for stage in stages]
    mlp.intercepts_ = [stage.b for stage in stages]
    mlp.n_layers_ = len(stages) + 1
    history = {name: copy.copy(getattr(estimator, name)) for name in _HISTORY}
    for name, value in (outputs | history).items():
        setattr(mlp, name, value)
    _copy_features((*scalers, estimator)[0], mlp)
    labels = None
    if target.kind != "regression":
        mlp.classes_ = target.classes
        multilabel = target.kind == "multilabel"
        labels = np.eye(target.n_outputs, dtype=int) if multilabel else target.classes
    complete_mlp(mlp, labels)
    return mlp


def _check_classes(target, loss, mlp):
    """Raise the error that says why ``MLP*`` has no such targets or outputs, if it has not."""
    if len(target.classes) == 1:
        raise ValueError(
            f"{mlp} cannot express a network for one class: its predict_proba has "
            f"two columns. classes_ is {target.classes}."
        )
    if not loss.probabilistic:
        raise ValueError(
            f"{mlp} cannot express loss={loss.name!r}: its outputs are probabilities, "
            "those of this network are not. export.to_onnx can express it."
        )
    if target.columns and target.kind == "multiclass":
        raise ValueError(
            f"{mlp} cannot express a y whose columns are classes: it takes them for "
            f"labels. Fit on the numbers of the classes, y.argmax(axis=1). loss={loss.name!r}."
        )


def _mlp_params(estimator, cls):
    """Return the training parameters as ``MLP*`` has them."""
    known = set(cls().get_params()) - {"hidden_layer_sizes", "activation", "loss"}
    params = {name: v for name, v in estimator.get_params().items() if name in known}
    solver = build.fitted_solver(estimator)
    own = solver.get_params()
    optimizer, schedule = own.pop("optimizer", None), own.pop("learning_rate", None)
    params["solver"] = "lbfgs" if solver.full_batch else "adam"
    if type(optimizer) in (Adam, SGD):
        params["solver"] = optimizer.name
        own |= {name: v for name, v in optimizer.get_params().items() if name != "learning_rate"}
    params |= {name: value for name, value in own.items() if name in known}
    name = getattr(schedule, "name", params["learning_rate"])
    params["learning_rate"] = name if name in _SCHEDULES else "constant"
    params["power_t"] = getattr(schedule, "power_t", params["power_t"])
    return params


def _from_mlp(cls, mlp):
    names = set(cls().get_params()) - {"hidden_layer_sizes", "activation", "loss"}
    params = {name: value for name, value in mlp.get_params().items() if name in names}
    params["dtype"] = str(np.result_type(*mlp.coefs_, *mlp.intercepts_))
    loss = mlp.loss if cls._kind == "regression" else "log_loss"

    def make_target(n_outputs):
        if cls._kind == "regression":
            return RegressionTarget(n_outputs, n_outputs == 1)
        multilabel = mlp.out_activation_ == "logistic" and n_outputs > 1
        return ClassTarget(np.eye(n_outputs, dtype=int) if multilabel else mlp.classes_)

    given = Given(
        mlp.coefs_, mlp.intercepts_, {"activation": mlp.activation, "loss": loss, **params}
    )
    model = cls._with_weights(given, make_target)
    if np.ravel(mlp.hidden_layer_sizes).tolist() == list(model.hidden_layer_sizes):
        model.hidden_layer_sizes = mlp.hidden_layer_sizes  # as written: a number, a list
    model._fitted = _with_history(model._fitted, mlp)
    _copy_features(mlp, model)
    return model


def _with_history(fitted, mlp):
    """Return what was learned, with what an ``MLP*`` tells of its training."""
    history = History()
    for loss in getattr(mlp, "loss_curve_", ()):
        history.append(loss=loss)
    return replace(
        fitted,
        history=history,
        n_iter=mlp.n_iter_,
        n_seen=mlp.t_,
        final_loss=mlp.loss_,
        best_loss=getattr(mlp, "best_loss_", mlp.loss_),  # absent after L-BFGS
        scores=copy.copy(getattr(mlp, "validation_scores_", None)),
        best_score=getattr(mlp, "best_validation_score_", None),
    )


def _copy_features(source, target):
    target.n_features_in_ = source.n_features_in_
    if hasattr(source, "feature_names_in_"):
        target.feature_names_in_ = source.feature_names_in_
