"""Attributions by integrated gradients, where nothing but networks predicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .._engine.network.gradient import InputGradient
from .._engine.objective.targets import RegressionTarget
from .._engine.program.threads import one_blas_thread
from .._estimators.base import BaseFNN
from .._estimators.fitted import state_of
from .._estimators.folding import SCALERS
from ..metrics._through import Reached
from ..tabular._base import BaseTabular
from ..tabular._predictors import NetworkPredictor, Predictor
from ..tabular._small_networks import SmallInputs, SmallPredictor

# Rows that pass through the networks at a time.
BLOCK = 512
# Points on a path from 0 to 1 and their weights: Gauss's rule of three points, the weights without
# those of Kronrod's four between them, and the rule of all seven. Where both differ by more than
# TOLERANCE of the range of responses, a path is halved, up to HALVINGS times.
_HALF = (0.9604912687080202, 0.7745966692414834, 0.4342437493468026)
NODES = (np.array([*(-n for n in _HALF), 0.0, *_HALF[::-1]]) + 1) / 2
_OUTER = (0.1046562260264673, 0.2684880898683334, 0.4013974147759622)
KRONROD = np.array([*_OUTER, 0.4509165386584741, *_OUTER[::-1]]) / 2
GAUSS = np.array([0.0, 5 / 9, 0.0, 8 / 9, 0.0, 5 / 9, 0.0]) / 2
TOLERANCE = 1e-3
HALVINGS = 8
# The step of difference quotients, in double precision.
STEP = 1e-5


class _Ready(Predictor):
    """Raw scores that are known: given in place of rows."""

    columns = None

    def raw(self, A, dtype=None, rows=None):
        return A


class Networks:
    """The networks of a model: what goes in, what comes out, and what the model makes of it.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package, in a pipeline of scalers or not.
    method : str
        The method whose result is explained.
    """

    def __init__(self, model: Any, method: str) -> None:
        self.model, self.method = model, method
        self.final = final_of(model)
        fitted = state_of(self.final)
        self.of_table = isinstance(self.final, BaseTabular)
        networks = [p.network for p in fitted.predictors] if self.of_table else [fitted.network]
        predictors = fitted.predictors if self.of_table else [None]
        self.small = [isinstance(predictor, SmallPredictor) for predictor in predictors]
        self.gradients = [InputGradient(network, BLOCK) for network in networks]
        each = zip(self.gradients, self._shares(), strict=True)
        self.shares = [shares[gradient.sources] for gradient, shares in each]

    def _shares(self):
        """Yield for each network how much each of its columns belongs to each column of X."""
        if not self.of_table:
            yield np.eye(self.final.n_features_in_)
            return
        fitted = state_of(self.final)
        for predictor in fitted.predictors:
            yield shares_of(fitted.encoder, predictor.columns)

    def embedded(self, X: Any) -> list[np.ndarray]:
        """Return raw columns as each network takes them, behind its first layers."""
        rows = Reached.of(self.model, X).X
        if self.of_table:
            views = state_of(self.final).views(rows)
        else:
            views = [self.final._validate_features(rows)]
        return [g.embed(view) for g, view in zip(self.gradients, views, strict=True)]

    def response(self, raws: list[np.ndarray]) -> np.ndarray:
        """Return what the model makes of its networks' raw scores, (n, o)."""
        fitted, token = state_of(self.final), raws[0]
        if self.of_table:
            raws = [self._whole(raw) if small else raw
                    for raw, small in zip(raws, self.small, strict=True)]  # fmt: skip
            fitted = replace(fitted, predictors=[_Ready()] * len(raws), encoded=(token, raws))
        else:
            fitted = fitted.seeing(token, token)
        found = getattr(self.final._view(fitted), self.method)(token)
        return np.asarray(found, np.float64).reshape(len(token), -1)

    def _whole(self, raw):
        """Return a small network's scores as those of a table: the mean, with any variance."""
        fitted = state_of(self.final)
        mean = raw[:, : fitted.target.n_outputs]
        return fitted.loss.scores_of(mean, np.ones_like(mean))

    def derivatives(self, raws: list[np.ndarray]) -> list[np.ndarray]:
        """Return the derivatives (n, o, m) of the response by each network's raw scores."""
        found = []
        for i, raw in enumerate(raws):
            of_one = []
            for c in range(raw.shape[1]):
                ends = []
                for sign in (1, -1):
                    moved = raw.copy()
                    moved[:, c] += sign * STEP
                    ends.append(self.response([*raws[:i], moved, *raws[i + 1 :]]))
                of_one.append((ends[0] - ends[1]) / (2 * STEP))
            found.append(np.stack(of_one, axis=2))
        return found

    def scores(self, E: list[np.ndarray]) -> list[np.ndarray]:
        """Return each network's raw scores of embedded rows."""
        return [
            np.concatenate([g.scores(e[i : i + BLOCK]) for i in range(0, len(e), BLOCK)])
            for g, e in zip(self.gradients, E, strict=True)
        ]


