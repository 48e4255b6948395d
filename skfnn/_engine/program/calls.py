"""Calls: how NumPy calls are written down, bound and run.

A part (a layer, an activation, a loss, an optimizer) yields a :class:`Call` for each step of its
arithmetic. :func:`bind` turns calls into a program, a list of objects that run without arguments,
and picks for each the form in which NumPy is cheapest; :func:`replay` runs it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import blas

# NumPy takes the output of these two by keyword only.
_KEYWORD_OUT = frozenset({np.maximum, np.minimum})
# The products of a number and a vector in BLAS, which work in place.
_LEVEL_1 = {"f": (blas.sscal, blas.saxpy), "d": (blas.dscal, blas.daxpy)}
# Up to here a call of BLAS costs a fraction of NumPy's. Beyond, memory decides, and from 10,000
# elements on OpenBLAS would wake its threads.
SHORT = 2**13


def described(part: Any) -> str:
    """Return a part in one line, for messages: also one whose ``repr`` fails."""
    try:
        return " ".join(repr(part).split())
    except Exception:  # such as a constructor that does not store its arguments
        return f"{type(part).__name__}(...)"


class Origin(NamedTuple):
    """Who writes a call: a part, in one of its methods; a layer also has a position."""

    part: Any
    method: str
    position: str = ""

    def __str__(self):
        text = f"{self.method} of {described(self.part)}"
        return f"{text}, layer {self.position}" if self.position else text


_NO_OPTIONS: dict[str, Any] = {}  # shared by all calls that have none; nothing is put into it


class Call:
    """One step of a program: a function, what it reads and what it writes.

    ``Call(np.add, Y, b, out=Y)`` stands for ``np.add(Y, b, out=Y)`` and
    ``Call(np.add.reduce, X, axis=1, keepdims=True, out=total)`` for
    ``np.add.reduce(X, axis=1, keepdims=True, out=total)``: any function can be called that takes
    ``out``. Three that do not are written by the same rule: ``Call(np.copyto, X, out=Y)`` copies
    ``X`` to ``Y``, ``Call(np.add.at, places, terms, out=Y)`` adds terms to ``Y`` at places, and
    so do the other functions ``ufunc.at``.

    Parameters
    ----------
    function : callable
        What computes: most often a NumPy function.
    *inputs : ndarray, float or object
        What it is given. A Python ``float`` becomes a 0-d array of the dtype that is computed in.
    out : ndarray or tuple of ndarray
        What it writes, and all that it writes. It may be among the inputs, where the function
        allows it (element-wise ones do).
    **options
        Further arguments, by name: ``axis``, ``keepdims``, ``where``, ``casting``, ``mode``.

    Raises
    ------
    TypeError
        If ``out`` is no array.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.parts import Call
    >>> Call(np.add, np.ones(3), 1.0, out=np.empty(3))
    Call(add, array(3,), 1.0, out=array(3,))
    """

    __slots__ = ("function", "inputs", "options", "origin", "out")

    def __init__(self, function: Callable, /, *inputs: Any, out: Any, **options: Any) -> None:
        self.function = function
        self.inputs = inputs
        self.out = out
        self.options = options or _NO_OPTIONS
        self.origin: Origin | None = None
        if out.__class__ is not np.ndarray:
            self._check_outputs()

    def _check_outputs(self):
        outputs = self.outputs
        if not outputs or not all(isinstance(array, np.ndarray) for array in outputs):
            raise TypeError(
                f"Call({function_name(self.function)}, ..., out=...) writes into an array, or into "
                f"a tuple of arrays. Got out={self.out!r}."
            )

    @property
    def outputs(self) -> tuple[np.ndarray, ...]:
        """The arrays that it writes."""
        return self.out if isinstance(self.out, tuple) else (self.out,)

    def read(self) -> Iterator[np.ndarray]:
        """Yield the arrays that it reads.

        Yields
        ------
        ndarray
            Those among inputs and options, one by one.
        """
        for value in (*self.inputs, *self.options.values()):
            if isinstance(value, np.ndarray):
                yield value

    def arrays(self) -> Iterator[np.ndarray]:
        """Yield the arrays that it reads or writes.

        Yields
        ------
        ndarray
            Those among inputs, options and outputs, one by one.
        """
        yield from self.read()
        yield from self.outputs

    def __repr__(self):
        given = [_plain(value) for value in self.inputs]
        options = [f"{name}={_plain(value)}" for name, value in self.options.items()]
        out = _plain(self.out)
        return f"Call({', '.join([function_name(self.function), *given, f'out={out}', *options])})"


def _plain(value):
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))})"
    return f"array{value.shape}" if isinstance(value, np.ndarray) else str(value)


def function_name(function: Callable) -> str:
    """Return a function's name as it is written in listings: ``add``, ``add.reduce``, ``saxpy``."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", str(function)).removeprefix("function ")  # of SciPy's BLAS
    if isinstance(owner, np.ufunc):
        return f"{owner.__name__}.{name}"
    return f"rng.{name}" if isinstance(owner, np.random.Generator) else name.removeprefix("_")


