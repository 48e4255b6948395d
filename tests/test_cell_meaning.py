"""Cells: what numbers, names and choices mean, in few rows."""

import numpy as np
import pandas as pd
import pytest
from test_tabular_cells import pairs_found, shops

from skfnn.preprocessing import TabularEncoder
from skfnn.tabular._cell_search import Evidence
from skfnn.tabular._cells import OFTEN, ExactValues, Pairs, Values, parts_of


def test_the_error_is_that_of_a_correlation_or_of_these_products_if_that_is_larger():
    signs = np.tile([1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0, 1.0], 5)  # of three quarters alike
    residual = np.tile([1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0], 5)
    small, large = np.ones(40), np.where(np.arange(40) % 4 == 0, 5.0, 1.0)
    for told, values in ((signs, residual), (signs * large, residual * (6 - large)),
                         (signs * large, residual * large)):  # fmt: skip
        evidence = Evidence(values[:, None], np.arange(40) % 5, small)
        z = evidence._agreement(told[:, None], slice(None))
        own = np.sqrt(np.sum((told * values) ** 2))
        correlation = np.corrcoef(told, values)[0, 1] * np.sqrt(40)
        assert z == pytest.approx(min(correlation, told @ values / own))


@pytest.mark.parametrize(("more", "proposed"), [(0, True), (1, False)])
def test_values_are_worth_a_look_where_half_the_rows_have_a_frequent_one(more, proposed):
    x = np.concatenate([np.repeat(np.arange(10.0), OFTEN), 100.0 + np.arange(10 * OFTEN + more)])
    encoder = TabularEncoder()
    A = encoder.fit_transform(pd.DataFrame({"x": x}))
    assert bool([*ExactValues.proposals(parts_of(encoder), A)]) is proposed


def test_cells_say_what_they_are():
    encoder = TabularEncoder()
    A = encoder.fit_transform(pd.DataFrame({"a": np.arange(30.0) % 4, "b": np.arange(30.0)}))
    a, b = (Values.of(part, A) for part in parts_of(encoder))
    assert ExactValues(a).known(A).says() == "Exact values of 'a' (4, z = nan)"
    assert Pairs(a, b).known(A).says() == "Cells of 'a' and 'b' (30, z = nan)"


def test_every_category_may_have_a_code():
    X, y = shops()
    assert pairs_found(X[["shop", "product"]], y) == [("shop", "product")]


@pytest.mark.parametrize(("n_values", "proposed"), [(9, True), (8, False)])
def test_few_values_are_not_worth_a_look(n_values, proposed):
    encoder = TabularEncoder()
    A = encoder.fit_transform(pd.DataFrame({"x": np.arange(40 * n_values) % n_values + 0.5}))
    assert bool([*ExactValues.proposals(parts_of(encoder), A)]) is proposed
