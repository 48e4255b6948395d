"""What the statements of curvatures, evidences and posteriors mean."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse, stats

from skfnn import losses
from skfnn._engine.curvature import gauss_newton, jacobian
from skfnn._engine.curvature.evidence import (
    Prior,
    factor,
    fixed,
    grouped,
    inverse_diagonal,
)
from skfnn._engine.curvature.gauss_newton import GaussNewton
from skfnn._engine.curvature.jacobian import Jacobian
from skfnn._engine.curvature.posterior import Posterior, laplace
from skfnn._engine.network.forward import raw_scores
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import Objective
from skfnn._engine.objective.targets import RegressionTarget
from skfnn._engine.program.calls import Call
from skfnn._engine.program.layer import Param
from skfnn.layers import Activate, BatchNorm, Dense, L1Sparsity, Layer, Linear, Skip, Tied

TINY = np.finfo(float).tiny
H = np.array([[4.0, 1.0, 0.5, 0.2], [1.0, 3.0, 0.3, 0.1], [0.5, 0.3, 2.0, 0.4], [0.2, 0.1, 0.4, 5]])
VALUES = np.array([0.5, -1.0, 2.0, 3.0])
SQUARES = losses.SquaredError()


def prior_of(a=2.0, b=0.5, **options):
    """Return a prior of two groups, the last parameter without one."""
    groups = {"a": np.array([0, 1]), "b": np.array([2])}
    return Prior(np.array([a, a, b, 0.0]), groups, **options)


def network_of(*layers, n_inputs=2):
    return Network(layers, n_inputs, np.float64, np.random.default_rng(0))


def test_a_prior_knows_its_penalty_and_strengths():
    prior = prior_of()
    assert prior.value(VALUES) == pytest.approx((2 * 1.25 + 0.5 * 4) / 2)
    assert prior.by_group() == {"a": 2.0, "b": 0.5}
    assert (prior.noise, prior.unit, prior.change) == (1.0, 1.0, np.inf)
    assert np.isnan(prior.n_effective)
    assert prior.evidences == []
    assert prior.at is None


def settled(total=6.0, n=20.0, **options):
    prior = prior_of(**options)
    known = prior.settle(H, total, n)
    return prior, known


def test_the_effective_parameters_are_those_that_data_determine():
    prior, known = settled()
    spread = np.linalg.inv(H + np.diag([2, 2, 0.5, 0]))
    wanted = {"a": 2 - 2 * (spread[0, 0] + spread[1, 1]), "b": 1 - 0.5 * spread[2, 2]}
    assert known == pytest.approx(wanted, rel=1e-12)
    assert prior.n_effective == pytest.approx(sum(wanted.values()), rel=1e-12)
    assert prior.noise == pytest.approx(2 * 6.0 / (20 - sum(wanted.values())), rel=1e-12)
    prior = prior_of(noise=7.0)
    prior.settle(H, 6.0, 20.0, noisy=False)
    assert prior.noise == 7.0


def test_effective_parameters_and_noise_at_their_ends():
    _, known = settled(a=1e30)
    assert known["a"] == 1e-9
    _, known = settled(b=1e8)
    assert known["b"] == pytest.approx(1 / 1e8 / np.linalg.inv(H)[2, 2], rel=0.1)
    prior, known = settled(a=1e-30, b=1e-30, n=3.0)
    assert known == {"a": 2.0, "b": 1.0}
    assert prior.noise == pytest.approx(2 * 6.0 / 0.003)  # a thousandth of the targets is left
    prior, _ = settled(total=0.0)
    assert prior.noise == TINY * 1e20


@pytest.mark.parametrize("noisy", [False, True])
def test_a_step_to_the_most_probable_strengths(noisy):
    loss, total, n = SQUARES if noisy else losses.BinaryCrossEntropy(), 6.0, 20.0
    prior = prior_of()
    prior.update(H, VALUES, loss, total, n)
    full = H + np.diag([2, 2, 0.5, 0])
    spread = np.linalg.inv(full)
    known = {"a": 2 - 2 * (spread[0, 0] + spread[1, 1]), "b": 1 - 0.5 * spread[2, 2]}
    noise = 2 * total / (n - sum(known.values())) if noisy else 1.0
    assert prior.noise == pytest.approx(noise, rel=1e-12)
    a, b = noise * known["a"] / 1.25, noise * known["b"] / 4
    np.testing.assert_allclose(prior.strengths, [a, a, b, 0], rtol=1e-12)
    assert prior.change == pytest.approx(max(abs(np.log(a / 2)), abs(np.log(b / 0.5))), rel=1e-12)
    penalty = (2 * 1.25 + 0.5 * 4) / 2
    wanted = np.log([2, 2, 0.5]).sum() - np.linalg.slogdet(full)[1] - n * np.log(noise)
    assert prior.evidences == [pytest.approx(0.5 * wanted - (total + penalty) / noise, rel=1e-12)]


def test_strengths_stay_within_bounds_of_the_mean_curvature():
    mean = np.diag(H).mean()
    prior = prior_of()
    prior.update(H, 0 * VALUES, SQUARES, 6.0, 20.0)
    np.testing.assert_allclose(prior.strengths, [1e8 * mean] * 3 + [0], rtol=1e-12)
    prior = prior_of()
    prior.update(H, 1e30 * VALUES, SQUARES, 6.0, 20.0)
    np.testing.assert_allclose(prior.strengths, [1e-12 * mean] * 3 + [0], rtol=1e-12)
    unit = np.array([1.0, 1.0, 4.0, 4.0])
    prior = prior_of(unit=unit)
    prior.update(H, 0 * VALUES, SQUARES, 6.0, 20.0)
    mean = (np.diag(H) / unit).mean()
    wanted = 1e8 * mean * np.array([1, 1, 4, 0])
    np.testing.assert_allclose(prior.strengths, wanted, rtol=1e-12)


def test_the_typical_curvature_is_a_mean_by_units():
    unit = np.array([1.0, 2.0, 4.0, 4.0])
    mean = (4 / 1 + 3 / 2 + 2 / 4 + 5 / 4) / 4
    np.testing.assert_allclose(prior_of(unit=unit).typical(H), mean * unit, rtol=1e-12)
    np.testing.assert_allclose(prior_of().typical(H), np.full(4, 3.5), rtol=1e-12)
    assert prior_of().typical(0 * H).tolist() == [TINY * 1e20] * 4


@pytest.mark.parametrize(("share", "counts"), [(0.8e-3, False), (1.2e-3, True), (2.4e-3, True)])
def test_a_group_that_is_on_its_way_to_nothing_does_not_change(share, counts):
    # Of one parameter of curvature 1: 1 / (1 + strength) is known.
    prior = Prior(np.array([1 / share - 1, 1 / share - 1]), {"a": np.arange(2)})
    prior.update(np.eye(2), np.ones(2), losses.BinaryCrossEntropy(), 1.0, 10.0)
    assert bool(prior.change > 0) is counts


def test_the_gain_of_evidence_is_that_of_the_best_of_the_last():
    prior = prior_of(evidences=[1.0, 5.0, 3.0, 4.0])
    assert prior.gained(1) == 1.0
    assert prior.gained(2) == -1.0
    assert prior.gained(3) == 4.0
    assert prior.gained(4) == np.inf


X = np.random.default_rng(1).normal(size=(8, 2))
Y = np.random.default_rng(2).normal(size=8)
DESIGN = np.column_stack([X, np.ones(8)])


@pytest.mark.parametrize("free", [False, True])
def test_the_evidence_of_a_line_is_the_density_of_the_targets(free):
    noise, strengths = 0.3, np.array([2.0, 0.7, 1e-7 if free else 1.5])
    covariance = noise * (np.eye(8) + DESIGN @ np.diag(1 / strengths) @ DESIGN.T)
    wanted = stats.multivariate_normal.logpdf(Y, np.zeros(8), covariance)
    if free:  # what the integral over it gives is left out
        wanted += 0.5 * np.log(8) - 0.5 * np.log(1e-7)
        strengths[2] = 0.0
    curvature = DESIGN.T @ DESIGN
    best = np.linalg.solve(curvature + np.diag(strengths), DESIGN.T @ Y)
    total = ((Y - DESIGN @ best) ** 2).sum() / 2
    prior = Prior(strengths, {}, noise)
    found = prior.log_evidence(curvature, best, SQUARES, total, 8.0)
    assert found == pytest.approx(wanted, rel=1e-5 if free else 1e-10)
    # A loss that knows its noise tells the whole likelihood.
    bare = prior.log_evidence(curvature, best, losses.Huber(), total, 8.0)
    assert bare == pytest.approx(found + 4 * np.log(2 * np.pi * noise), rel=1e-12)
    known = prior.log_evidence(curvature, best, losses.Gaussian(), total, 8.0)
    assert known == pytest.approx(bare, rel=1e-12)


def test_the_penalty_as_a_prior():
    network = network_of(Linear(3), Linear(1))
    prior = fixed(network, 0.7)
    assert prior.strengths.tolist() == [0.7] * 9 + [0.0] * 4
    assert prior.groups["weights"].tolist() == [*range(9)]
    assert list(prior.groups) == ["weights"]
    assert fixed(network_of(Activate("tanh")), 0.7).groups == {}


def test_priors_by_layers_features_or_all_together():
    network = network_of(Dense(3, "tanh"), Skip([Linear(3)]), Linear(1))
    places = network.views(np.arange(len(network.values)))
    first, inner, last = places[0,], places[2, 0], places[3,]
    layers = {
        "layer 0 weights": first["W"],
        "layer 0 biases": first["b"],
        "layer 2.0 weights": inner["W"],
        "layer 2.0 biases": inner["b"],
        "output weights": last["W"],
    }
    features = {f"feature {j}": first["W"][j] for j in range(2)}
    features |= {name: array for name, array in layers.items() if name != "layer 0 weights"}
    every = np.concatenate([array.ravel() for array in layers.values()])
    for by, wanted in (("layers", layers), ("features", features), ("one", {"all": every})):
        prior = grouped(network, by)
        assert {name: where.tolist() for name, where in prior.groups.items()} == {
            name: sorted(array.ravel().tolist()) for name, array in wanted.items()
        }
        strengths = np.ones(len(network.values))
        strengths[last["b"]] = 0
        assert prior.strengths.tolist() == strengths.tolist()
    with pytest.raises(ValueError, match="needs a first layer with weights for each feature"):
        grouped(network_of(BatchNorm()), "features")


def test_a_hidden_layer_as_wide_as_the_features_is_none_of_features():
    network = network_of(Dense(2, "tanh"), Linear(2), Linear(1))
    names = ["feature 0", "feature 1", "layer 0 biases", "layer 2 weights", "layer 2 biases"]
    assert sorted(grouped(network, "features").groups) == sorted([*names, "output weights"])


def test_a_cholesky_factor_of_curvature_strengths_and_damping():
    strengths, damping = np.array([2.0, 2.0, 0.5, 0.0]), np.array([0.1, 0.2, 0.3, 0.4])
    lower = factor(H, strengths, damping)
    np.testing.assert_allclose(lower @ lower.T, H + np.diag(strengths + damping), rtol=1e-12)
    assert (np.triu(lower, 1) == 0).all()
    upper_is_not_read = np.tril(H) + np.triu(np.full((4, 4), np.nan), 1)
    np.testing.assert_allclose(factor(upper_is_not_read, strengths, damping), lower, rtol=1e-12)
    found = inverse_diagonal(lower)
    wanted = np.linalg.inv(H + np.diag(strengths + damping)).diagonal()
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("size", [1.0, 1e-6, 1e6])
@pytest.mark.parametrize(("off", "jitter"), [(0.5, 0.0), (1.03, 0.1), (1.5, 1.0), (1.0, 1e-15)])
def test_rounding_is_overcome_by_the_least_power_of_ten(off, jitter, size):
    lower = factor(size * np.array([[1.0, off], [off, 1.0]]), np.zeros(2))
    found = (lower**2).sum(axis=1)
    np.testing.assert_allclose(
        found / size, [1 + jitter] * 2, rtol=4e-16 if jitter < 0.1 else 1e-12
    )


def test_what_no_power_up_to_one_overcomes_is_an_error():
    for matrix in (np.array([[1.0, 5.0], [5.0, 1.0]]), np.diag([1.0, np.nan])):
        with pytest.raises(np.linalg.LinAlgError, match="not finite"):
            factor(matrix, np.zeros(2))
    lower = factor(np.zeros((2, 2)), np.zeros(2))
    assert (np.diagonal(lower) > 0).all()
    assert (np.diagonal(lower) < 1e-100).all()


def slopes(network, X, step=1e-6):
    """Return the derivatives (n, s, n_values) of raw scores by central differences."""
    start, found = network.values.copy(), []
    for j in range(len(start)):
        sides = []
        for sign in (1, -1):
            network.values[:] = start
            network.values[j] += sign * step
            sides.append(raw_scores(network, X).copy())
        found.append((sides[0] - sides[1]) / (2 * step))
    network.values[:] = start
    return np.stack(found, axis=-1)


class Shift(Layer, registered=False):
    """Adds a trained row; it writes no gradient of each row."""

    def params(self, n_in):
        return {"s": Param((n_in,), lambda rng: rng.normal(size=n_in))}

    def forward(self, X, Y, cell, training):
        yield Call(np.add, X, cell.s, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        yield Call(np.dot, cell.ones, dY, out=cell.ds)
        if dX is not None:
            yield Call(np.copyto, dY, out=dX)


AT_ONCE = {
    "two layers": [Dense(3, "tanh"), Linear(2)],
    "four layers": [Dense(3, "gelu"), Dense(3, "tanh"), Dense(3, "gelu"), Linear(2)],
}
ONE_BY_ONE = {
    "tied": [Linear(3), Activate("tanh"), Tied(2, layer=0)],
    "of ones own": [Linear(2), Shift(), Linear(2)],
}
NETWORKS = {**AT_ONCE, **ONE_BY_ONE}


@pytest.mark.parametrize("thin", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_products_with_derivatives_row_by_row(name, thin):
    network = network_of(*NETWORKS[name])
    found = Jacobian(network, 5)
    assert found.by_row is (name in AT_ONCE)
    rows = sparse.csr_array(X) if thin else X
    for part in (slice(0, 5), slice(5, 8)):
        wanted = slopes(network, X[part])
        scores = found.scores(rows[part])
        np.testing.assert_allclose(scores, raw_scores(network, X[part]), rtol=1e-12)
        for seed in (0, 1):  # the second without a forward pass of its own
            seeds = np.random.default_rng(seed).normal(size=scores.shape)
            products = found.rows(seeds)
            assert len(products) == len(scores)
            np.testing.assert_allclose(
                products, np.einsum("ns,nsp->np", seeds, wanted), rtol=1e-6, atol=1e-8
            )
    np.testing.assert_allclose(found.all_scores(rows), raw_scores(network, X), rtol=1e-12)


def test_a_block_has_as_many_rows_as_a_million_numbers_hold():
    assert jacobian.BLOCK_ELEMENTS == 2**20
    wide = network_of(Linear(1024), n_inputs=1)  # of 2048 values
    assert Jacobian(wide, 10**6).block == 512
    assert Jacobian(wide, 100).block == 100
    assert Jacobian(network_of(Activate("tanh")), 7).block == 7
    assert list(Jacobian(wide, 10**6).blocks(1000)) == [slice(0, 512), slice(512, 1000)]
    assert list(Jacobian(wide, 3).blocks(6)) == [slice(0, 3), slice(3, 6)]


def test_a_network_of_more_than_a_million_values_is_taken_row_by_row(monkeypatch):
    monkeypatch.setattr(jacobian, "BLOCK_ELEMENTS", 2)
    found = Jacobian(network_of(Linear(1)), 8)
    assert found.block == 1
    found.scores(X[:1])
    np.testing.assert_allclose(found.rows(np.ones((1, 1))), [[*X[0], 1.0]])


@pytest.mark.parametrize("weighted", [False, True])
def test_the_gauss_newton_matrix_is_the_sum_over_rows(weighted):
    weight = np.linspace(0.5, 1.5, 8) if weighted else None
    y = np.column_stack([Y, Y**2])
    network, offset = network_of(Dense(3, "tanh"), Linear(2)), np.full((8, 2), 0.3)
    loss = losses.Poisson()
    data = Data(X, np.abs(y), weight, RegressionTarget(2, False), (0.0, 1.0), offset=offset)
    found = GaussNewton(Objective(network, loss, 0.0), data)
    wanted = np.zeros((len(network.values),) * 2)
    J, mean = slopes(network, X), np.exp(raw_scores(network, X) + 0.3)
    for i in range(8):
        for k in range(2):
            share = (1 if weight is None else weight[i]) * mean[i, k]
            wanted += share * np.outer(J[i, k], J[i, k])
    for _ in range(2):  # the second does not go on from the first
        np.testing.assert_allclose(np.tril(found()), np.tril(wanted), atol=1e-6)


def test_the_matrix_is_of_the_rows_that_belong_to_data():
    rows = np.array([6, 2, 3])
    data = Data(X, Y, None, RegressionTarget(1, True), (0.0, 1.0), rows)
    found = GaussNewton(Objective(network_of(Linear(1)), SQUARES, 0.0), data)()
    wanted = DESIGN[rows].T @ DESIGN[rows]
    np.testing.assert_allclose(np.tril(found), np.tril(wanted), rtol=1e-12)


def test_layers_that_have_no_derivative_for_each_row():
    data = Data(X, Y, None, RegressionTarget(1, True), (0.0, 1.0))
    for layer, why in (
        (BatchNorm(), "takes rows together"),
        (L1Sparsity(), "adds a penalty"),
        (Activate("threshold"), "trains by a gradient that is not its derivative"),
    ):
        for layers in ([layer, Linear(1)], [Skip([layer]), Linear(1)]):
            objective = Objective(network_of(*layers), SQUARES, 0.0)
            with pytest.raises(ValueError, match=why):
                GaussNewton(objective, data)


def test_three_matrices_take_two_fifths_of_the_memory_at_most(monkeypatch):
    for there, refused in ((6000, False), (5999, True), (None, False)):  # 3 * 8 * 10**2 = 2400
        monkeypatch.setattr(gauss_newton, "physical_memory", lambda there=there: there)
        if refused:
            with pytest.raises(ValueError, match="for the curvature of 10 parameters"):
                gauss_newton._check_memory(10)
        else:
            gauss_newton._check_memory(10)


def test_the_memory_of_the_machine():
    told = Path("/proc/meminfo")
    if not told.exists():
        pytest.skip("needs /proc/meminfo")
    kilobytes = int(told.read_text().split("MemTotal:")[1].split()[0])
    assert gauss_newton.physical_memory() > 0.8 * 1024 * kilobytes  # a container may have less


STRENGTHS = np.array([2.0, 0.7, 0.0])


def posterior_of(weight=None, scale=1.0, **options):
    network = network_of(Linear(1))
    data = Data(X, Y, weight, RegressionTarget(1, True), (0.0, 1.0))
    counts = scale * (np.ones(8) if weight is None else weight)
    curvature = DESIGN.T @ (counts[:, None] * DESIGN)
    best = np.linalg.solve(curvature + np.diag(STRENGTHS), DESIGN.T @ (counts * Y))
    network.values[:] = best
    prior = Prior(STRENGTHS, {"a": np.array([0]), "b": np.array([1])}, **options)
    found = laplace(GaussNewton(Objective(network, SQUARES, 0.0), data), prior, scale)
    return found, network, curvature, counts, prior


@pytest.mark.parametrize("scale", [1.0, 3.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_posterior_of_a_line(weighted, scale):
    weight = np.linspace(0.5, 1.5, 8) if weighted else None
    found, network, curvature, counts, prior = posterior_of(weight, scale)
    full = curvature + np.diag(STRENGTHS)
    spread = np.linalg.inv(full)
    np.testing.assert_allclose(found.lower @ found.lower.T, full, rtol=1e-12)
    n, known = counts.sum(), 2 - 2 * spread[0, 0] - 0.7 * spread[1, 1]
    squares = counts @ (Y - DESIGN @ network.values) ** 2
    assert found.n_rows == pytest.approx(n)
    assert found.prior.n_effective == pytest.approx(known, rel=1e-12)
    np.testing.assert_allclose(found.noise, [squares / (n - known)], rtol=1e-12)
    same = found.prior.log_evidence(curvature, network.values, SQUARES, squares / 2, n)
    assert found.log_evidence == pytest.approx(same, rel=1e-12)
    assert np.isnan(prior.n_effective)  # the one that was given stays as it was
    assert found.prior.strengths is not prior.strengths
    assert found.prior.at is None


def test_what_was_settled_at_these_parameters_is_kept():
    best = posterior_of()[1].values
    found = posterior_of(n_effective=1.5, noise=9.0, at=best.copy())[0]
    assert (found.prior.n_effective, found.prior.noise) == (1.5, 9.0)
    assert found.noise[0] == pytest.approx(((Y - DESIGN @ best) ** 2).sum() / (8 - 1.5))
    found = posterior_of(n_effective=1.5, noise=9.0, at=best + 1e-9)[0]
    assert found.prior.n_effective != 1.5
    found = posterior_of(n_effective=8.0, at=best.copy())[0]  # a thousandth of the rows is left
    assert found.noise[0] == pytest.approx(((Y - DESIGN @ best) ** 2).sum() / 0.008)


def test_noise_of_several_outputs_and_of_losses_that_know_it():
    y = np.column_stack([Y, 3 * Y])
    network, prior = network_of(Linear(2)), Prior(np.ones(6), {"all": np.arange(6)})
    for loss in (SQUARES, losses.Huber(), losses.Poisson()):
        data = Data(X, np.abs(y), None, RegressionTarget(2, False), (0.0, 1.0))
        found = laplace(GaussNewton(Objective(network, loss, 0.0), data), prior, 1.0)
        if loss.noisy:
            squares = ((np.abs(y) - raw_scores(network, X)) ** 2).sum(axis=0)
            np.testing.assert_allclose(found.noise, squares / (8 - found.prior.n_effective / 2))
            if loss is SQUARES:
                left = 16 - found.prior.n_effective
                assert found.prior.noise == pytest.approx(squares.sum() / left, rel=1e-9)
                curvature = np.kron(DESIGN.T @ DESIGN, np.eye(2))
                given = network.values, loss, squares.sum() / 2, 16.0
                wanted = found.prior.log_evidence(curvature, *given)
                assert found.log_evidence == pytest.approx(wanted, rel=1e-9)
        else:
            assert found.noise.tolist() == [1.0]
        assert (found.prior.noise == 1.0) is (loss is not SQUARES)


def test_the_variance_of_scores_of_a_line():
    found, network, *_ = posterior_of()
    spread = np.linalg.inv(found.lower @ found.lower.T)
    wanted = found.noise[0] * np.einsum("ij,jk,ik->i", DESIGN, spread, DESIGN)
    for rows in (X, sparse.csr_array(X)):
        variance = found.variance(network, rows, False)
        assert variance.shape == (8, 1)
        np.testing.assert_allclose(variance[:, 0], wanted, rtol=1e-10)
    known = found.variance(network, X, True)[:, 0]
    np.testing.assert_allclose(known, np.maximum(wanted - found.noise[0] / 8, 0), atol=1e-15)
    tight = Posterior(1e6 * found.lower, found.noise, 8.0, found.prior, 0.0)
    assert tight.variance(network, X, True).tolist() == [[0.0]] * 8


def test_variances_of_several_scores_by_their_noise():
    network, rng = network_of(Dense(3, "tanh"), Linear(2)), np.random.default_rng(0)
    n = len(network.values)
    lower = np.tril(rng.normal(size=(n, n))) + 3 * np.eye(n)
    J, spread = slopes(network, X), np.linalg.inv(lower @ lower.T)
    for noise in (np.array([0.5, 2.0]), np.ones(1)):
        found = Posterior(lower, noise, 8.0, Prior(np.ones(n)), 0.0).variance(network, X, False)
        wanted = noise * np.einsum("nsp,pq,nsq->ns", J, spread, J)
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_posterior_is_saved_as_a_triangle():
    found = posterior_of()[0]
    state = found.__getstate__()
    assert state["lower"].shape == (6,)
    again = pickle.loads(pickle.dumps(found))
    assert again.lower.tolist() == found.lower.tolist()
    assert again.lower.flags.f_contiguous
    assert again.noise.tolist() == found.noise.tolist()
    assert again.log_evidence == found.log_evidence