class Constants:
    """Arrays full of one number, shared by the programs of a workspace."""

    def __init__(self) -> None:
        self._flat: dict[tuple, np.ndarray] = {}

    def like(self, array: np.ndarray, value: float) -> np.ndarray:
        """Return ``value`` in the shape and memory order of a contiguous array."""
        key = value, array.dtype
        if key not in self._flat or self._flat[key].size < array.size:
            self._flat[key] = zeros(array.size, array.dtype)
            self._flat[key].fill(value)
        flat = self._flat[key][: array.size]
        return (
            flat.reshape(array.shape) if array.flags.c_contiguous else flat.reshape(array.T.shape).T
        )


class Mover:
    """Moves what lies in certain buffers to another place in them.

    Parameters
    ----------
    buffers : list of ndarray
        Contiguous arrays.

    Attributes
    ----------
    shifts : list of int
        By how many bytes what lies in each of them is moved.
    """

    def __init__(self, buffers: list[np.ndarray]) -> None:
        self.shifts = [0] * len(buffers)
        self._buffers = [array if array.flags.c_contiguous else array.T for array in buffers]
        self._spans = [(_address(array), array.nbytes) for array in buffers]
        self._owners = {_owner(array) for array in buffers}

    def _found(self, value):
        """Return (which buffer, the place in it), or None for what lies elsewhere."""
        if value.__class__ is np.ndarray and value.size and _owner(value) in self._owners:
            address = _address(value)
            for i, (start, size) in enumerate(self._spans):
                if start <= address < start + size:
                    return i, address - start
        return None

    def touches(self, call: Call) -> bool:
        """Return whether a call reads or writes one of the buffers."""
        values = (*call.inputs, *call.outputs, *call.options.values())
        return any(self._found(value) is not None for value in values)

    def moved(self, value: Any) -> Any:
        """Return the same view of the other place; what lies elsewhere as it is."""
        found = self._found(value)
        if found is None:
            return value
        i, place = found
        place += self.shifts[i]
        return np.ndarray(value.shape, value.dtype, self._buffers[i], place, value.strides)

    def moved_call(self, call: Call) -> Call:
        """Return a call of the same function there."""
        outputs = tuple(map(self.moved, call.outputs))
        out = outputs if isinstance(call.out, tuple) else outputs[0]
        options = {name: self.moved(value) for name, value in call.options.items()}
        moved = Call(call.function, *map(self.moved, call.inputs), out=out, **options)
        moved.origin = call.origin
        return moved


def _owner(array):
    """Return what tells the memory that an array lies in, several times faster than its address."""
    return id(array if array.base is None else array.base)


def _address(array):
    return array.__array_interface__["data"][0]


class Program(list):
    """Bound calls, run in order.

    Attributes
    ----------
    calls : list of Call
        What each was bound from; for messages.
    show : callable
        Returns a call as a line of text.
    """

    def __init__(
        self, bound: Iterable[partial], calls: Iterable[Call], show: Callable[[Call], str] = repr
    ) -> None:
        super().__init__(bound)
        self.calls = list(calls)
        self.show = show

    def then(self, other: Program) -> Program:
        """Return this program followed by another one."""
        return Program([*self, *other], [*self.calls, *other.calls], self.show)


