"""What each statement means of a training step as data, and of what is registered for export."""

import json
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special

from skfnn import FNNClassifier, FNNRegressor
from skfnn.export import skops_trusted_types, training_program
from skfnn.export._convert import _with_subclasses
from skfnn.export._program import _last, _Memory
from skfnn.layers import Dense, Dropout
from skfnn.optimizers import AdamW
from skfnn.parts import Call
from skfnn.schedules import Scheduled

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2))
Y = X[:, 0] - 0.5 * X[:, 1] ** 2


def quiet(model, X=X, y=Y):
    with warnings.catch_warnings(action="ignore"):
        return model.fit(X, y)


# ---------------------------------------------------------------- a reader of the format


class Reader:
    """Runs a program as its documentation says."""

    def __init__(self, program):
        self.program = program = json.loads(json.dumps(program))
        self.buffers = [
            np.array(b.get("start", np.zeros(b["size"])), b["dtype"]) for b in program["buffers"]
        ]
        assert [len(b) for b in self.buffers] == [b["size"] for b in program["buffers"]]
        self.arrays = [self._view(entry) for entry in program["arrays"]]

    def _view(self, entry):
        buffer = self.buffers[entry["buffer"]]
        strides = [step * buffer.itemsize for step in entry["strides"]]
        last = sum((n - 1) * step for n, step in zip(entry["shape"], entry["strides"], strict=True))
        assert entry["offset"] + last < len(buffer)
        return np.lib.stride_tricks.as_strided(buffer[entry["offset"] :], entry["shape"], strides)

    def run(self, name):
        for call in self.program[name]:
            out, options = self.arrays[call["out"]], call.get("options", {})
            given = [self._input(value) for value in call["inputs"]]
            self._call(call["function"], given, out, options)

    def _input(self, value):
        return self.arrays[value] if isinstance(value, int) else value["number"]

    def _call(self, function, given, out, options):
        if function == "scal":
            out *= given[1]
        elif function == "axpy":
            out += given[1] * (given[2] if len(given) > 2 else 1.0)
        elif function == "copyto":
            out[...] = given[0]
        elif function.endswith(".reduce"):
            out[...] = getattr(np, function.removesuffix(".reduce")).reduce(given[0], **options)
        elif function == "erf":
            out[...] = special.erf(given[0])
        else:
            out[...] = getattr(np, function)(*given)

    def of(self, part):
        """The arrays of parameters or moments, by layer and name."""
        return {(e["layer"], e["name"]): self.arrays[e["array"]] for e in self.program[part]}

    def batch(self, name):
        return self.arrays[self.program["batch"][name]]

    def set_scalars(self, *values):
        scalars = self.program["solver"]["scalars"]
        assert len(scalars) == len(values)
        for number, value in zip(scalars, values, strict=True):
            assert self.program["arrays"][number]["shape"] == []
            self.arrays[number][...] = value


def hand_gradient(W, b, V, c, X, y, alpha):
    """Loss gradients of one hidden layer of tanh units and a squared error, by hand."""
    n, H = len(X), np.tanh(X @ W + b)
    error = (H @ V + c - y[:, None]) / n
    back = error @ V.T * (1 - H**2)
    return {
        ("0", "W"): X.T @ back + alpha / n * W, ("0", "b"): back.sum(axis=0),
        ("2", "W"): H.T @ error + alpha / n * V, ("2", "b"): error.sum(axis=0),
    }  # fmt: skip


def regressor(**params):
    given = {"dtype": "float64", "max_iter": 1, "random_state": 0, "alpha": 0.5, **params}
    return quiet(FNNRegressor((3,), "tanh", **given))


def test_a_step_of_gradient_descent_is_the_one_by_hand():
    model = regressor(solver="sgd", momentum=0.0, nesterovs_momentum=False)
    reader = Reader(training_program(model, 4))
    weights = {key: value.copy() for key, value in reader.of("parameters").items()}
    for key, known in zip(weights, [model.coefs_[0], model.intercepts_[0], model.coefs_[1],
                                    model.intercepts_[1]], strict=True):  # fmt: skip
        np.testing.assert_array_equal(weights[key], known, str(key))
    reader.batch("X")[...] = X[:4]
    reader.batch("y")[...] = Y[:4, None]
    reader.set_scalars(0.1)
    reader.run("step")
    gradient = hand_gradient(*weights.values(), X[:4], Y[:4], 0.5)
    for key, found in reader.of("parameters").items():
        np.testing.assert_allclose(found, weights[key] - 0.1 * gradient[key], rtol=1e-12)


def test_a_prediction_is_the_estimators():
    model = regressor()
    reader = Reader(training_program(model, 5))
    reader.batch("X")[...] = X[3:8]
    reader.run("predict")
    np.testing.assert_allclose(reader.batch("scores")[:, 0], model.predict(X[3:8]), rtol=1e-12)


