"""What a fitted network offers: prediction, evaluation, a look inside, published attributes."""

from __future__ import annotations

import copy
from abc import ABCMeta, abstractmethod
from functools import cache
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils.validation import check_is_fitted, validate_data

from .._engine.following.estimator import Estimator
from .._engine.following.history import joined
from .._engine.network.forward import raw_scores
from .._engine.objective.data import Data
from .._engine.objective.weights import check_weights
from ..metrics._resolve import resolve_metrics
from . import build
from .advice import better_suited, check_nested, check_targets
from .compatibility import upgraded
from .fitted import Fitted
from .offsets import needed_offset
from .shaped_input import as_rows, flattens, with_input
from .step import written_step

# Beyond FEW rows validation is a small part of prediction.
FEW = 1000


class Layers(pd.DataFrame):
    """Layers and their parameters: shown in full, with a row for the sum, which is not in it."""

    @property
    def _constructor(self):
        return pd.DataFrame

    def _with_total(self):
        total = pd.DataFrame([["", "", self["parameters"].sum()]], ["total"], list(self.columns))
        return pd.concat([pd.DataFrame(self), total.rename_axis(self.index.name)])

    def __repr__(self):
        return self._with_total().to_string()

    def _repr_html_(self):
        with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
            return self._with_total()._repr_html_()


def summary_frame(rows: list[tuple]) -> Layers:
    """Return what ``Network.summary`` returns as a table, one row per layer."""
    return Layers(
        {
            "layer": [" ".join(label.split()) for _, label, _, _ in rows],
            "output_shape": [(None, width) for _, _, width, _ in rows],
            "parameters": [count for _, _, _, count in rows],
        },
        index=pd.Index([path for path, _, _, _ in rows], name="position"),
    )


class Weights(list):
    """Arrays that live in the network: assigning to an item writes into the network."""

    def __setitem__(self, index, value):
        self[index][...] = value


def _assign(name, views, arrays):
    """Write all arrays into views of the network, or none if one of them does not fit."""
    given = [np.asarray(array, dtype=views[0].dtype) for array in arrays]
    found, needed = [array.shape for array in given], [view.shape for view in views]
    if found != needed:
        raise ValueError(f"{name} must hold arrays of shapes {needed}. Got {found}.")
    for view, array in zip(views, given, strict=True):
        view[...] = array


