"""What each statement of the check of custom parts means."""

import numpy as np
import pytest
from helpers import difference

from skfnn.layers import L1Sparsity, Layer, Scale, Select
from skfnn.losses import BinaryCrossEntropy, SquaredError
from skfnn.optimizers import SGD
from skfnn.parts import Call, Param, Reads, check_part
from skfnn.parts._check import _bytes, _root, _same_bytes, _Trial


def count(X, out, seen):
    """Copies ``X``, and appends it to what has been seen."""
    seen.append(X.copy())
    np.copyto(out, X)


class Probe(Layer, registered=False):
    """Y = s X, which notes what it is called for and makes mistakes as it is told."""

    reads = Reads.INPUT

    def __init__(self, factor_s=1.0, factor_X=1.0, bend=None, parameter="s", at_prediction=()):
        self.factor_s, self.factor_X, self.bend = factor_s, factor_X, bend
        self.parameter, self.at_prediction = parameter, at_prediction
        self.seen, self.training = [], []

    def params(self, n_in):
        return {self.parameter: Param((n_in,), lambda rng: np.ones(n_in))}

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        self.training.append(training)
        for name in self.at_prediction if not training else ():
            getattr(cell, name)
        yield Call(lambda X, out: count(X, out, self.seen), X, out=Y)
        yield Call(np.multiply, Y, getattr(cell, self.parameter), out=Y)
        if self.bend is not None:
            yield Call(self.bend, Y, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        (work,) = cell.scratch
        yield Call(np.multiply, dY, X, out=work)
        gradient = getattr(cell, "d" + self.parameter)
        yield Call(np.dot, cell.ones, work, out=gradient)
        yield Call(np.multiply, gradient, float(self.factor_s), out=gradient)
        if dX is not None:
            yield Call(np.multiply, dY, getattr(cell, self.parameter), out=dX)
            yield Call(np.multiply, dX, float(self.factor_X), out=dX)


def test_a_part_is_tried_on_four_columns_unless_told():
    with pytest.raises(ValueError, match="from 0 to 3"):
        check_part(Select([4]))
    check_part(Select([3]))
    check_part(Select([4]), n_inputs=5)


def test_the_same_data_is_drawn_each_time():
    seen = []
    for settings in ({}, {"random_state": 0}, {"random_state": 1}):
        probe = Probe()
        check_part(probe, **settings)
        seen.append(probe.seen[0])
    np.testing.assert_array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])
    assert seen[0].shape == (7, 4)


def test_a_part_is_tried_at_prediction_and_in_training():
    probe = Probe()
    check_part(probe)
    assert set(probe.training) == {True, False}
    with pytest.raises(AttributeError, match="no array 'ds'"):
        check_part(Probe(at_prediction=["ds"]))
    check_part(Probe(at_prediction=["s"]))


class OfTwo(SquaredError, registered=False):
    """For two classes alone."""

    kinds = frozenset({"binary"})


@pytest.mark.parametrize(("loss", "columns"), [
    (SquaredError(), 3), (BinaryCrossEntropy(), 3), (OfTwo(), 2)
])  # fmt: skip
def test_a_loss_is_tried_on_three_outputs_or_on_two_classes(loss, columns):
    trial = _Trial([], loss, 5, np.random.default_rng(0))
    assert trial.batch.X.shape == (7, 5)
    assert trial.batch.y.shape == trial.batch.raw.shape == (7, columns)
    assert trial.batch.y.flags.f_contiguous


def test_parameters_that_start_at_1_are_moved_by_about_a_tenth():
    trial = _Trial([Scale()], SquaredError(), 500, np.random.default_rng(0))
    (s,) = trial.network.weights("s")
    assert abs(s.mean() - 1) < 0.02
    assert s.std() == pytest.approx(0.1, rel=0.1)


def test_the_value_is_that_of_a_row_with_its_penalty_and_the_same_each_time():
    rng = np.random.default_rng(0)
    layers = [L1Sparsity(0.5)]
    trial = _Trial(layers, SquaredError(), 4, rng)
    first = trial.value()
    assert trial.value() == first
    batch = trial.batch
    expected = 0.5 * ((batch.raw - batch.y) ** 2).sum() / 7 + 0.5 * np.abs(batch.X).sum() / 7
    assert first == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("factor", "right"), [(1 + 0.6e-5, True), (1 + 1.7e-5, False)])
@pytest.mark.parametrize("which", ["factor_s", "factor_X"])
def test_a_gradient_may_be_wrong_by_a_hundred_thousandth(which, factor, right):
    probe = Probe(**{which: factor})
    if right:
        check_part(probe)
    else:
        what = {"factor_s": "parameter 's'", "factor_X": "dX of its input"}[which]
        with pytest.raises(AssertionError, match=f"The gradient (of )?{what}.* is wrong"):
            check_part(probe)


def test_mistakes_are_told_in_the_order_of_the_layers():
    with pytest.raises(AssertionError, match="The gradient dX of its input of"):
        check_part(Probe(2.0, 2.0, parameter="A"))


def rough(Y, out):
    """Y with waves that no difference can follow."""
    np.add(Y, 0.01 * np.sin(1e12 * Y), out=out)


