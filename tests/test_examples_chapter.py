"""What the chapter's examples claim, on scikit-learn's digits and in fewer epochs."""

import importlib.util
import re
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "examples" / "chapter"


@pytest.fixture
def example(monkeypatch):
    """Return a function that imports an example by name, as its folder's scripts do."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def load(name):
        spec = importlib.util.spec_from_file_location(f"chapter_{name}", FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    yield load
    sys.modules.pop("_mnist", None)


def test_every_example_is_a_lesson():
    for path in FOLDER.glob("*.py"):
        docstring = path.read_text().split('"""')[1]
        assert len(docstring.split()) > 30, path


def test_threshold_units(example, capsys):
    chapter = example("mcculloch_pitts")
    for name in ("OR", "AND"):
        assert (
            chapter.unit(*chapter.UNITS[name]).predict(chapter.INPUTS).tolist()
            == (chapter.TRUTH[name])
        )
    assert chapter.unit(*chapter.UNITS["NOT"]).predict([[0], [1]]).tolist() == [1, 0]
    assert chapter.xor().predict(chapter.INPUTS).tolist() == chapter.TRUTH["XOR"]
    chapter.main()
    printed = capsys.readouterr().out
    assert "XOR  no" in printed
    assert "OR   yes" in printed


def test_which_truth_tables_one_unit_has(example):
    """Of the 16 functions of two inputs, all but XOR and its negation (Minsky, Papert 1969)."""
    chapter = example("mcculloch_pitts")
    without = []
    for code in range(16):
        truth = [code >> i & 1 for i in range(4)]
        found = chapter.weights_of_one_unit(truth)
        if found is None:
            without.append(truth)
        else:
            assert chapter.unit(*found).predict(chapter.INPUTS).tolist() == truth
    assert sorted(without) == [[0, 1, 1, 0], [1, 0, 0, 1]]


def test_a_network_reads_digits(example, monkeypatch):
    chapter = example("digits")
    monkeypatch.setattr(chapter, "EPOCHS", 1)
    digits = sys.modules["_mnist"].small_digits()
    model = chapter.train(digits)
    assert [W.shape for W in model.coefs_] == [(64, 128), (128, 10)]
    assert model.score(digits.X_test, digits.y_test) > 0.9
    history = model.history_
    assert len(history) == digits.epochs(1, 200, 0.9)
    assert history["val_loss"].iloc[-1] < 0.3 * history["val_loss"].iloc[0]
    wrong = chapter.confusions(model, digits, n=100)
    errors = (model.predict(digits.X_test) != digits.y_test).sum()
    assert wrong["times"].sum() == errors
    assert (wrong["digit"] != wrong["read as"]).all()


def test_the_gradient_vanishes_and_what_helps(example, monkeypatch):
    chapter = example("vanishing_gradient")
    monkeypatch.setattr(chapter, "EPOCHS", 1)
    digits = sys.modules["_mnist"].small_digits()
    sigmoid, relu = (chapter.gradient_norms(name, digits) for name in ("sigmoid", "relu"))
    assert sigmoid[0] < 0.01 * sigmoid[-1]
    assert np.all(np.diff(sigmoid) > 0)
    assert max(relu) < 10 * min(relu)
    score = {
        name: chapter.train(name, digits).score(digits.X_test, digits.y_test)
        for name in chapter.NETWORKS
    }
    assert score["sigmoid, SGD"] < 0.25  # guessing reaches 0.1
    assert score["ReLU, SGD"] > 0.5
    assert score["sigmoid, Adam"] > 0.6


def test_the_loader_falls_back_and_says_so(example, monkeypatch, capsys, tmp_path):
    loader = example("_mnist")

    def unreachable(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))  # no copy from an earlier time
    digits = loader.load()
    assert socket.getdefaulttimeout() is None
    assert re.match(
        r"MNIST cannot be had here \(URLError\): scikit-learn's digits instead.\n"
        r"Data: scikit-learn's digits, 1347 training and 450 test images of 8 x 8 pixels.\n",
        capsys.readouterr().out,
    )
    assert not digits.is_mnist
    assert (digits.X.min(), digits.X.max()) == (0, 1)
    # 5 epochs of 300 steps are 215 epochs of 7 steps (1,347 rows in batches of 200).
    assert digits.epochs(5, 200) == 215


def test_the_loader_takes_mnist_where_it_can(example, monkeypatch, capsys):
    loader = example("_mnist")
    images = np.arange(70 * 784).reshape(70, 784) % 256

    def reachable(name, **kwargs):
        assert name == "mnist_784"
        return images, np.array(list("0123456789") * 7)

    monkeypatch.setattr(loader, "fetch_openml", reachable)
    monkeypatch.setattr(loader, "MNIST_ROWS", 60)
    digits = loader.load()
    assert digits.is_mnist
    assert (digits.X.shape, digits.X_test.shape) == ((60, 28, 28), (10, 28, 28))
    assert (digits.X.max(), digits.y_test.tolist()) == (1, list(range(10)))
    assert digits.epochs(3, 200) == 3
    assert "28 x 28" in capsys.readouterr().out
