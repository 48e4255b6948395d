"""Search spaces for ``RandomizedSearchCV``, ``HalvingRandomSearchCV`` and Optuna."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_classifier
from sklearn.model_selection import cross_val_predict
from sklearn.utils import check_random_state

from ._engine.support.component import unknown
from ._engine.support.publish import publish
from ._sklearn import safe_indexing
from .metrics._through import predict_with
from .optimizers import AdamW
from .tabular._search import space as tabular_space

__all__ = ["distill", "param_distributions", "predict_with", "suggest"]

publish(__name__, ["predict_with"])


class LayerSizes:
    """A number of layers; a width for the first, one for the last, one for all between."""

    def __init__(self, max_layers: int, max_units: int) -> None:
        self.layers = randint(1, max_layers + 1)
        self.units = randint(1, max_units + 1)

    def __repr__(self):
        layers, units = (dist.support()[1] for dist in (self.layers, self.units))
        return f"LayerSizes(max_layers={layers}, max_units={units})"

    def rvs(self, random_state=None):
        """Draw one."""
        rng = check_random_state(random_state)
        first, middle, last = (int(n) for n in self.units.rvs(size=3, random_state=rng))
        return _sizes(int(self.layers.rvs(random_state=rng)), first, middle, last)

    def suggest(self, trial, name):
        """Ask an Optuna trial for one."""
        n = _from_trial(trial, f"{name}_n_layers", self.layers)
        units = {
            place: _from_trial(trial, f"{name}_{place}", self.units)
            for place, least in (("first", 1), ("last", 2), ("middle", 3))
            if n >= least
        }
        return _sizes(n, units["first"], units.get("middle"), units.get("last"))


def _sizes(n, first, middle, last):
    return (first,) if n == 1 else (first, *[middle] * (n - 2), last)


class ZeroOr:
    """Zero, or, as likely, a draw from a distribution."""

    def __init__(self, distribution) -> None:
        self.distribution = distribution

    def __repr__(self):
        low, high = self.distribution.support()
        return f"ZeroOr({self.distribution.dist.name}, {low:g}, {high:g})"

    def rvs(self, random_state=None):
        """Draw one."""
        rng = check_random_state(random_state)
        return float(self.distribution.rvs(random_state=rng)) if rng.randint(2) else 0.0

    def suggest(self, trial, name):
        """Ask an Optuna trial for one."""
        if not trial.suggest_categorical(f"{name}_used", [True, False]):
            return 0.0
        return _from_trial(trial, name, self.distribution)


class Choice:
    """One of some values, not equally likely."""

    def __init__(self, probabilities: Mapping[Any, float]) -> None:
        self.probabilities = dict(probabilities)

    def __repr__(self):
        return f"Choice({self.probabilities})"

    def rvs(self, random_state=None):
        """Draw one."""
        values, p = list(self.probabilities), list(self.probabilities.values())
        return values[check_random_state(random_state).choice(len(values), p=p)]

    def suggest(self, trial, name):
        """Ask an Optuna trial for one; it learns the probabilities itself."""
        return _from_trial(trial, name, list(self.probabilities))


def _mlp(max_units):
    return {
        "hidden_layer_sizes": LayerSizes(8, min(512, max_units)),
        "dropout": ZeroOr(uniform(0, 0.5)),
        "learning_rate_init": loguniform(1e-5, 1e-2),
        "solver__weight_decay": ZeroOr(loguniform(1e-6, 1e-3)),
    }


def _realmlp(max_units):
    shapes = {(256,) * 3: 0.6, (64,) * 5: 0.2, (512,): 0.2}
    capped: dict[tuple[int, ...], float] = {}
    for shape, p in shapes.items():
        shape = tuple(min(units, max_units) for units in shape)
        capped[shape] = capped.get(shape, 0) + p
    return {
        "hidden_layer_sizes": Choice(capped),
        "activation": ["relu", "selu", "mish"],
        "dropout": Choice({0.0: 0.3, 0.15: 0.5, 0.3: 0.2}),
        "label_smoothing": Choice({0.0: 0.3, 0.1: 0.7}),
        "learning_rate": ["cosine"],
        "learning_rate_init": loguniform(1e-4, 1e-2),
        "solver__beta_2": [0.95],
        "solver__weight_decay": [0.0, 0.02],
    }


def _cocktail(max_units):
    return {
        "hidden_layer_sizes": [(min(512, max_units),) * 9],
        "batch_norm": [None, "before"],
        "skip_connections": [False, True],
        "dropout": ZeroOr(uniform(0, 0.8)),
        "learning_rate": ["cosine"],
        "learning_rate_init": [1e-3],
        "solver__weight_decay": ZeroOr(loguniform(1e-5, 1e-1)),
    }


_KINDS = {"mlp": _mlp, "realmlp": _realmlp, "cocktail": _cocktail}


def param_distributions(kind="mlp", prefix="", *, task="classification", max_units=None):
    """Return a published space of hyper-parameters, for random search.

    Parameters
    ----------
    kind : {"mlp", "realmlp", "cocktail", "tabular"}, default="mlp"
        "mlp" is the space of Gorishniy et al. (2021) for plain networks: up to 8 layers of up to
        512 units, dropout, learning rate, weight decay. "realmlp" are the parts of that of
        Holzmüller et al. (2024) that are parameters here; the range of the learning rate is not
        theirs, which belongs to another parametrisation. "cocktail" are those regularizers of Kadra
        et al. (2021) that are parameters here, on their 9 layers of 512 units. "tabular" is for
        ``TabularFNNClassifier`` and ``TabularFNNRegressor``, around their defaults; it is the one
        that they draw from themselves with ``time_limit``.
    prefix : str, default=""
        What leads to the network inside a pipeline, for instance "fnnclassifier".
    task : {"classification", "regression"}, default="classification"
        The kind of estimator; regressors have no ``label_smoothing``.
    max_units : int, default=None
        Upper limit of the width of layers, for a quicker search; None leaves it as published.

    Returns
    -------
    dict of str to list or distribution
        For ``RandomizedSearchCV`` and ``HalvingRandomSearchCV``, and for :func:`suggest`. All but
        "tabular" use AdamW, with ``alpha=0``: its weight decay takes the place of the L2 penalty.

    Raises
    ------
    ValueError
        If an argument is none of those.

    References
    ----------
    Gorishniy, Rubachev, Khrulkov and Babenko, "Revisiting Deep Learning Models for Tabular Data",
    NeurIPS 2021.

    Holzmüller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted
    Trees on Tabular Data", NeurIPS 2024.

    Kadra, Lindauer, Hutter and Grabocka, "Well-tuned Simple Nets Excel on Tabular Datasets",
    NeurIPS 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import RandomizedSearchCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skfnn import FNNClassifier
    >>> from skfnn.model_selection import param_distributions
    >>> space = param_distributions("mlp", "fnnclassifier", max_units=32)
    >>> space["fnnclassifier__hidden_layer_sizes"]
    LayerSizes(max_layers=8, max_units=32)
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), FNNClassifier(tol=0.01, random_state=0))
    >>> search = RandomizedSearchCV(model, space, n_iter=2, cv=2, random_state=0).fit(X, y)
    >>> sorted(search.best_params_) == sorted(space)
    True
    """
    for name, value, allowed in (("kind", kind, [*_KINDS, "tabular"]),
                                 ("task", task, ["classification", "regression"])):  # fmt: skip
        if value not in allowed:
            if isinstance(value, str):
                raise ValueError(f"{unknown(name, value, name, allowed)}.")
            raise ValueError(f"{name} must be one of {allowed}. Got {value!r}.")
    if max_units is not None and not max_units >= 1:
        raise ValueError(f"max_units must be None or an integer >= 1. Got {max_units!r}.")
    if kind == "tabular":
        space = tabular_space(task, max_units or 10**9)
    else:
        space = {"solver": [AdamW()], "alpha": [0.0], **_KINDS[kind](max_units or 10**9)}
    if task == "regression":
        space.pop("label_smoothing", None)
    lead = prefix if not prefix or prefix.endswith("__") else f"{prefix}__"
    return {f"{lead}{name}": values for name, values in space.items()}


def suggest(trial, space):
    """Ask an Optuna trial for one point of a space.

    Parameters
    ----------
    trial : optuna.Trial
        The trial; anything with ``suggest_categorical``, ``suggest_float`` and ``suggest_int``.
    space : dict of str to list or distribution
        What :func:`param_distributions` returned, changed and extended as you like by lists and by
        ``scipy.stats.uniform``, ``loguniform`` and ``randint``.

    Returns
    -------
    dict
        For ``estimator.set_params``.

    Raises
    ------
    ValueError
        If it has a distribution that has no counterpart in Optuna.

    Examples
    --------
    >>> from skfnn import FNNClassifier
    >>> from skfnn.model_selection import param_distributions, suggest
    >>> def objective(trial):
    ...     params = suggest(trial, param_distributions("mlp"))
    ...     model = FNNClassifier(early_stopping=True, scoring="loss").set_params(**params)
    ...     return cross_val_score(model, X, y).mean()

    Then ``optuna.create_study(direction="maximize").optimize(objective, n_trials=100)``.
    """
    return {name: _from_trial(trial, name, values) for name, values in space.items()}


def _from_trial(trial, name, values):
    if hasattr(values, "suggest"):
        return values.suggest(trial, name)
    if isinstance(values, Sequence) and not isinstance(values, str):
        return _categorical(trial, name, values)
    kind = getattr(getattr(values, "dist", None), "name", None)
    if kind not in ("uniform", "loguniform", "reciprocal", "randint"):
        raise ValueError(
            f"{name} must be a list, or uniform, loguniform or randint of scipy.stats. Got "
            f"{kind or repr(values)}."
        )
    low, high = values.support()
    if kind == "randint":
        return trial.suggest_int(name, int(low), int(high))
    return trial.suggest_float(name, float(low), float(high), log=kind != "uniform")


def _categorical(trial, name, values):
    """Objects go by their text, as Optuna stores nothing else; they come back as copies."""
    if len(values) == 1:
        return clone(values[0], safe=False)
    if all(isinstance(value, (bool, int, float, str, type(None))) for value in values):
        return trial.suggest_categorical(name, list(values))
    by_text = {repr(value): value for value in values}
    return clone(by_text[trial.suggest_categorical(name, list(by_text))], safe=False)


def distill(teacher, student, X, y, *, share=0.5, cv=5, n_jobs=None, spread=False,
            X_unlabeled=None):  # fmt: skip
    """Fit a student on what a teacher predicts of rows that it has not seen, mixed with y.

    A slow model's predictions say more than y: how sure it is, without the noise. They are made
    out of fold, as of its own training rows a teacher returns what it memorised. Source: Hinton,
    Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.

    Parameters
    ----------
    teacher : estimator
        A classifier with ``predict_proba``, or a regressor. It is cloned, and stays as it is.
    student : estimator
        A :class:`skfnn.FNNClassifier` or :class:`skfnn.TabularFNNClassifier`, a pipeline that ends
        in one, or any regressor. It is cloned.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,)
        Targets.
    share : float in [0, 1], default=0.5
        The share of the teacher in the targets; the rest is y.
    cv : int, splitter or iterable, default=5
        Folds, as scikit-learn takes them.
    n_jobs : int, default=None
        Folds that are trained at the same time.
    spread : bool, default=False
        Whether a regressor with a distribution (``loss="gaussian"`` and others) is to learn the
        teacher's standard deviation, too, that of ``predict(X, return_std=True)``. Each row then
        stands for three, weighted by ``share``: y, and the teacher's mean plus and minus its
        standard deviation. Of a Gaussian loss that is the expectation under the teacher. The
        student must take ``sample_weight``.
    X_unlabeled : array-like of shape (n_unlabeled_samples, n_features), default=None
        Further rows without y: the teacher, fitted on all of X, says what their targets are. The
        more there are, the more of what the teacher knows a student learns.

    Returns
    -------
    estimator
        The fitted student.

    Raises
    ------
    ValueError
        If ``share`` is out of range, or ``spread`` is asked of a classifier.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skfnn import FNNClassifier
    >>> from skfnn.model_selection import distill
    >>> X, y = load_iris(return_X_y=True)
    >>> student = FNNClassifier((10,), solver="lbfgs", alpha=1, max_iter=2000, random_state=0)
    >>> teacher = RandomForestClassifier(20, random_state=0)
    >>> distill(teacher, student, X, y).score(X, y) > 0.95
    True
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be in [0, 1]. Got {share!r}.")
    student = clone(student)
    told = _Told(teacher, X, X_unlabeled, cv=cv, n_jobs=n_jobs)
    if spread:
        return _with_spread(told, student, y, share)
    if not is_classifier(teacher):
        return student.fit(told.X, told.mixed(np.asarray(y, dtype=float), "predict", share))
    labels, codes = np.unique(np.asarray(y), return_inverse=True)
    soft = told.mixed(np.eye(len(labels))[codes], "predict_proba", share, np.asarray(y))
    if not ((soft > 0) & (soft < 1)).any():  # as sure as y
        return student.fit(told.X, labels[soft.argmax(axis=1)])
    soft = pd.DataFrame(soft / soft.sum(axis=1, keepdims=True), columns=labels)
    return student.fit(told.X, soft)


