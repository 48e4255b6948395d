"""Training candidates on the folds: one member after the other, as long as time and user allow."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from joblib import Parallel, delayed, effective_n_jobs

from .._engine.following.callback_tasks import CallbackTasks
from .._engine.following.interrupts import heed
from .._engine.objective.data import Data
from .._engine.support.warn import warn
from ._candidates import Candidate, Networks
from ._clock import Clock
from ._fitted import FittedTable
from ._folds import ENOUGH, Fold
from ._members import Member, Task, helpful
from ._predictors import NetworkPredictor

# The recipe's networks. Only of these it is told how long they will take: whether others are
# trained on all folds is not known before.
OWN = Networks.name


class Report:
    """What ``verbose`` prints of members.

    Parameters
    ----------
    table : FittedTable
        Encoder, target and loss.
    score : str
        The score that is printed, by its name in ``evaluation``.
    verbose : bool
        Whether to print.
    """

    def __init__(self, table: FittedTable, score: str, verbose: bool) -> None:
        self.table, self.score, self.verbose = table, score, verbose

    def member(
        self, member: Member, valid: Data | None, of: tuple[str, int, int], left: float
    ) -> None:
        """Print what came out of a member, and about how long the others will take.

        Parameters
        ----------
        member : Member
            The member.
        valid : Data or None
            What it was judged by.
        of : tuple of (str, int, int)
            The candidate's name, and how many members and epochs of each there are at most.
        left : float
            Seconds.
        """
        if not self.verbose:
            return
        score = ""
        if valid is not None and member.raw is not None:
            scored = [member.out_of_fold], [1.0]
            found = self.table.plain().evaluation(scored, *valid.labels())
            score = f" {self.score} {found[self.score]:.4f} on held-out rows,"
        name, n_members, epochs = of
        who, took = f"Member {member.number + 1} of {n_members}", ""
        if isinstance(member.predictor, NetworkPredictor):
            n_epochs = len(member.history)
            took = f" best epoch {member.best_epoch} of {n_epochs} (at most {epochs}),"
        if name != OWN:
            who = f"{who} of {name!r}"
        about = f". About {left:.1f} s left." if left else "."
        print(f"{who}:{score}{took} {member.seconds:.1f} s{about}")

    def line(self, text: str) -> None:
        """Print a line."""
        if self.verbose:
            print(text)


class Trainer:
    """Trains the members of candidates.

    Parameters
    ----------
    folds : list of Fold
        What members train on.
    table : FittedTable
        Encoder, target and loss, by which callbacks see what has been trained.
    clock : Clock
        The time of the fit.
    whole : CallbackTasks
        What callbacks are told of the fit.
    report : Report
        What is printed.
    n_jobs : int or None
        Members that are trained at the same time.

    Attributes
    ----------
    members : list of Member
        Those of the candidate that is being trained.
    ended : bool
        Whether the user wants no further member, by an interrupt or a callback.
    """

    def __init__(self, folds: list[Fold], table: FittedTable, *, clock: Clock, whole: CallbackTasks,
                 report: Report, n_jobs: int | None) -> None:  # fmt: skip
        self.folds, self.table, self.clock, self.whole = folds, table, clock, whole
        self.report, self.n_jobs = report, n_jobs
        self.members: list[Member] = []
        self.ended = False

    @property
    def heard(self) -> bool:
        """Whether callbacks are told."""
        return self.whole.heard

    def take(self, member: Member) -> None:
        """Add a trained member."""
        self.members.append(member)

    def train(
        self, candidate: Candidate, folds: list[Fold] | None = None,
        worth: Callable[[list[Member]], bool] | None = None, members: Sequence[Member] = (),
    ) -> list[Member]:  # fmt: skip
        """Return trained members, after an interrupt those that help and maybe none.

        Parameters
        ----------
        candidate : Candidate
            What to train.
        folds : list of Fold, optional
            Other folds than those of the trainer.
        worth : callable, optional
            Says of the first member, and of the first ENOUGH, whether others are worth their time.
        members : sequence of Member
            Those of the first folds that there are.
        """
        self.members, begun = list(members), time.perf_counter()
        try:
            self._each(candidate, self.folds if folds is None else folds, worth)
        except KeyboardInterrupt as interrupt:  # outside of the epochs
            self.ended = True
            if not self.members:
                raise
            heed(interrupt)
            self.members[-1].last = True
            warn("Training interrupted by user.")
        finally:
            if candidate.name != OWN:
                self.clock.beside += time.perf_counter() - begun
        kept = helpful(self.members)
        if kept:
            kept[-1].last = self.members[-1].last
        self.ended |= bool(self.members) and self.members[-1].last
        return kept

    def _each(self, candidate, folds, worth):
        """Train a member for each fold that has none."""
        for stop in [len(folds)] if worth is None else [1, ENOUGH, len(folds)]:
            left = folds[len(self.members) : stop]
            if self.members and (self.members[-1].last or not left):
                continue
            if self.members and worth is not None and not worth(self.members):
                return
            self._more(candidate, left)

    def _more(self, candidate, folds):
        """Train members for some folds; the first of all may decide for the others."""
        if not self.members:
            candidate.first(folds[0], self)
            self._announce(folds[0])
            self._tell(candidate, folds[0])
            folds = folds[1:]
        if self.members[-1].last or not folds:
            return
        if self.n_jobs in (None, 1):
            self._one_by_one(candidate, folds)
        else:
            self._side_by_side(candidate, folds)

    def _one_by_one(self, candidate, folds):
        """Train members one after the other."""
        for fold in folds:
            work = candidate.other(fold, self)
            if work is None or self.members[-1].last:
                break
            self.take(work())
            self._announce(fold)
            self._tell(candidate, fold)

    def _announce(self, fold):
        """Tell callbacks of a member that has no epochs, of which they have not been told."""
        member = self.members[-1]
        if self.heard and not isinstance(member.predictor, NetworkPredictor):
            member.last |= self._inside(fold, 0, lambda: member.predictor).finish()

    def _side_by_side(self, candidate, folds):
        """Train members several at a time, in other processes."""
        calls = [candidate.apart(fold) for fold in folds]
        trained = Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(function)(*given) for function, given in calls
        )
        for fold, member in zip(folds, trained, strict=False):
            self.take(member)  # as they come: an interrupt leaves those that are finished
            self._tell(candidate, fold)
            if self.heard:  # without its epochs, which were in another process
                self._inside(fold, 0, lambda own=member.predictor: own).finish()

    def epochs(self, fold: Fold, epochs: int, task: Task) -> Callable:
        """Return what tells callbacks of the epochs of a network that is being trained."""

        def tasks(network):
            predictor = NetworkPredictor(network, task.columns)
            return self._inside(fold, epochs, predictor.copied)

        return tasks

    def _inside(self, fold, epochs, own):
        """Return what callbacks are told of one member, given what returns its predictor."""
        done = [member.predictor for member in self.members[: fold.number]]
        return self.whole.inside(
            "epoch", epochs, fold.rows, lambda: {"_fitted": self.table.of([*done, own()])}
        )

    def _tell(self, candidate, fold):
        own, left = candidate.name == OWN, 0.0
        if own:
            self.clock.done += 1
            left = self.clock.left(1 if self.n_jobs in (None, 1) else effective_n_jobs(self.n_jobs))
        valid = candidate.valid(fold)
        of = candidate.name, len(self.folds), candidate.epochs
        self.report.member(self.members[-1], valid, of, left)
