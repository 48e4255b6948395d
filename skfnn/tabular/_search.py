"""What a time limit's seconds beyond the ensemble are spent on: other configurations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from scipy.stats import loguniform

from ._members import Member
from ._preparation import Prepared

# Greedy steps: the finest weight is 1 / STEPS.
STEPS = 20
# What is tried before anything is drawn: each is what helps most beside the estimator's own and
# those before it, in the mean over development tables (first members, added greedily).
PORTFOLIO: dict[str, list[dict[str, Any]]] = {
    "classification": [
        {"numeric_embedding": None, "label_smoothing": 0.0},
        {"label_smoothing": 0.0, "dropout": 0.1},
        {"hidden_layer_sizes": (256, 256), "dropout": 0.1, "numeric_embedding": None},
        {"hidden_layer_sizes": (192,) * 4, "learning_rate_init": 0.02,
         "numeric_embedding": "pbld"},
    ],
    "regression": [
        {"numeric_embedding": "pbld"},
        {"numeric_embedding": "both", "dropout": 0.1, "weight_decay": 0.1},
        {"dropout": 0.1},
        {"numeric_embedding": "both"},
        {"hidden_layer_sizes": (192,) * 4, "learning_rate_init": 0.06},
    ],
}  # fmt: skip
# The same of trees, beside networks and the trees that there are, and what further ones are drawn
# from; None is as it is. With more than MOST_TREES these fit the rows that weigh them: nothing was
# gained by 15.
TREES: dict[str, list[dict[str, Any]]] = {
    "classification": [
        {"max_leaf_nodes": 4, "max_features": 0.5},
        {"learning_rate": 0.05, "max_leaf_nodes": 63, "min_samples_leaf": 3, "max_features": 0.2,
         "l2_regularization": 3.0},
    ],
    "regression": [
        {"min_samples_leaf": 5},
        {"max_leaf_nodes": 4, "max_features": 0.5},
        {"l2_regularization": 10.0},
    ],
}  # fmt: skip
TREE_SPACE: dict[str, Any] = {
    "learning_rate": [0.05, None, 0.2],
    "max_leaf_nodes": [4, 8, 15, None, 63],
    "min_samples_leaf": [3, 5, 10, None, 40],
    "max_features": [0.2, 0.3, 0.5, None],
    "l2_regularization": [None, 3.0, 10.0],
}
MOST_TREES = 8
# Trees may take so many times as long as those that there are.
SLOWER = 5.0


def space(task: str, max_units: int) -> dict[str, Any]:
    """Return what configurations are drawn from, around the defaults of the recipe "ensemble"."""
    sizes = [(128,) * 3, (256,) * 2, (256,) * 3, (192,) * 4, (64,) * 3, (384,)]
    regression = task == "regression"
    distributions = {
        "hidden_layer_sizes": [tuple(min(u, max_units) for u in shape) for shape in sizes],
        "numeric_embedding": ["recipe", "both", "pbld", "plr", "piecewise_linear", None],
        "learning_rate_init": loguniform(0.03, 0.3) if regression else loguniform(0.012, 0.12),
        "dropout": [0.0, 0.0, 0.1, 0.2],
        "weight_decay": loguniform(0.005, 0.2),
    }
    if not regression:
        distributions["label_smoothing"] = [0.0, 0.05, 0.1]
    return distributions


@dataclass
class Configuration:
    """One configuration that was trained.

    Attributes
    ----------
    params : dict
        What differs from the estimator's own parameters.
    members : list of Member
        A member for each fold; fewer, if it was given up.
    weight : float
        How much each of its members counts in the ensemble.
    candidate : Candidate
        What its members are trained by.
    temperature : float
        How much less sure they are than they say, as held-out rows tell.
    """

    params: dict[str, Any]
    members: list[Member] = field(default_factory=list)
    weight: float = 0.0
    candidate: Any = None
    temperature: float = 1.0


# A configuration without members, and what trains one: it is given the number of the fold and the
# epoch after which training ends, or None, and returns None where there is no time for it.
Draw = tuple[Configuration, Callable[[int, int | None], Member | None]]


def draws(
    prepared: Prepared, deadline: float, own: Configuration, trees: Configuration | None
) -> Iterator[Draw]:
    """Yield configurations and what trains a member of them; parameters the user gave stay.

    The portfolio comes first, then draws: of trees and of networks by turns, where there are trees;
    of trees alone, where the time does not suffice for networks on all folds.

    Parameters
    ----------
    prepared : Prepared
        The table and its folds.
    deadline : float
        When to end, on the clock of ``time.perf_counter``.
    own, trees : Configuration, Configuration or None
        The networks and the trees that there are.
    """
    networks = _networks(prepared, deadline, own)
    if trees is None:
        yield from networks
        return
    whole = sum(member.seconds for member in own.members)
    for draw in _trees(prepared, deadline, trees):
        yield draw
        if time.perf_counter() + whole <= deadline:
            yield from islice(networks, 1)
    yield from networks


def _networks(prepared, deadline, own):
    """Yield configurations of networks."""
    task, folds, source = prepared.networks.task, prepared.folds, prepared.seeds.source
    kind = "regression" if task.regression else "classification"
    free = {name: values for name, values in space(kind, 10**9).items() if name in task.free}
    rng = np.random.RandomState(source.spawn(1)[0].generate_state(4))
    for params in _each(PORTFOLIO[kind], free, rng):
        networks = prepared.drawn(params, source.spawn(len(folds)), deadline)

        def trained(number, until, networks=networks):
            return networks.alone(folds[number], until)

        yield Configuration(params, candidate=own.candidate), trained


def _trees(prepared, deadline, trees):
    """Yield configurations of trees, which cannot be ended early."""
    kind = "regression" if prepared.networks.task.regression else "classification"
    source = np.random.SeedSequence(prepared.seeds.source.entropy, spawn_key=(2**22,))
    rng = np.random.RandomState(source.generate_state(4))
    longest = SLOWER * max(member.seconds for member in trees.members)
    drawn = islice(_each(TREES[kind], TREE_SPACE, rng), MOST_TREES)
    for number, found in enumerate(drawn, len(prepared.others)):
        params = {name: value for name, value in found.items() if value is not None}
        candidate, seconds = trees.candidate.varied(params, number), [longest]

        def trained(number, until, candidate=candidate, seconds=seconds):
            if time.perf_counter() + seconds[-1] > deadline:
                return None
            member = candidate.member(prepared.folds[number])
            seconds.append(member.seconds)
            return member

        yield Configuration(params, candidate=candidate), trained


def _each(portfolio, free, rng):
    """Yield what differs from the estimator's own parameters."""
    known: list[dict[str, Any]] = []
    for given in portfolio:
        params = {name: value for name, value in given.items() if name in free}
        if params and params not in known:
            known.append(params)
            yield params
    while free:
        yield {name: _drawn(values, rng) for name, values in free.items()}


