"""The HTML view of notebooks: a tooltip for every parameter, small values, no dead link."""

import re

import numpy as np
import pytest
from helpers import needs_sklearn
from sklearn.utils import estimator_html_repr

from skfnn import FNNClassifier, FNNRegressor

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


def test_there_is_no_link_to_a_page_that_does_not_exist():
    assert FNNClassifier()._get_doc_link() == "#skfnn.FNNClassifier"
    assert "modules/generated/skfnn" not in estimator_html_repr(FNNClassifier())
