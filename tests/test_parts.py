"""Parts: what a call says, what a cell holds, what errors say; a check of custom parts."""

import numpy as np
import pytest
from helpers import examples, label

import skfnn
from skfnn import FNNClassifier, FNNRegressor
from skfnn._engine.network.network import Network
from skfnn._engine.objective.objective import Batch, FullBatch, Objective
from skfnn._engine.program.calls import Constants, bind, replay
from skfnn._engine.program.workspace import Workspace
from skfnn.activations import Activation
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    Linear,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Repeat,
    Skip,
)
from skfnn.losses import Loss, SquaredError
from skfnn.optimizers import Optimizer
from skfnn.parts import Call, Param, Reads, check_part

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 4)), RNG.normal(size=30)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ------------------------------------------------------------------ calls


@pytest.mark.parametrize("part", [e for f in (Layer, Activation, Loss, Optimizer)
                                  for e in examples(f)], ids=label)  # fmt: skip
def test_every_part_reads_and_writes_what_its_calls_name_and_its_gradient_is_right(part):
    check_part(part)


def run(*calls, dtype=np.float64):
    replay(bind(calls, dtype))


def test_any_function_with_out_is_called_as_numpy_is():
    A, row, column = RNG.normal(size=(5, 3)), np.empty(3), np.empty((5, 1))
    out, mask = np.zeros((5, 3)), np.empty((5, 3), bool)
    run(
        Call(np.add.reduce, A, out=row),
        Call(np.maximum.reduce, A, axis=1, keepdims=True, out=column),
        Call(np.greater, A, 0.0, out=mask),
        Call(np.sqrt, A, out=out, where=mask),
        Call(np.copyto, -1.0, out=out, where=A < -1),
    )
    np.testing.assert_array_equal(row, A.sum(axis=0))
    np.testing.assert_array_equal(column[:, 0], A.max(axis=1))
    expected = np.where(A > 0, np.sqrt(np.abs(A)), np.where(A < -1, -1, 0))
    np.testing.assert_array_equal(out, expected)

    whole, part, total = np.empty((5, 3)), np.empty((5, 3)), np.empty(())
    run(
        Call(np.modf, A, out=(part, whole)),
        Call(np.add.reduce, A, axis=None, dtype=np.float64, out=total),
        Call(np.clip, A, -0.5, 0.5, out=out),
        Call(np.mean, A, axis=0, out=row),
    )
    np.testing.assert_array_equal(whole + part, A)
    assert total == pytest.approx(A.sum())
    np.testing.assert_array_equal(out, A.clip(-0.5, 0.5))
    np.testing.assert_allclose(row, A.mean(axis=0))


def test_functions_without_out_follow_the_same_rule():
    places, terms, total = np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), np.zeros(3)
    taken, copy = np.empty(3), np.empty(3, int)
    run(
        Call(np.add.at, places, terms, out=total),
        Call(np.take, terms, places, out=taken, mode="clip"),
        Call(np.copyto, terms, out=copy, casting="unsafe"),
    )
    assert total.tolist() == [4, 0, 2]
    assert taken.tolist() == [1, 3, 1]
    assert copy.tolist() == [1, 2, 3]


def test_a_number_that_changes_is_read_when_the_program_runs():
    number, out, small = np.array(1.0), np.empty(3), np.empty(3, np.float32)
    program = bind([Call(np.copyto, number, out=out), Call(np.copyto, 0.5, out=small)], np.float32)
    number[()] = 7
    replay(program)
    assert out.tolist() == [7, 7, 7]
    assert small.tolist() == [0.5, 0.5, 0.5]


def test_calls_are_bound_by_position_which_is_cheaper():
    a = np.zeros((3, 3))
    calls = [
        Call(np.add, a, a, out=a),
        Call(np.dot, a, a, out=np.empty((3, 3))),
        Call(np.copyto, a, out=a),
        Call(np.add.reduce, a, axis=1, keepdims=True, out=np.empty((3, 1))),
        Call(np.take, a, [0, 1, 2], axis=0, out=a, mode="clip"),
    ]
    assert [bound.keywords for bound in bind(calls, float, Constants())] == [{}] * len(calls)


