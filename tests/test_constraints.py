"""Constraints: what weights are held to, by minibatch solvers, by L-BFGS, and by no other."""

import numpy as np
import pytest
from helpers import examples, label

from skfnn import FNNClassifier, FNNRegressor
from skfnn.constraints import Constraint, MaxNorm, Monotone, NonNegative, UnitNorm
from skfnn.layers import Activate, Dense, Layer, Linear, Skip
from skfnn.parts import Call, Param, Reads
from skfnn.solvers import Solver

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = X @ [2.0, -1.0, 0.5] + 0.3 * RNG.normal(size=60)
BRIEF = {"max_iter": 4, "tol": 1e9, "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def keeps(constraint, W):
    """Whether weights are as a constraint wants them, by definition."""
    norms = np.linalg.norm(W, axis=0)
    if isinstance(constraint, NonNegative):
        return bool((W >= 0).all())
    if isinstance(constraint, Monotone):
        directions = [1] * len(W) if constraint.directions is None else constraint.directions
        n = W.shape[1] if constraint.n_units is None else constraint.n_units
        rows = list(zip(directions, W, strict=True))
        sides = [d * w >= 0 for d, row in rows for w in row[:n]]
        sealed = [d == 0 or w == 0 for d, row in rows for w in row[n:]]
        return all(sides) and (all(sealed) or not constraint.seals)
    if isinstance(constraint, MaxNorm):
        return bool((norms <= constraint.max_value * (1 + 1e-6)).all())
    return bool(np.allclose(norms, 1, rtol=1e-6))


every = pytest.mark.parametrize("constraint", examples(Constraint), ids=label)


@every
def test_the_projection_is_the_nearest_place_that_is_allowed(constraint):
    W = RNG.normal(size=(3, 5)) * [0.1, 0.5, 1, 3, 5]
    found = constraint.projected(W)
    assert keeps(constraint, found)
    for _ in range(200):  # no other one that is allowed is nearer
        other = constraint.projected(found + 0.1 * RNG.normal(size=W.shape))
        assert np.linalg.norm(W - found) <= np.linalg.norm(W - other) + 1e-12
    np.testing.assert_allclose(constraint.projected(found), found, rtol=1e-12)
    assert constraint.projected(W.astype(np.float32)).dtype == np.float32


def test_unit_norm_leaves_zeros():
    assert not UnitNorm().projected(np.zeros((3, 2))).any()


def test_max_norm_is_that_of_torch():
    torch = pytest.importorskip("torch")
    W = RNG.normal(size=(4, 6))
    expected = torch.renorm(torch.tensor(W), p=2, dim=1, maxnorm=1.5)
    np.testing.assert_allclose(MaxNorm(1.5).projected(W), expected.numpy(), rtol=1e-6)


@every
@pytest.mark.parametrize("settings", [
    {"solver": "sgd", "learning_rate_init": 3.0, "clip_norm": 1.0},
    {"solver": "adamw", "learning_rate_init": 1.0},
], ids=["clipped", "adamw"])  # fmt: skip
def test_minibatch_solvers_hold_it_after_each_epoch(constraint, settings):
    """A rate that would throw weights far out; an epoch ends with the last step's projection."""
    layers = [Dense(3, "tanh", constraint=constraint), Skip([Dense(5)], constraint=constraint)]
    params = {**BRIEF, **settings, "max_iter": 1, "warm_start": True}
    model = FNNRegressor(hidden_layers=layers, **params)
    for _ in range(3):
        model.fit(X, Y)
        assert keeps(constraint, model.coefs_[0])
        assert keeps(constraint, model._fitted.network.weights("P")[0])
    free = FNNRegressor(hidden_layers=[Dense(3, "tanh")], **settings, **BRIEF).fit(X, Y)
    assert not keeps(constraint, free.coefs_[0])


@every
def test_the_start_is_allowed_also_where_data_sets_it(constraint):
    for initializer in ("data_driven", "nguyen_widrow", "orthogonal"):
        layer = Linear(5, initializer, constraint=constraint)
        model = FNNRegressor(hidden_layers=[layer], solver="sgd", learning_rate_init=1e-30, **BRIEF)
        assert keeps(constraint, model.fit(3 * X + 1, Y).coefs_[0])


def test_the_listing_shows_the_projection_after_the_update():
    layers = [Dense(2, "tanh", constraint="non_negative"), Dense(2, constraint="max_norm")]
    model = FNNRegressor(hidden_layers=layers, solver="sgd", momentum=0.0, **BRIEF).fit(X, Y)
    lines = model.step_listing().splitlines()
    update = next(i for i, line in enumerate(lines) if line.startswith("values"))
    assert lines[update + 1 :] == [
        "W0 = maximum(W0, 0)",
        "norm0 = multiply(W2, W2)",
        "norm1 = add.reduce(norm0, axis=0)",
        "norm1 = sqrt(norm1)",
        "norm1 = maximum(norm1, 2)",
        "norm1 = divide(2, norm1)",
        "W2 = multiply(W2, norm1)",
    ]


# L-BFGS ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [FNNRegressor, FNNClassifier])
def test_the_projected_gradient_is_below_tol(cls):
    """At a bound the slope may lead out of what is allowed; elsewhere it is next to zero."""
    y = Y if cls is FNNRegressor else Y > 0
    directions = [1, -1, 0, 0, 0]
    layers = [Dense(5, "tanh", constraint="non_negative"),
              Dense(3, "tanh", constraint=Monotone(directions, 2))]  # fmt: skip
    model = cls(hidden_layers=layers, solver="lbfgs", tol=1e-6, max_iter=20000, max_fun=10**6,
                alpha=0.01, random_state=0).fit(X, y)  # fmt: skip
    slopes = model.loss_gradient(X, y).coefs
    (W, V, _), (dW, dV, dout) = model.coefs_, slopes
    assert (W >= 0).all()
    assert (V[0, :2] >= 0).all()
    assert (V[1, :2] <= 0).all()
    assert not V[:2, 2].any()
    assert (dW[W == 0] > -1e-6).all()
    assert (dV[0, :2][V[0, :2] == 0] > -1e-6).all()
    assert (dV[1, :2][V[1, :2] == 0] < 1e-6).all()
    inside = [dW[W > 0], dV[0, :2][V[0, :2] > 0], dV[1, :2][V[1, :2] < 0], dV[2:].ravel(),
              dout.ravel()]  # fmt: skip
    assert np.abs(np.concatenate(inside)).max() < 1e-5
    assert (W == 0).any() or (V[:2, :2] == 0).any()


def test_lbfgs_without_constraints_has_no_bounds(monkeypatch):
    seen = []
    import skfnn.solvers._lbfgs as module

    whole = module.scipy.optimize.minimize

    def minimize(*args, **kwargs):
        seen.append(kwargs["bounds"])
        return whole(*args, **kwargs)

    monkeypatch.setattr(module.scipy.optimize, "minimize", minimize)
    FNNRegressor((3,), solver="lbfgs", max_iter=4, random_state=0).fit(X, Y)
    assert set(seen) == {None}


# What is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("constraint", ["max_norm", UnitNorm()])
def test_lbfgs_refuses_what_is_no_bound(constraint):
    model = FNNRegressor(hidden_layers=[Dense(3, constraint=constraint)], solver="lbfgs")
    with pytest.raises(
        ValueError, match=r"solver='lbfgs' cannot hold constraint=.* bounds of single"
    ):
        model.fit(X, Y)


def test_levenberg_marquardt_refuses_all():
    model = FNNRegressor(hidden_layers=[Dense(3, constraint="non_negative")], solver="lm")
    with pytest.raises(ValueError, match=r"solver='lm' cannot hold constraint=NonNegative\(\) of "):
        model.fit(X, Y)


def test_auto_takes_a_solver_that_holds_it():
    for constraint, dtype in (("non_negative", np.float64), ("max_norm", np.float32)):
        layers = [Dense(3, constraint=constraint)]
        model = FNNRegressor(hidden_layers=layers, solver="auto", **BRIEF).fit(X, Y)
        assert keeps(Constraint.resolve(constraint, "c"), model.coefs_[0])
        assert model.coefs_[0].dtype == dtype  # that of L-BFGS, and that of Adam


class Shifted(Layer):  # its constraint is in the Param alone
    reads = Reads.NOTHING

    def params(self, n_in):
        return {"s": Param((n_in,), lambda rng: np.ones(n_in), constraint=NonNegative())}

    def forward(self, X, Y, cell, training):
        yield Call(np.add, X, cell.s, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        yield Call(np.dot, cell.ones, dY, out=cell.ds)
        if dX is not None:
            yield Call(np.copyto, dY, out=dX)


class Walk(Solver):  # a user's, which says nothing of constraints
    def run(self, problem, monitor):
        monitor.conclude(problem.value_and_grad(problem.network.values)[0])


@pytest.mark.parametrize("solver", ["lm", Walk()])
def test_a_layer_of_ones_own_is_not_passed_over(solver):
    model = FNNRegressor(hidden_layers=[Shifted(), Activate("tanh")], solver=solver)
    with pytest.raises(ValueError, match=r"cannot hold constraint=.* of layer 0"):
        model.fit(X, Y)
    assert not hasattr(model, "coefs_")


def test_an_unknown_constraint_is_named():
    with pytest.raises(ValueError, match=r"constraint='non_negativ' is not .* 'non_negative'"):
        FNNRegressor(hidden_layers=[Dense(3, constraint="non_negativ")]).fit(X, Y)
