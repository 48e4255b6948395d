"""The playground of the documentation: what node runs equals what skfnn and NumPy compute.

`.ci/run` has node, and says so where it has not; elsewhere these tests are skipped without it.
"""

import json
import shutil
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy import special

import skfnn._estimators.step as steps
from skfnn import FNNClassifier, FNNRegressor
from skfnn.export import training_program
from skfnn.export._program import FUNCTIONS

SCRIPT = Path(__file__).parent / "playground_node.js"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None or not (SCRIPT.parents[1] / "docs" / "_static" / "playground").exists(),
    reason="needs node, and the sources of the documentation",
)
ROWS = 10


def node(job, **given):
    """Run a job of playground_node.js."""
    text = json.dumps({"job": job, **given})
    done = subprocess.run([NODE, SCRIPT], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# ---------------------------------------------------------------- functions

BINARY = ["add", "divide", "equal", "greater", "greater_equal", "less", "less_equal",
          "logical_and", "maximum", "minimum", "multiply", "subtract"]  # fmt: skip
UNARY = ["absolute", "copyto", "erf", "exp", "expm1", "log", "log1p", "negative", "reciprocal",
         "sign", "sqrt", "tanh"]  # fmt: skip
FORMS = {  # shapes of the inputs, and of the output
    "rows": ([(4, 3), (4, 3)], (4, 3)),
    "row": ([(4, 3), (3,)], (4, 3)),
    "column": ([(4, 1), (4, 3)], (4, 3)),
    "number": ([(), (4, 3)], (4, 3)),
    "vector": ([(5,), (5,)], (5,)),
    "numbers": ([(), ()], ()),
}


def one_call(function, arrays, out_shape, order="C", options=None, dtype="float64"):
    """Return (program of one call, number of its output)."""
    entries, buffers = [], []
    for name, array in enumerate([*arrays, np.zeros(out_shape)]):
        array = np.asarray(array, dtype=float, order=order)
        buffers.append({"dtype": dtype if name < len(arrays) else "float64", "size": array.size,
                        "start": array.ravel(order="K").tolist()})  # fmt: skip
        entries.append({"name": str(name), "buffer": name, "offset": 0,
                        "shape": list(array.shape),
                        "strides": [step // 8 for step in array.strides]})  # fmt: skip
    out = len(arrays)
    call = {"function": function, "inputs": list(range(out)), "out": out}
    call |= {"options": options} if options else {}
    return {"format": "skfnn.training_program", "version": 1, "step": [call], "predict": [],
            "arrays": entries, "buffers": buffers}, out  # fmt: skip


def check_calls(cases):
    """Compare calls, as (function, inputs, shape of the output, options, result), with node's."""
    calls = []
    for i, (function, arrays, shape, options, _) in enumerate(cases):
        program, out = one_call(function, arrays, shape, "CF"[i % 2], options)
        calls.append({"program": program, "out": out})
    for case, got in zip(cases, node("calls", calls=calls), strict=True):
        expected = np.asarray(case[-1], dtype=float)
        got = np.array(got, dtype=float).reshape(expected.shape)
        np.testing.assert_allclose(got, expected, rtol=4e-15, atol=1e-300, err_msg=str(case[:2]))


def test_functions_of_one_array_are_those_of_numpy():
    rng = np.random.default_rng(0)
    cases = []
    for name in UNARY:
        function = getattr(special if name == "erf" else np, name, None)
        for array in (rng.normal(size=(4, 3)), 5 * rng.normal(size=7), np.array(-0.25),
                      np.array([0.0, 1e-9, 3.0, 30.0, 700.0, np.inf, np.nan])):  # fmt: skip
            if name in ("log", "log1p", "sqrt"):
                array = np.abs(array)
            with np.errstate(all="ignore"):
                result = array if name == "copyto" else function(array)
            if np.isfinite(array).all():
                cases.append((name, [array], array.shape, None, result))
            else:  # JSON has no such numbers: they are made there
                finite = array[np.isfinite(array)]
                with np.errstate(all="ignore"):
                    result = finite if name == "copyto" else function(finite)
                if np.isfinite(result).all():
                    cases.append((name, [finite], finite.shape, None, result))
    check_calls(cases)


def test_functions_of_two_arrays_broadcast_as_in_numpy():
    rng = np.random.default_rng(1)
    cases = []
    for name in BINARY:
        for shapes, out in FORMS.values():
            arrays = [np.round(2 * rng.normal(size=shape)) / 2 for shape in shapes]
            arrays[1] = np.where(arrays[1] == 0, 0.5, arrays[1]) if name == "divide" else arrays[1]
            cases.append((name, arrays, out, None, getattr(np, name)(*arrays)))
    check_calls(cases)


def test_products_and_reductions_are_those_of_numpy():
    rng = np.random.default_rng(2)
    cases = []
    for left, right in (((4, 3), (3, 5)), ((4,), (4, 3)), ((4, 3), (3,)), ((6,), (6,)),
                        ((1, 3), (3, 1))):  # fmt: skip
        A, B = rng.normal(size=left), rng.normal(size=right)
        cases.append(("dot", [A, B], (A @ B).shape, None, A @ B))
    A = rng.normal(size=(4, 3))
    for name, function in (("add.reduce", np.add), ("maximum.reduce", np.maximum)):
        for options in ({"axis": 0}, {"axis": 1}, {"axis": 1, "keepdims": True}):
            result = function.reduce(A, **options)
            cases.append((name, [A], result.shape, options, result))
        cases.append((name, [A[0]], (), None, function.reduce(A[0])))
    check_calls(cases)


def test_axpy_and_scal_work_in_place():
    x, y = np.array([1.0, -2.0, 3.0]), np.array([0.5, 0.25, 4.0])
    program, _ = one_call("axpy", [y, x, np.array(0.5)], (3,))
    program["step"][0]["out"] = 0
    plain, _ = one_call("axpy", [y, x], (3,))
    plain["step"][0]["out"] = 0
    scaled, _ = one_call("scal", [y, np.array(3.0)], (3,))
    scaled["step"][0]["out"] = 0
    calls = [{"program": given, "out": 0} for given in (program, plain, scaled)]
    np.testing.assert_allclose(node("calls", calls=calls), [y + 0.5 * x, y + x, 3 * y])


def test_every_function_of_the_format_is_there_and_tested():
    known = set(FUNCTIONS.values())
    assert known == set(node("functions"))
    tested = {*UNARY, *BINARY, "dot", "add.reduce", "maximum.reduce", "axpy", "scal", "draw_bits"}
    assert known == tested


# ---------------------------------------------------------------- random numbers


@pytest.mark.parametrize("seed", [0, 1, 7, 12345, 2**31 + 5])
def test_streams_are_those_of_numpy_to_the_bit(seed):
    n = 1000
    got = node("random", seed=seed, count=n)
    twister = np.random.RandomState(seed)
    assert got["uniform"] == twister.uniform(-2, 3, n).tolist()
    assert got["int31"] == twister.randint(2**31 - 1, size=n).tolist()
    generator, order = np.random.default_rng(seed), np.arange(n)
    generator.shuffle(order)
    assert got["order"] == order.tolist()
    assert got["random"] == generator.random(n).tolist()
    raw = np.random.SFC64(seed).random_raw(n // 4).view(np.uint16)
    assert got["bits"] == raw.tolist()


# ---------------------------------------------------------------- trainings

SOLVERS = ["sgd", "adam", "adamw", "nadam", "adagrad", "rmsprop"]
ACTIVATIONS = ["tanh", "relu", "logistic", "leaky_relu", "elu", "softplus", "silu", "gelu",
               "threshold", "identity"]  # fmt: skip
CLASS_LOSSES = ["log_loss", "squared_error", "hinge", "perceptron"]
NUMBER_LOSSES = ["squared_error", "huber", "absolute_error"]
CASES = [
    *({"solver": solver} for solver in SOLVERS),
    {"solver": "sgd", "momentum": 0},
    {"solver": "sgd", "nesterovs_momentum": False},
    *({"activation": name} for name in ACTIVATIONS),
    *({"loss": name} for name in CLASS_LOSSES),
    *({"loss": name, "task": "regression"} for name in NUMBER_LOSSES),
    {"batch_norm": "before"}, {"batch_norm": "after"}, {"dropout": 0.25}, {"alpha": 0.5},
    {"skip_connections": True}, {"skip_connections": True, "hidden_layer_sizes": (2, 2)},
    {"hidden_layer_sizes": ()}, {"hidden_layer_sizes": (1,)}, {"hidden_layer_sizes": (5, 4, 3)},
    {"skip_connections": True, "batch_norm": "before", "dropout": 0.2, "alpha": 0.1,
     "activation": "silu", "solver": "nadam", "hidden_layer_sizes": (4, 4, 3)},
    {"skip_connections": True, "batch_norm": "after", "dropout": 0.2, "activation": "relu",
     "task": "regression", "loss": "huber", "solver": "adamw", "hidden_layer_sizes": (2, 5)},
    {"clip_norm": 0.1}, {"multiclass": True}, {"multiclass": True, "loss": "squared_error"},
]  # fmt: skip


def label(case):
    return "-".join(f"{name}={value}" for name, value in case.items())


def rows_of(case, rng):
    X = rng.uniform(-1, 1, (60, 2))
    if case.get("task") == "regression":
        return X, np.sin(3 * X[:, 0]) + X[:, 1] ** 2
    if case.get("multiclass"):
        return X, (X.sum(axis=1) > 0).astype(int) + (X[:, 0] > 0.3)
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def estimator_of(case, **more):
    params = {"hidden_layer_sizes": (4, 3), "activation": "tanh", "dtype": "float64",
              "learning_rate_init": 0.02, "batch_size": ROWS, "random_state": 0, **case,
              **more}  # fmt: skip
    params.pop("multiclass", None)
    cls = FNNRegressor if params.pop("task", "") == "regression" else FNNClassifier
    return cls(**params)


def fitted(case, epochs, X, y):
    model = estimator_of(case, max_iter=epochs, n_iter_no_change=epochs)
    with warnings.catch_warnings(action="ignore"):
        return model.fit(X, y)


def encoded(case, y):
    """Targets as the loss wants them: one column, or one per class."""
    if case.get("multiclass"):
        return np.eye(3)[y]
    margin = case.get("loss") in ("hinge", "perceptron")
    return (2.0 * y - 1 if margin else y)[:, None]


def run_by_skfnn(model, batches):
    """Train by skfnn's own programs on given batches; return parameters, moments, scores, masks."""
    step = steps.written_step(model, ROWS)
    masks, scores = [], []

    def drawing(rng, out):
        out[...] = rng.integers(0, 2**16, out.shape, dtype=np.uint16)
        masks.append(out.ravel().tolist())

    for call in step.calls:
        if call.function.__name__ == "_draw_bits":
            call.function = drawing
    program = step.workspace.bind(step.calls)
    scalars = [step.workspace._named[name] for name in sorted(step.workspace._named)
               if name.startswith("scalar")]  # fmt: skip
    for t, (X, y) in enumerate(batches):
        step.batch.X[...], step.batch.y[...] = X, np.reshape(y, step.batch.y.shape)
        values = step.solver.optimizer.scalars(t + 1, step.solver.learning_rate_init)
        for array, value in zip(scalars, values, strict=True):
            array[()] = value
        for call in program:
            call()
        scores.append(step.batch.raw.ravel().tolist())
    return masks, scores


@pytest.mark.parametrize("case", CASES, ids=label)
def test_a_training_of_100_steps_equals_that_of_skfnn(case):
    rng = np.random.default_rng(5)
    X, y = rows_of(case, rng)
    model = fitted(case, 1, X, y)
    program = training_program(model, ROWS)  # of the weights before the steps
    targets = encoded(case, y)
    chosen = rng.integers(0, len(X), (100, ROWS))
    batches = [(X[rows], targets[rows]) for rows in chosen]
    masks, scores = run_by_skfnn(model, batches)
    listed = [{"X": X.tolist(), "y": y.ravel().tolist()} for X, y in batches]
    got = node("train", program=program, masks=masks, batches=listed)
    network = steps.written_step(model, ROWS).network
    views = network.views(network.values)
    for entry, values in zip(program["parameters"], got["parameters"], strict=True):
        path = tuple(map(int, entry["layer"].split(".")))
        np.testing.assert_allclose(values, views[path][entry["name"]].ravel(), atol=1e-5)
    np.testing.assert_allclose(got["scores"], scores, atol=1e-5)
    predicted = np.reshape(got["predicted"], (ROWS, -1))
    raw = model.decision_function(batches[0][0]) if hasattr(model, "classes_") else (
        model.predict(batches[0][0]))  # fmt: skip
    np.testing.assert_allclose(predicted.squeeze(), np.squeeze(raw), atol=1e-5)
    state = network.state_views(network.state)
    for entry, values in zip(program["moments"], got["moments"], strict=True):
        path = tuple(map(int, entry["layer"].split(".")))
        np.testing.assert_allclose(values, state[path][entry["name"]].ravel(), atol=1e-5)


def test_what_is_not_in_the_format_is_refused_by_name_where_it_is_run():
    program, out = one_call("add", [np.ones(2), np.ones(2)], (2,))
    for change, message in (
        ({"version": 2}, "version 1"),
        ({"format": "another"}, "another"),
        ({"step": [{**program["step"][0], "function": "arctan"}]}, "arctan is not in version 1"),
        ({"buffers": [{**buffer, "dtype": "int8"} for buffer in program["buffers"]]}, "int8"),
    ):
        with pytest.raises(AssertionError, match=message):
            node("calls", calls=[{"program": program | change, "out": out}])


# ---------------------------------------------------------------- the writer


def config_of(model, loss):
    """What the page would write for an estimator's parameters."""
    step = steps.written_step(model, ROWS)
    optimizer = getattr(step.solver, "optimizer", None)
    solver = {"name": model.solver}
    if optimizer is not None:
        solver |= {**optimizer.get_params(), "learning_rate": model.learning_rate_init}
    return {
        "inputs": 2, "units": list(model.hidden_layer_sizes), "activation": model.activation,
        "batch_norm": model.batch_norm, "dropout": model.dropout, "skip": model.skip_connections,
        "alpha": model.alpha, "loss": loss, "solver": solver,
    }  # fmt: skip


def written_like(call, arrays):
    """What has to agree of a call."""

    def shown(i):
        return arrays[i]["name"], tuple(arrays[i]["shape"])

    inputs = [
        shown(value) if isinstance(value, int) else next(iter(value.items()))
        for value in call["inputs"]
    ]
    inputs = [(a, round(b, 12)) if a == "number" else (a, b) for a, b in inputs]
    return call["function"], inputs, shown(call["out"]), call.get("layer", "")


def random_case(rng):
    task = rng.choice(["classification", "regression"])
    units = [int(rng.integers(1, 6)) for _ in range(rng.integers(0, 5))]
    case = {
        "hidden_layer_sizes": tuple(units), "activation": str(rng.choice(ACTIVATIONS)),
        "loss": str(rng.choice(CLASS_LOSSES if task == "classification" else NUMBER_LOSSES)),
        "solver": str(rng.choice(SOLVERS)), "alpha": float(rng.choice([0, 0.1])),
    }  # fmt: skip
    if task == "regression":
        case["task"] = "regression"
    if units:
        case["dropout"] = float(rng.choice([0, 0.2]))
        case["batch_norm"] = [None, "before", "after"][rng.integers(3)]
        case["skip_connections"] = bool(rng.integers(2))
    if case["solver"] == "sgd":
        case["momentum"] = float(rng.choice([0, 0.9]))
    return case


def test_the_page_writes_the_programs_that_skfnn_exports():
    rng = np.random.default_rng(11)
    cases = [case for case in CASES if not case.keys() & {"clip_norm", "multiclass"}]
    cases += [random_case(rng) for _ in range(40)]
    cases += [{"solver": "lbfgs"}, {"solver": "lbfgs", "batch_norm": "before", "alpha": 0.1}]
    programs, configs = [], []
    for case in cases:
        X, y = rows_of(case, rng)
        case = {**case, "solver": case.get("solver", "adam")}
        more = {} if case["solver"] == "lbfgs" else {"batch_size": ROWS}
        model = estimator_of(case, max_iter=1, **more)
        if case["solver"] == "lbfgs":
            model.set_params(batch_size="auto")
        with warnings.catch_warnings(action="ignore"):
            model.fit(X, y)
        programs.append(training_program(model, ROWS))
        config = config_of(model, programs[-1]["loss"])
        configs.append({"config": config, "rows": ROWS})
    for case, program, got in zip(cases, programs, node("written", configs=configs), strict=True):
        ours = [written_like(call, program["arrays"]) for call in program["step"]]
        theirs = [written_like(call, got["arrays"]) for call in got["step"]]
        assert theirs == ours, label(case)
        assert [call["text"] for call in got["step"]] == [c["text"] for c in program["step"]]
        for name in ("format", "version", "n_rows", "dtype", "loss"):
            assert got[name] == program[name]
        assert [(p["layer"], p["name"]) for p in got["parameters"]] == [
            (p["layer"], p["name"]) for p in program["parameters"]
        ]


# ---------------------------------------------------------------- the page's trainings

START = {
    "task": "classification", "data": "circles", "noise": 0.1, "rows": 150, "seed": 0,
    "points": [], "units": [4, 3], "activation": "tanh", "loss": "log_loss", "solver": "adam",
    "learning_rate": 0.03, "momentum": 0.9, "weight_decay": 0.01, "batch_size": 20, "alpha": 0,
    "dropout": 0, "batch_norm": "", "skip_connections": False,
}  # fmt: skip
NUMBERS = {"task": "regression", "loss": "squared_error"}
DRAWN = [[10 * i - 50, (37 * i) % 100 - 50, i % 2] for i in range(11)]
FITS = [
    {},
    {"data": "moons", "noise": 0, "seed": 3, "solver": "sgd", "batch_size": 1},
    {"data": "spirals", "units": [8, 8], "activation": "relu", "alpha": 0.1, "solver": "rmsprop"},
    {"data": "xor", "units": [3], "loss": "hinge", "rows": 30, "dropout": 0.2},
    {"data": "clusters", "units": [], "loss": "perceptron", "solver": "sgd", "momentum": 0},
    {"batch_norm": "before", "dropout": 0.1, "skip_connections": True, "units": [4, 4]},
    {"skip_connections": True, "units": [5, 3, 3], "activation": "gelu", "solver": "nadam"},
    {"batch_norm": "after", "batch_size": 150, "solver": "adamw", "weight_decay": 0.3},
    {"data": "drawn", "points": DRAWN, "solver": "adagrad", "learning_rate": 0.1},
    {"data": "drawn", "points": DRAWN, "batch_size": 10, "alpha": 1},
    {"solver": "lbfgs", "units": [8, 8], "data": "spirals", "batch_norm": "after", "dropout": 0.2},
    {**NUMBERS, "solver": "lbfgs", "data": "waves", "alpha": 0.3, "skip_connections": True},
    {**NUMBERS, "data": "plane", "solver": "adam"},
    {**NUMBERS, "data": "hills", "loss": "huber", "units": [6], "activation": "silu"},
    {**NUMBERS, "data": "waves", "loss": "absolute_error", "rows": 240, "alpha": 1},
    {**NUMBERS, "data": "drawn", "points": [[a, b, a // 2] for a, b, _ in DRAWN], "units": []},
]


def run(code):
    """Run code that the page has written; return its names."""
    names = {}
    with warnings.catch_warnings(action="ignore"):
        exec(code, names)
    return names


def test_the_code_of_the_page_gives_its_weights_and_its_picture():
    """Data, initial weights, order of rows and masks are those of NumPy and skfnn."""
    fits = [{"config": {**START, **case}, "epochs": 12} for case in FITS]
    fits += [
        {"config": START, "epochs": 3, "rows": [5, 7, 5], "again": 2},
        {"config": {**START, "batch_norm": "before", "alpha": 0.3, "batch_size": 40}, "epochs": 2,
         "rows": [0, 149], "again": 1},
        {"config": {**START, "data": "drawn", "points": DRAWN, "batch_size": 10, "alpha": 1},
         "epochs": 2, "rows": [3], "again": 1},
    ]  # fmt: skip
    grid = np.array([[-0.5, -0.5], [0.25, 0.5], [0.9, -0.3]])
    for fit, got in zip(fits, node("fit", fits=fits), strict=True):
        names = run(got["code"])
        model, what = names["model"], fit["config"]
        for part in ("train", "test"):
            if got[part]["X"]:
                np.testing.assert_allclose(got[part]["X"], names[f"X_{part}"], atol=1e-12)
                np.testing.assert_allclose(got[part]["y"], names[f"y_{part}"], atol=1e-12)
        weights = [entry["values"] for entry in got["parameters"] if entry["name"] == "W"]
        for W, expected in zip(weights, model.coefs_, strict=True):
            np.testing.assert_allclose(W, expected.ravel(), atol=1e-7, err_msg=str(what))
        raw = model.predict(grid) if what["task"] == "regression" else model.decision_function(grid)
        np.testing.assert_allclose(got["scores"], raw, atol=1e-7)
        for ours, theirs in zip(model.hidden_activations(grid), got["hidden"], strict=True):
            np.testing.assert_allclose(theirs, ours.ravel(), atol=1e-7)
        for part, quality in zip(("train", "test"), got["quality"], strict=True):
            if quality is None:
                continue
            X, y = names[f"X_{part}"], names[f"y_{part}"]
            assert quality["score"] == pytest.approx(model.score(X, y), abs=1e-7)
            assert quality["loss"] == pytest.approx(model.evaluate(X, y)["loss"], abs=1e-7)


def test_lbfgs_is_that_of_scipy_until_rounding_decides():
    """In 30 iterations from the same start; later the last digits decide between directions."""
    cases = [
        {"units": [8, 8], "data": "spirals", "noise": 0},
        {"units": [5], "activation": "logistic", "alpha": 0.3},
        {"units": [4, 4], "skip_connections": True, "activation": "silu"},
        {"loss": "squared_error"},
        {"loss": "hinge", "activation": "relu", "data": "moons"},
        {**NUMBERS, "data": "hills", "loss": "huber", "units": [8], "activation": "gelu"},
    ]
    fits = [{"config": {**START, "solver": "lbfgs", **case}, "epochs": 30} for case in cases]
    for fit, got in zip(fits, node("fit", fits=fits), strict=True):
        model = run(got["code"])["model"]
        assert model.n_iter_ == 30
        weights = [entry["values"] for entry in got["parameters"] if entry["name"] == "W"]
        for W, expected in zip(weights, model.coefs_, strict=True):
            np.testing.assert_allclose(W, expected.ravel(), atol=1e-5, err_msg=str(fit))


def test_lbfgs_ends_where_no_step_lowers_the_loss():
    """A linear classifier has one minimum: that of a fit to the end."""
    config = {**START, "solver": "lbfgs", "units": [], "data": "xor", "alpha": 1}
    (got,) = node("fit", fits=[{"config": config, "epochs": 200}])
    assert len(got["curves"]["loss"]) < 30
    model = run(got["code"])["model"]
    entries = {entry["name"]: entry["values"] for entry in got["parameters"]}
    np.testing.assert_allclose(entries["W"], model.coefs_[0].ravel(), atol=1e-6)