class _Told:
    """What a teacher says of rows: of those with targets out of fold.

    Parameters
    ----------
    teacher : estimator
        It is cloned.
    X : array-like
        Rows with targets.
    more : array-like or None
        Rows without.
    cv, n_jobs : object
        As in :func:`distill`.

    Attributes
    ----------
    X : array-like
        All rows.
    """

    def __init__(self, teacher, X, more, *, cv, n_jobs) -> None:
        self.teacher, self.known, self.more, self.cv, self.n_jobs = teacher, X, more, cv, n_jobs
        self.X = X if more is None else _stacked(X, more)

    def of(self, y, method, teacher=None):
        """Return what a method of the teacher, or of another one, says of all rows."""
        teacher = self.teacher if teacher is None else teacher
        told = cross_val_predict(
            teacher, self.known, y, cv=self.cv, n_jobs=self.n_jobs, method=method
        )
        if self.more is None:
            return told
        fitted = clone(teacher).fit(self.known, y)
        return np.concatenate([told, getattr(fitted, method)(self.more)])

    def shares(self, n, share):
        """Return the share of the teacher in the target of each row."""
        n_more = 0 if self.more is None else len(self.more)
        return np.concatenate([np.full(n, float(share)), np.ones(n_more)])

    def mixed(self, target, method, share, y=None):
        """Return what is said of all rows, mixed with targets as numbers where they are known."""
        told = self.of(target if y is None else y, method)
        n = len(target)
        known = np.concatenate([target, told[n:]])
        shares = self.shares(n, share).reshape(-1, *[1] * (told.ndim - 1))
        return shares * told + (1 - shares) * known


