"""What statements mean that find training rows again, and lead members."""

from dataclasses import replace
from hashlib import blake2b
from types import SimpleNamespace

import numpy as np
import pytest
from joblib import parallel_backend
from numpy.testing import assert_allclose, assert_array_equal

from skfnn._engine.following.history import History
from skfnn._engine.following.interrupts import forget
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.layers import Linear
from skfnn.losses import LogLoss, Loss
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._fitted_numbers import FittedNumbers, Scale
from skfnn.tabular._folds import Fold
from skfnn.tabular._members import Member
from skfnn.tabular._origin import Origin, _spread, out_of_fold, row_hashes
from skfnn.tabular._predictors import NetworkPredictor
from skfnn.tabular._trainer import Report, Trainer

MASK = 2**64 - 1

# ------------------------------------------------------------------ training rows found again


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_row_has_a_number_by_its_bits(dtype):
    """The number that files hold, in whole numbers of Python."""
    A = np.array([[1.5, -2.0, 0.0], [0.0, 3e5, -0.0], [1.5, -2.0, -0.0]], dtype)
    factors = np.random.default_rng(0).integers(2**63, size=3, dtype=np.uint64)
    expected = []
    for row in A + 0:
        bits = row.view(f"u{A.dtype.itemsize}")
        x = sum(int(b) * (2 * int(f) + 1) for b, f in zip(bits, factors, strict=True)) & MASK
        x ^= x >> 29
        expected.append((x * 0x9E3779B97F4A7C15 & MASK) ^ (x >> 32))
    found = row_hashes(A)
    assert found.tolist() == expected
    assert found[0] == found[2]


def test_numbers_of_many_rows_are_those_of_each():
    A = np.arange(40_000.0).reshape(20_000, 2)
    found = row_hashes(A)
    assert len(set(found)) == 20_000
    for i in (0, 16_383, 16_384, 19_999):
        assert found[i] == row_hashes(A[i : i + 1])[0]


def test_rows_that_tell_a_table_are_evenly_spread():
    assert _spread(3).tolist() == [0, 1, 2]
    assert _spread(64).tolist() == list(range(64))
    found = _spread(100)
    assert (len(found), found[0], found[-1]) == (64, 0, 99)
    assert set(np.diff(found)) == {1, 2}


def distinct(n, kinds=None):
    return (np.arange(float(n)) % (kinds or n))[:, None]


def test_what_is_known_of_a_table():
    A = distinct(5)
    found, hashes = Origin.of(A), row_hashes(A)
    assert found.n_rows == 5
    assert found.ordered == blake2b(hashes.tobytes(), digest_size=16).hexdigest()
    assert found.unordered == sum(map(int, hashes)) & MASK
    assert_array_equal(found.sample, hashes)


def test_a_table_is_the_training_table_or_another():
    A = distinct(64)
    origin = Origin.of(A)
    assert origin.is_of(A.copy())
    assert not origin.is_of(A[:63])
    with pytest.raises(ValueError, match="in another order"):
        origin.is_of(A[::-1])
    changed = A.copy()
    changed[:32] += 0.5
    with pytest.raises(ValueError, match="some rows changed"):
        origin.is_of(changed)
    changed[32] += 0.5
    assert not origin.is_of(changed)  # less than half is in its place
    for kinds, known in ((33, True), (32, False), (20, False)):
        few = distinct(64, kinds)
        one = few.copy()
        one[3] = 99.0
        if known:
            with pytest.raises(ValueError, match="some rows changed"):
                Origin.of(few).is_of(one)
        else:
            assert not Origin.of(few).is_of(one)  # so few kinds of rows tell nothing


def test_folds_are_kept_in_small_numbers():
    origin = Origin.of(distinct(200))
    folds = [Fold(0, None, np.array([3, 4])), Fold(1, None, np.array([5]))]
    found = origin.held_by(folds, [0, 1, 1])
    assert [rows.tolist() for rows in found.held] == [[3, 4], [5]]
    assert found.held[0].dtype == np.uint8
    assert found.numbers == [0, 1, 1]
    none = found.held_by([folds[0], Fold(1, None, None)], [0, 1])
    assert (none.held, none.numbers) == ([], [])


class Same:
    """A member that adds to what it is given."""

    columns = None

    def __init__(self, shift):
        self.shift = np.array(shift, float)

    def raw(self, A, dtype=None, rows=None):
        return A + self.shift

    def parts(self, n_rows):
        return [slice(0, n_rows)]


def fitted_classes(held, numbers, A):
    """Three members, of which the last two are of one fold."""
    origin = replace(Origin.of(A), held=held, numbers=numbers)
    members = [Same([0, 0, 1]), Same([2, 0, 0]), Same([0, 1, 0])]
    return FittedClasses(
        SimpleNamespace(transform=lambda X: X), ClassTarget(np.arange(3)),
        LogLoss().specialise("multiclass"), predictors=members, weights=[1.0, 1.0, 3.0],
        temperatures=[2.0, 1.0, 4.0], origin=origin,
    )  # fmt: skip


