"""The export of a training step as data."""

import json
import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor, TabularFNNClassifier
from skfnn.activations import Activation
from skfnn.export import training_program
from skfnn.layers import Dense, Dropout, GaussianNoise, Linear
from skfnn.optimizers import AdaGrad, Optimizer
from skfnn.parts import Call
from skfnn.schedules import Scheduled

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
y = (X[:, 0] * X[:, 1] > 0).astype(int)


def fitted(*args, cls=FNNClassifier, **params):
    with warnings.catch_warnings(action="ignore"):
        return cls(*args, max_iter=2, random_state=0, **params).fit(X, y)


def test_it_is_plain_data_the_same_each_time():
    model = fitted((4,), dropout=0.2, batch_norm="before")
    program = training_program(model, 10)
    assert json.loads(json.dumps(program)) == program
    other = fitted((4,), dropout=0.2, batch_norm="before")
    assert training_program(other, 10) == program
    assert model.step_listing(10).splitlines() == [call["text"] for call in program["step"]]


def test_views_share_memory_as_the_arrays_do():
    program = training_program(fitted((4,), dtype="float64"), 10)
    arrays = {entry["name"]: entry for entry in program["arrays"]}
    values = arrays["values"]
    for name in ("W0", "b0", "W2", "b2"):
        assert arrays[name]["buffer"] == values["buffer"]
    assert arrays["W2.T"]["offset"] == arrays["W2"]["offset"]
    assert arrays["dW0"]["buffer"] == arrays["grad"]["buffer"] != values["buffer"]
    for entry in program["arrays"]:
        last = sum((n - 1) * s for n, s in zip(entry["shape"], entry["strides"], strict=True))
        size = program["buffers"][entry["buffer"]]["size"]
        assert 0 <= entry["offset"] <= entry["offset"] + last < size


def read(program, memory, number):
    entry = program["arrays"][number]
    data = memory[entry["buffer"]]
    strides = [step * data.itemsize for step in entry["strides"]]
    return np.lib.stride_tricks.as_strided(data[entry["offset"] :], entry["shape"], strides)


def test_it_holds_the_weights_moments_and_what_constants_are():
    model = fitted((4,), batch_norm="after", dtype="float64", solver=AdaGrad(0.1, 0.5))
    program = training_program(model, 10)
    memory = [np.array(buffer.get("start", [0] * buffer["size"]), buffer["dtype"])
              for buffer in program["buffers"]]  # fmt: skip
    found = {(entry["layer"], entry["name"]): read(program, memory, entry["array"])
             for entry in (*program["parameters"], *program["moments"])}  # fmt: skip
    np.testing.assert_array_equal(found["0", "W"], model.coefs_[0])
    np.testing.assert_array_equal(found["3", "b"], model.intercepts_[1])
    assert found["2", "count"] == 2
    names = {entry["name"]: number for number, entry in enumerate(program["arrays"])}
    assert (read(program, memory, names["ones"]) == 1).all()
    slot = next(number for name, number in names.items() if name.startswith("slot"))
    assert (read(program, memory, slot) == 0.5).all()
    assert program["solver"] == {
        "name": "adagrad", "learning_rate": 0.1, "initial_accumulator": 0.5, "epsilon": 1e-8,
        "scalars": [names["scalar0"]],
    }  # fmt: skip


def test_on_the_full_batch_the_step_is_that_of_the_full_batch():
    model = fitted((4,), batch_norm="before", solver="lbfgs", alpha=0.5)
    program = training_program(model, 40)
    lines = [call["text"] for call in program["step"]]
    assert "running_mean1 = copyto(mean1)" in lines
    assert not any("running_count" in line for line in lines)
    solver = program["solver"]
    assert (solver["name"], solver["alpha"], solver["n_decay"]) == ("lbfgs", 0.5, 16)
    assert program["arrays"][solver["grad"]]["name"] == "grad"
    assert program["arrays"][solver["values"]]["shape"] == [29]


def test_regressors_and_autoencoders_have_programs():
    for cls in (FNNRegressor, FNNAutoencoder):
        program = training_program(fitted((2,), cls=cls), 5)
        assert program["n_rows"] == 5
        assert program["loss"] == "squared_error"


class Arctan(Activation):
    def forward(self, Z, out, scratch):
        yield Call(np.arctan, Z, out=out)

    def backward(self, dA, ref, scratch):
        yield from ()


class Plain(Optimizer):
    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        yield Call(np.subtract, theta, grad, out=theta)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_layers": [Dense(3, Arctan())]}, r"'arctan', called in forward of .*Arctan"),
        ({"hidden_layers": [Dense(3, "relu"), GaussianNoise(0.1)]}, "GaussianNoise"),
        ({"solver": Plain()}, "the optimizer Plain"),
        ({"solver": "lm"}, "the solver LevenbergMarquardt"),
        ({"learning_rate": "cosine"}, "the schedule Cosine"),
        ({"hidden_layers": [Linear(3, bias_lr_factor=0.1)]}, r"factors \[0.1"),
        ({"hidden_layers": [Dense(3), Dropout(Scheduled(0.3))]}, "Scheduled"),
    ],
)
def test_what_the_format_does_not_have_is_refused_by_name(params, message):
    cls = FNNRegressor if params.get("solver") == "lm" else FNNClassifier
    model = fitted(cls=cls, **params)
    with pytest.raises(ValueError, match=f"training_program cannot express .*{message}"):
        training_program(model)


def test_wrong_arguments():
    with pytest.raises(TypeError, match="Got TabularFNNClassifier"):
        training_program(TabularFNNClassifier())
    with pytest.raises(TypeError, match="Got None"):
        training_program(None)
    with pytest.raises(NotFittedError):
        training_program(FNNClassifier())
    model = fitted((2,))
    for rows in (0, -3):
        with pytest.raises(ValueError, match="n_rows must be at least 1"):
            training_program(model, rows)
    for rows in (2.0, True, "2", None):
        with pytest.raises(TypeError, match="n_rows must be an integer"):
            training_program(model, rows)