def test_what_has_no_derivative_is_tried_along_twelve_directions():
    trials = [_Trial([Probe(bend=bend)], SquaredError(), 4, np.random.default_rng(0))
              for bend in (None, rough)]  # fmt: skip
    slice_of_s = slice(12, 16)  # behind the weights of the last layer
    runs = []
    for trial in trials:
        (probe, *_), gradient = trial.network.layers, trial.workspace.grad.copy()
        probe.seen.clear()
        found = trial._slopes(gradient, slice_of_s, np.random.default_rng(1))
        assert (found is None) == (trial is trials[1])
        runs.append(len(probe.seen))
    assert runs == [8, 96]  # two differences of four values each
    with pytest.raises(AssertionError, match="has no derivative that differences can find: the"):
        check_part(Probe(bend=rough))


def test_a_slope_is_that_along_a_direction_of_the_part_alone():
    trial = _Trial([Scale()], SquaredError(), 4, np.random.default_rng(0))
    trial.value()
    theta, gradient = trial.network.values.copy(), trial.workspace.grad.copy()
    given, numeric = trial._slopes(gradient, slice(3, 6), np.random.default_rng(1))
    direction = np.zeros(theta.size)
    direction[3:6] = np.random.default_rng(1).normal(size=3)

    def value(step):
        trial.network.values[...] = theta + step * direction
        return trial.value()

    assert given == direction @ gradient
    assert numeric == pytest.approx(difference(value, 0.0, 1e-3), rel=1e-8)
    trial.network.values[...] = theta
    np.testing.assert_array_equal(trial.network.values, theta)


def test_a_derivative_of_zero_is_one():
    class Constant(Probe, registered=False):
        def forward(self, X, Y, cell, training):
            yield Call(np.copyto, 1.0, out=Y)

        def backward(self, dY, X, Y, cell, dX):
            yield Call(np.copyto, 0.0, out=cell.ds)
            if dX is not None:
                yield Call(np.copyto, 0.0, out=dX)

    check_part(Constant())


class Counter(Layer, registered=False):
    """Adds to a buffer in training."""

    def __init__(self, fixed, step, start=0.0):
        self.fixed, self.step, self.start = fixed, step, start

    @property
    def fixed_buffers(self):
        return self.fixed

    def buffers(self, n_in):
        return {"total": np.full(1, self.start)}

    def forward(self, X, Y, cell, training):
        yield Call(np.copyto, X, out=Y)
        yield Call(np.add, cell.total, float(self.step), out=cell.total)

    def backward(self, dY, X, Y, cell, dX):
        if dX is not None:
            yield Call(np.copyto, dY, out=dX)


@pytest.mark.parametrize(("layer", "right"), [
    (Counter(True, 1), False), (Counter(True, 0), True), (Counter(False, 1), True),
    (Counter(True, 0, np.nan), True),
])  # fmt: skip
def test_fixed_buffers_stay_as_they_are_though_they_be_missing(layer, right):
    if right:
        check_part(layer)
    else:
        with pytest.raises(AssertionError, match="declares fixed_buffers, and training changes"):
            check_part(layer)


def test_an_optimizer_is_tried_with_weights_and_others():
    sizes = []

    class Noted(SGD, registered=False):
        def update(self, theta, grad, slots, tmp, scalars, n_weights):
            sizes.append((theta.size, n_weights, len(slots)))
            assert all((slot > 0).all() for slot in slots)
            assert [array.shape for array in (grad, tmp, *slots)] == [theta.shape] * 3
            return super().update(theta, grad, slots, tmp, scalars, n_weights)

    check_part(Noted())
    ((size, n_weights, n_slots),) = sizes
    assert 0 < n_weights < size
    assert n_slots == 1


class Hidden(SGD, registered=False):
    """Reads or writes another array than it says."""

    def __init__(self, mistake):
        super().__init__()
        self.mistake = mistake

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        if self.mistake == "read":
            yield Call(lambda theta, out: np.subtract(theta, grad, out=out), theta, out=theta)
            yield Call(np.copyto, grad, out=tmp)
        else:
            yield Call(np.copyto, theta, out=tmp)
            yield Call(lambda theta, out: tmp.fill(0) or np.copyto(out, theta), grad, out=theta)


@pytest.mark.parametrize("mistake", ["read", "write"])
def test_of_an_optimizer_hidden_arrays_are_found(mistake):
    what = "reads an array that is not among" if mistake == "read" else "writes into an array other"
    with pytest.raises(AssertionError, match=what):
        check_part(Hidden(mistake))


def test_bytes_are_compared_and_there_may_be_none():
    nothing = np.empty((0, 3))
    assert _bytes(nothing).size == 0
    assert _same_bytes(nothing, nothing.copy())
    one = np.array([1.0, np.nan])
    assert _same_bytes(one, one.copy())
    assert not _same_bytes(one, np.array([1.0, 2.0]))
    assert not _same_bytes(np.array(0.0), np.array(-0.0))
    assert _root(one[:1][:, None]) is one
    assert _bytes(np.ones((2, 3), order="F")).shape == (48,)
