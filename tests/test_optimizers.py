"""Optimizers against their textbook formulas, on a parabola and on Rosenbrock's valley."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from helpers import examples, label

from skfnn._engine.program.calls import bind, replay
from skfnn.optimizers import SGD, AdaGrad, Adam, AdamW, NAdam, Optimizer, RMSProp


def start(optimizer, theta, n_weights, dtype=float):
    """Return (theta, step): calls bound once and replayed each step, as in training."""
    theta = np.array(theta, dtype)
    grad, tmp = np.full((2, *theta.shape), np.nan, dtype)
    slots = [np.full_like(theta, optimizer.slot_start()) for _ in range(optimizer.n_slots)]
    scalars = [np.zeros((), dtype) for _ in optimizer.scalars(1, 0.1)]
    program = bind(optimizer.update(theta, grad, slots, tmp, scalars, n_weights), dtype)
    count = itertools.count(1)

    def step(g, rate):
        grad[...] = g
        for scalar, value in zip(scalars, optimizer.scalars(next(count), rate), strict=True):
            scalar[...] = value
        replay(program)

    return theta, step


# One textbook step each: o holds the hyper-parameters, s the memory (0 at first), g the gradient.


def sgd(o, s, theta, g, t, rate, decays):
    s["v"] = o.momentum * s["v"] - rate * g
    return theta + (o.momentum * s["v"] - rate * g if o.nesterovs_momentum else s["v"])


def adagrad(o, s, theta, g, t, rate, decays):
    s["v"] = (s["v"] if t > 1 else o.initial_accumulator) + g**2
    return theta - rate * g / (np.sqrt(s["v"]) + o.epsilon)


def rmsprop(o, s, theta, g, t, rate, decays):
    s["v"] = o.rho * s["v"] + (1 - o.rho) * g**2
    return theta - rate * g / (np.sqrt(s["v"]) + o.epsilon)


def moments(o, s, g):
    s["m"] = o.beta_1 * s["m"] + (1 - o.beta_1) * g
    s["v"] = o.beta_2 * s["v"] + (1 - o.beta_2) * g**2
    return s["m"], s["v"]


def adam(o, s, theta, g, t, rate, decays):
    m, v = moments(o, s, g)
    rate = rate * np.sqrt(1 - o.beta_2**t) / (1 - o.beta_1**t)
    return theta - rate * m / (np.sqrt(v) + o.epsilon)


def adamw(o, s, theta, g, t, rate, decays):
    m, v = moments(o, s, g)
    m_hat, v_hat = m / (1 - o.beta_1**t), v / (1 - o.beta_2**t)
    step = m_hat / (np.sqrt(v_hat) + o.epsilon) + o.weight_decay * decays * theta
    return theta - rate * step


def nadam(o, s, theta, g, t, rate, decays):
    m, v = moments(o, s, g)
    mu = [o.beta_1 * (1 - 0.5 * 0.96 ** (i / 250)) for i in range(1, t + 2)]
    look_ahead = mu[-1] * m / (1 - np.prod(mu)) + (1 - mu[-2]) * g / (1 - np.prod(mu[:-1]))
    return theta - rate * look_ahead / (np.sqrt(v / (1 - o.beta_2**t)) + o.epsilon)


TEXTBOOK = {SGD: sgd, AdaGrad: adagrad, RMSProp: rmsprop, Adam: adam, AdamW: adamw, NAdam: nadam}
MORE = [
    SGD(momentum=1),
    SGD(momentum=0.5, nesterovs_momentum=False),
    AdaGrad(initial_accumulator=1, epsilon=0.1),
    RMSProp(rho=0, epsilon=1),
    RMSProp(rho=0.5, epsilon=1e-3),
    Adam(beta_1=0, beta_2=0, epsilon=1),
    Adam(beta_1=0.5, beta_2=0.9, epsilon=1e-2),
    AdamW(beta_1=0, beta_2=0, epsilon=1),
    AdamW(beta_1=0.5, beta_2=0.9, epsilon=1e-2, weight_decay=1),
    NAdam(beta_1=0, beta_2=0, epsilon=1),
    NAdam(beta_1=0.1, beta_2=0.9, epsilon=1e-2),
]
every_optimizer = pytest.mark.parametrize("optimizer", [*examples(Optimizer), *MORE], ids=label)
default_optimizers = pytest.mark.parametrize("optimizer", examples(Optimizer), ids=label)


def gradients(n_steps, size):
    rng = np.random.default_rng(7)
    scale = 10.0 ** rng.uniform(-4, 2, size)
    G = scale * (rng.normal(size=(n_steps, size)) + rng.normal(size=size))
    G[:, 0] = 0
    G[:10, 1] = 0
    return G


@every_optimizer
@pytest.mark.parametrize("n_weights", [0, 7, 12])
def test_optimizers_follow_the_textbook(optimizer, n_weights):
    origin = np.random.default_rng(8).normal(size=12)
    theta, step = start(optimizer, origin, n_weights)
    expected, memory, decays = origin, defaultdict(float), np.arange(12) < n_weights
    for t, g in enumerate(gradients(50, 12), start=1):
        rate = 0.1 / (1 + t / 10)
        expected = TEXTBOOK[type(optimizer)](optimizer, memory, expected, g, t, rate, decays)
        step(g, rate)
        np.testing.assert_allclose(theta, expected, rtol=1e-10, atol=1e-12)
    assert np.abs(theta - origin)[1:].min() > 1e-6


@every_optimizer
def test_blocks_are_updated_as_the_whole(optimizer):
    origin = np.random.default_rng(9).normal(size=12)
    whole, step = start(optimizer, origin, 7)
    parts = [(slice(0, 5), 5), (slice(5, 9), 2), (slice(9, 12), 0)]
    blocks = [(part, *start(optimizer, origin[part], n_weights)) for part, n_weights in parts]
    for g in gradients(10, 12):
        step(g, 0.05)
        for part, theta, step_block in blocks:
            step_block(g[part], 0.05)
            np.testing.assert_array_equal(theta, whole[part])


@default_optimizers
def test_optimizers_work_in_single_precision(optimizer):
    origin = np.random.default_rng(10).normal(size=12)
    narrow, step_narrow = start(optimizer, origin, 7, np.float32)
    wide, step_wide = start(optimizer, origin, 7)
    for g in gradients(50, 12):
        step_narrow(g, 0.01)
        step_wide(g, 0.01)
    np.testing.assert_allclose(narrow, wide, rtol=1e-4, atol=1e-4)


@every_optimizer
@pytest.mark.parametrize("t", [1, 2, 1000, 10**6])
def test_scalars_are_finite_floats_at_any_step(optimizer, t):
    scalars = optimizer.scalars(t, 0.1)
    assert all(isinstance(value, float) and math.isfinite(value) for value in scalars)


@default_optimizers
def test_optimizers_converge_on_a_parabola(optimizer):
    curvature, centre = np.array([0.5, 2.0, 10.0]), np.array([1.0, -2.0, 0.5])
    rate = 0.5 if isinstance(optimizer, AdaGrad) else 0.05
    theta, step = start(optimizer, np.zeros(3), n_weights=0)
    for t in range(800):
        step(curvature * (theta - centre), rate * (1 - t / 800))
    np.testing.assert_allclose(theta, centre, atol=2e-3)


@default_optimizers
def test_optimizers_go_down_rosenbrocks_valley(optimizer):
    def value(x, y):
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def slope(x, y):
        return [-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)]

    rate = {SGD: 2e-4, AdaGrad: 0.2}.get(type(optimizer), 0.01)
    theta, step = start(optimizer, [-1.2, 1.0], n_weights=0)
    values = [value(*theta)]
    for _ in range(3):
        for _ in range(500):
            step(slope(*theta), rate)
        values.append(value(*theta))
    assert (np.diff(values) < 0).all()
    assert values[-1] < 0.15 * values[0]