@pytest.mark.parametrize("out", [None, 1.0, (), [np.empty(3)], (np.empty(3), None)])
def test_a_call_writes_into_arrays(out):
    with pytest.raises(TypeError, match=r"Call\(add, \.\.\., out=\.\.\.\) writes into an array"):
        Call(np.add, np.ones(3), 1.0, out=out)


def test_a_method_of_an_array_hides_what_it_reads():
    table = np.ones((4, 2))
    call = Call(table.take, np.array([1]), out=np.empty((1, 2)))
    with pytest.raises(TypeError, match=r"Call\(np\.take, array, \.\.\., out=\.\.\.\)"):
        bind([call], float)


def test_a_listing_says_what_is_written():
    model = FNNRegressor((3,), "relu", batch_norm="after", dropout=0.1, max_iter=1, tol=9).fit(X, Y)
    lines = model.step_listing(10).splitlines()
    assert lines[:3] == ["Y0 = dot(X, W0)", "Y0 = add(Y0, b0)", "Y0 = maximum(Y0, 0)"]
    assert "level3, gain3" not in lines  # a constant rate needs no call
    assert any(line.startswith("bits") or " = draw_bits(rng)" in line for line in lines)
    assert not [line for line in lines if "array(" in line]
    for line in lines:
        written, _, call = line.partition(" = ")
        assert written.isidentifier() or written[-1] in "]1234567890", line
        assert call.endswith(")"), line


# ------------------------------------------------------------------ the check can fail


class Gain(Layer):
    """A trained factor for each column: right unless an attribute says otherwise."""

    reads = Reads.INPUT

    def __init__(self, mistake=None):
        self.mistake = mistake

    def params(self, n_in):
        return {"s": Param((n_in,), lambda rng: np.ones(n_in))}

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        (work,) = cell.scratch
        if self.mistake == "hidden read":
            yield Call(lambda X, out: np.multiply(X, cell.s, out=out), X, out=Y)
        elif self.mistake == "hidden write":
            yield Call(np.copyto, X, out=work)
            yield Call(lambda X, s, out: np.multiply(X, s, out=out, where=work.fill(3) is None),
                       X, cell.s, out=Y)  # fmt: skip
        else:
            yield Call(np.multiply, X, cell.s, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        (work,) = cell.scratch
        yield Call(np.multiply, dY, X if self.mistake != "ds" else Y, out=work)
        yield Call(np.dot, cell.ones, work, out=cell.ds)
        if dX is not None:
            if self.mistake == "dX":
                yield Call(np.copyto, dY, out=dX)
            else:
                yield Call(np.multiply, dY, cell.s, out=dX)


class WrongLoss(SquaredError):
    """Its gradient is twice what it should be."""

    def gradient(self, y, raw, out, scratch):
        yield Call(np.subtract, raw, y, out=out)
        yield Call(np.multiply, out, 2.0, out=out)


def test_a_right_part_passes():
    check_part(Gain())
    check_part(Gain(), n_inputs=1, random_state=3)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Gain("ds"), "The gradient of parameter 's' of Gain.* is wrong: along a random direction"),
        (Gain("dX"), "The gradient dX of its input of Gain.* is wrong"),
        (Gain("hidden read"), "A call of Gain.* reads an array that is not among its inputs: Y1 ="),
        (Gain("hidden write"), "A call of Gain.* writes into an array other than its out: Y1 ="),
        (WrongLoss(), "Its gradient of WrongLoss.* is wrong"),
    ],
    ids=str,
)
def test_the_check_finds_mistakes(part, message):
    with pytest.raises(AssertionError, match=message):
        check_part(part)
    WrongLoss.registry["squared_error"] = SquaredError


def test_the_check_says_what_it_takes():
    with pytest.raises(TypeError, match="takes a layer, an activation, a loss or an optimizer"):
        check_part("relu")


# ------------------------------------------------------------------ errors name the part


