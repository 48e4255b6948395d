"""What each statement means of what the user says of columns, and is told of them."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from skfnn.preprocessing._column_warning import ColumnWarning
from skfnn.preprocessing._columns import Column
from skfnn.preprocessing._kinds import said_kind
from skfnn.preprocessing._problems import CONSTANT, MIXED, warn_of_cells, warn_of_columns
from skfnn.preprocessing._values import Values


@pytest.mark.parametrize(("given", "kind", "said"), [
    ("number", "number", {}), ("drop", "drop", {}),
    ("number(decimal=',')", "number", {"decimal": ","}),
    (" number(decimal='.', percent=0.01)", "number", {"decimal": ".", "percent": 0.01}),
    ("number(percent=1)", "number", {"percent": 1}),
    ("date(format='%d/%m/%Y')", "date", {"format": "%d/%m/%Y"}), ("category()", "category", {}),
])  # fmt: skip
def test_a_kind_and_what_is_said_behind_it(given, kind, said):
    assert said_kind("c", given) == (kind, said)


@pytest.mark.parametrize(("given", "words"), [
    ("numbers", "must be one of"), ("identifier", "must be one of"), (3, "must be one of"),
    ("number(3)", "must be one of"), ("number(", "must be one of"),
    ("a.number()", "must be one of"),
    ("number(decimal=x)", "must be one of"), ("number() + 1", "must be one of"),
    ("number(decimal=';')", r"may stand decimal='\.' or ',', percent=a number\."),
    ("number(percent='1')", "may stand decimal="), ("number(x=1)", "may stand decimal="),
    ("date(format=3)", r"may stand format=text\."), ("category(x=1)", "may stand nothing"),
])  # fmt: skip
def test_what_cannot_be_said_is_refused_with_what_can(given, words):
    with pytest.raises(ValueError, match=rf"column_kinds\['c'\].*{words}"):
        said_kind("c", given)


def noted(*problems):
    column = Column()
    for problem, text in problems:
        column.note(problem, text)
    return column


def told(names, columns):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_columns(names, columns)
    assert all(issubclass(w.category, ColumnWarning) for w in caught)
    return [str(w.message) for w in caught]


def test_a_kind_of_problem_is_told_once_with_five_columns():
    assert told(["a"], [noted()]) == []
    for n, more in ((5, ""), (6, " and 1 more"), (8, " and 3 more")):
        names = [f"c{i}" for i in range(n)]
        (text,) = told(names, [noted((CONSTANT, f"<{name}>")) for name in names])
        assert text == (
            f"{CONSTANT[0]}: <c0>, <c1>, <c2>, <c3>, <c4>{more}. "
            "Leave them out of X, or by column_kinds={'c0': 'drop'}."
        )
    both = told(["a", "b"], [noted((MIXED, "1")), noted((CONSTANT, "2"), (MIXED, "3"))])
    assert [text.startswith(p[0]) for text, p in zip(both, (MIXED, CONSTANT), strict=True)] == [
        True, True,
    ]  # fmt: skip
    assert ": 1, 3. " in both[0]
    assert "{'b': 'drop'}" in both[1]


def cells_told(values):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_cells(SimpleNamespace(kind="number"), values)
    return [w.message for w in caught]


def test_cells_that_were_not_read_and_those_read_by_a_guess():
    values = Values("c", np.array(["a", "b"], dtype=object))
    assert cells_told(values) == []
    values.not_read(["x", "y", "z", "w"], 7)
    (unread,) = cells_told(values)
    assert (unread.column, unread.n_cells, unread.examples) == ("c", 7, ("x", "y", "z"))
    values.doubtful.append("1,234")
    _, guessed = cells_told(values)
    assert (guessed.column, guessed.n_cells, guessed.examples) == ("c", 1, ("1,234",))
    assert "read by a guess" in str(guessed)
    assert (ColumnWarning("a").column, ColumnWarning("a").n_cells) == (None, 0)
    assert ColumnWarning("a").examples == ()
