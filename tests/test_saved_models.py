"""Models that this or an earlier version has saved load, and predict what they did."""

import pickle
import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import InconsistentVersionWarning

from skfnn import export

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests" / "saved").glob("*/*.npy"))


@pytest.fixture(scope="module")
def tool():
    pytest.importorskip("skops.io")
    return runpy.run_path(str(ROOT / "tools" / "save_models.py"))


def test_there_are_saved_models(tool):
    names = {name.replace(" ", "_") for name, *_ in tool["models"]()}
    assert names <= {path.stem for path in FILES}


@pytest.mark.parametrize("kind", ["pickle", "skops"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_a_saved_model_predicts_what_it_did(path, kind, tool):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        if kind == "pickle":
            model = pickle.loads(path.with_suffix(".pickle").read_bytes())
        else:
            sio = pytest.importorskip("skops.io")
            trusted = export.skops_trusted_types()
            model = sio.load(path.with_suffix(".skops"), trusted=trusted)
    (X,) = [X for name, _, X, _ in tool["models"]() if name.replace(" ", "_") == path.stem]
    expected, found = np.load(path), tool["predictions"](model, X)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