def test_rows_are_predicted_by_members_that_held_them_out():
    A = np.random.default_rng(0).normal(size=(8, 3))
    fitted = fitted_classes([np.array([1, 0, 5]), np.array([5, 7])], [0, 1, 1], A)
    rows, held = out_of_fold(fitted, A)
    assert rows.tolist() == [0, 1, 5, 7]
    assert_array_equal(held.predictors[0].fold, [0, 0, 0, 1])  # row 5 by the first of two
    p = held.mean(*held.scored(A[rows]))
    expected = [_softmax((A[i] + [0, 0, 1]) / 2) for i in (0, 1, 5)]
    two = _softmax(A[7] + [2, 0, 0]), _softmax((A[7] + [0, 1, 0]) / 4)
    expected.append((two[0] + 3 * two[1]) / 4)
    assert_allclose(p, expected)
    assert out_of_fold(fitted, A + 1) is None
    assert out_of_fold(replace(fitted, origin=None), A) is None
    with pytest.raises(ValueError, match="every member was trained on all"):
        out_of_fold(fitted_classes([], [], A), A)


def _softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


# ------------------------------------------------------------------ the trainer


def table(n_outputs=1):
    loss = Loss.resolve("squared_error", "loss").specialise("regression")
    return FittedNumbers(None, RegressionTarget(1, True), loss, scale=Scale(0.0, 1.0, -9, 9),
                         given_loss="x")  # fmt: skip


def network():
    made = Network([Linear(1)], 1, np.dtype(float), np.random.default_rng(0))
    return NetworkPredictor(made, SimpleNamespace())


def member(number, predictor=None, *, last=False, finished=True, raw=None, honest=None, n=1,
           seconds=1.25):  # fmt: skip
    history = History()
    for _ in range(n):
        history.append(seconds=seconds / n)
    return Member(number, predictor or Same([0]), history, 2, 1, raw, last, finished, 0.0, honest)


def told(capsys, one, valid=None, of=("networks", 5, 9), left=0.0, verbose=True):
    Report(table(), "r2", verbose).member(one, valid, of, left)
    return capsys.readouterr().out


def test_what_is_printed_of_a_member(capsys):
    y = np.arange(4.0)
    valid = Data(np.zeros((4, 1)), y, None, RegressionTarget(1, True), (0.0, 1.0))
    one = member(1, network(), n=7, raw=y[:, None], honest=y[:, None] + [[0.5]], seconds=1.75)
    expected = ("Member 2 of 5: r2 0.8000 on held-out rows, best epoch 2 of 7 (at most 9), 1.8 s. "
                "About 2.5 s left.\n")  # fmt: skip
    assert told(capsys, one, valid, left=2.5) == expected
    assert told(capsys, one, valid, verbose=False) == ""
    assert told(capsys, member(0), None, ("trees", 3, 0)) == "Member 1 of 3 of 'trees': 1.2 s.\n"
    assert told(capsys, member(0), valid) == "Member 1 of 5: 1.2 s.\n"
    Report(table(), "r2", False).line("nothing")
    Report(table(), "r2", True).line("something")
    assert capsys.readouterr().out == "something\n"


class Whole:
    """What callbacks are told of."""

    def __init__(self, heard=True, ends=()):
        self.heard, self.ends, self.calls = heard, ends, []

    def inside(self, name, n, rows, fitted):
        self.calls.append((name, n, rows, fitted))
        number = len(self.calls)
        return SimpleNamespace(finish=lambda: number in self.ends)


class Told:
    """A candidate that notes what it trains."""

    epochs = 9

    def __init__(self, name="networks", last=(), stops=99, raises=99, finished=True, kind=network):
        self.name, self.last, self.stops, self.raises = name, last, stops, raises
        self.finished, self.kind, self.log = finished, kind, []

    def made(self, number):
        if number == self.raises:
            raise KeyboardInterrupt
        self.log.append(number)
        return member(number, self.kind(), last=number in self.last, finished=self.finished)

    def first(self, fold, trainer):
        trainer.take(self.made(fold.number))

    def other(self, fold, trainer):
        return None if fold.number >= self.stops else lambda: self.made(fold.number)

    def apart(self, fold):
        return self.made, (fold.number,)

    def valid(self, fold):
        return None


def trainer(n=5, *, heard=False, n_jobs=None, ends=()):
    folds = [Fold(i, np.arange(i), None) for i in range(n)]
    left = []
    clock = SimpleNamespace(done=0, beside=0.0, asked=left, left=lambda n: (left.append(n), 1.0)[1])
    report = SimpleNamespace(lines=[], member=lambda *given: report.lines.append(given))
    return Trainer(folds, table(), clock=clock, whole=Whole(heard, ends), report=report,
                   n_jobs=n_jobs)  # fmt: skip


def numbers(members):
    return [one.number for one in members]