def bind(
    calls: Iterable[Call],
    dtype,
    constants: Constants | None = None,
    show: Callable[[Call], str] = repr,
) -> Program:
    """Turn calls into a program, objects that run without arguments.

    Python floats become 0-d arrays of ``dtype``: it is the cheapest scalar for NumPy, and it keeps
    float32 from being promoted. Only ``maximum`` and ``minimum`` are four times faster on two
    arrays than on an array and a number. Arguments are given by position where NumPy takes them so,
    which costs less than by name.
    """
    constants = constants or Constants()
    calls = list(calls)
    return Program([_bound(call, np.dtype(dtype), constants) for call in calls], calls, show)


def _bound(call, dtype, constants):
    function, out = call.function, call.out
    values = [np.asarray(a, dtype) if isinstance(a, float) else a for a in call.inputs]
    form = _FORMS.get(function)
    if form is not None:
        return form(values, out, **call.options)
    if function in _KEYWORD_OUT:
        if isinstance(call.inputs[-1], float) and _alike(values[0], out):
            values[-1] = constants.like(out, call.inputs[-1])
        return partial(function, *values, out=out, **call.options)
    if isinstance(function, np.ufunc):
        if out.__class__ is tuple:
            return partial(function, *values, *out, **call.options)
        return partial(function, *values, out, **call.options)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ndarray):
        name = function.__name__
        raise TypeError(
            f"A call of the method {name!r} of an array hides that it uses the array. Give the "
            f"array as an input: Call(np.{name}, array, ..., out=...), if NumPy has np.{name}."
        )
    if isinstance(owner, np.ufunc) and function.__name__ == "at":
        return partial(function, out, *values)
    if isinstance(owner, np.ufunc) and function.__name__ == "reduce":
        return _bound_reduction(function, *values, out, **call.options)
    return partial(function, *values, out=out, **call.options)


def _bound_reduction(function, a, out, axis=0, dtype=None, **options):
    keepdims = (options.pop("keepdims"),) if "keepdims" in options else ()
    return partial(function, a, axis, dtype, out, *keepdims, **options)


def _bound_copy(values, out, casting="same_kind", where=None):
    (source,) = values
    if where is not None:
        return partial(np.copyto, out, source, casting, where)
    if casting != "same_kind":
        return partial(np.copyto, out, source, casting)
    if isinstance(source, np.ndarray) and source.ndim == 0 and source.dtype == out.dtype:
        return partial(out.fill, source)
    return partial(np.copyto, out, source)


def _bound_take(values, out, axis=None, mode="raise"):
    array, indices = values
    return partial(array.take, indices, axis, out, mode)


def _bound_scal(function):
    def bound(values, out):
        _, factor = values
        return partial(function, factor, out)

    return bound


def _bound_axpy(function):
    def bound(values, out):
        _, x, *factor = values
        return partial(function, x, out, x.size, *factor) if factor else partial(function, x, out)

    return bound


# How functions are bound whose ``out`` is not a keyword, or costs less by position.
_FORMS: dict[Callable, Callable[..., partial]] = {
    np.copyto: _bound_copy,
    np.dot: lambda values, out: partial(np.dot, *values, out),
    np.take: _bound_take,
    **{scal: _bound_scal(scal) for scal, _ in _LEVEL_1.values()},
    **{axpy: _bound_axpy(axpy) for _, axpy in _LEVEL_1.values()},
}


def _alike(a, out):
    """Return whether two arrays are contiguous in the same order, and of one type and shape."""
    same = a.shape == out.shape and a.dtype == out.dtype
    return same and (
        (a.flags.c_contiguous and out.flags.c_contiguous)
        or (a.flags.f_contiguous and out.flags.f_contiguous)
    )


def scale(x: np.ndarray, factor) -> Iterator[Call]:
    """Yield the call for ``x *= factor`` on a vector, in its cheapest form.

    Parameters
    ----------
    x : ndarray of shape (n,)
        The vector, float32 or float64.
    factor : float or ndarray of shape ()
        A number.

    Yields
    ------
    Call
        One call.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn._engine.program.calls import scale
    >>> list(scale(np.ones(3), 0.9))
    [Call(dscal, array(3,), 0.9, out=array(3,))]
    """
    if 0 < x.size <= SHORT:
        yield Call(_LEVEL_1[x.dtype.char][0], x, factor, out=x)
    else:
        yield Call(np.multiply, x, factor, out=x)


