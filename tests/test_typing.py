"""A user's script under ``mypy --strict``, with the package installed as anyone has it."""

import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import skfnn

SCRIPT = """
from typing import Any

import numpy as np
import numpy.typing as npt

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier
from skfnn.callbacks import EarlyStopping
from skfnn.layers import BatchNorm, Dense, Dropout
from skfnn.losses import Huber
from skfnn.optimizers import Adam
from skfnn.schedules import Cosine

X = np.zeros((10, 2))
y = np.arange(10) % 2


def train() -> FNNClassifier:
    layers = [Dense(32, "relu"), BatchNorm(), Dropout(0.2)]
    model = FNNClassifier(hidden_layers=layers, solver=Adam(beta_1=0.8), random_state=0)
    return model.fit(X, y)


def probabilities(model: FNNClassifier) -> npt.NDArray[Any]:
    return model.predict_proba(X)


def tables(table: Any) -> dict[str, float]:
    model = TabularFNNClassifier(n_members=2).fit(table, y)
    return model.evaluate(table, y)


robust = FNNRegressor(loss=Huber(delta=0.5), learning_rate=Cosine()).fit(X, y)
score: float = robust.score(X, y)
weights: list[npt.NDArray[Any]] = robust.coefs_
stopping = EarlyStopping("loss", patience=3)
"""
WRONG = """
from skfnn import FNNRegressor
from skfnn.callbacks import EarlyStopping

text: str = FNNRegressor().fit([[0], [1]], [0, 1]).evaluate([[0], [1]], [0, 1])
stopping = EarlyStopping("loss", patience="three")
"""


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Return a function that checks a script, and returns mypy's answer."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("user")
    venv.create(folder / "env", with_pip=False)
    (packages,) = (folder / "env").rglob("site-packages")
    package = Path(skfnn.__file__).parent
    try:
        (packages / "skfnn").symlink_to(package, target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    (packages / "others.pth").write_text("\n".join(site.getsitepackages()))
    python = next(path for path in (folder / "env").glob("*/python*") if path.is_file())

    def run(script):
        path = folder / "script.py"
        path.write_text(script)
        result = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python),
             "--cache-dir", str(folder / "cache"), "--config-file", "", str(path)],
            capture_output=True, text=True, cwd=folder, timeout=600,
            env={"PATH": "", "HOME": str(folder)},
        )  # fmt: skip
        return result.stdout + result.stderr

    return run


def test_a_users_script_is_typed(check):
    assert check(SCRIPT).startswith("Success"), check(SCRIPT)


def test_what_is_wrong_is_found(check):
    answer = check(WRONG)
    assert "Found 2 errors" in answer, answer