def test_two_steps_of_adam_are_those_of_its_formula():
    model = regressor(solver="adam")
    reader = Reader(training_program(model, 4))
    assert reader.program["solver"]["name"] == "adam"
    assert reader.program["solver"]["learning_rate"] == 0.001
    reader.batch("X")[...] = X[:4]
    reader.batch("y")[...] = Y[:4, None]
    b1, b2, epsilon, rate = 0.9, 0.999, 1e-8, 0.05
    weights = {key: value.copy() for key, value in reader.of("parameters").items()}
    m, v = dict.fromkeys(weights, 0.0), dict.fromkeys(weights, 0.0)
    for t in (1, 2):
        c = np.sqrt((1 - b2**t) / (1 - b2))
        reader.set_scalars(-rate * c * (1 - b1) / (1 - b1**t))
        reader.run("step")
        gradient = hand_gradient(*weights.values(), X[:4], Y[:4], 0.5)
        for key, g in gradient.items():
            m[key] = b1 * m[key] + (1 - b1) * g
            v[key] = b2 * v[key] + (1 - b2) * g**2
            size = (np.sqrt(v[key]) + epsilon) / np.sqrt(1 - b2**t)
            weights[key] = weights[key] - rate * m[key] / (1 - b1**t) / size
    for key, found in reader.of("parameters").items():
        np.testing.assert_allclose(found, weights[key], rtol=1e-6)


def test_a_step_of_lbfgs_ends_with_the_gradient():
    model = regressor(solver="lbfgs")
    reader = Reader(training_program(model, 12))
    solver = reader.program["solver"]
    reader.batch("X")[...] = X
    reader.batch("y")[...] = Y[:, None]
    reader.run("step")
    weights = reader.of("parameters")
    gradient = hand_gradient(*weights.values(), X, Y, 0.0)
    order = [("0", "W"), ("2", "W"), ("0", "b"), ("2", "b")]
    values, found = (reader.arrays[solver[name]] for name in ("values", "grad"))
    np.testing.assert_array_equal(values, np.concatenate([weights[k].ravel() for k in order]))
    n = solver["n_decay"]
    assert (n, solver["alpha"], len(values)) == (9, 0.5, 13)
    found = found.copy()
    found[:n] += solver["alpha"] / 12 * values[:n]
    gradient = {k: g + (0.5 / 12 * weights[k] if k[1] == "W" else 0) for k, g in gradient.items()}
    np.testing.assert_allclose(found, np.concatenate([gradient[k].ravel() for k in order]), 1e-10)


def test_calls_say_who_wrote_them_and_with_which_options():
    model = quiet(FNNClassifier((3,), max_iter=1, random_state=0), y=np.arange(12) % 3)
    program = training_program(model, 4)
    first = program["step"][0]
    assert (first["function"], first["method"], first["layer"]) == ("dot", "forward", "0")
    assert first["part"].startswith("Linear(")
    assert "options" not in first
    sums = [call for call in program["step"] if call["function"] == "add.reduce"]
    assert {(call["options"]["axis"], call["options"].get("keepdims")) for call in sums} == {
        (1, True)
    }
    assert any("part" not in call for call in program["step"])  # what no part has written
    numbers = [v for call in program["step"] for v in call["inputs"] if isinstance(v, dict)]
    assert {type(v["number"]) for v in numbers} == {float}


def test_the_version_and_how_many_rows_there_are():
    program = training_program(regressor())
    assert (program["format"], program["version"]) == ("skfnn.training_program", 1)
    assert program["n_rows"] == 200
    assert program["arrays"][program["batch"]["X"]]["shape"] == [200, 2]
    assert training_program(regressor(), 1)["n_rows"] == 1
    for n_rows in (0, -1):
        with pytest.raises(ValueError, match="n_rows must be at least 1"):
            training_program(regressor(), n_rows)


@pytest.mark.parametrize("params", [
    {"hidden_layers": [Dense(3), Dropout(Scheduled(0.3))]},
    {"solver": AdamW(0.1, weight_decay=Scheduled(0.01))},
])  # fmt: skip
def test_a_schedule_of_a_layer_or_of_the_optimizer_is_refused(params):
    model = quiet(FNNRegressor(max_iter=1, random_state=0, **params))
    with pytest.raises(ValueError, match="cannot express a hyper-parameter that is Scheduled"):
        training_program(model, 4)


