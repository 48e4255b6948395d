"""A check of a custom part: its gradients, and whether its calls say what they do."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._engine.network.network import Network
from .._engine.objective.loss import Loss
from .._engine.objective.objective import Batch, Objective
from .._engine.program.calls import Program, bind, replay, written_by
from .._engine.program.layer import Layer
from .._engine.program.workspace import Workspace
from ..activations import Activation
from ..layers import Activate, Linear
from ..losses import SquaredError
from ..optimizers import Optimizer

ROWS, COLUMNS = 7, 4  # of the data


def check_part(part: Any, *, n_inputs: int = COLUMNS, random_state: int = 0) -> None:
    """Check a custom layer, activation, loss or optimizer.

    On a small network, in double precision: the derivatives that the backward pass gives equal
    central differences, and each call reads and writes the arrays that it names, and no others. For
    an optimizer, the latter alone.

    Parameters
    ----------
    part : Layer, Activation, Loss or Optimizer
        An instance.
    n_inputs : int, default=4
        Columns of a layer's input.
    random_state : int, default=0
        Decides on data, weights and directions.

    Raises
    ------
    AssertionError
        If a derivative is wrong, or a call uses an array that it does not name.
    TypeError
        If ``part`` is none of these.
    Exception
        What the part itself raises.

    Examples
    --------
    >>> from skfnn.activations import Mish
    >>> from skfnn.layers import Linear
    >>> from skfnn.parts import check_part
    >>> check_part(Linear(3))
    >>> check_part(Mish())
    """
    rng = np.random.default_rng(random_state)
    if isinstance(part, Optimizer):
        _check_program(part, _update(part, rng))
        return
    if isinstance(part, Loss):
        loss, layers = part, []
    elif isinstance(part, (Layer, Activation)):
        loss = SquaredError()
        layers = [Linear(n_inputs), Activate(part) if isinstance(part, Activation) else part]
    else:
        raise TypeError(
            f"check_part takes a layer, an activation, a loss or an optimizer. Got {part!r}."
        )
    trial = _Trial(layers, loss, n_inputs, rng)
    _check_program(part, trial.prediction())
    _check_program(part, trial.program)
    trial.check_buffers(part)
    if part.differentiable:
        trial.check_gradient(part, rng)


class _Trial:
    """A network around a part, data, and the program of its gradient."""

    def __init__(self, layers, loss, n_inputs, rng) -> None:
        k = 2 if loss.kinds == frozenset({"binary"}) else 3
        self.network = Network([*layers, Linear(loss.n_scores(k))], n_inputs, np.float64, rng)
        # Parameters that start at 0 or 1 would hide errors.
        self.network.values += 0.1 * rng.normal(size=self.network.values.size)
        self.n_layers = len(self.network.layers) - 1
        self.loss = loss
        y = np.asfortranarray(loss.sample_y(rng, ROWS, k))
        raw = np.empty((ROWS, loss.n_scores(k)), order="F")
        self.batch = Batch(rng.normal(size=(ROWS, n_inputs)), y, None, raw)
        self.bits = np.random.default_rng(1)
        self.start = self.bits.bit_generator.state
        self.state = self.network.state.copy()
        self.objective = Objective(self.network, loss, 0.0)
        self.workspace = Workspace(self.network, ROWS, rng=self.bits)
        self.program = self.workspace.bind(self.objective.calls(self.workspace, self.batch, ROWS))

    def prediction(self) -> Program:
        workspace = Workspace(self.network, ROWS, training=False)
        return workspace.bind(workspace.chain(ROWS).forward(self.batch.X, False))

    def value(self) -> float:
        """Run the program from the same random numbers and moments; return the objective."""
        self.bits.bit_generator.state = self.start
        self.network.state[...] = self.state
        with np.errstate(all="ignore"):
            replay(self.program)
            value = self.objective.total_loss(self.batch.y, self.batch.raw, None)
        return (value + self.workspace.take_penalty()) / ROWS

    def check_buffers(self, part):
        """Check that a step leaves buffers alone that are declared as fixed."""
        self.value()
        fixed = slice(self.network.n_moving, None)
        if not np.array_equal(self.network.state[fixed], self.state[fixed], equal_nan=True):
            raise AssertionError(
                f"{part!r} declares fixed_buffers, and training changes one of them: the best "
                "epoch would not come back. Set fixed_buffers = False."
            )

    def check_gradient(self, part, rng):
        """Compare the gradient with central differences, parameter by parameter."""
        self.value()
        network, gradient = self.network, self.workspace.grad.copy()
        for path, name, _, start, stop in sorted(network._params, key=lambda entry: entry[0]):
            if path == (self.n_layers,) and not isinstance(part, Loss):
                continue  # the layer behind it
            what = f"the gradient of parameter {name!r}"
            if path == (0,) and self.n_layers:
                what = "the gradient dX of its input"
            if isinstance(part, Loss):
                what = "its gradient"
            slopes = self._slopes(gradient, slice(start, stop), rng)
            if slopes is None:
                raise AssertionError(
                    f"{part!r} has no derivative that differences can find: {what} was compared "
                    "along 12 directions."
                )
            given, numeric = slopes
            if not np.isclose(given, numeric, rtol=1e-5, atol=1e-7):
                raise AssertionError(
                    f"{what[0].upper()}{what[1:]} of {part!r} is wrong: along a random direction "
                    f"it is {given:.8g}, and by differences {numeric:.8g}."
                )

    def _slopes(self, gradient, part, rng):
        """Return a derivative along a direction, as computed and by differences.

        None where a kink lies close by in all directions.
        """
        theta = self.network.values
        start = theta.copy()
        for _ in range(12):
            direction = np.zeros_like(theta)
            direction[part] = rng.normal(size=theta[part].size)
            steps = []
            for h in (1e-5, 1e-6):
                values = []
                for times in (-2, -1, 1, 2):
                    theta[...] = start + times * h * direction
                    values.append(self.value())
                theta[...] = start
                low2, low, high, high2 = values
                steps.append((low2 - 8 * low + 8 * high - high2) / (12 * h))
            if abs(steps[0] - steps[1]) <= 1e-6 * (abs(steps[1]) + 0.1):
                return direction @ gradient, steps[0]
        return None


def _update(optimizer, rng):
    """Return the program of a step."""
    theta, grad, tmp = rng.normal(size=(3, 9))
    slots = rng.uniform(0.5, 1.5, size=(optimizer.n_slots, 9))
    scalars = [np.array(value) for value in optimizer.scalars(1, 0.1)]
    calls = written_by(optimizer, "update", theta, grad, list(slots), tmp, scalars, 6)
    return bind(calls, np.float64)


def _check_program(part, program):
    """Run a program, and check of each call that it uses the arrays that it names."""
    roots = list({id(root): root for call in program.calls for root in map(_root, call.arrays())}
                 .values())  # fmt: skip
    with np.errstate(all="ignore"):
        for call, run in zip(program.calls, program, strict=True):
            _check_call(part, program, call, run, roots)


def _check_call(part, program, call, run, roots):
    before = [root.copy(order="K") for root in roots]
    inputs = [array.copy() for array in call.arrays()]
    generators = [g for g in (*call.inputs, getattr(call.function, "__self__", None))
                  if isinstance(g, np.random.Generator)]  # fmt: skip
    states = [generator.bit_generator.state for generator in generators]
    run()
    written = [array.copy() for array in call.outputs]
    after = [root.copy(order="K") for root in roots]
    # Whatever changed lies in the outputs.
    for array, old in zip(call.arrays(), inputs, strict=True):
        array[...] = old
    if not all(_same_bytes(root, old) for root, old in zip(roots, before, strict=True)):
        raise AssertionError(
            f"A call of {part!r} writes into an array other than its out: {program.show(call)}"
        )
    # And with other bytes in all other arrays it computes the same.
    for root in roots:
        _bytes(root)[...] = 1 if root.dtype == bool else 0x3F
    for array, old in zip(call.arrays(), inputs, strict=True):
        array[...] = old
    for generator, state in zip(generators, states, strict=True):
        generator.bit_generator.state = state
    run()
    if not all(map(_same_bytes, (array.copy() for array in call.outputs), written)):
        raise AssertionError(
            f"A call of {part!r} reads an array that is not among its inputs: {program.show(call)}"
        )
    for root, new in zip(roots, after, strict=True):
        root[...] = new


def _root(array: np.ndarray) -> np.ndarray:
    """Return the array that owns the memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _bytes(array):
    return array.reshape(-1, order="A").view(np.uint8) if array.size else np.empty(0, np.uint8)


def _same_bytes(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(_bytes(np.atleast_1d(a)), _bytes(np.atleast_1d(b))))
