"""Fitted estimators as scikit-learn's and as ONNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from .._estimators.classifier import FNNClassifier
from .._estimators.interchange import to_mlp
from .._estimators.regressor import FNNRegressor
from . import _onnx, _tables
from ._onnx import FUNCTIONS, arithmetic

CONVERTERS = {**_onnx.CONVERTERS, **_tables.CONVERTERS}


def to_sklearn(model: Any) -> Any:
    """Return the fitted ``MLPClassifier`` or ``MLPRegressor`` that predicts the same.

    As the estimators' method ``to_sklearn``, and for pipelines too: scalers before the network are
    folded into its first layer.

    Parameters
    ----------
    model : FNNClassifier, FNNRegressor or Pipeline
        A fitted estimator, or a fitted pipeline of ``StandardScaler``, ``MinMaxScaler``,
        ``MaxAbsScaler`` or ``RobustScaler`` steps that ends in one.

    Returns
    -------
    MLPClassifier or MLPRegressor
        A fitted estimator.

    Raises
    ------
    ValueError
        If ``MLP*`` cannot express a part of the network; the message names it.
    TypeError
        If a step is none of these scalers, or the last one not an estimator of this package.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skfnn import FNNClassifier
    >>> from skfnn.export import to_sklearn
    >>> X, y = load_iris(return_X_y=True)
    >>> pipe = make_pipeline(StandardScaler(), FNNClassifier((8,), solver="lbfgs", tol=0.01))
    >>> mlp = to_sklearn(pipe.fit(X, y))
    >>> np.allclose(mlp.predict_proba(X), pipe.predict_proba(X))
    True
    """
    scalers = []
    if isinstance(model, Pipeline):
        *steps, (_, model) = model.steps
        scalers = [step for _, step in steps if step not in (None, "passthrough")]
    if not isinstance(model, (FNNClassifier, FNNRegressor)):
        raise TypeError(
            "to_sklearn takes a fitted FNNClassifier or FNNRegressor, or a fitted Pipeline that "
            f"ends in one. Got {model!r}."
        )
    return to_mlp(model, scalers)


def to_onnx(model: Any, X_sample: Any = None, **options: Any) -> Any:
    """Return a fitted model as ONNX, by way of skl2onnx.

    Every network that the estimators build converts, alone or inside pipelines, searches and
    ensembles of scikit-learn.

    Of a model for raw tables, the graph has one input (n, 1) a column, by its name: doubles for
    numbers, dates (seconds since 1970), times and time spans (seconds), and levels that are numbers
    or booleans, NaN where missing; strings for levels and labels that are text, "" where missing.
    Unseen levels count as missing.

    Parameters
    ----------
    model : estimator
        A fitted FNNClassifier, FNNRegressor, FNNAutoencoder (its ``transform``),
        TabularFNNClassifier, TabularFNNRegressor or TabularEncoder, or a fitted scikit-learn
        estimator that holds one.
    X_sample : array-like of shape (n_samples, n_features), default=None
        Features; only their type counts. The graph computes in float64 for a float64 array, else in
        float32. Of a DataFrame, a pipeline takes one input per column. Models for raw tables need
        none.
    **options
        Keyword arguments of ``skl2onnx.to_onnx``, such as ``target_opset`` and
        ``options={"zipmap": True}``.

    Returns
    -------
    onnx.ModelProto
        Outputs as those of skl2onnx's classifiers and regressors: ``label`` and ``probabilities``
        (an array, or with the option ``zipmap`` a list of dicts, float32 only), or ``variable`` of
        shape (n_samples, n_outputs). Losses without probabilities, and the option
        ``raw_scores=True``, give scores in their place; for two classes, minus the score and the
        score.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    TypeError
        If ``X_sample`` lacks where it is needed.
    ValueError
        If a custom part calls a function without ONNX form (see
        :func:`register_onnx_function`), or a column of a table has none.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.export import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> model = FNNClassifier((8,), "gelu", solver="lbfgs", tol=0.01).fit(X, y)
    >>> onnx = to_onnx(model, X)
    >>> [output.name for output in onnx.graph.output]
    ['label', 'probabilities']
    """
    register_onnx_converters()
    import skl2onnx

    chosen = options.pop("options", None) or {}
    if is_classifier(model) and "zipmap" not in chosen:
        chosen = {"zipmap": False, **chosen}
    encoder = _tables.encoder_of(model)
    if encoder is not None:
        return _tables.to_onnx(model, encoder, options=chosen, **options)
    if X_sample is None:
        raise TypeError(
            f"to_onnx needs X_sample, rows from which it learns the type of the input, for "
            f"{type(model).__name__}; only for models of raw tables it does not."
        )
    if isinstance(model, tuple(CONVERTERS)) or not hasattr(X_sample, "dtypes"):
        X_sample = np.asarray(X_sample)
    return skl2onnx.to_onnx(model, X_sample[:1], options=chosen, **options)


def register_onnx_converters() -> None:
    """Tell skl2onnx how to convert the estimators of this package.

    :func:`to_onnx` does it by itself; call it before using skl2onnx's own functions. More than one
    call changes nothing.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    """
    try:
        from skl2onnx import update_registered_converter
    except ImportError as error:
        raise ImportError(
            "Conversion to ONNX needs skl2onnx: pip install 'skfnn[onnx]'."
        ) from error
    for base, (shapes, convert, options) in CONVERTERS.items():
        for cls in _with_subclasses(base):
            update_registered_converter(
                cls, f"Skfnn{base.__name__}", shapes, convert, options=options
            )


def _with_subclasses(cls):
    yield cls
    for subclass in cls.__subclasses__():
        yield from _with_subclasses(subclass)


def register_onnx_function(function: Callable, form: str | Callable) -> None:
    """Say which ONNX operator a NumPy function is that custom layers or activations call.

    Parameters
    ----------
    function : callable
        The function as it stands in the calls of ``forward``, such as ``np.arctan``.
    form : str or callable
        The type of an ONNX operator with the same inputs, or ``form(graph, *inputs)`` that returns
        ``graph.node(operator, *inputs, **attributes)``, where inputs may be results of other
        nodes, and arrays as constants.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.export import register_onnx_function
    >>> register_onnx_function(np.arcsinh, "Asinh")
    >>> register_onnx_function(np.cbrt, lambda graph, x: graph.node(
    ...     "Mul", graph.node("Sign", x),
    ...     graph.node("Pow", graph.node("Abs", x), np.array(1 / 3, graph.dtype))))
    """
    FUNCTIONS[function] = arithmetic(form) if isinstance(form, str) else form
