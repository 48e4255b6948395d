"""How sure a prediction is: standard deviations, intervals, quantiles and samples."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._engine.objective.conformal import Conformal
from .._engine.objective.distribution import Located
from .advice import (
    held_out_advice,
    warn_of_few_held_out,
    ways_to_a_distribution,
    ways_to_a_std,
)
from .fitted import Fitted, state_of
from .groups import labels_at
from .importance import no_importances
from .offsets import refuse_offset


class Uncertain:
    """Mixin of the regressors: what is known of a target beyond one number.

    Attributes
    ----------
    _fitted : object or None
        What was learned; of it ``target`` and ``calibration``, how far held-out targets were off.
    """

    _fitted: Any
    loss: Any

    @abstractmethod
    def _located(self, X, offset=None) -> Located:
        """Return what the model says of the targets of some rows."""

    def predict_interval(
        self, X, coverage=0.9, *, calibrated=None, calibration_groups=None, offset=None
    ) -> np.ndarray:
        """Return intervals that hold a share ``coverage`` of new targets.

        After a fit with held-out rows (``X_val, y_val``, ``early_stopping=True``; in a table, the
        folds) they are conformal: all that is off by no more than the
        ``ceil((n + 1) coverage)``-smallest score of the n held-out rows. The score is the error,
        relative to the predicted spread where the loss knows one: the standard deviation
        ("gaussian"), the distance between the curves (``Quantiles``), the distribution function
        ("negative_binomial"), the mean ("gamma"), its square root ("poisson"); in tables also to
        the size that errors of such rows have, which is learned (``interval_width``). If new rows
        come as the held-out ones did, the share is at least ``coverage`` on average over all rows,
        whether the model is right or not; for a group of rows it is so as far as the spread is
        right, or with ``calibration_groups``. Rows that also chose the epoch make it a little less;
        in tables, they did not choose their own, and errors of one member are taken for those of
        the mean of all, which are smaller by what members differ. Held-out rows count by their
        ``sample_weight``.

        Without held-out rows, the intervals are those of the predicted distribution, and right as
        far as that is; after ``solver="lm"`` with squared errors, a normal one that adds the
        uncertainty of the weights to the noise. Where held-out rows are too few for the coverage,
        they reach as far as these intervals do and as all held-out rows do, with a warning.
        Intervals of a higher coverage hold those of a lower one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, as in ``fit``.
        coverage : float in (0, 1), default=0.9
            The share. With several outputs, that of each.
        calibrated : bool, default=None
            True takes held-out rows or raises; False takes the predicted distribution; None takes
            held-out rows where there are enough.
        calibration_groups : str or array-like of shape (n_samples,), default=None
            Groups in each of which the share is to hold: the name of a column, or labels; as in
            ``fit``, whose column is the default. A group that is new, or has too few held-out rows,
            is calibrated by all rows, with a warning.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper limits.

        Raises
        ------
        ValueError
            If ``coverage`` is out of range, or there is neither a predicted distribution nor enough
            held-out rows.

        Warns
        -----
        UserWarning
            If there are too few held-out rows for the coverage, with how many it needs.

        References
        ----------
        Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005. Lei et al.,
        "Distribution-Free Predictive Inference for Regression", 2018. Romano, Patterson and
        Candes, "Conformalized Quantile Regression", 2019.
        """
        check_is_fitted(self)
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must be in (0, 1). Got {coverage!r}.")
        found: Any = self._located(X, offset)
        score = None
        held_out = self._fitted.calibration
        if calibrated is False and calibration_groups is not None:
            raise ValueError("calibration_groups has no effect with calibrated=False.")
        if calibrated is not False:
            labels = labels_at(held_out, calibration_groups, X, len(found.center))
            score = None if held_out is None else held_out.score(coverage)
            if score is not None and labels is not None:
                score = held_out.by_group(coverage, score, labels)
        if score is not None:
            return self._outputs(found.limits(score))
        n = 0 if held_out is None else held_out.n_rows
        if calibrated or (n and not found.is_distribution):
            raise ValueError(held_out_advice(self, coverage, n))
        limits = found.limits(held_out.largest) if n else None
        found = self._distribution(found, "predict_interval")
        interval = found.interval(coverage)
        if limits is not None and calibrated is None:
            warn_of_few_held_out(coverage, n)
            low, high = (np.stack([interval, limits])[..., side] for side in range(2))
            interval = np.stack([low.min(axis=0), high.max(axis=0)], axis=-1)
        return self._outputs(interval)

    def predict_quantiles(self, X, q=(0.05, 0.25, 0.5, 0.75, 0.95), *, offset=None) -> np.ndarray:
        """Return quantiles of the predicted distributions.

        Where the loss has none, the distribution is that of the errors of held-out rows (``X_val,
        y_val``, ``early_stopping=True``; in a table, the folds) around the prediction: a new target
        is below the quantile q with a probability of q, if its row comes as those did.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, as in ``fit``.
        q : float or sequence of float in (0, 1), default=(0.05, 0.25, 0.5, 0.75, 0.95)
            The levels. With the loss ``Quantiles``, between its outer levels: where a level was not
            learned, its normal score is interpolated linearly; by n held-out rows, from 1 / (n + 1)
            to n / (n + 1).
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples, n_q) or (n_samples, n_outputs, n_q)
            Quantiles, in the order of ``q``; without the last axis where ``q`` is a number.

        Raises
        ------
        ValueError
            If a level is out of range, or the fit has no distribution.
        """
        check_is_fitted(self)
        levels = np.asarray(q, dtype=np.float64)
        if levels.ndim > 1 or not ((levels > 0) & (levels < 1)).all():
            raise ValueError(f"q must hold levels in (0, 1). Got {q!r}.")
        found = self._distribution(self._located(X, offset), "predict_quantiles")
        quantiles = found.quantile(np.atleast_1d(levels))
        return self._outputs(quantiles if levels.ndim else quantiles[..., 0])

    def sample_y(self, X, n_samples=1, random_state=0, *, offset=None) -> np.ndarray:
        """Draw targets from the predicted distributions, independently for each row.

        They are those of :meth:`predict_quantiles`.

        Parameters
        ----------
        X : array-like of shape (n_samples_X, n_features)
            Features, as in ``fit``.
        n_samples : int, default=1
            Draws a row.
        random_state : int, RandomState instance or None, default=0
            Determines the draws.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples_X, n_samples) or (n_samples_X, n_outputs, n_samples)
            The draws.

        Raises
        ------
        ValueError
            If the fit has no distribution.
        """
        check_is_fitted(self)
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"n_samples must be an integer >= 1. Got {n_samples!r}.")
        rng = np.random.default_rng(check_random_state(random_state).randint(2**31))
        found = self._distribution(self._located(X, offset), "sample_y")
        return self._outputs(found.sample(int(n_samples), rng))

    def _crps(self, X, y):
        """Return continuous ranked probability scores in the shape of ``y``."""
        check_is_fitted(self)
        found = self._distribution(self._located(X), "neg_crps")
        return found.crps(y.reshape(found.center.shape)).reshape(y.shape)

    def _std(self, found):
        """Return standard deviations in the shape of predictions."""
        if found.std is None:
            hint = " predict_quantiles has its spread." if found.is_distribution else ""
            raise ValueError(
                f"return_std=True needs a standard deviation: fit with {ways_to_a_std(self)}. This "
                f"fit has loss={self.loss!r}.{hint}"
            )
        return self._outputs(found.std)

    def _distribution(self, found, method) -> Any:
        """Return what was found, as a distribution: its own, or that of held-out errors."""
        if found.is_distribution:
            return found
        held_out = self._fitted.calibration
        if held_out is not None and held_out.errors is not None:
            return Conformal(found, held_out.errors)
        raise ValueError(
            f"{method} needs a predicted distribution: fit with "
            f"{ways_to_a_distribution(self)}. This fit has loss={self.loss!r}."
        )

    def _outputs(self, array):
        """Return an array (n, k, ...) without the axis of outputs where y has none."""
        return array[:, 0] if self._fitted.target.one_dimensional else array


def is_moderated(estimator: Any, fitted: Fitted) -> bool:
    """Return whether the scores of what was learned are moderated by how unsure weights are."""
    return bool(getattr(estimator.solver, "moderated", False)) and fitted.posterior is not None


def refuse_moderated(estimator: Any) -> None:
    """Raise the error that says why scores cannot be exported, if they are not the network's alone.

    Raises
    ------
    ValueError
        If the estimator's scores are moderated, or have an offset.
    """
    refuse_offset(state_of(estimator))
    if is_moderated(estimator, state_of(estimator)):
        raise ValueError(
            f"solver={estimator.solver!r} moderates probabilities by how unsure the weights are, "
            "which cannot be exported. Set moderated=False."
        )


class Weighed:
    """Mixin of the estimators: what ``solver="lm"`` knows of its parameters."""

    _fitted: Any
    n_features_in_: int
    feature_importances_ = no_importances

    def _posterior(self, name):
        """Return the posterior, for an attribute that is not there without one."""
        posterior = None if self._fitted is None else self._fitted.posterior
        if posterior is None:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}: it belongs to a "
                "fit with solver='lm'"
            )
        return posterior

    @property
    def alpha_(self) -> pd.Series:
        """Strength of the L2 penalty by group of weights, in the unit of ``alpha``."""
        return pd.Series(self._posterior("alpha_").prior.by_group(), dtype=float)

    @property
    def n_effective_parameters_(self) -> float:
        """How many of the penalised parameters the data determine."""
        return float(self._posterior("n_effective_parameters_").prior.n_effective)

    @property
    def log_marginal_likelihood_(self) -> float:
        """Logarithm of the evidence, by Laplace's method."""
        return float(self._posterior("log_marginal_likelihood_").log_evidence)

    @property
    def feature_relevance_(self) -> np.ndarray:
        """Spread of each feature's weights that the evidence finds, as shares that sum to one."""
        strengths = self._posterior("feature_relevance_").prior.by_group()
        if "feature 0" not in strengths:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute 'feature_relevance_': it belongs "
                "to a fit with alpha='bayes' and LevenbergMarquardt(groups='features')"
            )
        spread = [strengths[f"feature {j}"] ** -0.5 for j in range(self.n_features_in_)]
        return np.array(spread) / np.sum(spread)
