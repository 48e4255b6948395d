"""The estimators for tables on a Dask cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted

from .._estimators.parameters import Parameter
from ..tabular import TabularFNNClassifier, TabularFNNRegressor
from ..tabular._classifier import OWN as OF_CLASSES
from ..tabular._followed import Given
from ..tabular._parameters import declares
from ..tabular._regressor import OWN as OF_NUMBERS
from ._needs import needs_dask
from ._source import Partitions, is_collection
from ._trainer import ClusterTrainer

CLIENT = {
    "client": Parameter(
        [object, None],
        "distributed.Client",
        """
        The cluster; by default the client that was made last. It is not saved with the estimator,
        nor given to ``to_local()``.
        """,
    ),
}


class OnCluster:
    """The part of an estimator that is fitted, and predicts, on a Dask cluster."""

    client: Any
    _local: Any
    get_params: Any

    def _fit_given(self, given, validation, groups, **known):
        """Fit to Dask collections."""
        if self.n_jobs is not None:
            raise ValueError(
                f"n_jobs={self.n_jobs!r} has no effect on a cluster, whose workers train members."
            )
        if not is_collection(given.X):
            raise TypeError(
                f"X must be a Dask DataFrame or Array. Got a {type(given.X).__name__}: for that "
                f"there is {self._local.__name__}."
            )
        beside = {"y": given.y, "sample_weight": given.weight, "groups": groups}
        source = Partitions(given.X, beside)
        self._refuse(known, read="Dask")
        validation = Given(*map(_computed, validation))
        before = self._before() if self.warm_start else None
        client = self.client_
        with client.as_current():
            source.in_flight = max(2, 2 * sum(client.nthreads().values()))
            return self._fit_source(
                source, validation, known["calibration_groups"],
                before=before, keeps=self.warm_start,
            )  # fmt: skip

    def _trainer(self, prepared, given):
        source = prepared.networks.task.stream.survey.source
        source.in_flight = 2  # beside each member
        ours = super()._trainer(prepared, given)
        return ClusterTrainer.like(ours, self.client_, source.name)

    @property
    def partial_fit(self) -> Any:
        """Not here: the local estimator goes on part by part."""
        raise AttributeError(
            f"{type(self).__name__} has no partial_fit. to_local() has it, after a fit with "
            "warm_start=True."
        )

    @property
    def client_(self) -> Any:
        """The cluster's client."""
        _, distributed = needs_dask()
        return distributed.default_client() if self.client is None else self.client

    def to_local(self) -> Any:
        """Return the ordinary estimator, which needs no cluster.

        Returns
        -------
        TabularFNNClassifier or TabularFNNRegressor
            With the same parameters and, if this one is, fitted.
        """
        params = self.get_params(deep=False)
        del params["client"]
        model = self._local(**params)
        for name, value in vars(self).items():
            if name not in (*params, "client"):
                setattr(model, name, value)
        return model

    def __getstate__(self):
        return {**super().__getstate__(), "client": None}

    def __sklearn_clone__(self):
        params = self.get_params(deep=False)
        client = params.pop("client")
        return type(self)(client=client, **clone(self._local(**params)).get_params(deep=False))

    def _lazily(self, method, X, like, **how):
        """Return what the local estimator's method returns of each partition, not computed."""
        dask, _ = needs_dask()
        check_is_fitted(self)
        model = dask.delayed(self.to_local(), pure=False, traverse=False)
        if hasattr(X, "divisions"):  # no array
            return X.map_partitions(framed, model, method, how, like, meta=like)
        parts = np.ravel(X.to_delayed())
        return _stacked(dask, [dask.delayed(arrayed)(model, method, how, part) for part in parts],
                        X.chunks[0], like)  # fmt: skip


def _computed(given):
    return given.compute() if is_collection(given) else given


def _stacked(dask, blocks, sizes, like):
    """Return blocks of rows as a Dask Array."""
    import dask.array as da

    values = np.asarray(like)
    arrays = [
        da.from_delayed(block, (size, *values.shape[1:]), values.dtype)
        for block, size in zip(blocks, sizes, strict=True)
    ]
    return da.concatenate(arrays)


def arrayed(model: Any, method: str, how: dict, X: Any) -> np.ndarray:
    """Return what a method of an estimator returns of a partition."""
    return getattr(model, method)(X, **how)


def framed(X: pd.DataFrame, model: Any, method: str, how: dict, like: Any) -> Any:
    """Return the same with the index of the partition, as ``like``, which has no rows."""
    found = arrayed(model, method, how, X) if len(X) else np.asarray(like)
    if isinstance(like, pd.DataFrame):
        return pd.DataFrame(found, index=X.index, columns=like.columns)
    return pd.Series(found, index=X.index, name=like.name, dtype=like.dtype)


