"""Training the members of an ensemble for tables, and what a time limit leaves time for."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial
from math import ceil
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from .._engine.interrupts import heed
from .._engine.targets import smoothed
from .._engine.warn import warn
from ._members import LITTLE_NOISE, Member, Task, helpful, train, unexplained
from ._search import Configuration, explore, greedy_counts, space

# A member that explains all but so much of the variance of held-out rows, and was best in the last
# half, shows that the target has hardly any noise: so many times the epochs gain more than they
# cost, or half as many where the last cycle, which is half of the epochs, did not halve the loss.
NEARLY_NOISE_FREE = 0.01
LONGER = 5
# Another weight decay is taken if held-out rows are predicted better by this share of the score.
CLEARLY = 0.1


class Training:
    """The part of the estimators for tables that trains members."""

    _for_held_out: Any
    recipe: Any
    max_iter: Any
    weight_decay: Any
    time_limit: Any
    n_jobs: Any
    refit: Any
    verbose: Any
    _task: str
    _loss: Any
    _target: Any
    _default_metric: str

    def _train(self, task, held_out, seeds, clock, whole) -> tuple[list[Member], Task]:
        """Return trained members, after an interrupt those that help and maybe none; their task."""
        members: list[Member] = []
        try:
            task = self._train_each(members, task, held_out, seeds, clock, whole)
        except KeyboardInterrupt as interrupt:  # outside of the epochs
            if not members:
                raise
            heed(interrupt)
            members[-1].last = True
            warn("Training interrupted by user.")
        kept = helpful(members)
        if kept:
            kept[-1].last = members[-1].last
        return kept, task

    def _train_each(self, members, task, held_out, seeds, clock, whole):
        """Append members, one after the other or, after the first, ``n_jobs`` at a time.

        Return the task of all of them, which the first one may have found a better recipe for.
        """

        def arguments(number, epochs):
            rows, valid = held_out[number]
            return task, number, rows, valid, seeds[number], epochs

        def followed(number, epochs, network):
            def so_far():
                own = network.continued(network.layers, network.dtype)
                done = [member.network for member in members[:number]]
                return self._so_far(task.data.target.n_outputs, [*done, own])

            return whole.inside("epoch", epochs, held_out[number][0], so_far)

        def timed(number, epochs, until=None):
            tasks = partial(followed, number, epochs) if whole.followed else None
            return clock.timed(partial(train, *arguments(number, epochs), tasks, until))

        def better(changed, epochs, by=0.0):
            """Return whether the first member is better by a share, and then takes its place."""
            nonlocal task
            before, task = task, changed
            again = timed(0, epochs)
            members[0].last = again.last
            if again.score > members[0].score + by * abs(members[0].score):
                members[0] = again
                return True
            task = before
            return False

        if self.time_limit is not None and not clock.n_trained:  # two epochs to learn their time by
            clock.timed(partial(train, *arguments(0, 2)))
        epochs = clock.plan(task.max_iter, 0)
        members.append(timed(0, epochs))
        firmer = task.recipe.firmer_decay
        if (
            firmer is not None
            and self.weight_decay is None
            and self._unexplained(members[0], held_out[0][1]) < LITTLE_NOISE
            and clock.plan(epochs, 0) == epochs
        ):
            recipe = replace(task.recipe, weight_decay=firmer)
            better(replace(task, recipe=recipe), epochs, CLEARLY)
        if self.max_iter is None and self._gains_from_more(members[0], held_out[0][1]):
            longer = clock.plan(round(_longer(members[0]) * task.max_iter), 0)
            if longer > epochs and better(task, longer):
                epochs = longer
        first = members[0]
        self._tell(first, epochs, held_out, clock)
        others = range(1, len(held_out))
        enough = first.enough  # for the others, too
        if self.n_jobs not in (None, 1) and not first.last:
            trained = Parallel(n_jobs=self.n_jobs, return_as="generator")(
                delayed(train)(*arguments(number, epochs), until=enough) for number in others
            )
            for number, member in zip(others, trained, strict=False):
                members.append(member)  # as they come: an interrupt leaves those that are finished
                self._tell(member, epochs, held_out, clock)
                if whole.followed:  # without its epochs, which were in another process
                    followed(number, 0, member.network).finish()
            return replace(task, max_iter=epochs)
        for number in others:
            fitting = clock.plan(epochs, number, enough / epochs)
            if fitting == 0 or members[-1].last:
                break
            members.append(timed(number, fitting, ceil(enough * fitting / epochs)))
            self._tell(members[-1], fitting, held_out, clock)
        return replace(task, max_iter=epochs)

    def _unexplained(self, member, valid) -> float:
        """Return the share of the variance of numbers that a member does not explain, at most 1."""
        if valid is None or self._task != "regression" or member.last:
            return 1.0
        return float(unexplained(self._loss, valid, member.raw).max())

    def _gains_from_more(self, member, valid) -> bool:
        """Return whether a member still learned a nearly noise-free target in its last half."""
        late = member.best_epoch >= 0.5 * len(member.history)
        return late and self._unexplained(member, valid) < NEARLY_NOISE_FREE

    def _tell(self, member, epochs, held_out, clock):
        """Print what came out of a member, and about how long the others will take."""
        clock.done += 1
        if not self.verbose:
            return
        score, valid = "", held_out[member.number][1]
        if valid is not None:
            found = self._alone(member.network)._evaluation([member.raw], *valid.labels())
            score = f" {self._default_metric} {found[self._default_metric]:.4f} on held-out rows,"
        seconds = sum(member.history.columns["seconds"])
        n_jobs = 1 if self.n_jobs in (None, 1) else effective_n_jobs(self.n_jobs)
        left = clock.left(n_jobs)
        print(
            f"Member {member.number + 1} of {len(held_out)}:{score} best epoch {member.best_epoch} "
            f"of {len(member.history)} (at most {epochs}), {seconds:.1f} s"
            + (f". About {left:.1f} s left." if left else ".")
        )

    def _can_explore(self, members, held_out) -> bool:
        """Return whether other configurations may follow: the own one is trained on all folds."""
        complete = len(members) == len(held_out) and not members[-1].last
        return (
            complete and self.recipe == "ensemble" and not self.refit and held_out[0][1] is not None
        )

    def _explore(self, task, members, held_out, source, clock):
        """Train other configurations until the time is over; take those in that help."""
        deadline = clock.started + self.time_limit
        tried = [Configuration({}, members, 1)]
        try:
            explore(tried, self._draws(task, held_out, source, deadline), deadline)
        except KeyboardInterrupt as interrupt:  # outside of the epochs
            heed(interrupt)
            warn("Training interrupted by user.")
        complete = [c for c in tried if len(c.members) == len(members)]
        ys, weights = zip(*(valid.labels() for _, valid in held_out), strict=True)
        y, weight = np.concatenate(ys), None if weights[0] is None else np.concatenate(weights)
        raws = [np.concatenate([member.raw for member in c.members]) for c in complete]

        model = self._for_held_out()

        def loss(taken):
            return model._evaluation([raws[i] for i in taken], y, weight)["loss"]

        if len(complete) > 1:
            for c, count in zip(complete, greedy_counts(len(complete), loss), strict=True):
                c.count = count
        if self.verbose:
            taken = sum(c.count > 0 for c in complete)
            print(f"{len(tried)} configurations tried, {taken} taken.")
        self._publish(task, tried, held_out)

    def _draws(self, task, held_out, source, deadline):
        """Yield drawn parameters and what trains a member with them."""
        free = {
            name: values
            for name, values in space(self._task, 10**9).items()
            if getattr(self, name) in (None, "recipe")
        }
        rng = np.random.RandomState(source.spawn(1)[0].generate_state(4))
        while free:
            params = {
                name: values.rvs(random_state=rng)
                if hasattr(values, "rvs")
                else values[rng.randint(len(values))]
                for name, values in free.items()
            }
            model = copy.copy(self)
            vars(model).update(params)
            recipe = replace(model._recipe(), n_members=task.recipe.n_members)
            smoothing = self._loss.levels, model._smoothing(recipe, self._loss), self._target
            changed = replace(
                task, recipe=recipe, learning_rate=recipe.learning_rate(task.loss), followed=None,
                data=replace(task.data, levels=smoothed(*smoothing)),
            )  # fmt: skip
            seeds = source.spawn(len(held_out))

            def trained(number, until, task=changed, seeds=seeds):
                rows, valid = held_out[number]
                return train(
                    task, number, rows, valid, seeds[number], task.max_iter, None, until, deadline
                )

            yield params, trained


def _longer(member) -> float:
    """Return how many times the epochs a member gains from that learned a noise-free target."""
    losses = member.history.columns["val_loss"]
    before, now = min(losses[: len(losses) // 2]), min(losses)
    return LONGER if now < before / 2 else LONGER / 2