def _drawn(values, rng):
    """Return one of some values, or a draw from a distribution."""
    if hasattr(values, "rvs"):
        return values.rvs(random_state=rng)
    return values[rng.randint(len(values))]


def explore(
    tried: list[Configuration],
    draws: Iterator[Draw],
    deadline: float,
    hopeless: Callable[[Configuration, Member], bool],
) -> None:
    """Train configurations on the same folds until the time is over, by successive halving.

    Parameters
    ----------
    tried : list of Configuration
        The estimator's own, trained on all folds. Others are appended: those with a member for each
        fold, and those that were given up.
    draws : iterator of (Configuration, callable)
        Configurations without members, and what trains one.
    deadline : float
        When to end, on the clock of ``time.perf_counter``.
    hopeless : callable
        Says whether to give a configuration up: it is given it with its first member, and the best
        first member of networks.
    """
    (own,) = tried
    best = own.members[0]
    longest = max(member.seconds for member in own.members)
    for configuration, train in draws:
        network = configuration.candidate is own.candidate
        if network and time.perf_counter() + longest > deadline:
            break
        until = None
        for number in range(len(own.members)):
            member = train(number, until)
            if member is None or not member.finished:  # the time is over, or the user wants to end
                return
            configuration.members.append(member)
            if number == 0:
                until = member.enough
                if hopeless(configuration, best):
                    break
                if network:
                    best = max(best, member, key=lambda one: one.score)
        tried.append(configuration)


def greedy_counts(n: int, loss: Callable[[list[int]], float]) -> list[int]:
    """Return how often each of ``n`` candidates is taken into an ensemble that is built greedily.

    It begins with the first; then the one with which the loss of their mean is lowest is added,
    also again; the best stage is kept. Source: Caruana et al., "Ensemble Selection from Libraries
    of Models", 2004.

    Parameters
    ----------
    n : int
        Candidates.
    loss : callable
        The loss of the mean of some, given by their positions.
    """
    taken = [0]
    lowest = loss(taken)
    best, counts = lowest, np.bincount(taken, minlength=n)
    for _ in range(STEPS - 1):
        losses = [loss([*taken, i]) for i in range(n)]
        taken.append(int(np.argmin(losses)))
        lowest = min(losses)
        if lowest < best:
            best, counts = lowest, np.bincount(taken, minlength=n)
    return counts.tolist()