def final_of(model: Any) -> Any:
    """Return the estimator at the end of searches and pipelines."""
    while hasattr(model, "best_estimator_") or hasattr(model, "steps"):
        model = model.best_estimator_ if hasattr(model, "best_estimator_") else model[-1]
    return model


def why_not(model: Any) -> str | None:
    """Return why gradients cannot explain a model, or None where they can."""
    final = model
    while hasattr(final, "best_estimator_") or hasattr(final, "steps"):
        if hasattr(final, "best_estimator_"):
            final = final.best_estimator_
            continue
        for _, step in final.steps[:-1]:
            if type(step) not in SCALERS:
                return f"{step!r} comes before the networks"
        final = final[-1]
    if not isinstance(final, (BaseFNN, BaseTabular)) or not hasattr(final, "predict"):
        return f"{final!r} is no network of this package"
    fitted = state_of(final)
    if isinstance(final, BaseTabular):
        for predictor in fitted.predictors:
            if not isinstance(predictor, (NetworkPredictor, SmallPredictor)):
                return (
                    f"{final!r} has other models beside its networks; with blend=None it has none"
                )
        networks = [predictor.network for predictor in fitted.predictors]
    else:
        if fitted.posterior is not None and not isinstance(fitted.target, RegressionTarget):
            return "its scores depend on how sure the solver is of the weights"
        networks = [fitted.network]
    return next(filter(None, map(InputGradient.why_not, networks)), None)


def shares_of(encoder: Any, columns: Any) -> np.ndarray:
    """Return how much each column that a network is given belongs to each raw column.

    Cells of two columns belong to both, by half; what tells a level, to the category.

    Parameters
    ----------
    encoder : TabularEncoder
        A fitted encoder.
    columns : CellColumns or SmallInputs
        What the network takes beside the encoder's columns, or of them.
    """
    one = np.eye(encoder.n_features_in_)
    extra = [i for i in encoder._with_extra for _ in encoder._columns[i].extra]
    missing = [encoder._numbers[j] for j in encoder._with_missing]
    of_encoder = one[[*encoder._numbers, *encoder._coded, *missing, *extra]]
    if isinstance(columns, SmallInputs):
        return of_encoder[columns.sources(len(of_encoder))]
    names = list(encoder._names)
    of_cells = [one[[names.index(part.name) for part in c.parts]].mean(axis=0)
                for c in columns.cells]  # fmt: skip
    behind = columns.behind
    return np.vstack([of_encoder[:behind], *of_cells, of_encoder[behind:]])


