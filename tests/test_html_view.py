"""The HTML view of notebooks: a tooltip for every parameter, small values, no dead link."""

import importlib.util
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from helpers import needs_sklearn
from sklearn.utils import estimator_html_repr

from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)
from skfnn._engine.support.documentation import ADDRESS
from skfnn.preprocessing import TabularEncoder

X = np.random.default_rng(0).normal(size=(300, 40))
Y = {FNNClassifier: X[:, 0] > 0, FNNRegressor: X[:, 0]}


@needs_sklearn("1.9", "a tooltip for each parameter and fitted attribute")
@pytest.mark.parametrize("cls", [FNNClassifier, FNNRegressor])
def test_every_parameter_and_attribute_has_a_tooltip(cls):
    model = cls((200,), solver="lbfgs", tol=1).fit(X, Y[cls])
    html = estimator_html_repr(model)
    explained = set(re.findall(r'<a class="[\w-]*-doc-link"[^>]*>\s*(\w+)', html))
    names = {*model.get_params(deep=False), "coefs_", "history_", "n_iter_", "loss_curve_"}
    assert names <= explained, names - explained


def test_the_view_stays_small():
    small = FNNClassifier((2,), solver="lbfgs", tol=1).fit(X, Y[FNNClassifier])
    large = FNNClassifier((500, 500), solver="lbfgs", tol=1).fit(X, Y[FNNClassifier])
    assert len(estimator_html_repr(large)) < len(estimator_html_repr(small)) + 2000


def pages():
    """The pages of classes and functions that the documentation has, as its build names them."""
    path = Path(__file__).parents[1] / "docs" / "_ext" / "api_pages.py"
    spec = importlib.util.spec_from_file_location("api_pages", path)
    api_pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(api_pages)
    return {
        f"api/{module.__name__}.{name}.html"
        for module in api_pages.public_modules() for name in api_pages.public_names(module)
    }  # fmt: skip


@pytest.mark.parametrize("estimator", [
    FNNClassifier(), FNNRegressor(), FNNAutoencoder(), TabularFNNClassifier(),
    TabularFNNRegressor(), TabularEncoder(),
], ids=lambda estimator: type(estimator).__name__)  # fmt: skip
def test_the_question_mark_leads_to_a_page_of_the_documentation(estimator, monkeypatch, tmp_path):
    monkeypatch.delenv("SKFNN_DOCS", raising=False)
    link = estimator._get_doc_link()
    assert link.startswith("https://")
    assert link.removeprefix(f"{ADDRESS}/") in pages()
    assert f'href="{link}"' in estimator_html_repr(estimator)
    assert "modules/generated/skfnn" not in estimator_html_repr(estimator)
    page = link.removeprefix(f"{ADDRESS}/")
    monkeypatch.setenv("SKFNN_DOCS", str(tmp_path))  # a build on this machine
    assert estimator._get_doc_link() == f"{tmp_path.as_uri()}/{page}"
    monkeypatch.setenv("SKFNN_DOCS", "http://localhost:8000/")
    assert estimator._get_doc_link() == f"http://localhost:8000/{page}"


def test_the_address_of_the_documentation_is_that_of_the_package():
    toml = Path(__file__).parents[1] / "pyproject.toml"
    address = tomllib.loads(toml.read_text())["project"]["urls"]["Documentation"]
    assert ADDRESS.startswith(f"{address}/")
