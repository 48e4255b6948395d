"""Training on a cluster: a member is a task."""

from __future__ import annotations

from typing import Any

from ..tabular._members import Member, Task
from ..tabular._trainer import Trainer
from ._needs import needs_dask, sent, submitted


class ClusterTrainer(Trainer):
    """Trains each member as a task of a Dask cluster, several at a time.

    A worker that dies costs what its members have learned: their tasks begin again elsewhere.
    """

    client: Any
    stop: str

    @classmethod
    def like(cls, trainer: Trainer, client: Any, stop: str) -> ClusterTrainer:
        """Return a trainer for the same fit.

        Parameters
        ----------
        trainer : Trainer
            What trains in this process.
        client : distributed.Client
            The cluster.
        stop : str
            The name of the event that ends members where the user does not wait for them.
        """
        ours = object.__new__(cls)
        vars(ours).update(vars(trainer))
        ours.client, ours.stop = client, stop
        return ours

    def _more(self, candidate, folds):
        """Train a member for each fold; take them in this order."""
        _, distributed = needs_dask()
        calls = [candidate.apart(fold) for fold in folds]
        shared: dict[int, Any] = {}
        workers = sorted(self.client.nthreads())  # where what is shared is, all would begin
        waiting = [
            self._submit(call, shared, workers[i % len(workers)] if workers else None)
            for i, call in enumerate(calls)
        ]
        try:
            for fold, future in zip(folds, waiting, strict=True):
                self.take(future.result())
                self._tell(candidate, fold)
                if self.heard:  # without its epochs, which were elsewhere
                    predictor = self.members[-1].predictor
                    ends = self._inside(fold, 0, lambda own=predictor: own).finish()
                    self.members[-1].last |= ends
                    if ends:
                        break
        finally:
            if not all(future.done() for future in waiting):
                distributed.Event(self.stop, client=self.client).set()
            self.client.cancel(waiting)

    def _submit(self, call, shared, worker):
        """Return the future of a member; what all have in common is sent once."""
        function, given = call
        for thing in given:
            if isinstance(thing, Task) and id(thing) not in shared:
                shared[id(thing)] = sent(self.client, thing)
        given = [shared.get(id(thing), thing) for thing in given]
        return submitted(self.client, trained, function, *given, on=worker)


def trained(function: Any, *given: Any) -> Member:
    """Return a member; its worker does other tasks meanwhile, those that read partitions."""
    _, distributed = needs_dask()
    with distributed.worker_client():
        return function(*given)
