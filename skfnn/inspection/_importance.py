"""ImportanceDisplay."""

from __future__ import annotations

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.inspection import permutation_importance
from sklearn.utils import check_consistent_length

from .._estimators.fitted import state_of
from .._sklearn import safe_indexing
from ..metrics._through import Reached
from ..tabular._base import BaseTabular
from ..tabular._origin import out_of_fold
from ._drawing import COLORS, axes_for, pyplot
from ._models import as_table, column_names_of, with_final


class ImportanceDisplay:
    """How much worse a model predicts where a column is shuffled.

    Permutation importance (Breiman, "Random Forests", 2001) of raw columns, of any kind. It is
    measured on rows that the model has not seen: rows given to ``from_estimator``, or, of an
    estimator for tables, its training table again, each row of which is then predicted by the
    members that held it out. Nothing is fitted anew.

    Create it by ``from_estimator``.

    Parameters
    ----------
    importances : ndarray of shape (n_features, n_repeats)
        What the score loses, for each shuffling.
    feature_names : list of str
        Names of the columns.
    score_name : str, default="score"
        What is lost.
    out_of_fold : bool, default=False
        Whether rows of the training table were predicted by members that held them out.
    n_rows : int, default=None
        How many rows tell.

    Attributes
    ----------
    importances_ : DataFrame
        One row per column, indexed by its name, the largest ``mean`` first; ``std`` is the standard
        deviation over shufflings.
    ax_ : Axes
        The axes.
    figure_ : Figure
        The figure.
    features_ : list of str
        The columns that are shown, from the top.

    Notes
    -----
    Of columns that say the same, each matters little, as the others still tell it. Importance
    is what a column does in this model: it says nothing of causes.

    Examples
    --------
    >>> import pandas as pd
    >>> from skfnn import TabularFNNClassifier
    >>> from skfnn.inspection import ImportanceDisplay
    >>> X = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0] * 25, "colour": ["red", "blue"] * 50})
    >>> y = X["size"] > 2
    >>> model = TabularFNNClassifier(n_members=2, max_iter=10, random_state=0).fit(X, y)
    >>> display = ImportanceDisplay.from_estimator(model, X, y, random_state=0)
    >>> display.out_of_fold, display.features_
    (True, ['size', 'colour'])
    """

    def __init__(
        self, *, importances, feature_names, score_name="score", out_of_fold=False, n_rows=None
    ) -> None:
        self.importances = importances
        self.feature_names = feature_names
        self.score_name = score_name
        self.out_of_fold = out_of_fold
        self.n_rows = n_rows

    @property
    def importances_(self):
        """Mean and standard deviation of each column's importance, a DataFrame."""
        table = pd.DataFrame(
            {"mean": self.importances.mean(axis=1), "std": self.importances.std(axis=1)},
            index=pd.Index(self.feature_names, name="column"),
        )
        return table.sort_values("mean", ascending=False, kind="stable")

    @classmethod
    def from_estimator(cls, estimator, X, y, *, scoring=None, n_repeats=5, sample_weight=None,
                       random_state=None, n_jobs=None, feature_names=None, top_k=20,
                       ax=None):  # fmt: skip
        """Measure and draw the importance of each column.

        Parameters
        ----------
        estimator : estimator
            A fitted model, a fitted pipeline, or a search over these.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns. The table that an estimator for tables was fitted on, in the same order:
            then each row is predicted by the members that were not trained on it, and rows that no
            member held out are left away. Or rows that were not in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        scoring : str or callable, default=None
            A scorer or its name; None is the estimator's ``score``: accuracy or R2.
        n_repeats : int, default=5
            How often each column is shuffled.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        random_state : int, RandomState instance or None, default=None
            Determines the shuffling.
        n_jobs : int, default=None
            Columns that are measured at the same time.
        feature_names : list of str, default=None
            Names; by default those of X.
        top_k : int, default=20
            How many columns get a bar, the largest first.
        ax : Axes, default=None
            Where to draw; by default a new figure.

        Returns
        -------
        ImportanceDisplay
            With the drawing's parts as attributes.

        Raises
        ------
        ValueError
            If X is the training table in another order, or changed; or all members of the model
            were trained on all of its rows.
        """
        if ax is None:
            pyplot("ImportanceDisplay")  # before anything is measured
        table = as_table(X)
        check_consistent_length(table, y, sample_weight)
        names = column_names_of(table, feature_names, estimator)
        y = np.asarray(y) if isinstance(y, (list, tuple)) else y
        model, rows = _judge(estimator, table)
        if rows is not None:
            table, y, sample_weight = (
                given if given is None else safe_indexing(given, rows)
                for given in (table, y, sample_weight)
            )
        found = permutation_importance(
            model, table, y, scoring=scoring, n_repeats=n_repeats, n_jobs=n_jobs,
            random_state=random_state, sample_weight=sample_weight,
        )  # fmt: skip
        display = cls(
            importances=found.importances,
            feature_names=names,
            score_name=_name_of(scoring, model),
            out_of_fold=rows is not None,
            n_rows=len(table),
        )
        return display.plot(ax, top_k=top_k)

    def plot(self, ax=None, *, top_k=20):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; by default a new figure.
        top_k : int, default=20
            How many columns get a bar, the largest first.

        Returns
        -------
        ImportanceDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``top_k`` is out of range.
        """
        if not isinstance(top_k, Integral) or top_k < 1:
            raise ValueError(f"top_k must be an integer >= 1. Got {top_k!r}.")
        shown = self.importances_.head(top_k)
        self.features_ = shown.index.tolist()
        size = (6.2, 0.9 + 0.27 * len(shown))
        self.figure_, self.ax_ = axes_for("ImportanceDisplay", ax, figsize=size)
        colors = [COLORS[0] if mean >= 0 else COLORS[9] for mean in shown["mean"]]
        places = np.arange(len(shown))
        self.ax_.barh(places, shown["mean"], xerr=shown["std"], color=colors, height=0.72,
                      error_kw={"ecolor": "0.3", "elinewidth": 1.2})  # fmt: skip
        self.ax_.set_yticks(places, self.features_)
        self.ax_.set_ylim(len(shown) - 0.4, -0.6)
        self.ax_.axvline(0, color="0.3", linewidth=0.8)
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.grid(axis="x", alpha=0.25, linewidth=0.6)
        self.ax_.set_axisbelow(True)
        n = len(self.feature_names)
        more = "" if len(shown) == n else f" (largest {len(shown)} of {n})"
        where = ", on out-of-fold rows" if self.out_of_fold else ""
        self.ax_.set_xlabel(f"Loss of {self.score_name} if shuffled{where}{more}")
        return self


def _judge(estimator, table):
    """Return the model to ask, and the rows of the table to ask it of; None for all of them.

    Of the training table these are the rows that were held out, and the model is one that predicts
    each by the members that were not trained on it.
    """
    reached = Reached.of(estimator, table)
    if not isinstance(reached.final, BaseTabular):
        return estimator, None
    found = out_of_fold(state_of(reached.final), reached.X)
    if found is None:
        return estimator, None
    rows, fitted = found
    return with_final(estimator, reached.final._view(fitted)), rows


def _name_of(scoring, model):
    """Return what is lost."""
    if isinstance(scoring, str):
        return scoring.replace("_", " ")
    if scoring is None:
        return "accuracy" if is_classifier(model) else "R2" if is_regressor(model) else "score"
    return getattr(scoring, "__name__", "score").replace("_", " ")
