"""The clock of a table's fit: epochs that fit into a limit, and how long the rest will take."""

import numpy as np

from skfnn._engine.following.history import History
from skfnn.tabular import _cycles
from skfnn.tabular._clock import Clock
from skfnn.tabular._members import Member


def test_a_time_limit_shortens_training(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_cycles.time, "perf_counter", lambda: now[0])
    clock = Clock(20.0, 4)

    def work(epochs):
        now[0] += 2.0 + epochs * 0.25  # two seconds before the first epoch ends, beside its own
        history = History()
        for i in range(epochs):
            history.append(seconds=0.25 + (i == 0))
        return Member(0, None, history, epochs, epochs, None, False, True, np.nan)

    clock.timed(lambda: work(2))
    planned = []
    for done in range(4):
        epochs = clock.plan(64, done)
        planned.append(len(clock.timed(lambda: work(epochs)).history))  # noqa: B023  (called at once)
    assert planned == [9, 9, 10, 10]
    assert 19.5 < now[0] <= 20
    assert (clock.plan(64, 3), clock.plan(64, 0)) == (0, 1)  # the first has one epoch at least
    clock.limit += 2.0 + 3 * 0.25  # for one member more, of the fewest epochs
    assert [clock.plan(64, done) for done in (0, 2)] == [3, 3]
    assert clock.plan(2, 0) == 2
    assert clock.plan(64, 0, share=0.5) == 6  # if training ends half-way
    assert Clock(None, 4).plan(64, 0) == 64


def test_a_clock_tells_what_is_left(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(_cycles.time, "perf_counter", lambda: now[0])
    free, limited = Clock(None, 4), Clock(20.0, 4)
    now[0] = 110.0
    for clock, done, n_jobs, left in (
        (free, 1, 1, 30), (free, 1, 3, 10), (free, 2, 1, 10), (free, 2, 3, 10), (free, 4, 1, 0),
        (limited, 1, 1, 10), (limited, 1, 6, 5), (limited, 4, 1, 0),
    ):  # fmt: skip
        clock.done = done
        assert clock.left(n_jobs) == left
    free.done, free.beside = 1, 8.0  # of the ten seconds, on what is not counted
    assert free.left() == 6
    assert free.has(1e9)
    assert limited.has(9.5)
    assert not limited.has(10)
    now[0] = 125.0
    limited.done = 3
    assert limited.left() == 0


def test_epochs_are_planned_by_their_mean(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(_cycles.time, "perf_counter", lambda: now[0])
    clock = Clock(12.0, 1)

    def work():
        now[0] += 3.25
        history = History()
        for seconds in (1.0, 0.5, 1.5):  # the first is slower: it counts as the mean of the others
            history.append(seconds=seconds)
        return Member(0, None, history, 3, 3, None, False, True, np.nan)

    assert clock.plan(64, 0) == 64  # nothing is known yet
    clock.timed(work)
    assert clock.setup == 3.25 - 2 - 1
    assert clock.plan(64, 0) == int(12 - 3.25 - 0.25)
