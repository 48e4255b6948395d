"""Counts of levels do not depend on what was counted before them."""

import weakref

import numpy as np
import pandas as pd
import pytest

from skfnn.preprocessing import TabularEncoder

PARTS = [["x", "1.0", "1"], [1, 2.0, "x"], [" x", "2", None], [2, "nan", "1"], [True, "true", "y"]]


def table(cells):
    return pd.DataFrame({"c": np.array(cells * 9, dtype=object)})


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 1, 3, 0, 1, 2, 4]])
def test_a_part_is_counted_alike_whatever_came_before(order):
    fitted = table(["x", "1", "z", "w"])
    used = TabularEncoder(["c"], max_one_hot=1).fit(fitted)
    for i in order:
        fresh = TabularEncoder(["c"], max_one_hot=1).fit(fitted)
        found, expected = used.count_levels(table(PARTS[i])), fresh.count_levels(table(PARTS[i]))
        assert repr(found.levels) == repr(expected.levels)  # 1 is no "1" there, nor 1.0


def test_what_was_met_is_forgotten_where_levels_change():
    encoder = TabularEncoder(["c"], max_one_hot=1).fit(table(["x", "z"]))
    assert encoder.count_levels(table(["1.0"])).of(0) == {"1.0": 9}
    encoder.partial_fit(table(["1"]))
    assert encoder.count_levels(table(["1.0"])).of(0) == {"1": 9}


def test_counts_of_many_parts_are_not_held_beside_each_other():
    encoder, alive, most = TabularEncoder(["c"], max_one_hot=1).fit(table(["x", "z"])), [], []

    def counts():
        for i in range(12):
            found = encoder.count_levels(table([f"level {i}", "x"]))
            alive.append(weakref.ref(found))
            yield found
            del found
            most.append(sum(ref() is not None for ref in alive))

    encoder.merge_levels(counts())
    assert max(most) <= 2
    assert encoder.n_levels_ == [13]


def test_levels_of_a_dtype_that_no_row_has_are_not_counted():
    cells = pd.Categorical(["x", "z", "x", None], categories=["v", "x", "z", "y", "w", "u"])
    encoder = TabularEncoder(["c"], max_one_hot=1).fit(table(["x", "z"]))
    assert encoder.count_levels(pd.DataFrame({"c": cells})).of(0) == {"x": 2, "z": 1}