class Broken(Layer):
    """Fails as it is told."""

    def __init__(self, how):
        self.how = how

    def params(self, n_in):
        if self.how == "params":
            raise KeyError("params")
        shape = (n_in + 1,) if self.how == "shape" else (n_in,)
        return {"s": Param((n_in,), lambda rng: np.ones(shape))}

    def n_outputs(self, n_in):
        return n_in if self.how != "n_outputs" else n_in // 0

    def forward(self, X, Y, cell, training):
        if self.how == "forgotten":
            return None
        return self._calls(X, Y, cell)

    def _calls(self, X, Y, cell):
        if self.how == "tuple":
            yield np.copyto, Y, X
        if self.how == "no array":
            yield Call(np.add, X, cell.missing, out=Y)
        yield Call(np.copyto, X, out=Y)
        if self.how == "shapes":
            yield Call(np.add, Y, np.ones(3), out=Y)

    def backward(self, dY, X, Y, cell, dX):
        yield Call(np.dot, cell.ones, dY, out=cell.ds)
        if self.how == "backward":
            yield Call(np.dot, X, dY, out=cell.ds)
        if dX is not None:
            yield Call(np.copyto, dY, out=dX)


class BrokenActivation(Activation):
    def forward(self, Z, out, scratch):
        np.tanh(Z, out)  # a `yield` is missing

    def backward(self, dA, ref, scratch):
        yield from ()


class BrokenLoss(SquaredError):
    def gradient(self, y, raw, out, scratch):
        yield Call(np.subtract, raw, y[:3], out=out)


class BrokenOptimizer(Optimizer):
    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        yield Call(np.multiply, grad, scalars[0], out=tmp)
        yield Call(np.subtract, theta, tmp[:-1], out=theta)


def failure(**params):
    params = {"max_iter": 1, "batch_size": 10, **params}
    with pytest.raises(Exception) as caught:  # noqa: PT011 (its type is looked at)
        FNNRegressor(random_state=0, **params).fit(X, Y)
    (note,) = caught.value.__notes__
    return caught.value, note


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_error_in_a_run_names_the_part_its_position_and_the_line(solver):
    layers = [Dense(5, "tanh"), Broken("shapes")]
    error, note = failure(hidden_layers=layers, solver=solver)
    assert isinstance(error, ValueError)
    assert "Raised in forward of Broken(how='shapes'), layer 2, by the call\n" in note
    assert "\n    Y2 = add(Y2, array(3,))\n" in note
    assert "reads shapes (10, 5), (3,) and writes (10, 5)" in note or solver == "lbfgs"

    _, note = failure(hidden_layers=[Skip([Dense(5), Broken("backward")])], solver=solver)
    assert "Raised in backward of Broken(how='backward'), layer 0.1, by the call\n" in note
    assert "\n    ds0.1 = dot(Y0.0, d" in note


def test_errors_of_a_loss_and_of_an_optimizer_name_them():
    error, note = failure(hidden_layer_sizes=(3,), loss=BrokenLoss())
    assert isinstance(error, ValueError)
    assert (
        "Raised in gradient of BrokenLoss(), by the call\n    dscores = subtract(scores, " in note
    )
    _, note = failure(hidden_layer_sizes=(3,), solver=BrokenOptimizer())
    assert "Raised in update of BrokenOptimizer(), by the call\n    values" in note
    BrokenLoss.registry["squared_error"] = SquaredError


def test_an_error_at_prediction_names_the_part():
    network = Network([Linear(3), Broken("none")], 4, np.float64, np.random.default_rng(0))
    network.layers[1].how = "shapes"
    workspace = Workspace(network, 2, training=False)
    program = workspace.bind(workspace.chain(2).forward(X[:2], False))
    replay(program)  # three columns, and so it fits
    network.layers[1].how = "backward"
    assert replay(program) is None


