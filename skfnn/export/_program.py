"""A training step as data: calls, arrays and memory, for programs in other languages."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np
from scipy import special
from scipy.linalg import blas
from sklearn.utils.validation import check_is_fitted

from .._engine.program.calls import Call, described, function_name
from .._engine.program.workspace import Workspace
from .._estimators.base import BaseFNN
from .._estimators.step import Step, written_step
from ..layers._noise import _draw_bits
from ..optimizers import SGD, AdaGrad, Adam, AdamW, NAdam, RMSProp
from ..schedules import Constant
from ..solvers import LBFGS, Minibatch

FORMAT, VERSION = "skfnn.training_program", 1
# What a reader of version 1 has to know. One more function is one more version.
FUNCTIONS: dict[Any, str] = {
    **{getattr(np, name): name for name in (
        "absolute", "add", "copyto", "divide", "dot", "equal", "exp", "expm1", "greater",
        "greater_equal", "less", "less_equal", "log", "log1p", "logical_and", "maximum",
        "minimum", "multiply", "negative", "reciprocal", "sign", "sqrt", "subtract", "tanh",
    )},
    np.add.reduce: "add.reduce", np.maximum.reduce: "maximum.reduce", special.erf: "erf",
    blas.sscal: "scal", blas.dscal: "scal", blas.saxpy: "axpy", blas.daxpy: "axpy",
    _draw_bits: "draw_bits",
}  # fmt: skip
OPTIONS = ("axis", "keepdims")
OPTIMIZERS = (SGD, Adam, AdamW, NAdam, AdaGrad, RMSProp)


def training_program(estimator: Any, n_rows: int = 200) -> dict[str, Any]:
    """Return a training step of a fitted estimator as data, to be run by another program.

    What ``step_listing`` prints, with everything that is needed to run it: plain lists, numbers
    and strings, which ``json.dumps`` takes. An interpreter of it needs typed arrays and the few
    functions that are listed below, and neither Python nor this package. The playground of the
    documentation has one, in JavaScript.

    Parameters
    ----------
    estimator : FNNClassifier, FNNRegressor or FNNAutoencoder
        A fitted estimator. Its present weights and running moments go along; the optimizer's memory
        starts anew.
    n_rows : int, default=200
        Rows in the batch, at least 1. A step on another number of rows is another program.

    Returns
    -------
    dict
        The program, in the format below.

    Raises
    ------
    TypeError
        If ``estimator`` is none of these, or ``n_rows`` no integer.
    NotFittedError
        If it is not fitted.
    ValueError
        If the format does not have a function, an optimizer, a schedule or a solver that the
        estimator uses: the message names it.

    Notes
    -----
    Version 1 of the format has these keys:

    ``format``, ``version``
        ``"skfnn.training_program"`` and 1. A reader refuses what it does not know.
    ``n_rows``, ``dtype``, ``loss``
        Rows of the batch; ``"float32"`` or ``"float64"``; the loss by its name, as it is
        specialised to the target (``"binary_crossentropy"``).
    ``buffers``
        Memory: ``{"dtype", "size"}``, in elements, and ``"start"``, the numbers in it where they
        are not all zero. Types are those two, ``"bool"`` and ``"uint16"``.
    ``arrays``
        Views of it: ``{"name", "buffer", "offset", "shape", "strides"}``, in elements. Several
        views may share memory, as a matrix and its transpose do.
    ``batch``
        Which arrays are to be filled before a step, ``"X"`` and ``"y"`` (encoded as the loss wants
        it), and which holds the raw ``"scores"`` after it. These and all that follow are numbers
        of ``arrays``.
    ``parameters``, ``moments``
        ``{"layer", "name", "array"}`` of what is trained, and of what is kept beside it; ``layer``
        is the position in ``summary()``.
    ``step``, ``predict``
        The calls of a training step and of a prediction, to be run in order:
        ``{"function", "inputs", "out"}``, sometimes ``"options"`` (``"axis"``, ``"keepdims"``).
        An input is the number of an array, or ``{"number": 0.5}``, or ``{"random": "bits"}`` for
        ``draw_bits``, which fills its output with random 16-bit integers. ``text`` is the line of
        the listing, ``part``, ``method`` and ``layer`` say who wrote it.
    ``solver``
        Its ``"name"``, and what it goes by. For an optimizer, ``"scalars"`` are the 0-d arrays to
        be set before the t-th step, t from 1, with the rate r, b1 and b2 for its betas, and
        c = sqrt((1 - b2^t) / (1 - b2)): ``"sgd"``, ``"rmsprop"``, ``"adagrad"``: (r);
        ``"adam"``: (-r c (1 - b1) / (1 - b1^t));
        ``"adamw"``: (-r c (1 - b1) / (1 - b1^t), epsilon c, 1 - r weight_decay);
        ``"nadam"``, with m(t) = b1 (1 - 0.96^(0.004 t) / 2) and p the product of m(1) to m(t):
        (r c (1 - m(t)) / (1 - p), r c (1 - b1) m(t + 1) / (1 - p m(t + 1)), epsilon c).
        For ``"lbfgs"`` the step ends with the gradient of the loss, in the array ``"grad"``, and
        ``"alpha"`` over ``n_rows`` times the first ``"n_decay"`` of ``"values"`` is to be added.

    Functions are NumPy's, by name, with NumPy's broadcasting: absolute, add, copyto, divide, dot,
    equal, exp, expm1, greater, greater_equal, less, less_equal, log, log1p, logical_and, maximum,
    minimum, multiply, negative, reciprocal, sign, sqrt, subtract, tanh; ``add.reduce`` and
    ``maximum.reduce``; and ``erf``, ``scal`` (``out *= inputs[1]``), ``axpy``
    (``out += inputs[2] * inputs[1]``, or ``out += inputs[1]``) and ``draw_bits``.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skfnn import FNNRegressor
    >>> from skfnn.export import training_program
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = FNNRegressor((2,), "tanh", solver="sgd", tol=1e9, random_state=0).fit(X, y / 100)
    >>> program = training_program(model, n_rows=10)
    >>> program["format"], program["version"], len(program["step"])
    ('skfnn.training_program', 1, 22)
    >>> call = program["step"][0]
    >>> call["text"], [program["arrays"][i]["shape"] for i in (*call["inputs"], call["out"])]
    ('Y0 = dot(X, W0)', [[10, 10], [10, 2], [10, 2]])
    """
    if not isinstance(estimator, BaseFNN):
        raise TypeError(
            "training_program takes a fitted FNNClassifier, FNNRegressor or FNNAutoencoder. Got "
            f"{described(estimator)}."
        )
    if isinstance(n_rows, bool) or not isinstance(n_rows, Integral):
        raise TypeError(f"n_rows must be an integer. Got {n_rows!r}.")
    if n_rows < 1:
        raise ValueError(f"n_rows must be at least 1. Got {n_rows}.")
    check_is_fitted(estimator)
    step = written_step(estimator, int(n_rows))
    settings = _solver(step)
    memory = _Memory(step)
    calls = {
        "step": memory.calls(step.workspace, step.calls),
        "predict": memory.calls(*step.prediction()),
    }
    views = step.network.views(step.network.values), step.network.state_views(step.network.state)
    parameters, moments = (_named(memory, part) for part in views)
    batch = {name: memory.array(getattr(step.batch, attribute), name)
             for name, attribute in (("X", "X"), ("y", "y"), ("scores", "raw"))}  # fmt: skip
    if settings["name"] == "lbfgs":
        settings["grad"] = memory.array(step.workspace.grad, "grad")
        settings["values"] = memory.array(step.network.values, "values")
    else:
        settings["scalars"] = memory.scalars()
    return {
        "format": FORMAT, "version": VERSION, "n_rows": int(n_rows),
        "dtype": str(step.network.dtype), "loss": step.objective.loss.name, "solver": settings,
        "batch": batch, "parameters": parameters, "moments": moments, **calls,
        "arrays": memory.arrays, "buffers": memory.buffers(),
    }  # fmt: skip


def _solver(step: Step) -> dict[str, Any]:
    """Return what a solver goes by; refuse one that the format does not have."""
    solver = step.solver
    if type(solver) is LBFGS:
        alpha, n_decay = step.objective.alpha, step.network.n_decay
        n_corrections = solver.corrections(len(step.batch.raw), len(step.network.values))
        return {"name": "lbfgs", **solver.get_params(), "n_corrections": n_corrections,
                "alpha": alpha, "n_decay": n_decay}  # fmt: skip
    if type(solver) is not Minibatch:
        _refuse(f"the solver {described(solver)}", ["lbfgs", *(c.name for c in OPTIMIZERS)])
    optimizer = solver.optimizer
    if type(optimizer) not in OPTIMIZERS:
        _refuse(f"the optimizer {described(optimizer)}", [c.name for c in OPTIMIZERS])
    if type(solver.learning_rate) is not Constant:
        _refuse(f"the schedule {described(solver.learning_rate)}", ["constant"])
    if optimizer.follows or step.workspace.scheduled:
        _refuse("a hyper-parameter that is Scheduled", "numbers in its place")
    factors = sorted({factor for *_, factor in step.network.rates(optimizer.degree)})
    if factors != [1.0]:
        _refuse(f"parameters with the factors {factors} on the learning rate", "one rate for all")
    return {"name": optimizer.name, **optimizer.get_params(),
            "learning_rate": solver.learning_rate_init}  # fmt: skip


def _refuse(what, known):
    raise ValueError(
        f"training_program cannot express {what}: version {VERSION} of its format has {known}."
    )


def _named(memory, views):
    return [
        {"layer": ".".join(map(str, path)), "name": name, "array": memory.array(array, name)}
        for path, arrays in sorted(views.items())
        for name, array in arrays.items()
    ]


class _Memory:
    """Numbers the arrays of calls, and finds which of them share memory.

    Parameters
    ----------
    step : Step
        Whose arrays they are.

    Attributes
    ----------
    arrays : list of dict
        What is known of each, as the format has it.
    """

    def __init__(self, step: Step) -> None:
        optimizer = getattr(step.solver, "optimizer", None)
        self._slot_start = 0.0 if optimizer is None else optimizer.slot_start()
        self._views: list[np.ndarray] = []
        self._numbers: dict[tuple, int] = {}
        self.arrays: list[dict[str, Any]] = []

    def array(self, array: np.ndarray, name: str) -> int:
        """Return the number of an array."""
        key = _address(array), array.shape, array.strides, array.dtype
        if key not in self._numbers:
            self._numbers[key] = len(self._views)
            self._views.append(array)
            self.arrays.append({"name": name})
            if name.startswith("slot"):
                array.fill(self._slot_start)
        return self._numbers[key]

    def calls(self, workspace: Workspace, calls: Iterable[Call]) -> list[dict[str, Any]]:
        """Return calls as data."""
        calls, names = list(calls), workspace.names()
        return [self._call(call, names) for call in calls]

    def _call(self, call, names):
        part = "the solver" if call.origin is None else str(call.origin)
        function = FUNCTIONS.get(call.function)
        if function is None:
            called = f"the function {function_name(call.function)!r}, called in {part}"
            _refuse(called, sorted(set(FUNCTIONS.values())))
        if not set(call.options) <= set(OPTIONS) or len(call.outputs) != 1:
            _refuse(f"the call {names.line(call)!r} in {part}", f"one output and {list(OPTIONS)}")
        described_call = {
            "function": function,
            "inputs": [self._input(value, names) for value in call.inputs],
            "out": self.array(call.out, names.show(call.out)),
            "text": names.line(call),
        }
        if call.options:
            described_call["options"] = dict(call.options)
        if call.origin is not None:
            described_call["part"] = described(call.origin.part)
            described_call["method"] = call.origin.method
            described_call["layer"] = call.origin.position
        return described_call

    def _input(self, value, names):
        if isinstance(value, np.ndarray):
            return self.array(value, names.show(value))
        random = isinstance(value, np.random.Generator)
        return {"random": "bits"} if random else {"number": float(value)}

    def scalars(self) -> list[int]:
        """Return the arrays that are to be set before each step, in order."""
        found = {entry["name"]: i for i, entry in enumerate(self.arrays)}
        return [found[name] for name in sorted(found) if name.startswith("scalar")]

    def buffers(self) -> list[dict[str, Any]]:
        """Return the memory of all arrays so far; completes ``arrays``."""
        found: list[list[int]] = []
        end = -1
        for i in sorted(range(len(self._views)), key=lambda i: _address(self._views[i])):
            if _address(self._views[i]) >= end:
                found.append([])
            found[-1].append(i)
            end = max(end, _last(self._views[i]))
        # By first use: where they lie in memory differs from one call to the next.
        return [self._buffer(number, group) for number, group in enumerate(sorted(found, key=min))]

    def _buffer(self, number, group):
        """Return one piece of memory and what is in it; complete the arrays that lie there."""
        views = [self._views[i] for i in group]
        item, start = views[0].itemsize, min(map(_address, views))
        flat = np.zeros((max(map(_last, views)) - start) // item, views[0].dtype)
        for i, view in zip(group, views, strict=True):
            offset = (_address(view) - start) // item
            np.lib.stride_tricks.as_strided(flat[offset:], view.shape, view.strides)[...] = view
            strides = [step // item for step in view.strides]
            self.arrays[i] |= {"buffer": number, "offset": offset, "shape": list(view.shape),
                               "strides": strides}  # fmt: skip
        memory = {"dtype": str(flat.dtype), "size": flat.size}
        return memory | ({"start": flat.tolist()} if flat.any() else {})


def _address(array):
    return array.__array_interface__["data"][0]


def _last(array):
    """Return the address behind the last element."""
    steps = ((n - 1) * step for n, step in zip(array.shape, array.strides, strict=True))
    return _address(array) + sum(steps) + array.itemsize