def integrated(networks: Networks, X: Any, background: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return attributions (n, p, o) and the base values (o,).

    The mean over rows of the background of integrated gradients on the straight path, in the space
    of embedded columns, from that row to the row explained. Source: Sundararajan, Taly and Yan,
    "Axiomatic Attribution for Deep Networks", 2017; Erion et al., "Improving Performance of Deep
    Learning Models with Axiomatic Attribution Priors and Expected Gradients", 2021.

    Parameters
    ----------
    networks : Networks
        The networks.
    X, background : DataFrame or ndarray
        The rows to explain, and those that they are compared with.
    """
    # Products of this size are slower on several threads.
    with one_blas_thread():
        return _integrated(networks, X, background)


def _integrated(networks, X, background):
    ends, starts = networks.embedded(X), networks.embedded(background)
    at_end = networks.response(networks.scores(ends))
    at_start = networks.response(networks.scores(starts))
    both = np.concatenate([at_end, at_start])
    allowed = TOLERANCE * np.maximum(np.ptp(both, axis=0), np.finfo(float).tiny)
    n, n_start, p = len(at_end), len(at_start), networks.shares[0].shape[1]
    total = np.zeros((n, p, at_end.shape[1]))
    each = BLOCK // len(NODES)
    pairs = np.arange(n * n_start)
    for at in range(0, len(pairs), each):
        i, j = np.divmod(pairs[at : at + each], n_start)
        paths = [(start[j], end[i]) for start, end in zip(starts, ends, strict=True)]
        np.add.at(total, i, _on_paths(networks, paths, (at_start[j], at_end[i]), allowed))
    return total / n_start, at_start.mean(axis=0)


def _on_paths(networks, paths, responses, allowed):
    """Return the attributions (m, p, o) of paths, given the responses (m, o) at both ends of each.

    What the quadrature leaves goes to all columns, by their size.
    """
    found = _halved(networks, paths, responses, allowed, HALVINGS)
    rest = responses[1] - responses[0] - found.sum(axis=1)
    size = np.abs(found)
    whole = size.sum(axis=1, keepdims=True)
    share = np.divide(size, whole, out=np.full_like(size, 1 / size.shape[1]), where=whole > 0)
    return found + share * rest[:, None, :]


def _halved(networks, paths, responses, allowed, times):
    """Return the integrals (m, p, o) on paths; those that are not sure by their halves.

    Sure are those where both rules agree, and the sum is what the response changes by: a jump may
    lie between all points.
    """
    found, errors = _quadrature(networks, paths)
    low, high = responses
    missed = np.abs(high - low - found.sum(axis=1))
    off = np.flatnonzero((np.maximum(errors.max(axis=1), missed) > allowed).any(axis=1))
    if times and len(off):
        ends = [(start[off], (start[off] + end[off]) / 2, end[off]) for start, end in paths]
        middle = networks.response(networks.scores([mid for _, mid, _ in ends]))
        left = [(start, mid) for start, mid, _ in ends], (low[off], middle)
        right = [(mid, end) for _, mid, end in ends], (middle, high[off])
        found[off] = sum(_halved(networks, *half, allowed, times - 1) for half in (left, right))
    return found


def _quadrature(networks, paths):
    """Return the integrals (m, p, o) on paths by seven points, and how far three are off."""
    steps = [end - start for start, end in paths]
    m, n_nodes = len(steps[0]), len(NODES)
    rows = [
        (start[:, None] + NODES[:, None] * step[:, None]).reshape(m * n_nodes, -1)
        for (start, _), step in zip(paths, steps, strict=True)
    ]
    scores = [g.scores(E) for g, E in zip(networks.gradients, rows, strict=True)]
    seeds = networks.derivatives(scores)
    n_outputs = seeds[0].shape[1]
    found = np.zeros((2, m, networks.shares[0].shape[1], n_outputs))
    rules = np.stack([KRONROD, GAUSS])
    parts = zip(networks.gradients, networks.shares, rows, seeds, steps, strict=True)
    for gradient, shares, E, of_raw, step in parts:
        for o in range(n_outputs):
            slope = gradient.products(E, of_raw[:, o]).reshape(m, n_nodes, -1)
            found[..., o] += (np.einsum("rk,mke->rme", rules, slope) * step) @ shares
    return found[0], np.abs(found[0] - found[1])