@pytest.mark.parametrize(
    ("layer", "kind", "message", "note"),
    [
        (Broken("forgotten"), TypeError,
         r"forward of Broken.* must yield calls, as in `yield Call.*It returns None: is a `yield`",
         "forward of Broken(how='forgotten'), layer 1, while its calls were written."),
        (Broken("tuple"), TypeError,
         r"must yield calls, Call\(function, \*inputs, out=array\). It yields \(<function copyto",
         "forward of Broken(how='tuple'), layer 1, while its calls were written."),
        (Broken("no array"), AttributeError,
         r"The layer's cell has no array 'missing'\. .* are \['ds', 's'\]",
         "forward of Broken(how='no array'), layer 1, while its calls were written."),
        (Broken("params"), KeyError, "params",
         "params or buffers of Broken(how='params'), layer 1."),
        (Broken("n_outputs"), ZeroDivisionError, None,
         "n_outputs of Broken(how='n_outputs'), layer 1."),
        (Activate(BrokenActivation()), TypeError,
         r"forward of Activate\(activation=BrokenActivation\(\)\) must yield calls",
         "forward of Activate(activation=BrokenActivation()), layer 1, while"),
    ],
    ids=["forgotten", "tuple", "no array", "params", "n_outputs", "activation"],
)  # fmt: skip
def test_an_error_while_calls_are_written_names_the_part(layer, kind, message, note):
    with pytest.raises(kind, match=message) as caught:
        FNNRegressor(hidden_layers=[Linear(3), layer], max_iter=1).fit(X, Y)
    (found,) = caught.value.__notes__
    assert found.startswith(f"Raised in {note}")


@pytest.mark.parametrize("layer", [PeriodicEmbedding(stop=2), Repeat(start=1, stop=3)])
def test_a_layer_of_some_columns_may_come_first(layer):
    model = FNNRegressor(hidden_layers=[layer, Dense(3)], max_iter=1).fit(X, Y)
    assert np.isfinite(model.predict(X)).all()
    with pytest.raises(ValueError, match="needs columns start < stop of the 1 that it is given"):
        model.fit(X[:, :1], Y)


def test_a_start_of_another_shape_than_declared_is_an_error():
    with pytest.raises(ValueError, match=r"'s' of Broken.*layer 1.* shape \(3,\)\. Got.*\(4,\)"):
        FNNRegressor(hidden_layers=[Linear(3), Broken("shape")], max_iter=1).fit(X, Y)


def test_a_failing_note_does_not_hide_the_error():
    program = [lambda: 1 / 0]  # no Program: nothing is known of its calls
    with pytest.raises(ZeroDivisionError) as caught:
        replay(program)
    assert not hasattr(caught.value, "__notes__")


# ------------------------------------------------------------------ names and declarations


class Named(Layer):
    """A layer with arrays of the names that it is given."""

    def __init__(self, trained=(), saved=(), needs=Reads.NOTHING):
        self.trained_names = trained  # not as scikit-learn wants it: repr fails
        self.saved = saved
        self.needs = needs

    @property
    def reads(self):
        return self.needs

    def params(self, n_in):
        return {name: Param((1,), lambda rng: np.ones(1)) for name in self.trained_names}

    def buffers(self, n_in):
        return {name: np.zeros(1) for name in self.saved}


FIELDS = ["ones", "rng", "scratch", "weight", "share", "penalty", "below", "chain", "full_batch",
          "row", "number", "follow", "array", "position"]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "buffers", "message"),
    [
        *(([name], [], f"has a parameter '{name}', which is a field") for name in FIELDS),
        *(([], [name], f"has a buffer '{name}', which is a field") for name in FIELDS),
        (["W", "dW"], [], "has a gradient 'dW', which is a parameter of it already"),
        (["W"], ["W"], "has a buffer 'W', which is a parameter of it already"),
        (["W"], ["dW"], "has a buffer 'dW', which is a gradient of it already"),
        (["_W"], [], "has a parameter '_W', which is no name .* or a private one"),
        (["a b"], [], "has a parameter 'a b', which is no name that an attribute can have"),
    ],
)
def test_names_that_collide_are_errors(params, buffers, message):
    with pytest.raises(ValueError, match=message) as caught:
        Network([Linear(3), Named(params, buffers)], 4, np.float64, np.random.default_rng(0))
    assert "layer 1" in caught.value.__notes__[0]


def test_the_fields_are_those_that_a_cell_has():
    network = Network([Skip([Linear(4)])], 4, np.float64, np.random.default_rng(0))
    cell = Workspace(network, 3).chain(3).placed[0].cell
    public = {name for name in dir(cell) if not name.startswith("_")}
    assert {*FIELDS, *skfnn._engine.program.cell.FIELDS} == public | {"below"}


