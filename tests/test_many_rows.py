"""Tables of many rows: what saves time must not change what is found."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skfnn import TabularFNNClassifier
from skfnn.tabular import _candidates, _members
from skfnn.tabular._cells import Part, Values, distinct
from skfnn.tabular._members import enough_epochs
from skfnn.tabular._trials import Trial


@pytest.mark.parametrize(
    "numbers",
    [[], [3], [3, 3], [2, -1, 2, 5, -1], [-(2**63), 2**63 - 1, -(2**63), 0],
     np.random.default_rng(0).integers(-50, 50, 300)],
    ids=["none", "one", "alike", "few", "limits", "many"],
)  # fmt: skip
def test_distinct_numbers_are_those_of_numpy(numbers):
    numbers = np.array(numbers, np.int64)
    before = numbers.copy()
    assert_array_equal(distinct(numbers), np.unique(numbers))
    assert_array_equal(numbers, before)


def test_values_beside_each_other_on_the_grid_are_told_apart():
    A = np.float32([[0.0], [2.0**-22], [2.0**-21], [1.0], [1.0]])
    values = Values.of(Part("a", "number", slice(0, 1)), A)
    assert_array_equal(values.codes(A), [1, 2, 3, 4, 4])
    beside = A + np.float32([[0], [0], [2.0**-22], [2.0**-22], [1]])
    assert_array_equal(values.codes(beside), [1, 2, 3, 4, 5])  # 5: another value


@pytest.mark.parametrize(("share", "enough"), [(0.0, 29), (0.05, 60)])
def test_a_cycle_that_is_nearly_as_good_is_enough_for_few_rows_alone(share, enough):
    assert enough_epochs([-9] * 20 + [-1] + [-1.04] * 39, 60, share=share) == enough


@pytest.mark.parametrize("large", [False, True])
def test_trials_and_members_of_many_rows_end_where_the_first_was_best(large, monkeypatch):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(600, 2)), columns=["a", "b"])
    y = (X["a"] + 2 * rng.normal(size=600) > 0).astype(int)
    runs, train = [], _members.train

    def noted(task, fold, run, tasks=None):
        runs.append(run)
        return train(task, fold, run, tasks)

    def same_again(ask):
        yield Trial(ask().task)

    monkeypatch.setattr(_candidates, "train", noted)
    monkeypatch.setattr(_candidates, "TRIALS", (same_again,))
    if large:
        monkeypatch.setattr(_members, "LARGE", 500)
    TabularFNNClassifier(n_members=3, hidden_layer_sizes=(8,), random_state=1).fit(X, y)
    first, again, *others = runs
    assert first.until is None
    assert again.until == (others[0].until if large else None)
    assert len({run.until for run in others}) == 1