class Predictor(Estimator, metaclass=ABCMeta):
    """Prediction and inspection; fitting is up to the subclass.

    Attributes
    ----------
    _fitted : Fitted or None
        All that a fit has learned, beside what scikit-learn wants to find on the estimator itself.
        A scorer's and a callback's view are the same estimator with another such object.
    """

    _kind: str
    _default_metric: str
    _fitted: Any = None

    @classmethod
    @cache  # a look at the signature each time would be a part of a short fit
    def _get_param_names(cls):
        return super()._get_param_names()

    def _store(self, given: dict[str, Any]) -> None:
        """Set the parameters that a constructor was given: its ``locals()``."""
        for name, value in given.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    def set_params(self, **params) -> Self:
        """Set parameters, also those of parts: ``solver__beta_1`` of ``solver=Adam()``.

        Parameters
        ----------
        **params : dict
            Parameters by name.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            If a name is unknown, or belongs to a part that is given by its name.
        """
        check_nested(self, params)
        return super().set_params(**params)

    def _validate(self, X, y, reset):
        y = check_targets(self, y, self._kind)
        try:
            X, y = validate_data(
                self,
                as_rows(self, X, reset),
                y,
                accept_sparse="csr",
                multi_output=True,
                y_numeric=self._kind == "regression",
                dtype=(np.float64, np.float32),
                reset=reset,
            )
        except ValueError as error:
            advice = better_suited(error, self)
            if advice is None:
                raise
            raise ValueError(advice) from error
        return X, y.toarray() if sparse.issparse(y) else y

    def _validate_features(self, X):
        plain = self._plain(X)
        if plain is not None:
            return plain
        X = as_rows(self, X, reset=False)
        return validate_data(
            self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False
        )

    def _plain(self, X):
        """Return X as an array to which scikit-learn's validation would not object, or None.

        On a single row, validation takes several times as long as the network.
        """
        names = getattr(self, "feature_names_in_", None)
        if names is not None:
            if type(X) is not pd.DataFrame or len(X) > FEW or X.columns.tolist() != names.tolist():
                return None
            X = X.to_numpy()
        fits = (
            type(X) is np.ndarray
            and X.ndim == 2
            and X.dtype in (np.float32, np.float64)  # in native byte order, that is
            and 0 < len(X) <= FEW
            and X.shape[1] == self.n_features_in_
            and np.isfinite(X).all()
        )
        return X if fits else None

    def _layers(self):
        """Return the hidden layers that the parameters describe."""
        return build.hidden_layers(self)

    @abstractmethod
    def _encode_y(self, y, target, loss):
        """Return encoded targets; check that they are of the target's kind."""

    def _metrics(self, default):
        """Return the metrics to follow by name; ``default`` where ``metrics=None``."""
        given = default if self.metrics is None else self.metrics
        return resolve_metrics(given, self._kind)

    def _view(self, fitted):
        """Return the same estimator with something else learned, for scorers."""
        view = copy.copy(self)
        view._fitted = fitted
        vars(view).pop("feature_names_in_", None)  # scorers are given an array
        return view

    def _scored(self, X, offset=None):
        """Return what was learned, and by the same fit the raw scores (n, k) of X."""
        fitted = self._learned()
        if fitted.known is not None and X is fitted.known[0]:
            return fitted, fitted.known[1]
        X = self._validate_features(X)
        offset = needed_offset(offset, X.shape[0], fitted)
        raw = fitted.raw(X) if offset is None else fitted.raw(X) + offset
        return fitted, self._moderated(fitted, X, raw)

    def _moderated(self, fitted, X, raw):
        """Return raw scores as predictions are made of them."""
        return raw

    def _learned(self) -> Fitted:
        """Return what was learned; every method reads it once, as a fit may replace it."""
        fitted = self._fitted
        if fitted is None:
            check_is_fitted(self)
        return fitted

    def evaluate(self, X, y, sample_weight=None, *, offset=None) -> dict[str, float]:
        """Return loss and metrics on given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``.

        Returns
        -------
        dict of str to float
            "loss" (mean per row, without penalty and label smoothing), then the estimator's
            ``metrics``, or accuracy / R2 where ``metrics=None``.
        """
        fitted = self._learned()
        X, y = self._validate(X, y, reset=False)
        weight = None
        if sample_weight is not None:
            weight, _ = check_weights(sample_weight, X)
        target, loss = fitted.target, fitted.loss
        data = Data(X, self._encode_y(y, target, loss), weight, target, loss.levels)
        offset = needed_offset(offset, X.shape[0], fitted)
        raw = raw_scores(fitted.network, X, X.dtype)
        raw = self._moderated(fitted, X, raw if offset is None else raw + offset)
        metrics = self._metrics(self._default_metric)
        return fitted.evaluate(data, raw, metrics, self._view(fitted.seeing(X, raw)))

    def summary(self) -> pd.DataFrame:
        """Return the network's layers.

        Returns
        -------
        DataFrame
            One row per layer, indexed by its position ("2.0" is the first layer inside layer 2,
            "input" is ``Flatten()``), with columns ``layer``, ``output_shape`` and ``parameters``.
            It is shown in full, with the sum of parameters below.
        """
        return summary_frame(with_input(self, self._learned().network.summary()))

    def step_listing(self, n_rows=200) -> str:
        """Return one training step as text: the NumPy calls, line by line, with names.

        The arithmetic of the network as it is executed: forward pass, gradient of the loss,
        backward pass, penalty and, for a minibatch solver, the optimizer's update. ``W0`` is the
        weight matrix of layer 0, ``Y0`` its output, ``dW0`` its gradient.

        Parameters
        ----------
        n_rows : int, default=200
            Rows in the batch.

        Returns
        -------
        str
            One call per line, as ``written = function(read)``.
        """
        step = written_step(self, n_rows)
        return "\n".join(step.workspace.listing(step.calls))

    # ---------------------------------------------------------------- attributes

    def _published(self, name):
        """Return what was learned, for an attribute that is not there before."""
        if self._fitted is None:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r} before fit"
            )
        return self._fitted

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Weight matrices (fan_in, fan_out), views of the network's; assignment writes there."""
        return Weights(self._published("coefs_").network.published("coefs"))

    @coefs_.setter
    def coefs_(self, arrays: list[Any]) -> None:
        _assign("coefs_", self.coefs_, arrays)

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Bias vectors (fan_out,), views of the network's; assignment writes there."""
        return Weights(self._published("intercepts_").network.published("intercepts"))

    @intercepts_.setter
    def intercepts_(self, arrays: list[Any]) -> None:
        _assign("intercepts_", self.intercepts_, arrays)

    @property
    def history_(self) -> pd.DataFrame:
        """One row per epoch (L-BFGS: an iteration)."""
        fitted = self._published("history_")
        if not fitted.phases:
            return fitted.history.to_frame()
        return joined({**fitted.phases, "fit": fitted.history})

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of each epoch."""
        return list(self._published("loss_curve_").history.columns.get("loss", ()))

    @property
    def loss_(self) -> float:
        """Training loss of the last epoch, penalty included."""
        return self._published("loss_").final_loss

    @property
    def best_loss_(self) -> float | None:
        """Smallest training loss; None with ``early_stopping``."""
        return self._published("best_loss_").best_loss

    @property
    def validation_scores_(self) -> list[float] | None:
        """Score of each epoch with ``early_stopping``, else None."""
        return self._published("validation_scores_").scores

    @property
    def best_validation_score_(self) -> float | None:
        """The best of them."""
        return self._published("best_validation_score_").best_score

    @property
    def n_iter_(self) -> int:
        """Epochs (L-BFGS: iterations) of the last fit."""
        return self._published("n_iter_").n_iter

    @property
    def t_(self) -> int:
        """Rows seen in training."""
        return self._published("t_").n_seen

    @property
    def n_layers_(self) -> int:
        """Layers of units, input and output included."""
        return len(self._published("n_layers_").network.published("intercepts")) + 1

    @property
    def n_outputs_(self) -> int:
        """Units of the output layer."""
        return self._published("n_outputs_").target.n_outputs

    @property
    def out_activation_(self) -> str:
        """Inverse link of the loss."""
        return self._published("out_activation_").loss.out_activation

    def __setstate__(self, state):
        super().__setstate__(upgraded(state))

    def __sklearn_is_fitted__(self):
        return self._fitted is not None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = flattens(self)
        return tags