@pytest.mark.parametrize("reads", ["input", frozenset({"X"}), None, 1])
def test_what_a_part_reads_is_of_one_type(reads):
    with pytest.raises(TypeError, match=r"reads of Named.* must be Reads\.INPUT"):
        Network([Named(needs=reads)], 4, np.float64, np.random.default_rng(0))

    class Odd(Activation):
        def forward(self, Z, out, scratch):
            yield Call(np.tanh, Z, out=out)

        def backward(self, dA, ref, scratch):
            yield from ()

    Odd.reads = reads
    with pytest.raises(TypeError, match=r"reads of Odd\(\) must be Reads\.OUTPUT"):
        Odd()([1.0])


class Biased(Layer):
    """A parameter that is called ``b``, and one that is published."""

    def __init__(self, published=None):
        self.published = published

    def params(self, n_in):
        return {"b": Param((n_in,), lambda rng: np.zeros(n_in), published=self.published)}

    def forward(self, X, Y, cell, training):
        yield Call(np.add, X, cell.b, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        yield Call(np.dot, cell.ones, dY, out=cell.db)
        if dX is not None:
            yield Call(np.copyto, dY, out=dX)


def test_a_layer_declares_what_is_published():
    settings = {"max_iter": 1, "tol": 9}
    layers = [Dense(3, "relu"), Biased(), BatchNorm()]
    model = FNNRegressor(hidden_layers=layers, **settings).fit(X, Y)
    assert [b.shape for b in model.intercepts_] == [(3,), (1,)]
    assert model.n_layers_ == 3
    layers = [Dense(3, "relu"), Biased("intercepts")]
    model = FNNRegressor(hidden_layers=layers, **settings).fit(X, Y)
    assert [b.shape for b in model.intercepts_] == [(3,), (3,), (1,)]
    assert model.n_layers_ == 4
    gradient = model.loss_gradient(X, Y)
    assert [b.shape for b in gradient.intercepts] == [(3,), (3,), (1,)]
    with pytest.raises(ValueError, match="published must be 'coefs', 'intercepts' or None"):
        Param((1,), lambda rng: np.zeros(1), published="W")


def test_the_start_of_the_output_bias_is_set_whatever_hidden_parameters_are_called():
    model = FNNRegressor(
        hidden_layers=[Dense(3, "relu"), Biased()], max_iter=1, learning_rate_init=1e-12,
    ).fit(X, Y + 100)  # fmt: skip
    assert model.intercepts_[-1] == pytest.approx(np.mean(Y + 100))
    assert np.abs(model._fitted.network.weights("b")[1]).max() < 1e-6


def test_classes_of_targets_do_not_matter():
    layers = [Dense(3, "relu"), Gain()]
    model = FNNClassifier(hidden_layers=layers, max_iter=2, random_state=0).fit(X, Y > 0)
    assert np.isfinite(model.predict_proba(X)).all()


def test_what_layers_inside_declare_counts(monkeypatch):
    layers = [Skip([Dense(4, "tanh"), Dropout(0.3)])]
    with pytest.raises(ValueError, match="solver='lbfgs'"):
        FNNRegressor(hidden_layers=layers, solver="lbfgs").fit(X, Y)

    rng, rows = np.random.default_rng(0), 1000
    data = Batch(rng.normal(size=(rows, 4)), np.ones((rows, 1)), None, np.empty((rows, 1)))
    for layer, n_chunks in ((Skip([BatchNorm()]), 1), (Skip([Linear(4)]), 4)):
        network = Network([layer, Linear(1)], 4, np.float64, rng)
        monkeypatch.setattr(FullBatch, "chunk_elements", 1)
        assert len(FullBatch(Objective(network, SquaredError(), 0.0), data).parts) == n_chunks
        assert Network([Skip([Linear(4, "data_driven")])], 4, np.float64, rng).adapts


@pytest.mark.parametrize(
    "layer", [PiecewiseLinearEmbedding(2, 1), PeriodicEmbedding(n_frequencies=2)], ids=label
)
def test_layers_of_one_shape_have_arrays_of_their_own(layer):
    check_part(Skip([layer, layer]))