def _frame(columns, dtype=np.float64):
    """Return a DataFrame without rows."""
    return pd.DataFrame(np.empty((0, len(columns)), dtype), columns=list(columns))


def _refuse_offset(offset):
    """Raise an error for an offset, which has no partitions."""
    if offset is not None:
        raise ValueError("offset is not available on Dask collections. Use to_local().")


def _of_score(X, y, sample_weight):
    """Return a score's targets, predictions and weights in memory: a column each."""
    dask, _ = needs_dask()
    return dask.compute(y, X, sample_weight)


@declares(
    {**OF_CLASSES, **CLIENT},
    attributes="""classes_ : ndarray of shape (n_classes,)
    Class labels, sorted.
client_ : distributed.Client
    The cluster's client.
oof_prediction_ : None
    Known of tables in memory alone.
temperature_ : float
    What raw scores are divided by, fitted on held-out rows.
sharpening_ : float
    The exponent of the members' mean probabilities.
""",
)
class DaskTabularFNNClassifier(OnCluster, TabularFNNClassifier):
    """TabularFNNClassifier for tables on a Dask cluster.

    ``fit`` takes a Dask DataFrame, and a Series beside it or the name of a column (or Arrays whose
    chunks are rows). Each member is a task of the cluster that reads the partitions one after the
    other: no worker holds more than some of them. ``predict`` and ``predict_proba`` of a collection
    are lazy, and keep its partitions and its index. The bits do not depend on the number of
    workers. See docs/scale_out.md.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    <attributes>

    See Also
    --------
    skfnn.TabularFNNClassifier : The same for a table in memory, and for files.

    Examples
    --------
    >>> from skfnn.dask import DaskTabularFNNClassifier
    >>> model = DaskTabularFNNClassifier(n_members=2)
    >>> model.fit(rows, "label")  # doctest: +SKIP
    >>> model.predict_proba(rows).to_parquet("probabilities")  # doctest: +SKIP
    >>> model.to_local()
    TabularFNNClassifier(n_members=2)
    """

    _local = TabularFNNClassifier

    def __init__(
        self,
        *,
        client=None,
        recipe="ensemble",
        label_smoothing=None,
        class_weight=None,
        categorical_features="from_dtype",
        column_kinds=None,
        hidden_layer_sizes=None,
        n_members=None,
        numeric_embedding="recipe",
        monotonic_cst=None,
        max_iter=None,
        batch_size=None,
        learning_rate_init=None,
        dropout=None,
        weight_decay=None,
        validation_fraction=0.2,
        refit=False,
        metrics=None,
        blend="auto",
        cv=None,
        scoring=None,
        time_limit=None,
        warm_start=False,
        n_jobs=None,
        random_state=None,
        verbose=False,
    ) -> None:
        self._store(locals())

    def predict(self, X, *, offset=None) -> Any:
        """Return the most likely class of each row.

        Parameters
        ----------
        X : Dask DataFrame, Dask Array, or what the local estimator takes
            Raw columns, as in ``fit``.
        offset : array-like, default=None
            For rows in memory alone.

        Returns
        -------
        Dask Series, Dask Array, or ndarray of shape (n_samples,)
            Class labels, not computed where X is not.
        """
        if not is_collection(X):
            return super().predict(X, offset=offset)
        _refuse_offset(offset)
        like = pd.Series(self.classes_[:0])
        if self._fitted.target.kind == "multilabel":
            like = _frame(self.classes_, int)
        return self._lazily("predict", X, like)

    def predict_proba(self, X, *, offset=None) -> Any:
        """Return probabilities.

        Parameters
        ----------
        X : Dask DataFrame, Dask Array, or what the local estimator takes
            Raw columns, as in ``fit``.
        offset : array-like, default=None
            For rows in memory alone.

        Returns
        -------
        Dask DataFrame, Dask Array, or ndarray of shape (n_samples, n_classes)
            Probability of each class, in the order of ``classes_``, not computed where X is not.
        """
        if not is_collection(X):
            return super().predict_proba(X, offset=offset)
        _refuse_offset(offset)
        return self._lazily("predict_proba", X, _frame(self.classes_))

    def score(self, X, y, sample_weight=None, *, offset=None) -> float:
        """Return the accuracy.

        Parameters
        ----------
        X : Dask DataFrame, Dask Array, or what the local estimator takes
            Raw columns, as in ``fit``.
        y : Dask Series, Dask Array or array-like of shape (n_samples,)
            Class labels.
        sample_weight : Dask Series, Dask Array or array-like of shape (n_samples,), default=None
            Sample weights.
        offset : array-like, default=None
            For rows in memory alone.

        Returns
        -------
        float
            The share of rows that are right.
        """
        y, predicted, weight = _of_score(self.predict(X, offset=offset), y, sample_weight)
        return accuracy_score(y, predicted, sample_weight=weight)