def test_a_member_is_trained_for_each_fold():
    own, candidate = trainer(), Told()
    assert numbers(own.train(candidate)) == candidate.log == [0, 1, 2, 3, 4]
    assert not own.ended
    assert own.clock.done == 5
    assert own.clock.asked == [1] * 5
    assert own.clock.beside == 0.0
    assert [line[2:] for line in own.report.lines] == [(("networks", 5, 9), 1.0)] * 5
    assert numbers(own.train(Told(), own.folds[:2])) == [0, 1]
    begun = [member(0), member(1)]
    assert own.train(Told(), members=begun)[:2] == begun
    assert numbers(own.train(candidate := Told(), members=begun)) == [0, 1, 2, 3, 4]
    assert candidate.log == [2, 3, 4]
    assert begun == begun[:2]


def test_others_take_time_beside():
    own = trainer(2)
    own.train(Told("trees"))
    assert 0 < own.clock.beside < 60
    assert own.clock.done == 0
    assert own.clock.asked == []
    assert [line[3] for line in own.report.lines] == [0.0, 0.0]


def test_what_is_not_worth_its_time_ends_with_one_member_or_three():
    for answers, expected in (([False], 1), ([True, False], 3), ([True, True], 5)):
        asked, own = [], trainer()

        def worth(members, asked=asked, answers=answers):
            asked.append(len(members))
            return answers[len(asked) - 1]

        assert len(own.train(Told(), worth=worth)) == expected
        assert asked == [1, 3][: len(answers)]
    asked = []
    own = trainer(2)
    own.train(Told(), worth=lambda members: (asked.append(len(members)), True)[1])
    assert asked == [1]
    own = trainer()
    own.train(Told(last=(0,)), worth=lambda members: 1 / 0)  # nobody asks
    assert numbers(own.members) == [0]


def test_training_ends_where_time_or_the_user_does():
    own = trainer()
    assert numbers(own.train(Told(stops=3))) == [0, 1, 2]
    assert not own.ended
    own = trainer()
    assert numbers(own.train(Told(last=(2,)))) == [0, 1, 2]
    assert own.ended
    own = trainer()
    assert numbers(own.train(Told(last=(0,)))) == [0]
    assert own.ended


def test_an_interrupt_keeps_what_there_is():
    forget()
    own = trainer()
    with pytest.warns(UserWarning, match="interrupted by user"):
        kept = own.train(Told("trees", raises=3))
    assert [(one.number, one.last) for one in kept] == [(0, False), (1, False), (2, True)]
    assert own.ended
    assert own.clock.beside > 0
    forget()
    own = trainer()
    with pytest.raises(KeyboardInterrupt):
        own.train(Told(raises=0))
    assert own.ended
    forget()
    own = trainer()
    cut = Told(last=(1,))
    cut.made = lambda number: member(number, network(), last=number == 1, finished=number == 0,
                                     n=1 - number)  # fmt: skip
    kept = own.train(cut)  # the second one learned nothing
    assert numbers(kept) == [0]
    assert kept[0].last
    assert own.ended


def test_callbacks_are_told_of_members_without_epochs():
    own = trainer(4, heard=True, ends=(2,))
    kept = own.train(Told("trees", kind=lambda: Same([0])))
    assert numbers(kept) == [0, 1]  # a callback ends it
    assert own.ended
    assert [call[:2] for call in own.whole.calls] == [("epoch", 0)] * 2
    assert own.whole.calls[1][2].tolist() == [0]
    fitted = own.whole.calls[1][3]()["_fitted"]
    assert fitted.predictors == [kept[0].predictor, kept[1].predictor]
    heard = trainer(2, heard=True)
    heard.train(Told())  # networks tell of their epochs themselves
    assert heard.whole.calls == []
    deaf = trainer(2)
    deaf.train(Told("trees", kind=lambda: Same([0])))
    assert deaf.whole.calls == []


def test_callbacks_are_told_of_epochs():
    own = trainer(3, heard=True)
    own.train(Told())
    tasks = own.epochs(own.folds[1], 7, SimpleNamespace(columns="columns"))(network().network)
    assert tasks.finish() is False
    name, n, rows, fitted = own.whole.calls[0]
    assert (name, n, rows.tolist()) == ("epoch", 7, [0])
    found = fitted()["_fitted"].predictors
    assert found[0] is own.members[0].predictor
    assert (len(found), found[1].columns) == (2, "columns")


def test_members_are_trained_side_by_side():
    for heard, name in ((True, "networks"), (False, "networks"), (True, "trees")):
        own, candidate = trainer(4, heard=heard, n_jobs=2), Told(name)
        with parallel_backend("threading"):
            kept = own.train(candidate)
        assert numbers(kept) == [0, 1, 2, 3]
        assert len(own.whole.calls) == (3 if heard else 0)
        if name == "networks":
            assert own.clock.asked == [2] * 4
        for i, call in enumerate(own.whole.calls, 1):
            found = call[3]()["_fitted"].predictors
            assert (call[1], found[-1]) == (0, kept[i].predictor)