def _stacked(X, more):
    """Return rows below others."""
    if sparse.issparse(X):
        return sparse.vstack([X, more], format="csr")
    if isinstance(X, pd.DataFrame):
        return pd.concat([X, pd.DataFrame(more, columns=X.columns)], ignore_index=True)
    return np.concatenate([X, more])


class _MeanAndSpread(RegressorMixin, BaseEstimator):
    """A regressor whose predictions have the standard deviation in a second column."""

    def __init__(self, regressor) -> None:
        self.regressor = regressor

    def fit(self, X, y):
        """Fit the regressor."""
        self.regressor_ = clone(self.regressor).fit(X, y)
        return self

    def predict(self, X):
        """Return means and standard deviations, (n, 2)."""
        return np.column_stack(self.regressor_.predict(X, return_std=True))


def _with_spread(told, student, y, share):
    """Return a student that has learned the mean and the standard deviation of a teacher."""
    if is_classifier(told.teacher):
        raise ValueError("spread=True is for regressors: probabilities say how sure they are.")
    y = np.asarray(y, dtype=float)
    if y.ndim != 1:
        raise ValueError(f"spread=True needs one target. Got y of shape {y.shape}.")
    mean, std = told.of(y, "predict", _MeanAndSpread(told.teacher)).T
    shares = told.shares(len(y), share)
    rows = np.tile(np.arange(len(mean)), 3)
    lead, last = "", student
    while hasattr(last, "steps"):
        lead, last = f"{lead}{last.steps[-1][0]}__", last.steps[-1][1]
    weights = np.concatenate([1 - shares, shares / 2, shares / 2])
    given = {f"{lead}sample_weight": weights}
    if hasattr(last, "n_members"):  # what is said of a row stays in one fold
        given[f"{lead}groups"] = rows
    targets = np.concatenate([y, mean[len(y) :], mean - std, mean + std])
    return student.fit(safe_indexing(told.X, rows), targets, **given)