@declares(
    {**OF_NUMBERS, **CLIENT},
    attributes="""client_ : distributed.Client
    The cluster's client.
oof_prediction_ : None
    Known of tables in memory alone.
""",
)
class DaskTabularFNNRegressor(OnCluster, TabularFNNRegressor):
    """TabularFNNRegressor for tables on a Dask cluster.

    As :class:`DaskTabularFNNClassifier`, for numbers.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    <attributes>

    See Also
    --------
    skfnn.TabularFNNRegressor : The same for a table in memory, and for files.

    Examples
    --------
    >>> from skfnn.dask import DaskTabularFNNRegressor
    >>> model = DaskTabularFNNRegressor(n_members=2)
    >>> model.fit(rows, "price")  # doctest: +SKIP
    >>> model.predict(rows).to_parquet("prices")  # doctest: +SKIP
    >>> model.to_local()
    TabularFNNRegressor(n_members=2)
    """

    _local = TabularFNNRegressor

    def __init__(
        self,
        *,
        client=None,
        recipe="ensemble",
        loss="squared_error",
        interval_width="adaptive",
        categorical_features="from_dtype",
        column_kinds=None,
        hidden_layer_sizes=None,
        n_members=None,
        numeric_embedding="recipe",
        monotonic_cst=None,
        max_iter=None,
        batch_size=None,
        learning_rate_init=None,
        dropout=None,
        weight_decay=None,
        validation_fraction=0.2,
        refit=False,
        metrics=None,
        blend="auto",
        cv=None,
        scoring=None,
        time_limit=None,
        warm_start=False,
        n_jobs=None,
        random_state=None,
        verbose=False,
    ) -> None:
        self._store(locals())

    def predict(self, X, return_std=False, *, offset=None) -> Any:
        """Return predictions.

        Parameters
        ----------
        X : Dask DataFrame, Dask Array, or what the local estimator takes
            Raw columns, as in ``fit``.
        return_std : bool, default=False
            For rows in memory alone.
        offset : array-like, default=None
            For rows in memory alone.

        Returns
        -------
        Dask Series, Dask Array, or ndarray of shape (n_samples,)
            Numbers, not computed where X is not; of several outputs a column each.
        """
        if not is_collection(X):
            return super().predict(X, return_std, offset=offset)
        _refuse_offset(offset)
        if return_std:
            raise ValueError("return_std is not available on Dask collections. Use to_local().")
        target = self._fitted.target
        like = (
            _frame(range(target.n_outputs)) if target.n_outputs > 1 else pd.Series([], dtype=float)
        )
        return self._lazily("predict", X, like)

    def predict_interval(self, X, coverage=0.9, **more) -> Any:
        """Return intervals that hold a new target with a given probability.

        Parameters
        ----------
        X : Dask DataFrame, Dask Array, or what the local estimator takes
            Raw columns, as in ``fit``.
        coverage : float in (0, 1), default=0.9
            The probability.
        **more : object
            What else the local estimator's method takes, for rows in memory.

        Returns
        -------
        Dask DataFrame, Dask Array, or ndarray of shape (n_samples, 2)
            Lower and upper bounds, "low" and "high", not computed where X is not.
        """
        if not is_collection(X):
            return super().predict_interval(X, coverage, **more)
        if more or self._fitted.target.n_outputs > 1:
            raise ValueError(
                "predict_interval of Dask collections is for one output, and takes coverage alone. "
                "Use to_local()."
            )
        return self._lazily("predict_interval", X, _frame(["low", "high"]), coverage=coverage)

    def score(self, X, y, sample_weight=None, *, offset=None) -> float:
        """Return the coefficient of determination.

        Parameters
        ----------
        X : Dask DataFrame, Dask Array, or what the local estimator takes
            Raw columns, as in ``fit``.
        y : Dask Series, Dask Array or array-like of shape (n_samples,)
            Targets.
        sample_weight : Dask Series, Dask Array or array-like of shape (n_samples,), default=None
            Sample weights.
        offset : array-like, default=None
            For rows in memory alone.

        Returns
        -------
        float
            R2.
        """
        y, predicted, weight = _of_score(self.predict(X, offset=offset), y, sample_weight)
        return r2_score(y, predicted, sample_weight=weight)
