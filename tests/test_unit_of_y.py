"""alpha="bayes": what is found does not depend on the unit of y."""

import numpy as np
import pytest
from sklearn.base import clone

from skfnn import FNNRegressor
from skfnn.solvers import LevenbergMarquardt


@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (1e-3, 5.0), (1e6, 1e7)])
@pytest.mark.parametrize("groups", ["layers", "features"])
def test_the_evidence_does_not_know_the_unit_of_y(factor, shift, groups):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (80, 2))
    y = np.sin(3 * X[:, 0]) + 0.3 * rng.normal(size=80)
    solver = LevenbergMarquardt(alpha="bayes", groups=groups, n_init=2)
    model = FNNRegressor((5,), "tanh", solver=solver, max_iter=200, random_state=0)
    plain, other = model.fit(X, y), clone(model).fit(X, factor * y + shift)
    assert other.n_iter_ == plain.n_iter_
    (mean, std), (scaled, scaled_std) = (m.predict(X, return_std=True) for m in (plain, other))
    np.testing.assert_allclose((scaled - shift) / factor, mean, atol=1e-4)
    np.testing.assert_allclose(scaled_std / factor, std, rtol=1e-3)
    ratio = other.alpha_ / plain.alpha_
    assert ratio["output weights"] == pytest.approx(1, rel=1e-3)
    assert ratio.iloc[0] == pytest.approx(factor**2, rel=1e-3)