def add_scaled(y: np.ndarray, x: np.ndarray, factor, tmp: np.ndarray) -> Iterator[Call]:
    """Yield the calls for ``y += factor * x`` on vectors, in their cheapest form.

    Parameters
    ----------
    y, x : ndarray of shape (n,)
        The vectors, float32 or float64.
    factor : float or ndarray of shape ()
        A number.
    tmp : ndarray of shape (n,)
        A work array; it may be ``x``.

    Yields
    ------
    Call
        One call or two.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn._engine.program.calls import add_scaled
    >>> y, x = np.ones(3), np.ones(3)
    >>> list(add_scaled(y, x, -0.1, tmp=x))
    [Call(daxpy, array(3,), array(3,), -0.1, out=array(3,))]
    """
    if 0 < x.size <= SHORT:
        yield Call(_LEVEL_1[x.dtype.char][1], y, x, factor, out=y)
    else:
        yield Call(np.multiply, x, factor, out=tmp)
        yield Call(np.add, y, tmp, out=y)


def add(y: np.ndarray, x: np.ndarray) -> Iterator[Call]:
    """Yield the call for ``y += x`` on vectors, in its cheapest form.

    Parameters
    ----------
    y, x : ndarray of shape (n,)
        The vectors, float32 or float64.

    Yields
    ------
    Call
        One call.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn._engine.program.calls import add
    >>> list(add(np.ones(3), np.ones(3)))
    [Call(daxpy, array(3,), array(3,), out=array(3,))]
    """
    if 0 < x.size <= SHORT:
        yield Call(_LEVEL_1[x.dtype.char][1], y, x, out=y)
    else:
        yield Call(np.add, y, x, out=y)


def replay(program: Iterable[Callable]) -> None:
    """Run a program. An error gets a note that says whose call it was."""
    try:
        for call in program:
            call()
    except Exception as error:
        with contextlib.suppress(Exception):  # a note must not hide the error
            _note_call(error, program, call)
        raise


def _note_call(error, program, failed):
    number = next(i for i, bound in enumerate(program) if bound is failed)
    call = program.calls[number]
    shapes = ", ".join(str(a.shape) for a in call.inputs if isinstance(a, np.ndarray))
    written = ", ".join(str(a.shape) for a in call.outputs)
    where = "" if call.origin is None else f"in {call.origin}, "
    error.add_note(
        f"Raised {where}by the call\n    {program.show(call)}\n"
        f"which reads shapes {shapes or 'of no array'} and writes {written}."
    )


def written_by(part: Any, method: str, *arguments: Any, position: str = "") -> Iterator[Call]:
    """Yield the calls that a method of a part yields, marked as the part's.

    Raises
    ------
    TypeError
        If the method does not yield calls.
    Exception
        What the method raises, with a note that names the part.
    """
    origin = Origin(part, method, position)
    try:
        calls = getattr(part, method)(*arguments)
        if not hasattr(calls, "__iter__"):
            raise TypeError(
                f"{method} of {described(part)} must yield calls, as in "
                f"`yield Call(np.add, X, 1.0, out=Y)`. It returns {calls!r}: is a `yield` missing?"
            )
        for call in calls:
            if call.__class__ is not Call:
                raise TypeError(
                    f"{method} of {described(part)} must yield calls, "
                    f"Call(function, *inputs, out=array). It yields {_shortened(call)}."
                )
            if call.origin is None:
                call.origin = origin
            yield call
    except Exception as error:
        noted(error, f"Raised in {origin}, while its calls were written.")
        raise


def _shortened(thing):
    text = " ".join(repr(thing).split())
    return text if len(text) <= 120 else f"{text[:117]}..."


def noted(error: Exception, note: str) -> None:
    """Add a note to an error that has none of these notes: the innermost part is what failed."""
    if not any(other.startswith("Raised in ") for other in getattr(error, "__notes__", ())):
        error.add_note(note)


def zeros(shape: int | tuple[int, ...], dtype) -> np.ndarray:
    """Return zeros that begin on a cache line.

    NumPy aligns to 16 bytes, and a vector register loaded across two cache lines takes up to twice
    the time.
    """
    dtype = np.dtype(dtype)
    size = (shape if isinstance(shape, int) else math.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.__array_interface__["data"][0] % 64
    return raw[start : start + size].view(dtype).reshape(shape)