def test_a_call_has_one_output_and_no_options_but_two():
    names = SimpleNamespace(line=str, show=str)
    A, out = np.ones((2, 3)), np.zeros((2, 1))
    known = memory()
    call = Call(np.add.reduce, A, out=out, axis=1, keepdims=True)
    assert known._call(call, names)["options"] == {"axis": 1, "keepdims": True}
    for call in (
        Call(np.add.reduce, A, out=out, axis=1, keepdims=True, initial=2.0),
        Call(np.add, A, A, out=(A, out)),
    ):
        with pytest.raises(ValueError, match=r"cannot express the call .* in the solver"):
            known._call(call, names)


# ---------------------------------------------------------------- memory


def memory():
    return _Memory(SimpleNamespace(solver=None))


def test_an_array_has_one_number_and_another_view_has_another():
    known, A = memory(), np.arange(6.0).reshape(2, 3)
    assert [known.array(a, "a") for a in (A, A.T, A, A[:1], A.T, A[:, :2])] == [0, 1, 0, 2, 1, 3]
    assert known.array(A.view(np.int64), "whole") == 4
    assert known.array(A[1:], "below") == 5


def test_views_that_overlap_share_a_buffer_and_neighbours_do_not():
    base = np.arange(1.0, 11.0)
    known = memory()
    for part in (base[6:9], base[1:3], base[2:4], base[4:6], base[8:10]):
        known.array(part, "part")
    buffers = known.buffers()
    assert [e["buffer"] for e in known.arrays] == [0, 1, 1, 2, 0]
    assert [e["offset"] for e in known.arrays] == [0, 0, 1, 0, 2]
    assert [(b["size"], b["start"]) for b in buffers] == [
        (4, [7, 8, 9, 10]), (3, [2, 3, 4]), (2, [5, 6]),
    ]  # fmt: skip


def test_what_is_zero_in_part_has_a_start():
    known = memory()
    known.array(np.array([0.0, 2.0]), "a")
    assert known.buffers()[0]["start"] == [0, 2]


def test_a_small_view_inside_a_large_one_does_not_end_its_buffer():
    base = np.arange(1.0, 11.0)
    known = memory()
    for part in (base[:8], base[1:2], base[6:7], base[7:]):
        known.array(part, "part")
    (buffer,) = known.buffers()
    assert buffer["size"] == 10
    assert [e["offset"] for e in known.arrays] == [0, 1, 6, 7]


def test_shapes_and_strides_are_in_elements():
    A = np.zeros((2, 3), np.float32)
    known = memory()
    for array in (A, A.T, A[:, ::2], A[1, 1:]):
        known.array(array, "view")
    (buffer,) = known.buffers()
    assert buffer == {"dtype": "float32", "size": 6}  # zeros need no start
    assert [(e["offset"], e["shape"], e["strides"]) for e in known.arrays] == [
        (0, [2, 3], [3, 1]), (0, [3, 2], [1, 3]), (0, [2, 2], [3, 2]), (4, [2], [1]),
    ]  # fmt: skip


def test_the_end_of_an_array_is_behind_its_last_element():
    A = np.zeros((2, 3), np.float32)
    start = A.__array_interface__["data"][0]
    assert _last(A) == start + 24
    assert _last(A[:, :2]) == start + 20
    assert _last(A.T) == start + 24
    assert _last(A[0, :1]) == start + 4
    assert _last(A[1, 1:2]) == start + 20


def test_slots_start_with_what_the_optimizer_says_and_scalars_come_in_order():
    optimizer = SimpleNamespace(slot_start=lambda: 0.5)
    known = _Memory(SimpleNamespace(solver=SimpleNamespace(optimizer=optimizer)))
    slot, other = np.zeros(3), np.zeros(3)
    known.array(slot, "slot0[0:3]")
    known.array(other, "tmp")
    assert slot.tolist() == [0.5] * 3
    assert other.tolist() == [0] * 3
    slot[...] = 7
    known.array(slot, "slot0[0:3]")  # known by now
    assert slot.tolist() == [7] * 3
    for name in ("scalar1", "scalar0"):
        known.array(np.zeros(()), name)
    assert known.scalars() == [3, 2]
    without = memory()
    without.array(slot, "slot0")
    assert slot.tolist() == [0] * 3


# ---------------------------------------------------------------- what is registered


class _One(FNNRegressor):
    pass


class _Two(_One):
    pass


def test_subclasses_and_theirs_are_converted_as_well():
    assert {FNNRegressor, _One, _Two} <= set(_with_subclasses(FNNRegressor))
    assert list(_with_subclasses(_Two)) == [_Two]


def test_what_skops_trusts_is_published_and_nothing_else():
    names = skops_trusted_types()
    assert names == sorted(set(names))
    assert {"skfnn.FNNClassifier", "skfnn.tabular.TabularFNNRegressor"} <= set(names)
    assert {"skfnn.layers.Dense", "skfnn.optimizers.Adam", "skfnn.losses.SquaredError"} <= set(
        names
    )
    assert not [name for name in names if "_One" in name or "test" in name]
