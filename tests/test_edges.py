"""Losses and activations against mpmath: within the bounds that the documentation states."""

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mpmath")
from edges import table

PAGE = Path(__file__).parents[1] / "docs" / "testing.md"
ROW = re.compile(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


def test_errors_are_within_the_bounds_of_the_documentation():
    rows, found = ROW.findall(PAGE.read_text()), table()
    stated = {name: [int(bound) for bound in bounds] for name, *bounds in rows}
    assert set(found) == set(stated)
    beyond = {name: e for name, e in found.items() if (np.array(e) > stated[name]).any()}
    assert not beyond
